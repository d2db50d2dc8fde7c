// KEY, AMEND, COMMIT LATE, WAIT and PERCART on several shards, where what happens while a letter is on its way decides.
#include <gtest/gtest.h>

#include "tests/support/two_skus.h"

namespace holdfast {
namespace {

Request keyed(Request request, const std::string& key) {
  request.key = key;
  return request;
}
Request late(const HoldId& id, const std::string& ref = {}) {
  Request request = commit(id, ref);
  request.late = true;
  return request;
}

class OnTheWayTest : public TwoSkus {
 protected:
  OnTheWayTest() : TwoSkus(5) {}

  int64_t held(const std::string& sku) { return world_.ask(stock(sku)).stock.held; }
  int64_t sold(const std::string& sku) { return world_.ask(stock(sku)).stock.sold; }
  int64_t in_line(const std::string& sku) { return world_.ask(stock(sku)).stock.waiting; }

  // A key of this cart whose guard lives on this shard.
  std::string key_on(ShardIndex shard, const std::string& cart) const {
    for (int i = 0;; ++i) {
      std::string key = "key-" + std::to_string(i);
      if (shard_of(slot_of(world_.hasher().key(cart, key)), 2) == shard) return key;
    }
  }
};

// ---- KEY

TEST_F(OnTheWayTest, ACopyFromElsewhereWaitsForTheFirstAndHearsOfItsHold) {
  const Request request = keyed(reserve("cart", {{b_, 1}}), key_on(0, "cart"));
  const size_t first = world_.call(0, request);
  ASSERT_EQ(world_.letters(0, 1), 1u);  // it has its guard, and is on its way to the SKU
  const size_t copy = world_.call(1, request);
  world_.deliver(1, 0);
  EXPECT_FALSE(world_.is_answered(copy));
  world_.settle();
  EXPECT_FALSE(world_.answer(first).refusal);
  EXPECT_EQ(world_.answer(copy).id, world_.answer(first).id);
  EXPECT_EQ(world_.answer(copy).seq, world_.answer(first).seq);
  EXPECT_EQ(held(b_), 1);
}

TEST_F(OnTheWayTest, OfCopiesThatWaitForARefusalTheOldestIsDecidedAsNew) {
  const std::string key = key_on(0, "cart");
  const size_t first = world_.call(0, keyed(reserve("cart", {{b_, 6}}), key));
  const size_t second = world_.call(0, keyed(reserve("cart", {{b_, 2}}), key));
  const size_t third = world_.call(0, keyed(reserve("cart", {{b_, 1}}), key));
  world_.settle();
  EXPECT_EQ(world_.answer(first).refusal.error, Error::out_of_stock);
  EXPECT_FALSE(world_.answer(second).refusal);
  EXPECT_EQ(world_.answer(third).refusal.error, Error::idem);
  EXPECT_EQ(held(b_), 2);
}

TEST_F(OnTheWayTest, ACopyOfAForgottenHoldIsNewWhicheverLetterComesFirst) {
  const Request request = keyed(reserve("cart", {{b_, 1}}, 10), key_on(0, "cart"));
  const HoldId id = world_.ask(request).id;
  ASSERT_EQ(world_.home_of(id), 1);
  world_.ask(release(id));
  const TimeUs end = world_.clock(1) + world_.options().settings.tombstone_ttl_us;
  world_.turn(0, end);
  const size_t copy = world_.call(0, request);  // finds its guard, and is on its way to the hold
  world_.turn(1, end);                          // which is forgotten; that is on its way to the guard
  ASSERT_EQ(world_.letters(0, 1), 1u);
  ASSERT_EQ(world_.letters(1, 0), 1u);
  world_.deliver(0, 1);
  world_.settle();
  EXPECT_FALSE(world_.answer(copy).refusal);
  EXPECT_NE(world_.answer(copy).id, id);
  EXPECT_EQ(world_.ask(request).id, world_.answer(copy).id);
}

// ---- AMEND

TEST_F(OnTheWayTest, AHoldThatEndsWhileItsAmendTakesForItGivesAllBack) {
  const HoldId id = world_.ask(reserve("cart", {{a_, 1}}, 10)).id;
  ASSERT_EQ(world_.home_of(id), 0);
  const size_t amended = world_.call(0, amend(id, {{a_, 1}, {b_, 3}}));
  ASSERT_EQ(world_.letters(0, 1), 1u);
  world_.deliver(0, 1);                      // it has taken three
  world_.turn(0, world_.clock(0) + 10'000);  // and the hold is over
  world_.settle();
  EXPECT_EQ(world_.answer(amended).refusal.error, Error::hold_expired);
  EXPECT_EQ(held(a_), 0);
  EXPECT_EQ(held(b_), 0);
  EXPECT_FALSE(world_.ask(reserve("other", {{a_, 5}, {b_, 5}})).refusal);
}

TEST_F(OnTheWayTest, AnAmendWhoseHoldHasChangedBeginsAgainAndReplacesWhatIsThereThen) {
  const HoldId id = world_.ask(reserve("cart", {{a_, 4}})).id;
  const size_t amended = world_.call(0, amend(id, {{a_, 5}, {b_, 3}}));
  world_.deliver(0, 1);
  world_.call(0, release_some(id, {{a_, 2}}));
  ASSERT_FALSE(world_.ask(reserve("other", {{a_, 1}})).refusal);  // takes of what went back
  world_.settle();
  EXPECT_EQ(world_.answer(amended).refusal.error, Error::out_of_stock);
  const Answer shown = world_.ask(hold(id));
  EXPECT_EQ(shown.hold.items, (std::vector<std::pair<std::string, uint32_t>>{{a_, 2}}));
  EXPECT_EQ(held(a_), 3);
  EXPECT_EQ(held(b_), 0);
}

TEST_F(OnTheWayTest, TwoAmendsOfOneHoldFollowEachOther) {
  const HoldId id = world_.ask(reserve("cart", {{a_, 1}})).id;
  const size_t first = world_.call(0, amend(id, {{b_, 5}}));
  const size_t second = world_.call(0, amend(id, {{a_, 5}}));
  world_.settle();
  EXPECT_FALSE(world_.answer(first).refusal);
  EXPECT_FALSE(world_.answer(second).refusal);
  EXPECT_LT(world_.answer(first).seq, world_.answer(second).seq);
  EXPECT_EQ(held(a_), 5);
  EXPECT_EQ(held(b_), 0);
}

// ---- COMMIT LATE

TEST_F(OnTheWayTest, TwoLateCommitsSellTheUnitsOnce) {
  const HoldId id = world_.ask(reserve("cart", {{a_, 1}, {b_, 1}}, 10)).id;
  world_.pass_time_to(world_.clock(0) + 10'000);
  const size_t first = world_.call(0, late(id, "ref"));
  const size_t same = world_.call(1, late(id, "ref"));
  const size_t other = world_.call(0, late(id, "other"));
  world_.settle();
  EXPECT_EQ(sold(a_), 1);
  EXPECT_EQ(sold(b_), 1);
  int accepted = 0;
  for (const size_t number : {first, same, other}) {
    const Answer& answer = world_.answer(number);
    accepted += !answer.refusal;
    EXPECT_TRUE(!answer.refusal || answer.refusal.error == Error::hold_committed);
  }
  EXPECT_EQ(world_.answer(first).refusal.error, world_.answer(same).refusal.error);
  EXPECT_EQ(accepted, world_.answer(other).refusal ? 2 : 1);
}

TEST_F(OnTheWayTest, AHoldThatIsForgottenWhileALateCommitTakesForItIsNotSold) {
  const HoldId id = world_.ask(reserve("cart", {{b_, 1}, {a_, 1}}, 10)).id;
  const ShardIndex home = world_.home_of(id);
  const auto other = static_cast<ShardIndex>(1 - home);
  world_.pass_time_to(world_.clock(0) + 10'000);
  const size_t committed = world_.call(home, late(id));
  ASSERT_EQ(world_.letters(home, other), 1u);
  world_.deliver(home, other);
  world_.turn(home, world_.clock(home) + world_.options().settings.tombstone_ttl_us);
  world_.settle();
  EXPECT_EQ(world_.answer(committed).refusal.error, Error::no_hold);
  EXPECT_EQ(sold(a_) + sold(b_), 0);
  EXPECT_FALSE(world_.ask(reserve("other", {{a_, 5}, {b_, 5}})).refusal);
}

// ---- WAIT

TEST_F(OnTheWayTest, NobodyTakesWhatATryOnItsWayWasCalledFor) {
  const HoldId all_a = world_.ask(reserve("one", {{a_, 5}})).id;
  const HoldId all_b = world_.ask(reserve("two", {{b_, 5}}), 1).id;
  const size_t cart = world_.call(0, waiting(reserve("cart", {{b_, 5}, {a_, 1}})), 1);
  world_.settle();
  ASSERT_EQ(in_line(b_), 1);
  world_.ask(release(all_a));
  world_.call(1, release(all_b));       // its try has left the line, on its way to the other SKU first
  ASSERT_EQ(world_.letters(1, 0), 2u);  // the other letter takes back its watch
  const size_t quick = world_.call(1, reserve("quick", {{b_, 1}}));
  EXPECT_FALSE(world_.is_answered(quick)) << "it hangs on what becomes of the try";
  world_.settle();
  EXPECT_FALSE(world_.answer(cart).refusal);
  EXPECT_EQ(world_.answer(quick).refusal.error, Error::out_of_stock);
}

TEST_F(OnTheWayTest, ATryThatFallsShortElsewhereGivesBackWhatItTookAheadAndGoesOnWaiting) {
  world_.ask(reserve("one", {{a_, 1}}));
  const HoldId all_b = world_.ask(reserve("two", {{b_, 5}}), 1).id;
  const size_t cart = world_.call(0, waiting(reserve("cart", {{b_, 5}, {a_, 1}})), 1);
  world_.settle();
  ASSERT_EQ(in_line(b_), 1);
  world_.call(1, release(all_b));
  const HoldId quick = world_.answer(world_.call(0, reserve("quick", {{a_, 4}}))).id;  // before the try is there
  world_.settle();
  EXPECT_FALSE(world_.is_answered(cart));
  EXPECT_EQ(in_line(a_), 1);
  EXPECT_EQ(held(b_), 0) << "a cart in line holds nothing";
  world_.ask(release(quick));
  EXPECT_FALSE(world_.answer(cart).refusal);
}

// At the other SKU somebody is undecided who, higher up, waits for the try: it must not wait for him.
TEST_F(OnTheWayTest, ATryThatHoldsWhatItTookAheadDoesNotWait) {
  const HoldId all_b = world_.ask(reserve("two", {{b_, 5}}), 1).id;
  const size_t cart = world_.call(1, waiting(reserve("cart", {{b_, 5}, {a_, 3}})), 1);
  world_.settle();
  ASSERT_EQ(in_line(b_), 1);
  const size_t other = world_.call(0, reserve("other", {{a_, 3}, {b_, 1}}));  // has taken at a, on its way to b
  world_.call(1, release(all_b));                                             // the try takes b, on its way to a
  world_.settle();
  ASSERT_TRUE(world_.is_answered(other));
  const bool other_got_it = !world_.answer(other).refusal;
  EXPECT_EQ(world_.is_answered(cart), !other_got_it);
  EXPECT_EQ(held(a_), 3);
  EXPECT_EQ(held(b_), other_got_it ? 1 : 5);
}

// ---- PERCART

TEST_F(OnTheWayTest, TwoCartsOfOneBuyerThatMeetHalfwayStayWithinTheLimit) {
  for (const std::string& sku : {a_, b_}) world_.ask(percart(sku, 3));
  const size_t first = world_.call(0, reserve("buyer", {{a_, 2}, {b_, 2}}));
  const size_t second = world_.call(1, reserve("buyer", {{b_, 2}}));
  const size_t third = world_.call(0, reserve("buyer", {{a_, 2}}));
  world_.settle();
  int64_t units = 0;
  for (const size_t number : {first, second, third}) {
    const Refusal& refusal = world_.answer(number).refusal;
    EXPECT_TRUE(!refusal || refusal.error == Error::limit_sku);
    units += refusal ? 0 : number == first ? 4 : 2;
  }
  EXPECT_EQ(held(a_) + held(b_), units);
  EXPECT_LE(held(a_), 3);
  EXPECT_LE(held(b_), 3);
  EXPECT_GE(units, 4);
}

TEST_F(OnTheWayTest, ALimitThatIsSetWhileACartIsOnItsWayCountsItOrNotAsAWhole) {
  const size_t cart = world_.call(0, reserve("buyer", {{a_, 2}, {b_, 2}}));
  const size_t limit = world_.call(0, percart(a_, 3));  // waits: the cart is undecided there
  EXPECT_FALSE(world_.is_answered(limit));
  world_.settle();
  ASSERT_FALSE(world_.answer(cart).refusal);
  EXPECT_LT(world_.answer(cart).seq, world_.answer(limit).seq);
  EXPECT_FALSE(world_.ask(reserve("buyer", {{a_, 3}})).refusal) << "what it had before the limit does not count";
  EXPECT_EQ(world_.ask(release(world_.answer(cart).id)).number, 4);
  EXPECT_EQ(world_.ask(reserve("buyer", {{a_, 1}})).refusal.error, Error::limit_sku);
}

TEST_F(OnTheWayTest, WhatAnAmendTakesMoreOfIsCountedHoweverOldTheHold) {
  const HoldId old = world_.ask(reserve("cart", {{a_, 1}})).id;
  for (const std::string& sku : {a_, b_}) world_.ask(percart(sku, 3));
  ASSERT_FALSE(world_.ask(amend(old, {{a_, 2}, {b_, 2}})).refusal);
  for (const std::string& sku : {a_, b_}) {
    const Refusal refusal = world_.ask(reserve("cart", {{sku, 2}})).refusal;
    EXPECT_EQ(refusal.error, Error::limit_sku);
    EXPECT_EQ(refusal.have, 2);
  }
  ASSERT_FALSE(world_.ask(amend(old, {{a_, 1}, {b_, 2}})).refusal);
  EXPECT_FALSE(world_.ask(reserve("cart", {{a_, 2}})).refusal);
  world_.ask(release(old));
  EXPECT_EQ(world_.ask(reserve("cart", {{a_, 2}})).refusal.have, 2);
  EXPECT_FALSE(world_.ask(reserve("cart", {{b_, 3}})).refusal);
}

TEST_F(OnTheWayTest, WhatAnAmendLeavesOrTakesLessOfIsNotCountedWhereItWasNot) {
  const HoldId old = world_.ask(reserve("cart", {{a_, 2}, {b_, 1}})).id;
  for (const std::string& sku : {a_, b_}) world_.ask(percart(sku, 1));
  ASSERT_FALSE(world_.ask(amend(old, {{a_, 1}, {b_, 1}})).refusal);
  EXPECT_FALSE(world_.ask(reserve("cart", {{a_, 1}, {b_, 1}})).refusal);
  world_.ask(release(old));
  EXPECT_EQ(world_.ask(reserve("cart", {{a_, 1}})).refusal.have, 1);
}

}  // namespace
}  // namespace holdfast
