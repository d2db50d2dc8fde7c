// CHALLENGE: who may reserve a SKU that asks for proof of a person. Who has proven it is the reader's business; here it
// is for how long that counts.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/requests.h"

namespace holdfast {
namespace {

constexpr TimeUs hour_us = 3'600'000'000;

// On one shard, and on two.
class Challenge : public testing::TestWithParam<uint32_t> {
 protected:
  Challenge()
      : world_({.shards = GetParam()}),
        ps5_(world_.sku_on(0)),
        xbox_(world_.sku_on(static_cast<ShardIndex>(GetParam() - 1), 1)),
        sega_(world_.sku_on(0, 2)) {
    for (const std::string& sku : {ps5_, xbox_, sega_}) world_.ask(set_stock(sku, 5));
  }

  void set_policy(const std::string& sku, const PolicyChange& change) {
    Request request = about_sku(Verb::policy, sku);
    request.policy = change;
    ASSERT_FALSE(world_.ask(request).refusal);
  }
  void challenge(const std::string& sku) { set_policy(sku, {.sets_challenge = true, .to = {.challenge = true}}); }

  Answer amend(const HoldId& id, std::vector<RequestItem> items) {
    Request request = about_hold(Verb::amend, id);
    request.items = std::move(items);
    return world_.ask(request);
  }

  void expect_refused(const Answer& answer, Error error, const std::string& sku) {
    EXPECT_EQ(answer.refusal.error, error);
    EXPECT_EQ(answer.refused_sku, sku);
  }
  int64_t held(const std::string& sku) { return world_.ask(stock(sku)).stock.held; }

  ShardWorld world_;
  std::string ps5_, xbox_, sega_;
};

INSTANTIATE_TEST_SUITE_P(OnShards, Challenge, testing::Values(1u, 2u));

TEST_P(Challenge, HoldsOnlyWhatIsProven) {
  challenge(ps5_);
  EXPECT_TRUE(world_.ask(stock(ps5_)).stock.challenge);
  expect_refused(world_.ask(reserve("c", {{ps5_, 1}})), Error::challenge, ps5_);
  EXPECT_EQ(held(ps5_), 0);
  EXPECT_FALSE(world_.ask(reserve("c", {{.sku = ps5_, .quantity = 1, .proven_for_us = hour_us}})).refusal);
  EXPECT_EQ(held(ps5_), 1);
}

TEST_P(Challenge, AsksForProofOfTheChallengedItemsOnly) {
  challenge(xbox_);
  const RequestItem proven{.sku = xbox_, .quantity = 2, .proven_for_us = hour_us};
  expect_refused(world_.ask(reserve("c", {{.sku = ps5_, .quantity = 1, .proven_for_us = hour_us}, {xbox_, 2}})),
                 Error::challenge, xbox_);
  EXPECT_EQ(held(ps5_), 0);
  EXPECT_FALSE(world_.ask(reserve("c", {{ps5_, 1}, proven})).refusal);
  EXPECT_EQ(held(ps5_), 1);
  EXPECT_EQ(held(xbox_), 2);
}

TEST_P(Challenge, StandsBetweenPausedAndTheLimit) {
  challenge(ps5_);
  set_policy(ps5_, {.sets_percart = true, .to = {.percart = 1}});
  expect_refused(world_.ask(reserve("c", {{ps5_, 2}})), Error::challenge, ps5_);
  expect_refused(world_.ask(reserve("c", {{.sku = ps5_, .quantity = 2, .proven_for_us = hour_us}})), Error::limit_sku,
                 ps5_);
  expect_refused(world_.ask(reserve("c", {{ps5_, 9}, {sega_, 9}})), Error::challenge, ps5_);
  set_policy(xbox_, {.sets_paused = true, .to = {.paused = true}});
  expect_refused(world_.ask(reserve("c", {{ps5_, 1}, {xbox_, 1}})), Error::paused, xbox_);
  set_policy(ps5_, {.sets_paused = true, .to = {.paused = true}});
  expect_refused(world_.ask(reserve("c", {{ps5_, 1}})), Error::paused, ps5_);
}

TEST_P(Challenge, NamesTheSkuThatSortsFirst) {
  challenge(ps5_);
  challenge(xbox_);
  const std::string first = std::min(ps5_, xbox_);
  expect_refused(world_.ask(reserve("c", {{ps5_, 1}, {xbox_, 1}})), Error::challenge, first);
  expect_refused(world_.ask(reserve("c", {{xbox_, 1}, {ps5_, 1}})), Error::challenge, first);
}

TEST_P(Challenge, RefusesThePartialCartAsAWhole) {
  challenge(xbox_);
  Request request = reserve("c", {{ps5_, 9}, {xbox_, 9}});
  request.partial = true;
  expect_refused(world_.ask(request), Error::challenge, xbox_);
  EXPECT_EQ(held(ps5_), 0);
}

TEST_P(Challenge, LetsNoItemOfAHoldGrow) {
  const Answer made = world_.ask(reserve("c", {{ps5_, 2}, {xbox_, 2}}));
  ASSERT_FALSE(made.refusal);
  challenge(ps5_);
  challenge(sega_);
  expect_refused(amend(made.id, {{ps5_, 3}, {xbox_, 2}}), Error::challenge, ps5_);
  expect_refused(amend(made.id, {{ps5_, 2}, {xbox_, 1}, {sega_, 1}}), Error::challenge, sega_);
  EXPECT_EQ(held(ps5_), 2);
  EXPECT_EQ(held(xbox_), 2);
  EXPECT_EQ(held(sega_), 0);
  EXPECT_FALSE(amend(made.id, {{ps5_, 2}, {xbox_, 3}}).refusal);
  EXPECT_FALSE(amend(made.id, {{ps5_, 1}, {xbox_, 3}}).refusal);
  EXPECT_EQ(held(ps5_), 1);
  EXPECT_EQ(held(xbox_), 3);
}

TEST_P(Challenge, LeavesTheHoldsThatAreThereAlone) {
  const Answer sold = world_.ask(reserve("c", {{ps5_, 2}}));
  const Answer late = world_.ask(reserve("c", {{xbox_, 2}}));
  challenge(ps5_);
  challenge(xbox_);
  EXPECT_FALSE(world_.ask(extend(sold.id, 5'000)).refusal);
  EXPECT_FALSE(world_.ask(commit(sold.id)).refusal);
  world_.pass_time_to(world_.clock(0) + 2'000'000);
  Request commit_late = commit(late.id);
  EXPECT_EQ(world_.ask(commit_late).refusal.error, Error::hold_expired);
  commit_late.late = true;
  EXPECT_FALSE(world_.ask(commit_late).refusal);
  EXPECT_EQ(world_.ask(stock(xbox_)).stock.sold, 2);
}

// The clock of the line that it first came to may be ahead of that of the SKU that asks for proof.
TEST_P(Challenge, NobodyHasProvenAnythingByWaitingWhereTheClockIsAhead) {
  world_.ask(set_stock(ps5_, 1));
  const HoldId id = world_.ask(reserve("first", {{ps5_, 1}}, 60'000)).id;
  world_.turn(0, world_.clock(0) + 1'000'000);
  Request request = reserve("second", {{ps5_, 1}, {xbox_, 1}});
  request.wait_us = 10'000'000;
  const size_t waiter = world_.call(0, request);
  world_.settle();
  ASSERT_FALSE(world_.is_answered(waiter));
  challenge(xbox_);
  world_.ask(release(id));
  world_.settle();
  expect_refused(world_.answer(waiter), Error::challenge, xbox_);
}

}  // namespace
}  // namespace holdfast
