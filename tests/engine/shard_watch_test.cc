// RESERVE ... WAIT for several SKUs: its wait ends at once where one of them can never be had any more, not only where
// that is the one that it stands in line for.
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>

#include "engine/line.h"
#include "tests/support/requests.h"

namespace holdfast {
namespace {

// `line_` is short, and all wait for it; `other_` has a unit that nobody has.
class WatchTest : public testing::TestWithParam<std::tuple<uint32_t, bool>> {
 protected:
  WatchTest() {
    world_.ask(set_stock(line_, 1));
    world_.ask(set_stock(other_, 1));
    first_ = world_.ask(reserve("first", {{line_, 1}})).id;
  }

  size_t stand_in_line(bool partial = false) {
    Request request = waiting(reserve("second", {{line_, 1}, {other_, 1}}));
    request.partial = partial;
    const size_t waiter = world_.call(0, request, 7);
    world_.settle();
    EXPECT_EQ(world_.ask(stock(line_)).stock.waiting, 1);
    return waiter;
  }

  void expect_refused(size_t waiter, Error error, const std::string& sku) {
    ASSERT_TRUE(world_.is_answered(waiter));
    EXPECT_EQ(world_.answer(waiter).refusal.error, error);
    EXPECT_EQ(world_.answer(waiter).refused_sku, sku);
    EXPECT_EQ(world_.ask(stock(line_)).stock.waiting, 0);
  }

  void expect_nothing_left() {
    for (uint32_t i = 0; i < world_.shards(); ++i) {
      EXPECT_EQ(world_.shard(static_cast<ShardIndex>(i)).stats().journeys_under_way, 0u);
    }
  }

  ShardWorld world_{{.shards = std::get<0>(GetParam())}};
  const ShardIndex last_ = static_cast<ShardIndex>(world_.shards() - 1);
  const std::string line_ = std::get<1>(GetParam()) ? world_.sku_on(0) : world_.sku_on(last_);
  const std::string other_ = std::get<1>(GetParam()) ? world_.sku_on(last_, 1) : world_.sku_on(0, 1);
  HoldId first_;
};

INSTANTIATE_TEST_SUITE_P(Shards, WatchTest, testing::Combine(testing::Values(1u, 2u, 3u), testing::Bool()));

TEST_P(WatchTest, PausedEndsTheWait) {
  const size_t waiter = stand_in_line();
  world_.ask(pause(other_, true));
  expect_refused(waiter, Error::paused, other_);
  expect_nothing_left();
}

TEST_P(WatchTest, DelstockEndsTheWait) {
  const size_t waiter = stand_in_line();
  world_.ask(delete_stock(other_));
  expect_refused(waiter, Error::no_sku, other_);
  expect_nothing_left();
}

TEST_P(WatchTest, ACutOfStockEndsTheWaitAndTheSkuIsToldThatSortsFirst) {
  for (const int64_t difference : {0, -1}) {
    const size_t waiter = stand_in_line();
    world_.ask(difference == 0 ? set_stock(other_, 0) : restock(other_, difference));
    expect_refused(waiter, Error::out_of_stock, std::min(line_, other_));
    world_.ask(set_stock(other_, 1));
  }
  expect_nothing_left();
}

TEST_P(WatchTest, ACutOfWhatMayBeOversoldEndsTheWait) {
  world_.ask(oversell(other_, 1));
  world_.ask(set_stock(other_, 0));
  const size_t waiter = stand_in_line();
  world_.ask(oversell(other_, 0));
  expect_refused(waiter, Error::out_of_stock, std::min(line_, other_));
}

TEST_P(WatchTest, ASaleOfTheLastUnitEndsTheWait) {
  const HoldId sold = world_.ask(reserve("third", {{other_, 1}})).id;
  const size_t waiter = stand_in_line();
  world_.ask(commit(sold));
  expect_refused(waiter, Error::out_of_stock, std::min(line_, other_));
}

TEST_P(WatchTest, AChangeOnTheWayIntoTheLineEndsTheWait) {
  const size_t waiter = world_.call(0, waiting(reserve("second", {{line_, 1}, {other_, 1}})));
  for (const bool paused : {true, false, true}) world_.call(world_.shard_of_sku(other_), pause(other_, paused));
  world_.settle();
  expect_refused(waiter, Error::paused, other_);
}

TEST_P(WatchTest, ASkuThatIsDeletedBeforeItsWatchComesEndsTheWait) {
  const size_t waiter = world_.call(0, waiting(reserve("second", {{line_, 1}, {other_, 1}})));
  world_.call(world_.shard_of_sku(other_), delete_stock(other_));
  world_.settle();
  expect_refused(waiter, Error::no_sku, other_);
  expect_nothing_left();
}

TEST_P(WatchTest, WithPartialAPauseEndsItAndWantOfUnitsDoesNot) {
  world_.ask(reserve("third", {{other_, 1}}));
  const size_t waiter = stand_in_line(true);
  world_.ask(set_stock(other_, 0));
  EXPECT_FALSE(world_.is_answered(waiter));
  world_.ask(pause(other_, true));
  expect_refused(waiter, Error::paused, other_);
}

TEST_P(WatchTest, WhatIsNotInVainGoesOnWaitingAndIsServed) {
  world_.ask(set_stock(other_, 3));
  const size_t waiter = stand_in_line();
  world_.ask(set_stock(other_, 1));
  world_.ask(delete_stock("another"));
  EXPECT_FALSE(world_.is_answered(waiter));
  world_.ask(release(first_));
  ASSERT_TRUE(world_.is_answered(waiter));
  EXPECT_FALSE(world_.answer(waiter).refusal);
}

TEST_P(WatchTest, WhoHasLeftTheLineLeavesNoWatchBehind) {
  const size_t waiter = stand_in_line();
  world_.hang_up(0, 7);
  world_.settle();
  EXPECT_TRUE(world_.is_answered(waiter));
  expect_nothing_left();
  const ShardIndex at = world_.shard_of_sku(other_);
  world_.call(at, pause(other_, true));
  for (uint32_t to = 0; to < world_.shards(); ++to) EXPECT_EQ(world_.letters(at, static_cast<ShardIndex>(to)), 0u);
}

TEST(Line, FindsByArrival) {
  Line line;
  for (const uint64_t arrival : {5u, 2u, 9u}) line.enter(arrival, 1, static_cast<Index>(arrival + 100));
  EXPECT_EQ(line.find(2), 102u);
  EXPECT_EQ(line.find(9), 109u);
  EXPECT_EQ(line.find(3), no_index);
  line.leave(2);
  EXPECT_EQ(line.find(2), no_index);
}

}  // namespace
}  // namespace holdfast
