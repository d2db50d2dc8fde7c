#include "protocol/client_memory.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

constexpr int64_t limit = 1'000;

struct TwoShards {
  std::atomic<int64_t> all{0};
  ClientMemory first{all, 2};
  ClientMemory second{all, 2};
};

TEST(ClientMemory, KnowsTheSumOfWhatItsConnectionsHold) {
  TwoShards shards;
  int64_t a = 0;
  int64_t b = 0;
  shards.first.note(a, 300);
  shards.first.note(b, 200);
  shards.first.note(a, 100);
  EXPECT_EQ(shards.first.own(), 300);
  EXPECT_EQ(shards.all.load(), 0) << "the others learn of it when it is published";
  EXPECT_TRUE(shards.first.publish());
  EXPECT_FALSE(shards.first.publish());
  EXPECT_EQ(shards.all.load(), 300);
  shards.first.note(a, 0);
  shards.first.note(b, 0);
  EXPECT_FALSE(shards.first.publish()) << "it holds less, not more";
  EXPECT_EQ(shards.all.load(), 0);
}

TEST(ClientMemory, NobodyHasToGoAtTheLimit) {
  TwoShards shards;
  int64_t a = 0;
  shards.first.note(a, limit);
  EXPECT_LE(shards.first.excess(limit), 0);
  shards.first.note(a, limit + 1);
  EXPECT_EQ(shards.first.excess(limit), 1);
}

TEST(ClientMemory, AShardWithinItsShareClosesNobody) {
  TwoShards shards;
  int64_t greedy = 0;
  int64_t modest = 0;
  shards.first.note(greedy, 900);
  shards.second.note(modest, 400);
  shards.first.publish();
  shards.second.publish();
  EXPECT_EQ(shards.first.excess(limit), 300);
  EXPECT_LE(shards.second.excess(limit), 0);
  EXPECT_EQ(shards.second.over(limit), 300) << "it has to wake the other";
}

TEST(ClientMemory, WhileAllAreUnderTheLimitAShardMayHoldMoreThanItsShare) {
  TwoShards shards;
  int64_t greedy = 0;
  shards.first.note(greedy, 900);
  shards.first.publish();
  EXPECT_LE(shards.first.excess(limit), 0);
}

TEST(ClientMemory, SomebodyIsAlwaysAboveItsShareWhileAllAreOverTheLimit) {
  TwoShards shards;
  int64_t a = 0;
  int64_t b = 0;
  shards.first.note(a, 501);
  shards.second.note(b, 501);
  shards.first.publish();
  shards.second.publish();
  EXPECT_EQ(shards.first.excess(limit), 1);
  EXPECT_EQ(shards.second.excess(limit), 1);
}

TEST(ClientMemory, ThoseThatHoldMostGoAndAsFewAsAreEnough) {
  const std::vector<MemoryHolder> holders{{1, 10}, {2, 500}, {3, 0}, {4, 300}, {5, 400}};
  EXPECT_EQ(largest_holders(holders, 1), std::vector<uint64_t>{2});
  EXPECT_EQ(largest_holders(holders, 500), std::vector<uint64_t>{2});
  EXPECT_EQ(largest_holders(holders, 501), (std::vector<uint64_t>{2, 5}));
  EXPECT_EQ(largest_holders(holders, 0), std::vector<uint64_t>{});
}

TEST(ClientMemory, WhoHoldsNothingNeverGoes) {
  const std::vector<MemoryHolder> holders{{1, 10}, {2, 0}};
  EXPECT_EQ(largest_holders(holders, 1'000'000), std::vector<uint64_t>{1});
}

}  // namespace
}  // namespace holdfast
