// SETSTOCK, RESTOCK, STOCK, MSTOCK, DELSTOCK, POLICY on one shard, rule by rule of the wire contract.
#include <gtest/gtest.h>

#include "engine/limits.h"
#include "tests/support/requests.h"

namespace holdfast {
namespace {

class StockTest : public testing::Test {
 protected:
  const Answer& ask(const Request& request) { return world_.ask(request); }
  StockView look(const std::string& sku) { return ask(stock(sku)).stock; }
  void sell(const std::string& sku, uint32_t units) { ask(commit(ask(reserve("cart", {{sku, units}})).id)); }

  ShardWorld world_{{.shards = 1}};
};

TEST_F(StockTest, SetStockCreatesTheSkuWithVersionOne) {
  const Answer answer = ask(set_stock("A", 7));
  EXPECT_EQ(answer.stock.on_hand, 7);
  EXPECT_EQ(answer.stock.available, 7);
  EXPECT_EQ(answer.stock.version, 1u);
  EXPECT_GT(answer.seq, 0u);
  EXPECT_EQ(ask(set_stock("empty", 0)).stock.version, 1u);
}

TEST_F(StockTest, EachChangeAddsOneToTheVersionAndNoChangeNone) {
  ask(set_stock("A", 7));
  EXPECT_EQ(ask(set_stock("A", 8)).stock.version, 2u);
  const Answer same = ask(set_stock("A", 8));
  EXPECT_EQ(same.stock.version, 2u);
  EXPECT_EQ(same.seq, 0u);
  EXPECT_EQ(ask(oversell("A", 3)).stock.version, 3u);
  EXPECT_EQ(ask(oversell("A", 3)).stock.version, 3u);
  EXPECT_EQ(ask(pause("A", true)).stock.version, 4u);
}

TEST_F(StockTest, ACutBelowWhatIsHeldIsShortAndPromisesAreKept) {
  ask(set_stock("A", 5));
  const HoldId id = ask(reserve("cart", {{"A", 4}})).id;
  const Answer cut = ask(set_stock("A", 1));
  EXPECT_EQ(cut.stock.available, 0);
  EXPECT_EQ(cut.stock.short_by, 3);
  EXPECT_EQ(ask(reserve("other", {{"A", 1}})).refusal.error, Error::out_of_stock);
  EXPECT_FALSE(ask(commit(id)).refusal);
  EXPECT_EQ(look("A").on_hand, -3);
  EXPECT_EQ(look("A").sold, 4);
  EXPECT_EQ(look("A").on_hand + look("A").sold, 1);
}

TEST_F(StockTest, RestockAddsAndTakesAwayButNeverBelowZero) {
  EXPECT_EQ(ask(restock("A", -1)).refusal.error, Error::no_sku);
  EXPECT_EQ(ask(restock("A", 5)).stock.on_hand, 5);
  EXPECT_EQ(ask(restock("A", -5)).stock.on_hand, 0);
  EXPECT_EQ(ask(restock("A", -1)).refusal.error, Error::below_zero);
  EXPECT_EQ(look("A").version, 2u);
}

TEST_F(StockTest, RestockNeverGoesAboveTheLimit) {
  ask(set_stock("A", limits::units));
  EXPECT_EQ(ask(restock("A", 1)).refusal.error, Error::above_limit);
  EXPECT_EQ(look("A").on_hand, limits::units);
}

TEST_F(StockTest, OversoldStockIsFilledUpStepByStep) {
  ask(set_stock("A", 0));
  ask(oversell("A", 5));
  sell("A", 5);
  EXPECT_EQ(look("A").on_hand, -5);
  EXPECT_EQ(ask(restock("A", 2)).stock.on_hand, -3);
  EXPECT_EQ(ask(restock("A", -1)).refusal.error, Error::below_zero);
}

TEST_F(StockTest, SetterWithAVersionChangesOnlyThatVersion) {
  ask(set_stock("A", 1));
  const Answer refused = ask(set_stock("A", 2, 5));
  EXPECT_EQ(refused.refusal.error, Error::version);
  EXPECT_EQ(refused.refusal.want, 5);
  EXPECT_EQ(refused.refusal.have, 1);
  EXPECT_FALSE(ask(restock("A", 1, 1)).refusal);
  EXPECT_EQ(look("A").version, 2u);
}

TEST_F(StockTest, VersionZeroMeansThatItMustNotExist) {
  EXPECT_EQ(ask(set_stock("A", 1, 3)).refusal.error, Error::version);
  EXPECT_EQ(ask(set_stock("A", 1, 3)).refusal.have, 0);
  EXPECT_FALSE(ask(set_stock("A", 1, 0)).refusal);
  EXPECT_EQ(ask(set_stock("A", 1, 0)).refusal.error, Error::version);
  EXPECT_EQ(ask(restock("B", 1, 3)).refusal.error, Error::version);
  EXPECT_FALSE(ask(restock("B", 1, 0)).refusal);
}

TEST_F(StockTest, OfSeveralReasonsTheFirstInTheContractIsTold) {
  EXPECT_EQ(ask(restock("A", -1, 3)).refusal.error, Error::no_sku) << "before -VERSION";
  ask(set_stock("A", 1));
  EXPECT_EQ(ask(restock("A", -2, 9)).refusal.error, Error::below_zero) << "-ERR before -VERSION";
}

TEST_F(StockTest, StockOfAMissingSkuIsRefusedWithItsName) {
  const Answer answer = ask(stock("A"));
  EXPECT_EQ(answer.refusal.error, Error::no_sku);
  EXPECT_EQ(answer.refused_sku, "A");
  EXPECT_EQ(ask(pause("A", true)).refusal.error, Error::no_sku);
}

TEST_F(StockTest, MultiStockAnswersForEachAlsoMissingAndRepeated) {
  ask(set_stock("A", 1));
  ask(set_stock("B", 2));
  const Answer answer = ask(multi_stock({"B", "missing", "A", "B"}));
  ASSERT_EQ(answer.stocks.size(), 4u);
  EXPECT_EQ(answer.stocks[0].on_hand, 2);
  EXPECT_FALSE(answer.stocks[1].exists);
  EXPECT_EQ(answer.stocks[2].on_hand, 1);
  EXPECT_EQ(answer.stocks[3].on_hand, 2);
}

TEST_F(StockTest, MultiStockKeepsTheOrderOfMentionOnManyShards) {
  ShardWorld world({.shards = 4});
  std::vector<std::string> skus;
  for (const int shard : {3, 0, 2, 1}) skus.push_back(world.sku_on(static_cast<ShardIndex>(shard)));
  for (size_t i = 0; i < skus.size(); ++i) world.ask(set_stock(skus[i], static_cast<int64_t>(i)));
  const Answer answer = world.ask(multi_stock({skus[0], skus[1], skus[2], skus[3]}));
  for (size_t i = 0; i < skus.size(); ++i) EXPECT_EQ(answer.stocks[i].on_hand, static_cast<int64_t>(i));
}

TEST_F(StockTest, DeleteIsRefusedWhileUnitsAreHeld) {
  EXPECT_EQ(ask(delete_stock("A")).number, 0);
  ask(set_stock("A", 3));
  const HoldId id = ask(reserve("cart", {{"A", 2}})).id;
  EXPECT_EQ(ask(delete_stock("A")).refusal.error, Error::in_use);
  EXPECT_EQ(ask(delete_stock("A")).refusal.held, 2);
  ask(release(id));
  EXPECT_EQ(ask(delete_stock("A")).number, 1);
  EXPECT_EQ(ask(stock("A")).refusal.error, Error::no_sku);
}

TEST_F(StockTest, ASkuMadeAgainBeginsAnewAndOldHoldsKeepItsName) {
  ask(set_stock("A", 3));
  sell("A", 1);
  const HoldId id = ask(reserve("cart", {{"A", 2}})).id;
  ask(commit(id));
  ask(delete_stock("A"));
  const StockView anew = ask(set_stock("A", 9)).stock;
  EXPECT_EQ(anew.version, 1u);
  EXPECT_EQ(anew.sold, 0);
  const Answer old = ask(hold(id));
  ASSERT_EQ(old.hold.items.size(), 1u);
  EXPECT_EQ(old.hold.items[0], (std::pair<std::string, uint32_t>{"A", 2}));
}

TEST_F(StockTest, WhoStandsBehindADeleteFindsNoSuchSku) {
  ShardWorld world({.shards = 2});
  const std::string a = world.sku_on(0);
  const std::string b = world.sku_on(1);
  world.ask(set_stock(a, 1));
  world.ask(set_stock(b, 0));
  world.call(0, reserve("cart", {{a, 1}, {b, 1}}));  // will be refused at b
  const size_t gone = world.call(0, delete_stock(a));
  const size_t behind = world.call(0, reserve("other", {{a, 1}}));
  EXPECT_FALSE(world.is_answered(gone));
  world.settle();
  EXPECT_EQ(world.answer(gone).number, 1);
  EXPECT_EQ(world.answer(behind).refusal.error, Error::no_sku);
}

TEST_F(StockTest, OversellPromisesUnitsThatAreNotThere) {
  ask(set_stock("A", 1));
  EXPECT_EQ(ask(oversell("A", 2)).stock.available, 3);
  EXPECT_FALSE(ask(reserve("cart", {{"A", 3}})).refusal);
  EXPECT_EQ(ask(oversell("A", 0)).stock.short_by, 2);
}

TEST_F(StockTest, PausedRefusesReserveAndLetsTheRestGoOn) {
  ask(set_stock("A", 5));
  const HoldId sold = ask(reserve("cart", {{"A", 1}})).id;
  const HoldId back = ask(reserve("cart", {{"A", 1}})).id;
  EXPECT_TRUE(ask(pause("A", true)).stock.paused);
  EXPECT_EQ(ask(reserve("cart", {{"A", 1}})).refusal.error, Error::paused);
  EXPECT_FALSE(ask(commit(sold)).refusal);
  EXPECT_EQ(ask(release(back)).number, 1);
  ask(pause("A", false));
  EXPECT_FALSE(ask(reserve("cart", {{"A", 1}})).refusal);
}

TEST(Stock, AReaderOfVeryManySkusLetsOthersInBetween) {
  ShardWorld world({.shards = 1});
  const std::string a = "A";
  world.ask(set_stock(a, 7));
  Request request = multi_stock({});
  for (size_t i = 0; i < 3 * limits::visits_a_turn; ++i) request.items.push_back({.sku = "no such SKU"});
  request.items.push_back({.sku = a});
  const size_t many = world.call(0, request);
  const size_t one = world.call(0, stock(a));
  EXPECT_FALSE(world.is_answered(many));
  EXPECT_TRUE(world.is_answered(one));
  world.settle();
  EXPECT_EQ(world.answer(many).stocks.size(), request.items.size());
  EXPECT_EQ(world.answer(many).stocks.back().on_hand, 7);
  EXPECT_FALSE(world.answer(many).stocks.front().exists);
}

}  // namespace
}  // namespace holdfast
