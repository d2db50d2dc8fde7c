// Deadlines, and how long ended holds are remembered.
#include <gtest/gtest.h>

#include "engine/limits.h"
#include "tests/support/requests.h"

namespace holdfast {
namespace {

constexpr TimeUs start_us = 1'000'000'000;

ShardWorld::Options with_tombstones(uint64_t max, TimeUs ttl_us = 600'000'000) {
  ShardWorld::Options options;
  options.settings.max_tombstones = max;
  options.settings.tombstone_ttl_us = ttl_us;
  return options;
}

TEST(Expiry, GivesUnitsBackAtTheDeadlineAndNotAMicrosecondBefore) {
  ShardWorld world({.shards = 1});
  world.ask(set_stock("A", 1));
  const HoldId id = world.ask(reserve("cart", {{"A", 1}}, 250)).id;
  world.turn(0, start_us + 250'000 - 1);
  EXPECT_EQ(world.ask(stock("A")).stock.held, 1);
  EXPECT_EQ(world.ask(hold(id)).hold.expires_in_ms, 1);
  world.turn(0, start_us + 250'000);
  EXPECT_EQ(world.ask(stock("A")).stock.held, 0);
  EXPECT_EQ(world.ask(stock("A")).stock.available, 1);
  EXPECT_EQ(world.ask(hold(id)).hold.state, HoldState::expired);
  EXPECT_EQ(world.ask(hold(id)).hold.expires_in_ms, 0);
}

TEST(Expiry, CommitSucceedsAMicrosecondBeforeTheDeadlineAndFailsAtIt) {
  ShardWorld world({.shards = 1});
  world.ask(set_stock("A", 2));
  const HoldId in_time = world.ask(reserve("cart", {{"A", 1}}, 10)).id;
  const HoldId late = world.ask(reserve("cart", {{"A", 1}}, 10)).id;
  world.turn(0, start_us + 9'999);
  EXPECT_FALSE(world.ask(commit(in_time)).refusal);
  world.turn(0, start_us + 10'000);
  EXPECT_EQ(world.ask(commit(late)).refusal.error, Error::hold_expired);
  EXPECT_EQ(world.ask(extend(late, 10)).refusal.error, Error::hold_expired);
}

TEST(Expiry, WakesExactlyAtTheNextDeadline) {
  ShardWorld world({.shards = 1});
  world.ask(set_stock("A", 1));
  world.ask(reserve("cart", {{"A", 1}}, 250));
  TimeUs wake = world.shard(0).next_wake();
  while (wake < start_us + 250'000) {  // cascades may ask for turns of their own
    world.turn(0, wake);
    ASSERT_GT(world.shard(0).next_wake(), wake);
    wake = world.shard(0).next_wake();
  }
  EXPECT_EQ(wake, start_us + 250'000);
}

TEST(Expiry, GivesUnitsOfOtherShardsBackToo) {
  ShardWorld world({.shards = 2});
  const std::string a = world.sku_on(0);
  const std::string b = world.sku_on(1);
  world.ask(set_stock(a, 1));
  world.ask(set_stock(b, 1));
  const HoldId id = world.ask(reserve("cart", {{a, 1}, {b, 1}}, 5)).id;
  ASSERT_EQ(world.home_of(id), 1);
  world.turn(1, start_us + 5'000);  // the clock of shard 0 still stands
  world.settle();
  EXPECT_EQ(world.ask(stock(a)).stock.held, 0);
  EXPECT_EQ(world.ask(stock(b)).stock.held, 0);
  EXPECT_EQ(world.shard(1).stats().expiries, 1u);
}

// Each end that travels is a journey, and the other shard does not run.
TEST(Expiry, EndsNoMoreHoldsThatTravelThanThereIsRoomForAndTheOthersLater) {
  constexpr size_t too_many = 500;
  constexpr size_t count = limits::ending_journeys + too_many;
  ShardWorld world({.shards = 2});
  const std::string a = world.sku_on(0);
  const std::string b = world.sku_on(1);
  for (const std::string& sku : {a, b}) world.ask(set_stock(sku, count));
  for (size_t i = 0; i < count; ++i) world.call(0, reserve("cart", {{a, 1}, {b, 1}}, 5));
  world.settle();
  ASSERT_EQ(world.shard(1).stats().live_holds, count);
  const TimeUs due_us = start_us + 5'000;
  for (int i = 0; i < 100; ++i) world.turn(1, due_us);
  EXPECT_EQ(world.shard(1).stats().expiries, limits::ending_journeys);
  EXPECT_EQ(world.shard(1).stats().live_holds, too_many);
  EXPECT_EQ(world.shard(1).next_wake(), due_us) << "they are due";
  for (int i = 0; i < 20; ++i) {
    world.turn(0, due_us);
    world.turn(1, due_us);
    world.settle();
  }
  EXPECT_EQ(world.shard(1).stats().expiries, count);
  for (const std::string& sku : {a, b}) EXPECT_EQ(world.ask(stock(sku)).stock.available, static_cast<int64_t>(count));
}

TEST(Expiry, AHoldThatFellDueWhileAPartOfItIsOnItsWayBackIsNoTombstoneYet) {
  ShardWorld world([] {
    ShardWorld::Options options = with_tombstones(1);
    options.shards = 2;
    return options;
  }());
  const std::string a = world.sku_on(0);
  const std::string b = world.sku_on(1);
  for (const std::string& sku : {a, b}) world.ask(set_stock(sku, 2));
  const HoldId busy = world.ask(reserve("cart", {{a, 1}, {b, 1}}, 5)).id;
  const HoldId other = world.ask(reserve("cart", {{b, 1}}, 5)).id;
  ASSERT_EQ(world.home_of(busy), 1);
  Request part = release(busy);
  part.items = {{a, 1}};
  world.call(1, part);
  world.turn(1, start_us + 5'000);  // only the other one can end now
  const size_t view = world.call(1, hold(other));
  EXPECT_EQ(world.answer(view).hold.state, HoldState::expired);
  EXPECT_EQ(world.shard(1).stats().tombstones, 1u);
  EXPECT_EQ(world.shard(1).stats().live_holds, 1u);
}

// More than one slice of holds that fall due in the same microsecond, and a turn at that time.
class StormTest : public testing::Test {
 protected:
  static constexpr size_t count = limits::expiries_a_turn + 100;

  explicit StormTest(uint64_t max_tombstones = 4'000'000) : world_(with_tombstones(max_tombstones)) {
    world_.ask(set_stock("A", count));
    world_.ask(set_stock("B", 1));
    for (size_t i = 0; i < count; ++i) ids_.push_back(world_.ask(reserve("cart", {{"A", 1}}, 4)).id);
    world_.turn(0, start_us + 3'999);
    for (int i = 0; i < 100; ++i) world_.turn(0, start_us + 3'999);
    world_.turn(0, start_us + 4'000);
  }

  HoldId one_that_is_over_but_not_ended() {
    for (const HoldId& id : ids_) {
      const HoldTable& holds = world_.shard(0).state().holds;
      const Index index = holds.find(id);
      if (index != no_index && holds[index].state == HoldState::held) return id;
    }
    return {};
  }

  ShardWorld world_;
  std::vector<HoldId> ids_;
};

TEST_F(StormTest, EndsHoldsInSlicesAndServesOthersInBetween) {
  EXPECT_EQ(world_.shard(0).stats().live_holds, count - limits::expiries_a_turn);
  EXPECT_EQ(world_.shard(0).next_wake(), start_us + 4'000);
  const size_t read = world_.call(0, stock("A"));
  EXPECT_EQ(world_.answer(read).stock.held, static_cast<int64_t>(count - limits::expiries_a_turn));
  const size_t other = world_.call(0, reserve("cart", {{"B", 1}}));
  EXPECT_FALSE(world_.answer(other).refusal);
}

TEST_F(StormTest, AReserveThatFallsShortWaitsForTheWheel) {
  const size_t all = world_.call(0, reserve("cart", {{"A", static_cast<uint32_t>(count)}}));
  EXPECT_FALSE(world_.is_answered(all));
  world_.turn(0, start_us + 4'000);
  EXPECT_FALSE(world_.answer(all).refusal);
}

TEST_F(StormTest, ACommandFindsAHoldExpiredBeforeItsTimerFires) {
  const HoldId id = one_that_is_over_but_not_ended();
  ASSERT_NE(id, HoldId{});
  EXPECT_EQ(world_.answer(world_.call(0, commit(id))).refusal.error, Error::hold_expired);
}

struct StormWithoutTombstones : StormTest {
  StormWithoutTombstones() : StormTest(0) {}
};

TEST_F(StormWithoutTombstones, AHoldThatIsForgottenTheMomentItExpiresIsNoHold) {
  const HoldId id = one_that_is_over_but_not_ended();
  ASSERT_NE(id, HoldId{});
  EXPECT_EQ(world_.answer(world_.call(0, hold(id))).refusal.error, Error::no_hold);
}

// Under steady load as many holds end in a turn as begin in one, and as many are forgotten.
TEST(Expiry, KeepsUpWithWhoComesFast) {
  constexpr int64_t turn_us = 5'000;
  constexpr int64_t ttl_ms = 15;
  constexpr int requests_a_turn = 900;
  constexpr uint64_t live_at_most = requests_a_turn * (ttl_ms * 1'000 / turn_us + 3);  // timers come down in batches
  ShardWorld world({.settings = {.tombstone_ttl_us = ttl_ms * 1'000}});
  world.ask(set_stock("A", 1'000'000'000));
  for (int turn = 1; turn <= 14; ++turn) {
    world.turn(0, start_us + turn * turn_us);
    for (int i = 0; i < requests_a_turn; ++i) world.call(0, reserve("cart", {{"A", 1}}, ttl_ms));
    ASSERT_LE(world.shard(0).stats().live_holds, live_at_most) << "turn " << turn;
    ASSERT_LE(world.shard(0).stats().tombstones, live_at_most) << "turn " << turn;
  }
}

TEST(Tombstones, AreForgottenAfterTheirTime) {
  ShardWorld world(with_tombstones(100, 5'000));
  world.ask(set_stock("A", 5));
  const HoldId id = world.ask(reserve("cart", {{"A", 1}})).id;
  world.turn(0, start_us + 1'000);
  world.ask(release(id));
  world.turn(0, start_us + 5'999);
  EXPECT_EQ(world.ask(hold(id)).hold.state, HoldState::released);
  EXPECT_EQ(world.shard(0).next_wake(), start_us + 6'000);
  world.turn(0, start_us + 6'000);
  EXPECT_EQ(world.ask(hold(id)).refusal.error, Error::no_hold);
  EXPECT_EQ(world.shard(0).stats().tombstones, 0u);
}

TEST(Tombstones, CommittedOnesAreForgottenLastAndTheOldestFirst) {
  ShardWorld world(with_tombstones(2));
  world.ask(set_stock("A", 10));
  std::vector<HoldId> ids;
  for (int i = 0; i < 5; ++i) ids.push_back(world.ask(reserve("cart", {{"A", 1}})).id);
  world.ask(commit(ids[0]));
  world.ask(release(ids[1]));
  world.ask(release(ids[2]));
  EXPECT_EQ(world.ask(hold(ids[0])).hold.state, HoldState::committed);
  EXPECT_EQ(world.ask(hold(ids[1])).refusal.error, Error::no_hold);
  EXPECT_EQ(world.ask(hold(ids[2])).hold.state, HoldState::released);
  world.ask(commit(ids[3]));
  world.ask(commit(ids[4]));
  EXPECT_EQ(world.ask(hold(ids[2])).refusal.error, Error::no_hold);
  EXPECT_EQ(world.ask(hold(ids[0])).refusal.error, Error::no_hold);
  EXPECT_EQ(world.ask(hold(ids[3])).hold.state, HoldState::committed);
}

// The oldest is at home with another shard: it is told.
TEST(Tombstones, AreBoundedOverAllShardsTogether) {
  ShardWorld::Options options = with_tombstones(2);
  options.shards = 4;
  ShardWorld world(options);
  std::vector<HoldId> ids;
  for (ShardIndex shard = 0; shard < 4; ++shard) {
    const std::string sku = world.sku_on(shard);
    world.ask(set_stock(sku, 1));
    ids.push_back(world.ask(reserve("cart", {{sku, 1}})).id);
  }
  for (const HoldId& id : ids) world.ask(release(id));
  uint64_t kept = 0;
  for (ShardIndex shard = 0; shard < 4; ++shard) kept += world.shard(shard).stats().tombstones;
  EXPECT_EQ(kept, 2u);
  EXPECT_EQ(world.ask(hold(ids[1])).refusal.error, Error::no_hold);
  EXPECT_EQ(world.ask(hold(ids[2])).hold.state, HoldState::released);
}

// The last end comes when the oldest tombstone's hold is still on its way back from another shard.
TEST(Tombstones, AreBoundedAlsoWhereTheOldestIsNotBackYet) {
  ShardWorld::Options options = with_tombstones(0);
  options.shards = 2;
  ShardWorld world(options);
  const std::string a = world.sku_on(0);
  const std::string b = world.sku_on(1);
  world.ask(set_stock(a, 1));
  world.ask(set_stock(b, 1));
  const HoldId id = world.ask(reserve("cart", {{a, 1}, {b, 1}})).id;
  world.ask(release(id));
  EXPECT_EQ(world.shard(1).stats().tombstones, 0u);
}

}  // namespace
}  // namespace holdfast
