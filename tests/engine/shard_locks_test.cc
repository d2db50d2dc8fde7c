// LOCK, RELOCK and UNLOCK on one shard and on four, asked from a shard that need not be the lock's own.
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "engine/check.h"
#include "engine/limits.h"
#include "engine/shard.h"

namespace holdfast {
namespace {

constexpr TimeUs start_us = 1'000'000'000;
constexpr TimeUs ms = 1000;

struct LockReply {
  Error error = Error::none;
  std::string refused_name;
  int64_t have = 0;  // refused: milliseconds left
  int64_t number = 0;
  Seq seq = 0;
};

// Shards without threads or a clock; letters arrive at once, in order.
class LockWorld {
 public:
  explicit LockWorld(uint32_t shards) : hasher_(7), ledger_(shards), ports_(shards) {
    for (uint32_t i = 0; i < shards; ++i) {
      ports_[i].world = this;
      const ShardOptions options{.index = static_cast<ShardIndex>(i), .shards = shards, .start_us = start_us};
      shards_.push_back(std::make_unique<Shard>(options, hasher_, ledger_, ports_[i]));
    }
  }

  LockReply ask(Verb verb, std::string name, int64_t token, TimeUs ttl_us, ShardIndex origin = 0) {
    Shard& shard = *shards_[origin];
    Journey* journey = shard.new_journey();
    journey->verb = verb;
    Item& item = journey->items.emplace_back();
    item.sku = name;
    item.hash = hasher_.lock(name);
    journey->amount = token;
    journey->ttl_us = ttl_us;
    const Reply& reply = journey->reply;
    const bool finished = shard.submit(journey);
    std::string refused_name(finished ? reply.refusal.name : "");
    name.assign(name.size(), '#');  // what a session's buffer holds by now
    while (!letters_.empty()) {
      const auto [to, letter] = letters_.front();
      letters_.pop_front();
      shards_[to]->deliver(letter);
    }
    CHECK(finished == (completed_ == nullptr) && (finished || completed_ == journey));
    completed_ = nullptr;
    if (!finished) refused_name = reply.refusal.name;
    const LockReply copy{reply.refusal.error, refused_name, reply.refusal.have, reply.number, reply.seq};
    shard.recycle(journey);
    return copy;
  }
  LockReply lock(const std::string& name, TimeUs ttl_us) { return ask(Verb::lock, name, 0, ttl_us); }
  LockReply relock(const std::string& name, Seq token, TimeUs ttl_us) {
    return ask(Verb::relock, name, static_cast<int64_t>(token), ttl_us);
  }
  LockReply unlock(const std::string& name, Seq token) {
    return ask(Verb::unlock, name, static_cast<int64_t>(token), 0);
  }

  void pass_time_to(TimeUs now) {
    for (const auto& shard : shards_) shard->begin_turn(now);
  }

  uint64_t locks() const {
    uint64_t sum = 0;
    for (const auto& shard : shards_) sum += shard->stats().locks;
    return sum;
  }
  Shard& shard_of_lock(const std::string& name) {
    return *shards_[shard_of(slot_of(hasher_.lock(name)), static_cast<uint32_t>(shards_.size()))];
  }
  // A name that lives on this shard.
  std::string name_on(ShardIndex shard) {
    for (int i = 0;; ++i) {
      std::string name = "lock-" + std::to_string(i);
      if (&shard_of_lock(name) == shards_[shard].get()) return name;
    }
  }
  uint32_t shards() const { return static_cast<uint32_t>(shards_.size()); }
  Seq last_seq() const { return last_seq_; }

 private:
  struct Port final : ShardPort {
    Seq next_seq() override { return ++world->last_seq_; }
    Seq last_seq() override { return world->last_seq_; }
    uint32_t secret() override { return 0; }
    void send(ShardIndex to, Journey* journey) override { world->letters_.emplace_back(to, journey); }
    void complete(Journey* journey) override { world->completed_ = journey; }
    LockWorld* world = nullptr;
  };

  Hasher hasher_;
  TombstoneLedger ledger_;
  std::vector<Port> ports_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::deque<std::pair<ShardIndex, Journey*>> letters_;
  Journey* completed_ = nullptr;
  Seq last_seq_ = 100;
};

class Locks : public testing::TestWithParam<uint32_t> {
 protected:
  // On the shard where all is asked, or as far away from it as there is one.
  LockWorld world_{GetParam()};
  const std::string name_ = world_.name_on(static_cast<ShardIndex>(GetParam() - 1));
};

INSTANTIATE_TEST_SUITE_P(Shards, Locks, testing::Values(1, 4), testing::PrintToStringParamName());

TEST_P(Locks, GiveATokenAndTheWholeTime) {
  const LockReply reply = world_.lock(name_, 300'000 * ms);
  EXPECT_EQ(reply.error, Error::none);
  EXPECT_EQ(reply.number, 300'000);
  EXPECT_EQ(reply.seq, world_.last_seq());
  EXPECT_GT(reply.seq, 0u);
  EXPECT_EQ(world_.locks(), 1u);
  EXPECT_EQ(world_.shard_of_lock(name_).stats().locks, 1u);
}

TEST_P(Locks, AreRefusedWhileAnybodyHasThem) {
  world_.lock(name_, 1000 * ms);
  const Seq before = world_.last_seq();
  const LockReply again = world_.lock(name_, 5000 * ms);
  EXPECT_EQ(again.error, Error::locked);
  EXPECT_EQ(again.have, 1000);
  EXPECT_EQ(again.seq, 0u);
  EXPECT_EQ(world_.last_seq(), before);
  EXPECT_EQ(again.refused_name, name_);
  world_.pass_time_to(start_us + 1000 * ms);
  EXPECT_EQ(world_.lock(name_, 1 * ms).error, Error::none) << "the refused one left the deadline as it was";
}

TEST_P(Locks, ShowMillisecondsLeftRoundedUp) {
  const TimeUs deadline_us = start_us + 1000 * ms;
  world_.lock(name_, 1000 * ms);
  const std::pair<TimeUs, int64_t> cases[] = {
      {start_us, 1000},          {start_us + 1, 1000},  {start_us + ms, 999},
      {deadline_us - ms - 1, 2}, {deadline_us - ms, 1}, {deadline_us - 1, 1},
  };
  for (const auto& [now, left_ms] : cases) {
    world_.pass_time_to(now);
    EXPECT_EQ(world_.lock(name_, ms).have, left_ms) << now - deadline_us;
  }
}

TEST_P(Locks, AreYoursToTheLastMicrosecondAndFreeAtTheDeadline) {
  for (const TimeUs offset : {-ms, TimeUs{-1}, TimeUs{0}, TimeUs{1}, ms}) {
    SCOPED_TRACE(offset);
    const bool is_over = offset >= 0;
    for (const Verb verb : {Verb::lock, Verb::relock, Verb::unlock}) {
      LockWorld world(GetParam());
      const Seq token = world.lock(name_, 50 * ms).seq;
      world.pass_time_to(start_us + 50 * ms + offset);
      const LockReply reply = world.ask(verb, name_, static_cast<int64_t>(token), 20 * ms);
      if (verb == Verb::lock) {
        EXPECT_EQ(reply.error, is_over ? Error::none : Error::locked);
        EXPECT_EQ(reply.number, is_over ? 20 : 0);
      } else {
        EXPECT_EQ(reply.error, Error::none);
        EXPECT_EQ(reply.number, is_over ? 0 : verb == Verb::relock ? 20 : 1);
      }
      EXPECT_EQ(reply.seq != 0, is_over == (verb == Verb::lock)) << "a number for a change, and for nothing else";
    }
  }
}

TEST_P(Locks, GetADeadlineFromNowOnWhetherEarlierOrLater) {
  const Seq token = world_.lock(name_, 50 * ms).seq;
  world_.pass_time_to(start_us + 10 * ms);
  EXPECT_EQ(world_.relock(name_, token, 100 * ms).number, 100);
  world_.pass_time_to(start_us + 109 * ms + 999);
  EXPECT_EQ(world_.lock(name_, ms).error, Error::locked);
  const LockReply shorter = world_.relock(name_, token, 1 * ms);
  EXPECT_EQ(shorter.number, 1);
  EXPECT_EQ(shorter.seq, world_.last_seq());
  world_.pass_time_to(start_us + 110 * ms + 998);
  EXPECT_EQ(world_.lock(name_, ms).error, Error::locked);
  world_.pass_time_to(start_us + 110 * ms + 999);
  EXPECT_EQ(world_.relock(name_, token, ms).number, 0);
  EXPECT_EQ(world_.lock(name_, ms).error, Error::none);
}

TEST_P(Locks, ObeyTheTokenAndNothingElse) {
  const Seq old_token = world_.lock(name_, 50 * ms).seq;
  world_.pass_time_to(start_us + 50 * ms);
  const Seq token = world_.lock(name_, 50 * ms).seq;
  EXPECT_GT(token, old_token);
  const Seq before = world_.last_seq();
  for (const Seq wrong : {Seq{0}, old_token, token - 1, token + 1, static_cast<Seq>(INT64_MAX)}) {
    for (const LockReply& reply : {world_.relock(name_, wrong, 900 * ms), world_.unlock(name_, wrong)}) {
      EXPECT_EQ(reply.error, Error::none);
      EXPECT_EQ(reply.number, 0);
      EXPECT_EQ(reply.seq, 0u);
    }
  }
  EXPECT_EQ(world_.last_seq(), before);
  EXPECT_EQ(world_.lock(name_, ms).have, 50);
  EXPECT_EQ(world_.unlock(name_, token).number, 1);
  EXPECT_EQ(world_.unlock(name_, token).number, 0);
  EXPECT_EQ(world_.unlock("never seen", token).number, 0);
  EXPECT_EQ(world_.locks(), 0u);
}

TEST_P(Locks, AreToldApartByEveryByteOfTheirNames) {
  const std::string longest(limits::name_bytes, 'x');
  std::string other = longest;
  other.back() = 'y';
  const std::vector<std::string> names = {longest, other, "x", std::string(2, '\0'), std::string(1, '\0')};
  std::vector<Seq> tokens;
  for (const std::string& name : names) tokens.push_back(world_.lock(name, 100 * ms).seq);
  EXPECT_EQ(world_.locks(), names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    EXPECT_EQ(world_.unlock(names[i], tokens[(i + 1) % names.size()]).number, 0);
    EXPECT_EQ(world_.unlock(names[i], tokens[i]).number, 1);
  }
  EXPECT_EQ(world_.locks(), 0u);
}

TEST_P(Locks, EndByThemselvesIfTheirShardSleepsAsLongAsItMay) {
  const TimeUs deadline_us = start_us + 777 * ms + 3;
  world_.lock(name_, deadline_us - start_us);
  Shard& shard = world_.shard_of_lock(name_);
  const Seq before = world_.last_seq();
  TimeUs now = start_us;
  for (int turns = 0; world_.locks() > 0; ++turns) {
    ASSERT_LT(turns, 20);
    const TimeUs wake = shard.next_wake();
    ASSERT_GE(wake, now);
    ASSERT_LE(wake, deadline_us);
    now = wake;
    shard.begin_turn(now);
  }
  EXPECT_EQ(now, deadline_us);
  EXPECT_EQ(shard.next_wake(), never_us);
  EXPECT_EQ(world_.last_seq(), before + 1) << "an expiry is a fact";
}

TEST_P(Locks, AreFreeBeforeTheirTimersHaveFired) {
  constexpr size_t count = 3 * limits::expiries_a_turn;
  std::vector<std::string> names;
  Shard& shard = world_.shard_of_lock(name_);
  for (int i = 0; names.size() < count; ++i) {
    const std::string name = "burst-" + std::to_string(i);
    if (&world_.shard_of_lock(name) == &shard) names.push_back(name);
  }
  for (const std::string& name : names) ASSERT_EQ(world_.lock(name, 500 * ms).error, Error::none);

  const TimeUs now = start_us + 500 * ms;
  world_.pass_time_to(now - 1);  // a turn that sees the requests, which make its slice larger
  world_.pass_time_to(now);
  EXPECT_GE(world_.locks(), count - limits::expiries_a_turn) << "a turn ends a slice of them";
  EXPECT_EQ(shard.next_wake(), now);
  for (const std::string& name : names) ASSERT_EQ(world_.lock(name, 500 * ms).error, Error::none);
  EXPECT_EQ(world_.locks(), count);
  world_.pass_time_to(now);
  EXPECT_EQ(world_.locks(), count) << "the timers of before do not end the locks of now";

  for (int turns = 0; world_.locks() > 0; ++turns) {
    ASSERT_LT(turns, 20) << "a slice a turn";
    world_.pass_time_to(now + 500 * ms);
  }
}

// A map from names to tokens and deadlines, and no wheel.
class NaiveLocks {
 public:
  struct Lock {
    Seq token = 0;
    TimeUs deadline_us = 0;
  };

  Lock* find(const std::string& name, TimeUs now) {
    const auto at = locks_.find(name);
    return at == locks_.end() || now >= at->second.deadline_us ? nullptr : &at->second;
  }
  Lock& operator[](const std::string& name) { return locks_[name]; }
  void erase(const std::string& name) { locks_.erase(name); }

 private:
  std::map<std::string, Lock> locks_;
};

void compare_with_naive_locks(uint32_t shards, uint64_t seed) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  LockWorld world(shards);
  NaiveLocks naive;
  TimeUs now = start_us;
  Seq last_token = 0;
  std::array<uint64_t, 2> changes{};  // by LOCK, by RELOCK and UNLOCK
  for (int i = 0; i < 5000; ++i) {
    if (random() % 3 == 0) world.pass_time_to(now += static_cast<TimeUs>(random() % 4000));
    const std::string name = "n" + std::to_string(random() % 8);
    const TimeUs ttl_us = static_cast<TimeUs>(1 + random() % 9) * ms;
    const auto origin = static_cast<ShardIndex>(random() % shards);
    NaiveLocks::Lock* const have = naive.find(name, now);
    const Seq token = have && random() % 4 != 0 ? have->token : random() % (last_token + 2);
    const bool is_yours = have && have->token == token;
    const Verb verb = std::array{Verb::lock, Verb::lock, Verb::relock, Verb::unlock}[random() % 4];
    const LockReply reply = world.ask(verb, name, static_cast<int64_t>(token), ttl_us, origin);
    if (verb == Verb::lock) {
      ASSERT_EQ(reply.error, have ? Error::locked : Error::none);
      if (have) {
        ASSERT_EQ(reply.have, (have->deadline_us - now + 999) / 1000);
        continue;
      }
      ASSERT_EQ(reply.number, ttl_us / ms);
      ASSERT_GT(reply.seq, last_token) << "tokens only grow";
      last_token = reply.seq;
      naive[name] = {reply.seq, now + ttl_us};
      ++changes[0];
      continue;
    }
    ASSERT_EQ(reply.error, Error::none);
    ASSERT_EQ(reply.number, !is_yours ? 0 : verb == Verb::relock ? ttl_us / ms : 1);
    ASSERT_EQ(reply.seq != 0, is_yours);
    changes[1] += is_yours;
    if (is_yours && verb == Verb::relock) have->deadline_us = now + ttl_us;
    if (is_yours && verb == Verb::unlock) naive.erase(name);
  }
  EXPECT_GT(changes[0], 500u);
  EXPECT_GT(changes[1], 500u);
  world.pass_time_to(now + 10 * ms);
  EXPECT_EQ(world.locks(), 0u);
}

TEST_P(Locks, DoWhatAMapOfDeadlinesWould) {
  for (uint64_t seed = 1; seed <= 20; ++seed) compare_with_naive_locks(GetParam(), seed);
}

TEST(LockFacts, ChangeOnlyTheShardThatOwnsTheName) {
  const Hasher hasher(7);
  State first(0, 2, hasher, start_us);
  State second(1, 2, hasher, start_us);
  Item item;
  item.sku = "PS5";
  item.hash = hasher.lock("PS5");
  Fact fact{.type = FactType::locked,
            .seq = 5,
            .at_us = start_us,
            .items = {&item, 1},
            .policy = {},
            .id = {},
            .cart = {},
            .ref = {},
            .deadline_us = start_us + 7};
  const auto apply = [&](FactType type) {
    fact.type = type;
    first.apply(fact);
    second.apply(fact);
    ++fact.seq;
  };
  State& owner = first.owns(slot_of(item.hash)) ? first : second;
  apply(FactType::locked);
  EXPECT_EQ(first.locks.size() + second.locks.size(), 1u);
  const Index index = owner.locks.find("PS5", item.hash);
  ASSERT_NE(index, no_index);
  EXPECT_EQ(owner.locks[index].token, 5u);
  EXPECT_EQ(owner.locks[index].timer.deadline_us, start_us + 7);
  fact.deadline_us = start_us + 9;
  apply(FactType::relocked);
  EXPECT_EQ(owner.locks[index].token, 5u);
  EXPECT_EQ(owner.locks[index].timer.deadline_us, start_us + 9);
  apply(FactType::unlocked);
  EXPECT_EQ(owner.locks.size(), 0u);
  apply(FactType::locked);
  apply(FactType::lock_expired);
  EXPECT_EQ(owner.locks.size(), 0u);
  EXPECT_EQ(owner.locks.wheel().size(), 0u);
}

}  // namespace
}  // namespace holdfast
