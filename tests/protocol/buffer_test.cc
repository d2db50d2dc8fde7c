#include "protocol/buffer.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace holdfast {
namespace {

TEST(Buffer, HoldsNoMemoryUntilTheFirstByte) {
  Buffer buffer;
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_TRUE(buffer.empty());
  buffer.append("");
  EXPECT_EQ(buffer.capacity(), 0u);
  EXPECT_EQ(buffer.view(), "");
}

TEST(Buffer, GivesBackWhatWasPutInInOrder) {
  Buffer buffer;
  buffer.append("cart");
  buffer.append('-');
  std::memcpy(buffer.prepare(2), "42", 2);
  buffer.commit(2);
  EXPECT_EQ(buffer.view(), "cart-42");
  buffer.consume(5);
  EXPECT_EQ(buffer.view(), "42");
}

TEST(Buffer, ForgetsWhatWasPreparedButNotCommitted) {
  Buffer buffer;
  std::memcpy(buffer.prepare(3), "abc", 3);
  buffer.commit(1);
  buffer.append('x');
  EXPECT_EQ(buffer.view(), "ax");
}

TEST(Buffer, BehavesLikeAStringUnderRandomUse) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  Buffer buffer;
  std::string model;
  char next = 0;
  for (int step = 0; step < 20000; ++step) {
    const size_t n = random() % (random() % 50 == 0 ? 20000 : 300);
    if (random() % 2 == 0) {
      char* room = buffer.prepare(n);
      for (size_t i = 0; i < n; ++i) model += room[i] = next++;
      buffer.commit(n);
    } else {
      buffer.consume(std::min(n, model.size()));
      model.erase(0, std::min(n, model.size()));
    }
    if (random() % 100 == 0) buffer.release_if_empty();
    ASSERT_EQ(buffer.view(), model) << "at step " << step;
  }
}

// A pipelining client may never let the buffer run empty: consumed bytes must make room for new ones all the same.
TEST(Buffer, StaysSmallWhenItNeverRunsEmpty) {
  Buffer buffer;
  buffer.append("unfinished");
  for (int i = 0; i < 100000; ++i) {
    buffer.append("a hundred bytes, more or less, of requests that come and go ....................................");
    buffer.consume(buffer.size() - 10);
  }
  EXPECT_LE(buffer.capacity(), 1024u);
}

TEST(Buffer, GivesBackWhatOneEnormousRequestNeededWhileItNeverRunsEmpty) {
  Buffer buffer;
  buffer.append(std::string(size_t{1} << 20, 'x'));
  EXPECT_GE(buffer.capacity(), size_t{1} << 20);
  buffer.consume(buffer.size() - 10);
  for (int i = 0; i < 100000; ++i) {
    buffer.append("forty bytes of requests that come and go");
    buffer.consume(40);
  }
  EXPECT_LE(buffer.capacity(), size_t{64} << 10);
  EXPECT_EQ(buffer.view(), "ome and go");
}

TEST(Buffer, ReusesItsMemoryOnceWarm) {
  Buffer buffer;
  buffer.append(std::string(1000, 'x'));
  buffer.clear();
  const char* const first = buffer.prepare(1000);
  for (int i = 0; i < 1000; ++i) {
    buffer.append(std::string(900, 'y'));
    buffer.consume(900);
    ASSERT_EQ(buffer.prepare(1000), first);
  }
}

TEST(Buffer, ReleasesMemoryOnlyWhenEmpty) {
  Buffer buffer;
  buffer.append("ab");
  buffer.release_if_empty();
  EXPECT_EQ(buffer.view(), "ab");
  buffer.consume(2);
  EXPECT_GT(buffer.capacity(), 0u);
  buffer.release_if_empty();
  EXPECT_EQ(buffer.capacity(), 0u);
  buffer.append("again");
  EXPECT_EQ(buffer.view(), "again");
}

TEST(Buffer, MovesItsContentAndLeavesAnEmptyOne) {
  Buffer from;
  from.append("content");
  Buffer to(std::move(from));
  EXPECT_EQ(to.view(), "content");
  EXPECT_TRUE(from.empty());  // NOLINT: the moved-from state is part of the contract
  EXPECT_EQ(from.capacity(), 0u);
  from.append("other");
  to = std::move(from);
  EXPECT_EQ(to.view(), "other");
}

}  // namespace
}  // namespace holdfast
