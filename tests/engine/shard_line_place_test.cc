// RESERVE ... WAIT: nobody who could be served is overtaken, wherever he has to go for it.
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/support/two_skus.h"

namespace holdfast {
namespace {

class PlaceInLineTest : public TwoSkus {
 protected:
  PlaceInLineTest() : TwoSkus(1) {}
};

// A cart waits for the second SKU, where somebody comes behind it; then both SKUs come back, the second one with the
// hold that has `giver`.
void expect_served_in_turn(ShardWorld& world, const std::string& first, const std::string& second,
                           const std::vector<RequestItem>& giver, const std::string& key = {}) {
  const HoldId of_first = world.ask(reserve("one", {{first, 1}})).id;
  const HoldId of_second = world.ask(reserve("two", giver)).id;
  Request both = waiting(reserve("cart", {{first, 1}, {second, 1}}), 3'000);
  both.key = key;
  const size_t cart = world.call(0, both);
  world.settle();
  const size_t later = world.call(0, waiting(reserve("later", {{second, 1}}), 3'000));
  world.settle();
  world.ask(release(of_first));
  EXPECT_EQ(world.ask(stock(second)).stock.waiting, 2);
  world.ask(release(of_second));
  world.settle();
  ASSERT_TRUE(world.is_answered(cart));
  EXPECT_FALSE(world.answer(cart).refusal);
  EXPECT_FALSE(world.is_answered(later));
  world.ask(release(world.answer(cart).id));
  world.settle();
  EXPECT_FALSE(world.answer(later).refusal);
  world.ask(release(world.answer(later).id));
}

// Whichever of its SKUs comes first in the order in which it takes them.
TEST_F(PlaceInLineTest, ACartThatWentOnToTheLineOfAnotherShardIsServedBeforeWhoCameLater) {
  for (const auto& [first, second] : {std::pair{a_, b_}, std::pair{b_, a_}}) {
    expect_served_in_turn(world_, first, second, {{second, 1}});
    expect_served_in_turn(world_, first, second, {{second, 1}}, "key" + first);
  }
}

// And where the end of the hold that gives the units back has to travel.
TEST_F(PlaceInLineTest, ACartKeepsItsPlaceWhereverTheUnitsComeFrom) {
  for (const auto& [first, second] : {std::pair{a_, b_}, std::pair{b_, a_}}) {
    const std::string elsewhere = world_.sku_on(second == a_ ? 1 : 0, 1);
    world_.ask(set_stock(elsewhere, 1));
    expect_served_in_turn(world_, first, second, {{second, 1}, {elsewhere, 1}});
  }
}

TEST_F(PlaceInLineTest, ACartKeepsItsPlaceAlsoWhereSkusHaveALimit) {
  for (const std::string& sku : {a_, b_}) world_.ask(percart(sku, 3));
  expect_served_in_turn(world_, a_, b_, {{b_, 1}});
  expect_served_in_turn(world_, b_, a_, {{a_, 1}});
}

TEST(PlaceInLine, ACartKeepsItsPlaceAlsoWhereCartsHaveALimit) {
  ShardWorld::Options options{.shards = 2};
  options.settings.max_holds_per_cart = 1;
  options.settings.max_reserves_per_minute = 4;
  ShardWorld world(options);
  const std::string a = world.sku_on(0);
  const std::string b = world.sku_on(1);
  const std::string beside_b = world.sku_on(1, 1);
  for (const std::string& sku : {a, b, beside_b}) world.ask(set_stock(sku, 1));
  expect_served_in_turn(world, a, b, {{b, 1}});
  expect_served_in_turn(world, b, a, {{a, 1}});
  expect_served_in_turn(world, b, beside_b, {{beside_b, 1}});
  expect_served_in_turn(world, beside_b, b, {{b, 1}});
  EXPECT_EQ(world.ask(reserve("cart", {{a, 1}})).refusal.have, 4) << "each was counted once, whatever it began again";
}

TEST(PlaceInLine, ACartKeepsItsPlaceWhereverItsQuotaIs) {
  ShardWorld::Options options{.shards = 2};
  options.settings.max_reserves_per_minute = 1;
  ShardWorld world(options);
  const auto cart_on = [&](ShardIndex shard) {
    for (int i = 0;; ++i) {
      const std::string name = "cart-" + std::to_string(i);
      if (shard_of(slot_of(world.hasher().cart(name)), 2) == shard) return name;
    }
  };
  const std::string sku = world.sku_on(0);
  world.ask(set_stock(sku, 1));
  const HoldId given_back = world.ask(reserve("giver", {{sku, 1}})).id;
  const size_t cart = world.call(0, waiting(reserve(cart_on(1), {{sku, 1}}), 3'000));
  world.settle();
  const size_t later = world.call(0, waiting(reserve(cart_on(0), {{sku, 1}}), 3'000));
  world.settle();
  world.ask(release(given_back));
  world.settle();
  ASSERT_TRUE(world.is_answered(cart));
  EXPECT_FALSE(world.is_answered(later));
}

// Units come while it goes to their line, but PERCART leaves it none of them: it hears that, and does not stand there.
TEST(PlaceInLine, ACartAtItsLimitDoesNotWaitBesideUnits) {
  ShardWorld world({.shards = 2});
  const std::string low = world.sku_on(0);
  const std::string high = world.sku_on(1);
  for (const std::string& sku : {low, high}) world.ask(set_stock(sku, 1));
  world.ask(percart(high, 2));
  world.ask(reserve("cart", {{high, 1}}));
  world.ask(reserve("other", {{low, 1}}));
  Request both = waiting(reserve("cart", {{high, 1}, {low, 1}}), 3'000);
  both.partial = true;
  const size_t cart = world.call(0, both);
  world.deliver(0, 1);
  world.call(1, set_stock(high, 5));  // both when the cart has let go of it
  world.call(1, reserve("cart", {{high, 1}}));
  world.settle();
  ASSERT_TRUE(world.is_answered(cart));
  EXPECT_EQ(world.answer(cart).refusal.error, Error::limit_sku);
}

// With a KEY it goes to that first.
TEST(PlaceInLine, ACartKeepsItsPlaceWhereverItsKeyIs) {
  ShardWorld world({.shards = 2});
  const std::string sku = world.sku_on(0);
  world.ask(set_stock(sku, 1));
  for (const std::string key : {"1", "2", "3", "4", "5", "6"}) {
    const HoldId given_back = world.ask(reserve("giver", {{sku, 1}})).id;
    Request keyed = waiting(reserve("cart", {{sku, 1}}), 3'000);
    keyed.key = key;
    const size_t cart = world.call(0, keyed);
    world.settle();
    const size_t later = world.call(0, waiting(reserve("later", {{sku, 1}}), 3'000));
    world.settle();
    world.ask(release(given_back));
    world.settle();
    ASSERT_TRUE(world.is_answered(cart)) << key;
    EXPECT_FALSE(world.is_answered(later)) << key;
    world.ask(release(world.answer(cart).id));
    world.settle();
    world.ask(release(world.answer(later).id));
  }
}

// And while another cart, which has taken of that SKU, is on its way to the rest.
TEST(PlaceInLine, ACartKeepsItsPlaceBesideSomebodyUndecided) {
  ShardWorld world({.shards = 3});
  const std::string a = world.sku_on(0);
  const std::string b = world.sku_on(1);
  const std::string c = world.sku_on(2);
  for (const auto& [sku, units] : {std::pair{a, 1}, std::pair{b, 3}, std::pair{c, 1}}) world.ask(set_stock(sku, units));
  const HoldId of_two = world.ask(reserve("one", {{b, 2}})).id;
  const size_t cart = world.call(0, waiting(reserve("cart", {{a, 1}, {b, 2}}), 3'000));
  world.settle();
  const size_t later = world.call(1, waiting(reserve("later", {{b, 2}}), 3'000));
  const size_t undecided = world.call(1, reserve("undecided", {{b, 1}, {c, 1}}));
  ASSERT_EQ(world.letters(1, 2), 1u);
  world.call(1, release(of_two));
  EXPECT_FALSE(world.is_answered(later));
  world.settle();
  ASSERT_TRUE(world.is_answered(cart));
  EXPECT_FALSE(world.answer(cart).refusal);
  EXPECT_FALSE(world.answer(undecided).refusal);
  EXPECT_FALSE(world.is_answered(later));
  world.ask(release(world.answer(cart).id));
  EXPECT_FALSE(world.answer(later).refusal);
}

}  // namespace
}  // namespace holdfast
