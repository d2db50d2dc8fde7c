// RESERVE ... KEY, where the key, its hold and the SKUs live on several shards.
#include <gtest/gtest.h>

#include "tests/support/requests.h"

namespace holdfast {
namespace {

Request keyed(const std::string& key, std::vector<RequestItem> items, int64_t ttl_ms = 1000) {
  Request request = reserve("cart", std::move(items), ttl_ms);
  request.key = key;
  return request;
}

// The name of a key of "cart" whose guard lives on this shard.
std::string key_on(const ShardWorld& world, ShardIndex shard) {
  for (int i = 0;; ++i) {
    const std::string name = "key-" + std::to_string(i);
    if (shard_of(slot_of(world.hasher().key("cart", name)), world.shards()) == shard) return name;
  }
}

TEST(Key, IsFreeForAnotherRequestAsSoonAsItsHoldIsForgotten) {
  ShardWorld world({.shards = 2, .settings = {.tombstone_ttl_us = 1'000'000}});
  const std::string sku = world.sku_on(1);
  const std::string key = key_on(world, 0);
  world.ask(set_stock(sku, 5));
  world.ask(release(world.ask(keyed(key, {{sku, 1}})).id));
  EXPECT_EQ(world.ask(keyed(key, {{sku, 2}})).refusal.error, Error::idem);
  world.turn(1, world.clock(1) + 1'000'000);  // at its home; the guard has not heard of it
  const size_t other = world.call(0, keyed(key, {{sku, 2}}));
  world.settle();
  EXPECT_EQ(world.answer(other).refusal.error, Error::none);
}

TEST(Key, IsFreeAlsoWhereItsHoldWasForgottenBeforeTheKeyHeardOfIt) {
  ShardWorld world({.shards = 3, .settings = {.tombstone_ttl_us = 1'000}});
  const std::string key = key_on(world, 0);
  const std::string low = world.sku_on(1);
  const std::string high = world.sku_on(2);
  for (const std::string& sku : {low, high}) world.ask(set_stock(sku, 1));
  const size_t first = world.call(0, keyed(key, {{low, 1}, {high, 1}}, 1));
  world.deliver(0, 1);
  world.deliver(1, 2);  // made
  world.deliver(2, 1);  // settled at the lower SKU, and on its way to the key
  world.turn(2, world.clock(2) + 1'000);
  world.deliver(2, 1);
  world.deliver(1, 2);
  world.deliver(2, 1);
  world.deliver(1, 2);                    // has ended everywhere
  world.turn(2, world.clock(2) + 1'000);  // and is forgotten
  world.deliver(2, 0);
  world.settle();
  EXPECT_FALSE(world.answer(first).refusal);
  const size_t again = world.call(0, keyed(key, {{low, 1}, {high, 1}}, 1));
  for (int step = 0; step < 20 && !world.is_answered(again); ++step) {
    for (ShardIndex from = 0; from < 3; ++from) {
      for (ShardIndex to = 0; to < 3; ++to) {
        if (world.letters(from, to) > 0) world.deliver(from, to);
      }
    }
    world.turn(2, world.clock(2));
  }
  ASSERT_TRUE(world.is_answered(again));
  EXPECT_FALSE(world.answer(again).refusal);
}

TEST(Key, TombstonesThatMayNotBeForgottenEarlySendNoLetterForEver) {
  ShardWorld world({.shards = 2, .settings = {.max_tombstones = 1}});
  const std::string sku = world.sku_on(1);
  world.ask(set_stock(sku, 5));
  const HoldId first = world.ask(keyed(key_on(world, 1), {{sku, 1}})).id;
  const HoldId second = world.ask(reserve("cart", {{sku, 1}})).id;
  Request other = keyed("another key", {{sku, 1}});
  const HoldId third = world.ask(other).id;
  for (const HoldId& id : {first, second, third}) world.call(1, release(id));
  for (int letter = 0; letter < 20; ++letter) {
    if (world.letters(0, 1) > 0) world.deliver(0, 1);
    if (world.letters(1, 0) > 0) world.deliver(1, 0);
  }
  EXPECT_EQ(world.letters(0, 1) + world.letters(1, 0), 0u);
}

// Its first stands in the line of a SKU of another shard than its KEY's.
class RevokedKey : public testing::Test {
 protected:
  RevokedKey() {
    world_.ask(set_stock(sku_, 1));
    all_ = world_.ask(reserve("other", {{sku_, 1}}, 1000)).id;
    first_ = world_.call(0, waiting());
    world_.settle();
  }

  Request waiting() const {
    Request request = keyed(key_, {{sku_, 1}});
    request.wait_us = 500'000;
    return request;
  }

  // Answered, while the end of the first one's wait is on its way to the KEY.
  void revoke_at_once() {
    const size_t revoked = world_.call(1, revoke("cart"));
    world_.deliver(1, 0);
    world_.deliver(0, 1);
    ASSERT_TRUE(world_.is_answered(revoked));
    ASSERT_FALSE(world_.is_answered(first_));
  }

  ShardWorld world_{{.shards = 2}};
  std::string sku_ = world_.sku_on(1);
  std::string key_ = key_on(world_, 0);
  HoldId all_;
  size_t first_ = 0;
};

// Its copies would stand in the line beside it.
TEST(Key, NobodyWaitsForUnitsWhereThereIsNoRoomForHisKey) {
  ShardWorld world({.shards = 2, .settings = {.max_tombstones = 1}});
  const std::string a = world.sku_on(0), b = world.sku_on(1);
  for (const std::string& sku : {a, b}) world.ask(set_stock(sku, 1));
  Request first = reserve("cart", {{a, 1}});
  first.key = "first";
  world.ask(release(world.ask(first).id));
  world.ask(reserve("another", {{b, 1}}));
  Request second = reserve("cart", {{a, 1}, {b, 1}});
  second.key = "second";
  second.wait_us = 1'000'000;
  const size_t call = world.call(0, second);
  world.settle();
  EXPECT_EQ(world.answer(call).refusal.error, Error::out_of_memory);
  EXPECT_EQ(world.ask(stock(a)).stock.held, 0);
}

TEST_F(RevokedKey, CopiesThatWaitAreRevokedWithTheirFirst) {
  const size_t copy = world_.call(0, waiting());
  revoke_at_once();
  world_.settle();
  EXPECT_EQ(world_.answer(first_).refusal.error, Error::cart_revoked);
  ASSERT_TRUE(world_.is_answered(copy));
  EXPECT_EQ(world_.answer(copy).refusal.error, Error::cart_revoked);
}

TEST_F(RevokedKey, ACopyThatComesWhenRevokeHasBeenAnsweredIsDecidedAsNew) {
  revoke_at_once();
  const size_t copy = world_.call(0, waiting());
  world_.settle();
  EXPECT_EQ(world_.answer(first_).refusal.error, Error::cart_revoked);
  ASSERT_FALSE(world_.is_answered(copy));
  world_.ask(release(all_));
  ASSERT_TRUE(world_.is_answered(copy));
  EXPECT_FALSE(world_.answer(copy).refusal);
}

}  // namespace
}  // namespace holdfast
