// RESERVE ... WAIT, where what happens at one instant, or on the way, decides.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/two_skus.h"

namespace holdfast {
namespace {

class LineTest : public TwoSkus {
 protected:
  LineTest() : TwoSkus(1) {}
};

TEST_F(LineTest, UnitsThatComeBackAtTheVeryEndOfAWaitAreGranted) {
  world_.ask(reserve("first", {{a_, 1}}, 10));
  const size_t waiter = world_.call(0, waiting(reserve("second", {{a_, 1}}), 10));
  world_.pass_time_to(world_.clock(0) + 10'000);
  EXPECT_FALSE(world_.answer(waiter).refusal);
}

TEST_F(LineTest, AWaitThatEndsWhileUnitsOfAnExpiredHoldAreOnTheirWayBackIsGrantedThem) {
  const HoldId id = world_.ask(reserve("first", {{a_, 1}, {b_, 1}}, 10), 1).id;
  ASSERT_EQ(world_.home_of(id), 1);
  const size_t waiter = world_.call(1, waiting(reserve("second", {{b_, 1}}), 10));
  world_.turn(1, world_.clock(1) + 10'000);  // the hold is over, and its end has to go to the other shard first
  world_.settle();
  EXPECT_FALSE(world_.answer(waiter).refusal);
}

TEST_F(LineTest, AtTheEndOfAWaitTheSkuIsToldThatSortsFirst) {
  const std::string& first = std::min(a_, b_);
  const std::string& last = std::max(a_, b_);
  world_.ask(reserve("first", {{a_, 1}, {b_, 1}}));
  const size_t waiter = world_.call(0, waiting(reserve("second", {{last, 1}, {first, 1}}), 10));
  world_.settle();
  world_.pass_time_to(world_.clock(0) + 10'000);
  EXPECT_EQ(world_.answer(waiter).refusal.error, Error::out_of_stock);
  EXPECT_EQ(world_.answer(waiter).refused_sku, first);
}

TEST_F(LineTest, ACartOfWhichOneSkuCanNeverBeHadDoesNotWaitForTheOthers) {
  world_.ask(reserve("first", {{a_, 1}}));
  for (const bool short_one_first : {true, false}) {
    std::vector<RequestItem> items{{a_, 1}, {b_, 2}};
    if (!short_one_first) std::reverse(items.begin(), items.end());
    const size_t hopeless = world_.call(0, waiting(reserve("second", items), 10));
    world_.settle();
    ASSERT_TRUE(world_.is_answered(hopeless));
    EXPECT_EQ(world_.answer(hopeless).refusal.error, Error::out_of_stock);
    EXPECT_EQ(world_.answer(hopeless).refused_sku, std::min(a_, b_));
  }
}

TEST_F(LineTest, WithPartialACartWaitsForOneSkuAlthoughAnotherCanNeverBeHad) {
  const HoldId id = world_.ask(reserve("first", {{a_, 1}})).id;
  world_.ask(set_stock(b_, 0));
  Request partial = waiting(reserve("second", {{a_, 1}, {b_, 1}}), 10);
  partial.partial = true;
  const size_t waiter = world_.call(0, partial);
  world_.settle();
  EXPECT_FALSE(world_.is_answered(waiter));
  world_.ask(release(id));
  EXPECT_EQ(world_.answer(waiter).granted, (std::vector<uint32_t>{1, 0}));
}

TEST_F(LineTest, WhoWaitsInVainHearsOfALimitBeforeHeHearsOfUnits) {
  world_.ask(set_stock(a_, 3));
  world_.ask(reserve("first", {{a_, 1}}));
  const size_t waiter = world_.call(0, waiting(reserve("second", {{a_, 3}}), 100));
  Request limit = about_sku(Verb::policy, a_);
  limit.policy = {.sets_percart = true, .to = {.percart = 1}};
  world_.ask(limit);
  world_.ask(set_stock(a_, 2));
  EXPECT_EQ(world_.answer(waiter).refusal.error, Error::limit_sku);
}

// Two holds end in one turn; the cart that came later stands in the line that is served first.
TEST_F(LineTest, ACartFromAnotherLineDoesNotOvertakeThoseInLineHere) {
  const std::string other = world_.sku_on(0, 1);
  world_.ask(set_stock(other, 1));
  for (const std::string& first : {a_, other}) {
    const std::string& last = first == a_ ? other : a_;
    world_.ask(reserve("first", {{a_, 1}, {other, 1}}, 10));
    const size_t waiter = world_.call(0, waiting(reserve("second", {{last, 1}}, 5), 100));
    const size_t later = world_.call(0, waiting(reserve("third", {{first, 1}, {last, 1}}, 5), 100));
    world_.pass_time_to(world_.clock(0) + 10'000);
    EXPECT_TRUE(world_.is_answered(waiter));
    EXPECT_FALSE(world_.is_answered(later));
    world_.pass_time_to(world_.clock(0) + 5'000);
    EXPECT_TRUE(world_.is_answered(later));
    world_.pass_time_to(world_.clock(0) + 5'000);
  }
}

TEST_F(LineTest, ACartInTheQueueDoesNotOvertakeThoseInLine) {
  world_.ask(set_stock(a_, 2));
  const HoldId id = world_.ask(reserve("first", {{a_, 1}, {b_, 1}}), 1).id;
  world_.ask(reserve("second", {{a_, 1}}));
  const size_t waiter = world_.call(0, waiting(reserve("third", {{a_, 2}}), 100));
  world_.call(1, release(id));
  world_.deliver(1, 0);  // marks a: who comes now waits there
  world_.call(0, restock(a_, 1));
  const size_t later = world_.call(0, reserve("fourth", {{a_, 1}}));
  world_.settle();
  ASSERT_TRUE(world_.is_answered(waiter));
  EXPECT_FALSE(world_.answer(waiter).refusal);
  EXPECT_EQ(world_.answer(later).refusal.error, Error::out_of_stock);
}

// The unit on its way back would satisfy the one in line: who comes later does not take the other one before.
TEST_F(LineTest, ACartWaitsForUnitsOnTheirWayBackThatThoseInLineCouldUse) {
  world_.ask(set_stock(a_, 2));
  const HoldId id = world_.ask(reserve("first", {{a_, 1}, {b_, 1}}), 1).id;
  const size_t waiter = world_.call(0, waiting(reserve("second", {{a_, 2}}), 100));
  world_.call(1, release(id));
  world_.deliver(1, 0);
  const size_t later = world_.call(0, reserve("third", {{a_, 1}}));
  EXPECT_FALSE(world_.is_answered(later));
  world_.settle();
  ASSERT_TRUE(world_.is_answered(waiter));
  EXPECT_EQ(world_.answer(later).refusal.error, Error::out_of_stock);
}

// A cart on its way has taken a unit that the first in line could use together with those that come back: who stands
// behind him is not served before it is known whether that cart keeps it.
TEST_F(LineTest, NobodyInLineIsOvertakenForTheSakeOfACartThatIsRefused) {
  world_.ask(set_stock(a_, 5));
  world_.ask(set_stock(b_, 0));
  world_.ask(reserve("first", {{a_, 1}}));
  const HoldId id = world_.ask(reserve("first", {{a_, 3}})).id;
  const size_t four = world_.call(0, waiting(reserve("four", {{a_, 4}}), 100));
  const size_t three = world_.call(0, waiting(reserve("three", {{a_, 3}}), 100));
  const size_t on_its_way = world_.call(0, reserve("second", {{a_, 1}, {b_, 1}}));
  world_.call(0, release(id));
  world_.settle();
  EXPECT_EQ(world_.answer(on_its_way).refusal.error, Error::out_of_stock);
  EXPECT_FALSE(world_.is_answered(three));
  ASSERT_TRUE(world_.is_answered(four));
  EXPECT_FALSE(world_.answer(four).refusal);
}

TEST_F(LineTest, WhoStandsBehindIsServedOnceACartOnItsWayKeepsWhatItTook) {
  world_.ask(set_stock(a_, 5));
  world_.ask(reserve("first", {{a_, 1}}));
  const HoldId id = world_.ask(reserve("first", {{a_, 3}})).id;
  const size_t four = world_.call(0, waiting(reserve("four", {{a_, 4}}), 100));
  const size_t three = world_.call(0, waiting(reserve("three", {{a_, 3}}), 100));
  const size_t on_its_way = world_.call(0, reserve("second", {{a_, 1}, {b_, 1}}));
  world_.call(0, release(id));
  EXPECT_FALSE(world_.is_answered(three));
  const size_t later = world_.call(0, reserve("third", {{a_, 1}}));
  world_.settle();
  EXPECT_FALSE(world_.answer(on_its_way).refusal);
  EXPECT_FALSE(world_.is_answered(four));
  ASSERT_TRUE(world_.is_answered(three));
  EXPECT_FALSE(world_.answer(three).refusal);
  EXPECT_EQ(world_.answer(later).refusal.error, Error::out_of_stock);
}

TEST_F(LineTest, NobodyIsRefusedForUnitsOfAHoldThatFellDueWhileAPartOfItWasOnItsWayBack) {
  const HoldId id = world_.ask(reserve("first", {{a_, 1}, {b_, 1}}, 10), 1).id;
  ASSERT_EQ(world_.home_of(id), 1);
  Request part = release(id);
  part.items = {{a_, 1}};
  world_.call(1, part);
  world_.turn(1, world_.clock(1) + 10'000);
  const size_t next = world_.call(1, reserve("second", {{b_, 1}}));
  world_.settle();
  EXPECT_FALSE(world_.answer(next).refusal);
}

TEST_F(LineTest, CommitLateDoesNotOvertakeThoseInLine) {
  const HoldId id = world_.ask(reserve("first", {{a_, 1}}, 10)).id;
  const size_t waiter = world_.call(0, waiting(reserve("second", {{a_, 1}}), 100));
  const size_t busy = world_.call(0, hold(id));
  EXPECT_TRUE(world_.is_answered(busy));
  Request late = commit(id);
  late.late = true;
  world_.pass_time_to(world_.clock(0) + 10'000);
  const Answer refused = world_.ask(late);
  EXPECT_EQ(refused.refusal.error, Error::out_of_stock);
  EXPECT_TRUE(world_.is_answered(waiter));
}

TEST_F(LineTest, RevokeEndsAWaitWhoseTryIsUnderWay) {
  const HoldId id = world_.ask(reserve("first", {{a_, 1}})).id;
  world_.ask(reserve("other", {{b_, 1}}));
  const size_t waiter = world_.call(0, waiting(reserve("second", {{a_, 1}, {b_, 1}}), 100));
  world_.settle();
  world_.call(0, release(id));  // its try begins
  world_.call(1, revoke("second"));
  world_.settle();
  EXPECT_TRUE(world_.is_answered(waiter));
}

TEST_F(LineTest, AClientThatHangsUpWhileItsTryIsUnderWayDoesNotStandInLineAgain) {
  const HoldId id = world_.ask(reserve("first", {{a_, 1}})).id;
  world_.ask(reserve("other", {{b_, 1}}));
  const size_t waiter = world_.call(0, waiting(reserve("second", {{a_, 1}, {b_, 1}}), 100), 7);
  world_.settle();
  world_.call(0, release(id));  // its try begins, and finds nothing on the other shard
  ASSERT_FALSE(world_.is_answered(waiter));
  world_.hang_up(0, 7);
  world_.settle();
  EXPECT_TRUE(world_.is_answered(waiter));
}

// He waited for the sake of one before him, whose last try begins on another shard.
TEST(Line, WhoStandsBehindIsServedOnceTheOneBeforeHimHasLeft) {
  ShardWorld world({.shards = 3});
  const std::string a = world.sku_on(0), b = world.sku_on(1), c = world.sku_on(2);
  for (const std::string& sku : {a, b, c}) world.ask(set_stock(sku, 3));
  const HoldId id = world.ask(reserve("holds two", {{b, 2}})).id;
  const size_t first = world.call(1, waiting(reserve("first", {{a, 1}, {b, 3}}), 10));
  world.settle();
  const size_t second = world.call(1, waiting(reserve("second", {{b, 2}}), 100));
  const size_t undecided = world.call(1, reserve("undecided", {{b, 1}, {c, 1}}));
  world.call(1, release(id));
  EXPECT_FALSE(world.is_answered(second));  // if the undecided one gave its unit back, the first could be served
  world.turn(1, world.clock(1) + 10'000);
  EXPECT_FALSE(world.is_answered(undecided));
  EXPECT_TRUE(world.is_answered(second));
  world.settle();
  EXPECT_EQ(world.answer(first).refusal.error, Error::out_of_stock);
  EXPECT_FALSE(world.answer(second).refusal);
}

// However long its try takes: the time of its wait may be over by then.
TEST(Line, RevokeIsNotForgottenWhileATryIsUnderWay) {
  ShardWorld world({.shards = 3});
  const std::string a = world.sku_on(0), b = world.sku_on(2);
  for (const std::string& sku : {a, b}) world.ask(set_stock(sku, 1));
  const HoldId id = world.ask(reserve("first", {{a, 1}})).id;
  const size_t waiter = world.call(0, waiting(reserve("second", {{a, 1}, {b, 1}}), 10));
  world.settle();
  world.call(0, release(id));
  ASSERT_EQ(world.letters(0, 2), 2U);  // its try and the end of its watch, delivered when both REVOKEs are over
  const auto ask = [&](const std::string& cart) {
    const size_t call = world.call(1, revoke(cart));
    for (const auto& [from, to] : {std::pair<ShardIndex, ShardIndex>{1, 0}, {0, 1}, {1, 2}, {2, 1}}) {
      while (world.letters(from, to) > 0) world.deliver(from, to);
    }
    EXPECT_TRUE(world.is_answered(call));
  };
  ask("second");
  world.turn(2, world.clock(2) + 20'000);
  ask("another");
  world.settle();
  EXPECT_EQ(world.answer(waiter).refusal.error, Error::cart_revoked);
  EXPECT_EQ(world.ask(stock(b)).stock.held, 0);
}

}  // namespace
}  // namespace holdfast
