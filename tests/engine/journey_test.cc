// Journeys of several shards, letter by letter.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/requests.h"

namespace holdfast {
namespace {

// Three shards with one SKU each, in the order in which every journey visits them.
class JourneyTest : public testing::Test {
 protected:
  JourneyTest() : world_({.shards = 3}), a_(world_.sku_on(0)), b_(world_.sku_on(1)), c_(world_.sku_on(2)) {
    for (const std::string& sku : {a_, b_, c_}) world_.ask(set_stock(sku, 5));
  }

  StockView look(const std::string& sku) { return world_.ask(stock(sku)).stock; }

  // [a, b, c] is released while [a, c], which has taken a, is on its way to c, where nothing is left.
  void serve_the_second_cart_by_the_end_of(const HoldId& id) {
    world_.call(2, release(id));
    world_.deliver(2, 0);  // marks a
    world_.deliver(0, 2);  // the second cart comes to c and waits for the unit that is on its way back
    world_.deliver(0, 1);
    world_.deliver(1, 2);  // c has its unit back, the second cart takes it; the end goes on to b, the cart back to a
    world_.deliver(2, 0);
  }

  ShardWorld world_;
  std::string a_, b_, c_;
};

TEST_F(JourneyTest, HoldsACartOnThreeShardsAndSellsIt) {
  const Answer held = world_.ask(reserve("cart", {{c_, 1}, {a_, 2}, {b_, 3}}));
  ASSERT_FALSE(held.refusal);
  EXPECT_EQ(held.number, 1000);
  EXPECT_EQ(look(a_).held, 2);
  EXPECT_EQ(look(b_).held, 3);
  EXPECT_EQ(look(c_).held, 1);
  ASSERT_FALSE(world_.ask(commit(held.id)).refusal);
  EXPECT_EQ(look(a_).on_hand, 3);
  EXPECT_EQ(look(a_).sold, 2);
  EXPECT_EQ(look(a_).held, 0);
  EXPECT_EQ(look(c_).sold, 1);
}

TEST_F(JourneyTest, ACartIsRefusedWhereNoneOfItsItemsCouldBeTaken) {
  const Answer refused = world_.ask(reserve("cart", {{a_, 6}, {b_, 7}, {c_, 8}}));
  EXPECT_EQ(refused.refusal.error, Error::out_of_stock);
  EXPECT_EQ(refused.refused_sku, std::min({a_, b_, c_}));
  EXPECT_TRUE(world_.ask(holds("cart")).holds.empty());
  for (const std::string& sku : {a_, b_, c_}) world_.ask(pause(sku, true));
  EXPECT_EQ(world_.ask(reserve("cart", {{a_, 1}, {b_, 1}})).refusal.error, Error::paused);
}

TEST_F(JourneyTest, ARefusedCartLeavesNoTrace) {
  const Answer refused = world_.ask(reserve("cart", {{a_, 2}, {b_, 6}, {c_, 1}}));
  EXPECT_EQ(refused.refusal.error, Error::out_of_stock);
  EXPECT_EQ(refused.refused_sku, b_);
  EXPECT_EQ(refused.refusal.want, 6);
  EXPECT_EQ(refused.refusal.have, 5);
  for (const std::string& sku : {a_, b_, c_}) {
    EXPECT_EQ(look(sku).held, 0);
    EXPECT_EQ(look(sku).version, 1u);
  }
}

TEST_F(JourneyTest, TheErrorToldDoesNotDependOnWhichShardRefusesFirst) {
  world_.ask(pause(c_, true));
  const Answer refused = world_.ask(reserve("cart", {{a_, 9}, {c_, 1}, {b_, 9}}));
  EXPECT_EQ(refused.refusal.error, Error::paused);
  EXPECT_EQ(refused.refused_sku, c_);
}

TEST_F(JourneyTest, CrosswiseCartsDoNotWaitForEachOther) {
  world_.ask(set_stock(a_, 1));
  world_.ask(set_stock(b_, 1));
  const size_t first = world_.call(0, reserve("one", {{a_, 1}, {b_, 1}}));
  const size_t second = world_.call(1, reserve("two", {{b_, 1}, {a_, 1}}));
  world_.settle();
  ASSERT_TRUE(world_.is_answered(first) && world_.is_answered(second));
  EXPECT_NE(!world_.answer(first).refusal, !world_.answer(second).refusal);
}

// [a, b] has taken a and is on its way to b.
TEST_F(JourneyTest, AReadWaitsForTheCartThatIsUndecided) {
  const size_t cart = world_.call(0, reserve("cart", {{a_, 1}, {b_, 1}}));
  const size_t read = world_.call(0, stock(a_));
  EXPECT_FALSE(world_.is_answered(read));
  world_.deliver(0, 1);
  world_.deliver(1, 0);
  EXPECT_FALSE(world_.answer(cart).refusal);
  EXPECT_EQ(world_.answer(read).stock.held, 1);
}

TEST_F(JourneyTest, AReserveThatFitsBesideUndecidedOnesDoesNotWait) {
  world_.call(0, reserve("cart", {{a_, 3}, {b_, 1}}));
  const size_t fits = world_.call(0, reserve("other", {{a_, 2}}));
  EXPECT_TRUE(world_.is_answered(fits));
  const size_t hangs = world_.call(0, reserve("third", {{a_, 1}}));
  EXPECT_FALSE(world_.is_answered(hangs));
  world_.settle();
  EXPECT_EQ(world_.answer(hangs).refusal.have, 0);
  EXPECT_EQ(world_.answer(hangs).refusal.held, 5);
}

// The second cart goes on from the queue as soon as it fits, and is then undecided itself.
TEST_F(JourneyTest, ARefusalNeverCountsUnitsThatACartFromTheQueueMayGiveBack) {
  world_.ask(set_stock(a_, 2));
  const size_t first = world_.call(0, reserve("one", {{a_, 2}, {b_, 9}}));  // will be refused at b
  const size_t second = world_.call(0, reserve("two", {{a_, 2}, {b_, 9}}));
  const size_t third = world_.call(0, reserve("three", {{a_, 1}}));
  world_.deliver(0, 1);
  world_.deliver(1, 0);  // the first is undone, the second takes a
  EXPECT_TRUE(world_.is_answered(first));
  EXPECT_FALSE(world_.is_answered(third));
  world_.settle();
  EXPECT_TRUE(world_.answer(second).refusal);
  EXPECT_FALSE(world_.answer(third).refusal);
}

TEST_F(JourneyTest, ASetterWaitsForTheCartThatStoodBeforeItInTheQueue) {
  world_.ask(set_stock(a_, 2));
  world_.call(0, reserve("one", {{a_, 2}, {b_, 9}}));
  const size_t second = world_.call(0, reserve("two", {{a_, 2}, {b_, 1}}));
  const size_t cut = world_.call(0, set_stock(a_, 0));
  world_.deliver(0, 1);
  world_.deliver(1, 0);
  EXPECT_FALSE(world_.is_answered(cut));
  world_.settle();
  EXPECT_FALSE(world_.answer(second).refusal);
  EXPECT_EQ(world_.answer(cut).stock.held, 2);
  EXPECT_EQ(world_.answer(cut).stock.short_by, 2);
}

// A mark of the end of a hold makes the versioned cart undo what it took and begin again at the next turn.
TEST_F(JourneyTest, AVersionedCartThatBeginsAgainStillKnowsItsNames) {
  const std::string second = world_.sku_on(0, 1);
  const bool in_order = slot_of(world_.hasher().sku(a_)) < slot_of(world_.hasher().sku(second));
  const std::string& low = in_order ? a_ : second;
  const std::string& high = in_order ? second : a_;
  world_.ask(set_stock(second, 5));
  const auto version = static_cast<int64_t>(look(low).version);
  world_.call(0, reserve("cart", {{high, 1}, {b_, 1}}));
  const size_t versioned = world_.call(0, reserve("versioned", {{low, 1, version}, {high, 1, 2}}));
  EXPECT_FALSE(world_.is_answered(versioned));
  world_.settle();
  EXPECT_FALSE(world_.answer(versioned).refusal);
  EXPECT_EQ(look(low).held, 1);
}

TEST_F(JourneyTest, NobodySeesHalfOfAnEnd) {
  const HoldId id = world_.ask(reserve("cart", {{a_, 1}, {c_, 1}})).id;
  world_.call(2, release(id));  // at home with c
  const size_t read_c = world_.call(2, stock(c_));
  EXPECT_FALSE(world_.is_answered(read_c));
  world_.deliver(2, 0);  // marks a
  world_.deliver(0, 2);  // c has its units back
  EXPECT_EQ(world_.answer(read_c).stock.held, 0);
  const size_t read_a = world_.call(0, stock(a_));
  EXPECT_FALSE(world_.is_answered(read_a));
  world_.settle();
  EXPECT_EQ(world_.answer(read_a).stock.held, 0);
}

TEST_F(JourneyTest, ACommandOnAHoldWhoseEndIsUnderWayHearsOfItOnlyAfterwards) {
  const HoldId id = world_.ask(reserve("cart", {{a_, 1}, {c_, 1}})).id;
  world_.call(2, release(id));
  const size_t late = world_.call(2, commit(id));
  const size_t view = world_.call(2, hold(id));
  const size_t list = world_.call(2, holds("cart"));
  world_.deliver(2, 0);
  world_.deliver(0, 2);
  EXPECT_FALSE(world_.is_answered(late) || world_.is_answered(view));
  world_.settle();
  EXPECT_EQ(world_.answer(late).refusal.error, Error::hold_released);
  EXPECT_EQ(world_.answer(view).hold.state, HoldState::released);
  EXPECT_TRUE(world_.answer(list).holds.empty());
}

TEST_F(JourneyTest, AVersionedCartSeesTheVersionsOfOneInstant) {
  const size_t versioned = world_.call(0, reserve("cart", {{a_, 1, 1}, {b_, 1, 1}}));
  const size_t other = world_.call(0, restock(a_, 1));  // a is taken, b not yet judged
  EXPECT_FALSE(world_.is_answered(other));
  world_.settle();
  EXPECT_FALSE(world_.answer(versioned).refusal);
  EXPECT_EQ(world_.answer(other).stock.version, 3u);
}

// It waits for the cart that was there before it, and then for the end that came later and made room for that cart at
// c.
TEST_F(JourneyTest, AReadThatSeesACartSeesTheEndThatMadeRoomForIt) {
  world_.ask(set_stock(c_, 1));
  const HoldId id = world_.ask(reserve("first", {{a_, 1}, {b_, 1}, {c_, 1}})).id;
  const size_t second = world_.call(0, reserve("second", {{a_, 1}, {c_, 1}}));  // has taken a
  const size_t read = world_.call(0, stock(a_));
  serve_the_second_cart_by_the_end_of(id);
  EXPECT_FALSE(world_.answer(second).refusal);
  world_.settle();
  EXPECT_EQ(world_.answer(read).stock.held, 1) << "of the second cart only";
}

TEST_F(JourneyTest, ARefusalThatCountsACartCountsTheEndThatMadeRoomForIt) {
  world_.ask(set_stock(c_, 1));
  const HoldId id = world_.ask(reserve("first", {{a_, 1}, {b_, 1}, {c_, 1}})).id;
  const size_t second = world_.call(0, reserve("second", {{a_, 1}, {c_, 1}}));  // has taken a
  const size_t third = world_.call(0, reserve("third", {{a_, 100}}));
  serve_the_second_cart_by_the_end_of(id);
  EXPECT_FALSE(world_.answer(second).refusal);
  world_.settle();
  EXPECT_EQ(world_.answer(third).refusal.held, 1) << "of the second cart only";
}

TEST_F(JourneyTest, AVersionedCartSeesTheVersionsOfOneInstantAlsoWhereItIsGrantedNothing) {
  world_.ask(set_stock(a_, 0));
  Request request = reserve("cart", {{a_, 1, 2}, {b_, 1, 1}});
  request.partial = true;
  const size_t versioned = world_.call(0, request);
  const size_t other = world_.call(0, restock(a_, 1));
  EXPECT_FALSE(world_.is_answered(other));
  world_.settle();
  EXPECT_EQ(world_.answer(versioned).granted, (std::vector<uint32_t>{0, 1}));
}

TEST_F(JourneyTest, NobodyPausesASkuUnderACartThatIsGrantedNothingOfIt) {
  world_.ask(set_stock(a_, 0));
  Request request = reserve("cart", {{a_, 1}, {b_, 1}});
  request.partial = true;
  const size_t partial = world_.call(0, request);
  const size_t paused = world_.call(0, pause(a_, true));
  EXPECT_FALSE(world_.is_answered(paused));
  world_.settle();
  EXPECT_EQ(world_.answer(partial).granted, (std::vector<uint32_t>{0, 1}));
}

TEST_F(JourneyTest, AnAmendHearsOfTheEndOfItsHoldAlsoWhereASkuOfItIsDeletedByNow) {
  const HoldId id = world_.ask(reserve("cart", {{b_, 2}, {c_, 1}})).id;
  Request request = about_hold(Verb::amend, id);
  request.items = {{a_, 1}, {b_, 1}, {c_, 1}};
  const size_t amend = world_.call(2, request);  // on its way to a, then to b
  world_.call(2, release(id));
  world_.deliver(2, 1);
  world_.deliver(1, 2);
  world_.deliver(2, 1);  // b has its units back
  const size_t deleted = world_.call(1, delete_stock(b_));
  EXPECT_EQ(world_.answer(deleted).number, 1);
  world_.settle();
  EXPECT_EQ(world_.answer(amend).refusal.error, Error::hold_released);
}

TEST_F(JourneyTest, EveryJourneyComesHome) {
  const HoldId id = world_.ask(reserve("cart", {{a_, 1}, {b_, 1}, {c_, 1}})).id;
  world_.ask(reserve("cart", {{a_, 1}, {b_, 1}}));
  world_.ask(commit(id));
  world_.ask(revoke("cart"));
  for (ShardIndex shard = 0; shard < 3; ++shard) EXPECT_EQ(world_.shard(shard).stats().journeys_under_way, 0u);
}

}  // namespace
}  // namespace holdfast
