// COMMIT, RELEASE, EXTEND, HOLD, HOLDS, REVOKE: rule by rule of the wire contract, on one shard and on several.
#include <gtest/gtest.h>

#include "tests/support/requests.h"

namespace holdfast {
namespace {

constexpr TimeUs start_us = 1'000'000'000;

class HoldsTest : public testing::TestWithParam<uint32_t> {
 protected:
  HoldsTest() {
    world_.ask(set_stock("A", 10));
    world_.ask(set_stock("B", 10));
    world_.ask(set_stock("C", 10));
  }

  const Answer& ask(const Request& request) { return world_.ask(request); }
  Answer make(const std::string& cart, int64_t ttl_ms = 1000) {
    return ask(reserve(cart, {{"B", 2}, {"A", 1}, {"C", 3}}, ttl_ms));
  }
  int64_t held() { return ask(stock("A")).stock.held + ask(stock("B")).stock.held + ask(stock("C")).stock.held; }
  int64_t sold() { return ask(stock("A")).stock.sold + ask(stock("B")).stock.sold + ask(stock("C")).stock.sold; }

  ShardWorld world_{{.shards = GetParam()}};
};

TEST_P(HoldsTest, CommitMovesUnitsFromHeldAndOnHandToSold) {
  const HoldId id = make("cart").id;
  EXPECT_FALSE(ask(commit(id)).refusal);
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(sold(), 6);
  EXPECT_EQ(ask(stock("B")).stock.on_hand, 8);
  EXPECT_EQ(ask(stock("B")).stock.version, 3u);
}

TEST_P(HoldsTest, CommitAgainWithTheSameRefIsTheSameCommit) {
  const HoldId id = make("cart").id;
  const Seq seq = ask(commit(id, "order-1")).seq;
  EXPECT_GT(seq, 0u);
  const Answer again = ask(commit(id, "order-1"));
  EXPECT_FALSE(again.refusal);
  EXPECT_EQ(again.seq, seq);
  EXPECT_EQ(sold(), 6);
}

TEST_P(HoldsTest, CommitWithAnotherRefHearsTheFirst) {
  const HoldId id = make("cart").id;
  ask(commit(id, "order-1"));
  for (const char* ref : {"order-2", ""}) {
    const Answer other = ask(commit(id, ref));
    EXPECT_EQ(other.refusal.error, Error::hold_committed);
    EXPECT_EQ(other.ref, "order-1");
  }
  const HoldId plain = make("cart").id;
  ask(commit(plain));
  EXPECT_FALSE(ask(commit(plain)).refusal);
  EXPECT_EQ(ask(commit(plain, "late ref")).refusal.error, Error::hold_committed);
  EXPECT_EQ(ask(commit(plain, "late ref")).ref, "");
}

TEST_P(HoldsTest, ReleaseGivesAllUnitsBackAndTheSecondTimeNone) {
  const HoldId id = make("cart").id;
  EXPECT_EQ(ask(release(id)).number, 6);
  EXPECT_EQ(held(), 0);
  EXPECT_EQ(ask(release(id)).number, 0);
  EXPECT_EQ(ask(stock("A")).stock.available, 10);
}

TEST_P(HoldsTest, AHoldMayEndWhenASkuThatItHasGivenBackIsDeleted) {
  const HoldId id = make("cart").id;
  Request part = release(id);
  part.items = {{"A", 1}};
  EXPECT_EQ(ask(part).number, 1);
  EXPECT_EQ(ask(delete_stock("A")).number, 1);
  EXPECT_EQ(ask(release(id)).number, 5);
}

TEST_P(HoldsTest, EachEndIsToldToWhoComesLate) {
  const HoldId committed = make("cart").id;
  const HoldId released = make("cart").id;
  const HoldId revoked = make("other").id;
  ask(commit(committed, "r"));
  ask(release(released));
  ask(revoke("other"));
  EXPECT_EQ(ask(release(committed)).refusal.error, Error::hold_committed);
  EXPECT_EQ(ask(release(committed)).ref, "r");
  EXPECT_EQ(ask(extend(committed, 5)).refusal.error, Error::hold_committed);
  EXPECT_EQ(ask(commit(released)).refusal.error, Error::hold_released);
  EXPECT_EQ(ask(extend(released, 5)).refusal.error, Error::hold_released);
  EXPECT_EQ(ask(commit(revoked)).refusal.error, Error::hold_revoked);
  EXPECT_EQ(ask(release(revoked)).number, 0);
  const HoldId expired = make("cart", 5).id;
  world_.pass_time_to(start_us + 5'000);
  EXPECT_EQ(ask(commit(expired)).refusal.error, Error::hold_expired);
  EXPECT_EQ(ask(release(expired)).number, 0);
}

TEST_P(HoldsTest, AnUnknownIdIsNoHold) {
  HoldId id = make("cart").id;
  id.low ^= uint64_t{1} << 8;  // another secret
  for (const Request& request : {commit(id), release(id), extend(id, 5), hold(id)}) {
    EXPECT_EQ(ask(request).refusal.error, Error::no_hold);
  }
}

TEST_P(HoldsTest, ExtendSetsTheDeadlineEarlierOrLater) {
  const HoldId id = make("cart", 1000).id;
  EXPECT_EQ(ask(extend(id, 5000)).number, 5000);
  world_.pass_time_to(start_us + 1'000'000);
  EXPECT_EQ(ask(hold(id)).hold.expires_in_ms, 4000);
  EXPECT_EQ(ask(extend(id, 1)).number, 1);
  world_.pass_time_to(start_us + 1'001'000);
  EXPECT_EQ(ask(hold(id)).hold.state, HoldState::expired);
  EXPECT_EQ(held(), 0);
}

TEST_P(HoldsTest, ExtendIsNoChangeOfTheVersion) {
  const HoldId id = make("cart").id;
  const uint64_t version = ask(stock("A")).stock.version;
  EXPECT_GT(ask(extend(id, 5000)).seq, 0u);
  EXPECT_EQ(ask(stock("A")).stock.version, version);
}

TEST_P(HoldsTest, ExtendNeverGoesPastTheHoldsLife) {
  ShardWorld::Options options{.shards = GetParam()};
  options.settings.max_hold_life_us = 3'000'000;
  ShardWorld world(options);
  world.ask(set_stock("A", 1));
  const HoldId id = world.ask(reserve("cart", {{"A", 1}}, 1000)).id;
  world.pass_time_to(start_us + 500'500);
  EXPECT_EQ(world.ask(extend(id, 5000)).number, 2500) << "2499.5 ms are left, rounded up";
  world.pass_time_to(start_us + 3'000'000);
  EXPECT_EQ(world.ask(hold(id)).hold.state, HoldState::expired);
}

TEST_P(HoldsTest, HoldShowsItselfAndWhatBecameOfIt) {
  const Answer made = make("cart");
  HoldView view = ask(hold(made.id)).hold;
  EXPECT_EQ(view.state, HoldState::held);
  EXPECT_EQ(view.cart, "cart");
  EXPECT_EQ(view.seq, made.seq);
  EXPECT_EQ(view.expires_in_ms, 1000);
  const std::vector<std::pair<std::string, uint32_t>> items{{"B", 2}, {"A", 1}, {"C", 3}};
  EXPECT_EQ(view.items, items) << "in order of first mention";
  ask(commit(made.id, "order-1"));
  view = ask(hold(made.id)).hold;
  EXPECT_EQ(view.state, HoldState::committed);
  EXPECT_EQ(view.ref, "order-1");
  EXPECT_EQ(view.seq, made.seq);
  EXPECT_EQ(view.expires_in_ms, 0);
  EXPECT_EQ(view.items, items) << "what was sold";
  const HoldId released = make("cart").id;
  ask(release(released));
  EXPECT_TRUE(ask(hold(released)).hold.items.empty());
  EXPECT_EQ(ask(hold(released)).hold.ref, "");
}

TEST_P(HoldsTest, MillisecondsLeftAreRoundedUp) {
  const HoldId id = make("cart", 10).id;
  world_.pass_time_to(start_us + 1);
  EXPECT_EQ(ask(hold(id)).hold.expires_in_ms, 10);
  world_.pass_time_to(start_us + 9'001);
  EXPECT_EQ(ask(hold(id)).hold.expires_in_ms, 1);
}

TEST_P(HoldsTest, HoldsListsTheLiveHoldsOfACartOldestFirst) {
  std::vector<HoldId> ids;
  for (const char* sku : {"A", "B", "C", "A"}) ids.push_back(ask(reserve("cart", {{sku, 1}})).id);
  ask(reserve("another", {{"A", 1}}));
  ask(release(ids[1]));
  const Answer answer = ask(holds("cart"));
  ASSERT_EQ(answer.holds.size(), 3u);
  EXPECT_EQ(answer.holds[0].second, ids[0]);
  EXPECT_EQ(answer.holds[1].second, ids[2]);
  EXPECT_EQ(answer.holds[2].second, ids[3]);
  EXPECT_TRUE(ask(holds("nobody")).holds.empty());
}

TEST_P(HoldsTest, RevokeEndsAllLiveHoldsOfACartAndNoOther) {
  const HoldId first = make("cart").id;
  ask(reserve("cart", {{"A", 1}}));
  const HoldId other = make("another").id;
  const HoldId sold = ask(reserve("cart", {{"C", 1}})).id;
  ask(commit(sold));
  EXPECT_EQ(ask(revoke("cart")).number, 2);
  EXPECT_EQ(held(), 6);
  EXPECT_EQ(ask(hold(first)).hold.state, HoldState::revoked);
  EXPECT_EQ(ask(hold(sold)).hold.state, HoldState::committed);
  EXPECT_EQ(ask(hold(other)).hold.state, HoldState::held);
  EXPECT_EQ(ask(revoke("cart")).number, 0);
}

TEST_P(HoldsTest, RevokeEndsMoreHoldsThanOneSliceOfATurn) {
  ask(set_stock("many", 2000));
  for (int i = 0; i < 1300; ++i) ask(reserve("cart", {{"many", 1}}));
  EXPECT_EQ(ask(revoke("cart")).number, 1300);
  EXPECT_EQ(ask(stock("many")).stock.held, 0);
}

TEST_P(HoldsTest, NumbersOnlyGrow) {
  const Answer made = make("cart");
  const Seq extended = ask(extend(made.id, 10)).seq;
  const Seq committed = ask(commit(made.id)).seq;
  EXPECT_LT(made.seq, extended);
  EXPECT_LT(extended, committed);
  EXPECT_EQ(ask(stock("A")).seq, 0u);
}

INSTANTIATE_TEST_SUITE_P(Shards, HoldsTest, testing::Values(1u, 2u, 7u));

}  // namespace
}  // namespace holdfast
