// The pacing of buyers: live holds of a cart, and RESERVEs of a cart in any minute.
#include <gtest/gtest.h>

#include "tests/support/requests.h"

namespace holdfast {
namespace {

ShardWorld::Options options(uint32_t shards, int64_t max_holds, int64_t max_reserves) {
  ShardWorld::Options options{.shards = shards};
  options.settings.max_holds_per_cart = max_holds;
  options.settings.max_reserves_per_minute = max_reserves;
  return options;
}

class QuotaTest : public testing::TestWithParam<uint32_t> {
 protected:
  void stock_up(ShardWorld& world, int64_t units = 100) {
    for (const char* sku : {"A", "B", "C", "D"}) world.ask(set_stock(sku, units));
  }
};

void expect_limit(const Answer& answer, std::string_view kind, int64_t max, int64_t have) {
  EXPECT_EQ(answer.refusal.error, Error::limit_kind);
  EXPECT_EQ(answer.refusal.name, kind);
  EXPECT_EQ(answer.refusal.max, max);
  EXPECT_EQ(answer.refusal.have, have);
}

TEST_P(QuotaTest, ACartHasNoMoreLiveHoldsThanTheLimitWhereverTheyLive) {
  ShardWorld world(options(GetParam(), 3, 0));
  stock_up(world);
  for (const char* sku : {"A", "B", "C"}) EXPECT_FALSE(world.ask(reserve("cart", {{sku, 1}})).refusal);
  expect_limit(world.ask(reserve("cart", {{"D", 1}})), "holds", 3, 3);
  EXPECT_EQ(world.ask(stock("D")).stock.held, 0);
  EXPECT_FALSE(world.ask(reserve("another cart", {{"D", 1}})).refusal);
}

TEST_P(QuotaTest, EveryEndOfAHoldGivesRoomBackAtOnce) {
  ShardWorld world(options(GetParam(), 1, 0));
  stock_up(world);
  world.ask(release(world.ask(reserve("cart", {{"A", 1}, {"B", 1}})).id));
  world.ask(commit(world.ask(reserve("cart", {{"B", 1}})).id));
  EXPECT_FALSE(world.ask(reserve("cart", {{"C", 1}})).refusal);
  EXPECT_EQ(world.ask(revoke("cart")).number, 1);
  EXPECT_FALSE(world.ask(reserve("cart", {{"D", 1}}, 500)).refusal);
  expect_limit(world.ask(reserve("cart", {{"A", 1}})), "holds", 1, 1);
  world.pass_time_to(world.clock(0) + 500'000);
  EXPECT_FALSE(world.ask(reserve("cart", {{"A", 1}})).refusal);
}

TEST_P(QuotaTest, ReservesOfOneCartAtOnceAreCountedOneAfterAnother) {
  ShardWorld world(options(GetParam(), 2, 0));
  stock_up(world);
  std::vector<size_t> calls;
  for (const char* sku : {"A", "B", "C", "D"}) {
    calls.push_back(world.call(static_cast<ShardIndex>(calls.size() % GetParam()), reserve("cart", {{sku, 1}})));
  }
  world.settle();
  int held = 0;
  for (const size_t call : calls) {
    const Answer& answer = world.answer(call);
    answer.refusal ? expect_limit(answer, "holds", 2, 2) : void(++held);
  }
  EXPECT_EQ(held, 2);
}

TEST_P(QuotaTest, ACartReservesNoMoreOftenInAnyMinuteThanTheLimit) {
  ShardWorld world(options(GetParam(), 0, 2));
  stock_up(world);
  const TimeUs start = world.clock(0);
  EXPECT_FALSE(world.ask(reserve("cart", {{"A", 1}})).refusal);
  world.pass_time_to(start + 20'000'000);
  EXPECT_FALSE(world.ask(reserve("cart", {{"B", 1}})).refusal);
  expect_limit(world.ask(reserve("cart", {{"C", 1}})), "reserves", 2, 2);
  EXPECT_FALSE(world.ask(reserve("another cart", {{"C", 1}})).refusal);
  world.pass_time_to(start + 59'999'999);
  expect_limit(world.ask(reserve("cart", {{"C", 1}})), "reserves", 2, 2);
  world.pass_time_to(start + 60'000'000);
  EXPECT_FALSE(world.ask(reserve("cart", {{"C", 1}})).refusal);
  expect_limit(world.ask(reserve("cart", {{"C", 1}})), "reserves", 2, 2);
}

TEST_P(QuotaTest, ARefusedReserveIsNotCounted) {
  ShardWorld world(options(GetParam(), 0, 1));
  stock_up(world);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(world.ask(reserve("cart", {{"A", 1}, {"B", 101}})).refusal.error, Error::out_of_stock);
  }
  EXPECT_FALSE(world.ask(reserve("cart", {{"A", 1}, {"B", 100}})).refusal);
}

TEST_P(QuotaTest, TheReasonThatStandsFirstInTheContractIsTold) {
  ShardWorld world(options(GetParam(), 1, 1));
  stock_up(world);
  world.ask(pause("D", true));
  world.ask(reserve("cart", {{"A", 1}}));
  EXPECT_EQ(world.ask(reserve("cart", {{"D", 1}})).refusal.error, Error::paused);
  EXPECT_EQ(world.ask(reserve("cart", {{"no such SKU", 1}})).refusal.error, Error::no_sku);
  expect_limit(world.ask(reserve("cart", {{"A", 1000}})), "holds", 1, 1);  // before "reserves", before OUTOFSTOCK
}

// Else a RESERVE might get by because a hold has ended, and then miss the units of that very hold.
TEST(Quota, AHoldIsCountedUntilAllItsUnitsAreBack) {
  ShardWorld world(options(3, 1, 0));
  const std::string a = world.sku_on(0), b = world.sku_on(1), c = world.sku_on(2);
  for (const std::string& sku : {a, b, c}) world.ask(set_stock(sku, 1));
  world.ask(reserve("cart", {{a, 1}, {b, 1}, {c, 1}}, 5));
  const size_t wants_b = world.call(0, reserve("cart", {{b, 1}}));
  world.deliver(0, 1);
  world.turn(2, world.clock(2) + 5'000);  // the hold ends, at its home; a and b are still to hear of it
  world.deliver(1, 2);                    // and here the RESERVE counts the last holds of its cart
  while (world.letters(2, 1) > 0) world.deliver(2, 1);
  EXPECT_FALSE(world.is_answered(wants_b));
  world.settle();
  EXPECT_FALSE(world.answer(wants_b).refusal);
}

INSTANTIATE_TEST_SUITE_P(OnShards, QuotaTest, testing::Values(1, 2, 5));

}  // namespace
}  // namespace holdfast
