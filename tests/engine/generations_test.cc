#include "engine/generations.h"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace holdfast {
namespace {

TEST(Generations, OneIsOverWhenAllWhoHadJoinedByThenHaveLeft) {
  Generations generations;
  const uint64_t early = generations.join();
  const uint64_t then = generations.current();
  generations.advance();
  const uint64_t late = generations.join();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(Generations::is_over(then, generations.advance()));
  generations.leave(early);
  EXPECT_TRUE(Generations::is_over(then, generations.advance()));
  const uint64_t now = generations.current();
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(Generations::is_over(now, generations.advance()));
  generations.leave(late);
  generations.advance();
  EXPECT_TRUE(Generations::is_over(now, generations.advance()));
}

TEST(Generations, NobodyIsMissedWhoeverClosesThemMeanwhile) {
  Generations generations;
  std::atomic<bool> done{false};
  std::thread closes([&] {
    while (!done.load()) generations.advance();
  });
  std::vector<std::thread> members;
  for (int i = 0; i < 3; ++i) {
    members.emplace_back([&] {
      for (int j = 0; j < 20'000; ++j) {
        const uint64_t joined = generations.join();
        EXPECT_FALSE(Generations::is_over(joined, generations.current()));
        generations.leave(joined);
      }
    });
  }
  for (std::thread& member : members) member.join();
  done = true;
  closes.join();
}

}  // namespace
}  // namespace holdfast
