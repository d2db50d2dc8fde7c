// What it is: N shards without threads, sockets or clock, and everything around them that a test wants to decide: when
// a letter arrives, when a turn begins and what time it is. It writes down every request with its answer and every
// number that a shard took, so that a checker can judge the whole history afterwards.
// Threads: one. Time: as the test says, a clock a shard; `tick` counts what happened, so that two events never share
// one. Invariant: letters of one shard to another stay in order; nothing else is ordered.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/fact_codec.h"
#include "engine/shard.h"

namespace holdfast {

struct RequestItem {
  std::string sku;
  uint32_t quantity = 0;
  int64_t if_version = -1;    // RESERVE ... IFVER
  int64_t proven_for_us = 0;  // RESERVE ... PROOF
};

// A request in words of its own; the world turns it into a journey.
struct Request {
  Verb verb = Verb::stock;
  std::string cart;
  std::string ref;
  HoldId id;
  TimeUs ttl_us = 0;
  std::string key;          // RESERVE ... KEY; empty: none
  TimeUs wait_us = 0;       // RESERVE ... WAIT; 0: it does not wait
  bool partial = false;     // RESERVE ... PARTIAL
  bool late = false;        // COMMIT ... LATE
  int64_t amount = 0;       // SETSTOCK, RESTOCK; RELOCK, UNLOCK: the token
  int64_t if_version = -1;  // SETSTOCK, RESTOCK ... IFVER
  PolicyChange policy;
  std::vector<RequestItem> items;  // LOCK, RELOCK, UNLOCK: the name as a SKU
};

// Into a blank journey. Its views point into the request.
void fill(Journey& journey, const Request& request, const Hasher& hasher);

// A Reply that outlives its journey.
struct Answer : Reply {
  std::string refused_sku;  // what refusal.name said
};

// Some time that a RESERVE ... WAIT stood in one line.
struct Stay {
  size_t item = 0;
  uint64_t from = 0;   // ticks
  uint64_t seen = 0;   // when it was last seen standing there
  uint64_t until = 0;  // 0: it still stands there
  TimeUs left_us = 0;  // by the clock of the line's shard
};

struct Exchange {
  Request request;
  Answer answer;
  ShardIndex origin = 0;
  uint64_t called = 0;    // ticks
  uint64_t returned = 0;  // 0: not yet
  uint32_t answers = 0;
  bool replayed = false;  // RESERVE ... KEY: answered from the hold of an earlier one
  uint64_t session = 0;   // who asks, as far as that matters
  bool hung_up = false;   // its client has gone
  std::vector<Stay> stays;
  size_t after = SIZE_MAX;            // an earlier exchange that this one must take effect after
  std::vector<TimeUs> clocks_called;  // of each shard
  std::vector<TimeUs> clocks_returned;
};

// A number that was taken, and what became of a hold with it.
struct FactRecord {
  enum class What : uint8_t { other, hold_made, hold_changed, hold_ended, committed_late };

  Seq seq = 0;
  uint64_t tick = 0;
  uint64_t turned = 0;    // of a hold's end or change: the tick from which its first effect may be seen; 0: not yet
  uint64_t in_place = 0;  // the tick at which all its effects were there; 0: not yet
  std::vector<std::pair<ShardIndex, uint64_t>>
      settled;  // shards that its journey left, and when, its effects in place there
  ShardIndex shard = 0;
  TimeUs now = 0;
  What what = What::other;
  HoldId id;                                            // of the hold
  std::optional<HoldState> state;                       // hold_ended; empty where it was forgotten at once
  std::string cart;                                     // hold_made
  std::vector<std::pair<std::string, uint32_t>> items;  // of the hold after it; empty where it was forgotten at once
};

// A fact as a journal would keep it.
struct KeptFact {
  Seq seq = 0;
  TimeUs at_us = 0;
  std::string bytes;
};

class ShardWorld {
 public:
  struct Options {
    uint32_t shards = 1;
    uint64_t hash_seed = 7;
    TimeUs start_us = 1'000'000'000;
    Seq first_seq = 1;
    ShardSettings settings{};
  };

  explicit ShardWorld(const Options& options);
  ~ShardWorld();
  ShardWorld(const ShardWorld&) = delete;
  ShardWorld& operator=(const ShardWorld&) = delete;

  // ---- what a test does, one event at a time
  size_t call(ShardIndex origin, const Request& request, uint64_t session = 0);  // the number of the exchange
  void hang_up(ShardIndex origin, uint64_t session);
  void set_shortage(std::string_view kind) { shortage_ = kind; }  // "disk", "memory"; empty: there is room
  void turn(ShardIndex shard, TimeUs now);
  void deliver(ShardIndex from, ShardIndex to);  // REQUIRES: letters(from, to) > 0

  // ---- conveniences
  void settle();                  // delivers all letters, and begins turns where a shard has work left
  void pass_time_to(TimeUs now);  // every shard begins a turn then, and all settles
  const Answer& ask(const Request& request,
                    ShardIndex origin = 0);  // call, settle, and the answer. CHECKs it is there.

  // ---- what a test sees
  uint32_t shards() const { return options_.shards; }
  Shard& shard(ShardIndex index) { return *shards_[index]; }
  const Hasher& hasher() const { return hasher_; }
  TimeUs clock(ShardIndex index) const { return clocks_[index]; }
  size_t letters(ShardIndex from, ShardIndex to) const { return channel(from, to).size(); }
  ShardIndex shard_of_sku(std::string_view sku) const { return shard_of(slot_of(hasher_.sku(sku)), options_.shards); }
  ShardIndex shard_of_lock(std::string_view name) const {
    return shard_of(slot_of(hasher_.lock(name)), options_.shards);
  }
  ShardIndex home_of(const HoldId& id) const { return shard_of(id.slot(), options_.shards); }
  // A name of a SKU that lives on this shard; another one for another number.
  std::string sku_on(ShardIndex shard, int number = 0) const;

  const Exchange& exchange(size_t number) const { return exchanges_[number]; }
  Exchange& exchange(size_t number) { return exchanges_[number]; }
  const std::deque<Exchange>& exchanges() const { return exchanges_; }
  bool is_answered(size_t number) const { return exchanges_[number].returned != 0; }
  const Answer& answer(size_t number) const;  // CHECKs that it is there
  // Who asked with WAIT and has no answer, with the journey that is on its way or in a line.
  struct Waiter {
    size_t exchange = 0;
    const Journey* journey = nullptr;
  };
  const std::vector<Waiter>& waiters() const { return waiters_; }
  const std::vector<FactRecord>& facts() const { return facts_; }
  const FactRecord& fact(Seq seq) const { return facts_[seq - options_.first_seq]; }
  const std::vector<KeptFact>& kept_facts() const { return kept_facts_; }
  size_t unanswered() const { return unanswered_; }
  const Options& options() const { return options_; }

 private:
  class Port;

  std::deque<Journey*>& channel(ShardIndex from, ShardIndex to) { return channels_[from * options_.shards + to]; }
  const std::deque<Journey*>& channel(ShardIndex from, ShardIndex to) const {
    return channels_[from * options_.shards + to];
  }
  void answered(Journey& journey);
  void see_fact(ShardIndex at);  // what the last number was for, once it has been applied
  void see_hold_made(ShardIndex at, FactRecord& fact);
  bool see_change(ShardIndex at, FactRecord& fact);
  void see_turned(const HoldId& id);
  void see_settled(ShardIndex at, const Journey& journey);
  void see_effects_in_place();
  void see_lines();
  void end_stay(Exchange& exchange) const;
  void after_event(ShardIndex at);

  Options options_;
  Hasher hasher_;
  TombstoneLedger ledger_;
  std::vector<std::unique_ptr<Port>> ports_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<TimeUs> clocks_;
  std::vector<std::deque<Journey*>> channels_;
  std::deque<Exchange> exchanges_;
  size_t unanswered_ = 0;
  uint64_t tick_ = 0;
  uint32_t secrets_ = 0;
  std::string_view shortage_;

  std::vector<Waiter> waiters_;
  std::vector<FactRecord> facts_;
  std::vector<KeptFact> kept_facts_;
  bool fact_unseen_ = false;
  bool makes_hold_ = false;
  std::vector<std::string> carts_;
  // What was last seen of a hold that may change.
  struct Seen {
    HoldId id;
    HoldState state = HoldState::held;
    std::vector<std::pair<std::string, uint32_t>> items;
  };
  Seen look_at(ShardIndex at, Index index);
  std::vector<std::vector<Seen>> seen_;  // [shard]: live and expired holds at home with it
  std::vector<size_t> under_way_;        // facts whose effects are not all in place
};

}  // namespace holdfast
