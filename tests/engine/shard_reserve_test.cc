// RESERVE on one shard, and the order of its refusals.
#include <gtest/gtest.h>

#include "tests/support/requests.h"

namespace holdfast {
namespace {

class ReserveTest : public testing::TestWithParam<uint32_t> {
 protected:
  const Answer& ask(const Request& request) { return world_.ask(request); }
  StockView look(const std::string& sku) { return ask(stock(sku)).stock; }

  ShardWorld world_{{.shards = GetParam()}};
};

TEST_P(ReserveTest, HoldsUnitsAndShowsItsTtlExactly) {
  ask(set_stock("A", 5));
  const Answer held = ask(reserve("cart", {{"A", 2}}, 1234));
  ASSERT_FALSE(held.refusal);
  EXPECT_EQ(held.number, 1234);
  EXPECT_GT(held.seq, 0u);
  EXPECT_EQ(look("A").held, 2);
  EXPECT_EQ(look("A").available, 3);
  EXPECT_EQ(look("A").on_hand, 5);
  EXPECT_EQ(look("A").version, 2u);
}

TEST_P(ReserveTest, TellsWhatIsAvailableAndWhatMayComeBack) {
  ask(set_stock("A", 5));
  ask(reserve("cart", {{"A", 3}}));
  const Answer refused = ask(reserve("other", {{"A", 3}}));
  EXPECT_EQ(refused.refusal.error, Error::out_of_stock);
  EXPECT_EQ(refused.refused_sku, "A");
  EXPECT_EQ(refused.refusal.want, 3);
  EXPECT_EQ(refused.refusal.have, 2);
  EXPECT_EQ(refused.refusal.held, 3);
  EXPECT_EQ(refused.seq, 0u);
}

TEST_P(ReserveTest, TakesAllItemsOrNone) {
  ask(set_stock("A", 1));
  ask(set_stock("B", 1));
  EXPECT_EQ(ask(reserve("cart", {{"A", 1}, {"B", 2}})).refused_sku, "B");
  EXPECT_EQ(look("A").held, 0);
  EXPECT_FALSE(ask(reserve("cart", {{"A", 1}, {"B", 1}})).refusal);
  EXPECT_EQ(look("A").held, 1);
  EXPECT_EQ(look("B").held, 1);
}

TEST_P(ReserveTest, NeverPromisesTheLastUnitTwice) {
  ask(set_stock("A", 1));
  std::vector<size_t> calls;
  for (int i = 0; i < 5; ++i) calls.push_back(world_.call(0, reserve("cart", {{"A", 1}})));
  world_.settle();
  int held = 0;
  for (const size_t call : calls) held += !world_.answer(call).refusal;
  EXPECT_EQ(held, 1);
}

TEST_P(ReserveTest, TellsTheFirstReasonOfTheContract) {
  ask(set_stock("paused", 5));
  ask(pause("paused", true));
  ask(set_stock("versioned", 5));
  ask(set_stock("empty", 0));
  const RequestItem empty{"empty", 1, 1};
  const RequestItem versioned{"versioned", 9, 7};
  const RequestItem paused{"paused", 9, 9};
  const RequestItem missing{"missing", 1, 1};
  EXPECT_EQ(ask(reserve("c", {empty})).refusal.error, Error::out_of_stock);
  EXPECT_EQ(ask(reserve("c", {empty, versioned})).refusal.error, Error::version);
  EXPECT_EQ(ask(reserve("c", {versioned, paused, empty})).refusal.error, Error::paused);
  EXPECT_EQ(ask(reserve("c", {paused, missing, versioned, empty})).refusal.error, Error::no_sku);
}

TEST_P(ReserveTest, TellsTheSkuThatSortsFirstOfOneReason) {
  for (const char* sku : {"b", "a", "c"}) ask(set_stock(sku, 0));
  EXPECT_EQ(ask(reserve("cart", {{"c", 1}, {"b", 1}, {"a", 1}})).refused_sku, "a");
  EXPECT_EQ(ask(reserve("cart", {{"z", 1}, {"y", 1}})).refused_sku, "y");
}

TEST_P(ReserveTest, WithAVersionTakesOnlyThatVersionOfEveryItem) {
  ask(set_stock("A", 5));
  ask(set_stock("B", 5));
  ask(restock("B", 1));
  const Answer refused = ask(reserve("cart", {{"A", 1, 1}, {"B", 1, 1}}));
  EXPECT_EQ(refused.refusal.error, Error::version);
  EXPECT_EQ(refused.refused_sku, "B");
  EXPECT_EQ(refused.refusal.want, 1);
  EXPECT_EQ(refused.refusal.have, 2);
  EXPECT_FALSE(ask(reserve("cart", {{"A", 1, 1}, {"B", 1, 2}})).refusal);
  EXPECT_FALSE(ask(reserve("cart", {{"A", 1, 2}})).refusal);
}

TEST_P(ReserveTest, ACartMayHoldTheSameSkuTwice) {
  ask(set_stock("A", 5));
  const HoldId first = ask(reserve("cart", {{"A", 1}})).id;
  const HoldId second = ask(reserve("cart", {{"A", 1}})).id;
  EXPECT_NE(first, second);
  EXPECT_EQ(look("A").held, 2);
}

TEST_P(ReserveTest, ManyItemsAreHeldAndGivenBack) {
  std::vector<RequestItem> items;
  for (int i = 0; i < 128; ++i) {
    items.push_back({"item-with-a-rather-long-name-" + std::to_string(i), 1});
    ask(set_stock(items.back().sku, 1));
  }
  const HoldId id = ask(reserve("cart", items)).id;
  EXPECT_EQ(ask(hold(id)).hold.items.size(), 128u);
  EXPECT_EQ(ask(release(id)).number, 128);
  for (const RequestItem& item : items) EXPECT_EQ(look(item.sku).held, 0);
}

TEST_P(ReserveTest, PartialDoesNotOverlookAWrongVersionWhereTheCartHasReachedItsLimit) {
  ask(set_stock("A", 5));
  ask(set_stock("B", 5));
  Request limit = about_sku(Verb::policy, "A");
  limit.policy = {.sets_percart = true, .to = {.percart = 1}};
  ask(limit);
  ask(reserve("cart", {{"A", 1}}));
  Request request = reserve("cart", {{"A", 1, 2}, {"B", 1, 1}});
  request.partial = true;
  EXPECT_EQ(ask(request).refusal.error, Error::version);
  request.items[0].if_version = 3;
  EXPECT_EQ(ask(request).granted, (std::vector<uint32_t>{0, 1}));
}

INSTANTIATE_TEST_SUITE_P(Shards, ReserveTest, testing::Values(1u, 2u, 7u));

}  // namespace
}  // namespace holdfast
