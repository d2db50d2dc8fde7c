// What it is: one request on its way. A journey is filled by a session (or by a shard, for a hold that falls due),
// visits the shards whose resources it needs in ascending order, *takes* at each, is decided, *settles* (or undoes) on
// its way back, and returns with its reply to the shard where it began. It is one object that travels: whoever holds
// the pointer owns it, no message is ever copied, and room for all its messages is reserved by its existence.
//
// Order: steps are sorted by (slot, SKU), the same order for any number of shards. See shard.h for who waits for whom.
// Threads: owned by one shard at a time; handed over through a mailbox.
// Limits: limits::journeys under way for each shard that begins them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/facts.h"
#include "engine/refusal.h"
#include "engine/sku_scope.h"
#include "engine/types.h"

namespace holdfast {

class Shard;

enum class Verb : uint8_t {
  set_stock,     // items[0], amount, if_version
  restock,       // items[0], amount, if_version
  stock,         // items[0]
  multi_stock,   // items, also repeated ones
  delete_stock,  // items[0]
  policy,        // items[0], policy_change
  reserve,       // cart, items, ttl_us, partial, key
  commit,        // id, ref, late, items (none: all)
  release,       // id, items (none: all)
  amend,         // id, items
  extend,        // id, ttl_us
  hold,          // id
  holds,         // cart
  revoke,        // cart
  lock,          // items[0] (its name), ttl_us
  relock,        // items[0], amount (the token), ttl_us
  unlock,        // items[0], amount (the token)
  tour,          // tour
  end,           // internal: a hold that fell due or was revoked gives its units back on other shards
  leave_line,    // internal: a client that waits has hung up; `late`: what it waited for has come back
  watch,         // internal: the waiter that it belongs to wants `items` beside those that it stands in line for
  unwatch,       // internal: and not any more
  call_waiter,   // internal: what it watches can never be had as things are
  forget_key,    // internal: a keyed hold is forgotten, and its key with it
  forget,        // internal: too many tombstones are kept, and the oldest is at home with another shard
};

enum class Phase : uint8_t {
  at_home,    // on its way to the home of the hold that it names, or there
  forward,    // visiting steps[position..], taking
  backward,   // visiting steps[..position-1] that were taken, settling or undoing
  decide,     // AMEND, COMMIT LATE: all is taken, on its way back to the hold's home
  line,       // on its way to the line of a SKU that is short
  finish,     // on its way to the home of a hold that it ended, all its effects in place
  returning,  // on its way to the shard that it began at, with its reply
};

// Something to run on the thread of each shard in turn: INFO, SCAN, CLIENT LIST and the like.
class Tour {
 public:
  virtual ~Tour() = default;
  virtual void visit(Shard& shard, ShardIndex index) = 0;
};

struct Step {
  // Not items, but what a RESERVE passes before them:
  static constexpr uint32_t key = UINT32_MAX;        // the guard of its KEY
  static constexpr uint32_t quota = UINT32_MAX - 1;  // the quota of its cart
  static constexpr uint32_t count = UINT32_MAX - 2;  // the live holds of its cart that are at home there

  ShardIndex shard = 0;
  uint32_t item = 0;

  bool is_item() const { return item < count; }
};

// Which session waits for the reply, and for which of its commands. Opaque to the engine.
struct Ticket {
  uint64_t session = 0;
  uint64_t command = 0;
};

struct PolicyChange {
  bool sets_oversell = false;
  bool sets_percart = false;
  bool sets_paused = false;
  bool sets_challenge = false;
  Policy to;
};

// The figures of one SKU as a reader sees them.
struct StockView {
  int64_t on_hand = 0;
  int64_t held = 0;
  int64_t available = 0;  // never below 0
  int64_t sold = 0;
  int64_t oversell = 0;
  int64_t short_by = 0;
  uint64_t version = 0;
  int64_t percart = 0;
  bool paused = false;
  bool challenge = false;
  int64_t waiting = 0;
  bool exists = false;
};

struct HoldView {
  HoldState state = HoldState::held;
  int64_t expires_in_ms = 0;
  Seq seq = 0;
  std::string cart;
  std::string ref;
  std::vector<std::pair<std::string, uint32_t>> items;
};

// What a request came to; which fields count depends on the verb.
struct Reply {
  Refusal refusal;
  Refusal nothing_of;  // PARTIAL: what to tell if nothing at all is granted
  Seq seq = 0;         // the fact that this request made, or reports again; 0 where there is none
  int64_t number = 0;  // DELSTOCK, RELEASE, REVOKE, UNLOCK: the count; RESERVE, EXTEND, LOCK, RELOCK: milliseconds left
  HoldId id;           // RESERVE
  StockView stock;
  std::vector<StockView> stocks;              // MSTOCK, one for each item
  std::vector<std::pair<Seq, HoldId>> holds;  // HOLDS, sorted by number
  HoldView hold;
  std::string ref;                // of the hold, for hold_committed
  std::vector<uint32_t> granted;  // RESERVE ... PARTIAL, one for each item; empty: without PARTIAL
};

// What is or is not so with a journey: all of it false when it begins.
struct JourneyFlags {
  bool late = false;         // COMMIT ... LATE
  bool partial = false;      // RESERVE ... PARTIAL
  bool takes_all = false;    // COMMIT ... LATE without ITEMS
  bool key_taken = false;    // RESERVE ... KEY: it is the one that decides its key
  bool paced = false;        // RESERVE: goes to the quota of its cart first
  bool quota_taken = false;  // RESERVE: it is the one of its cart that is being decided
  bool replays = false;      // RESERVE ... KEY: a copy, answered from the hold of the first
  bool forgotten = false;    // and the hold `id` that its key named is not there any more
  bool differs = false;      // and asks for something else than the first did
  bool taking = false;       // COMMIT ... LATE on an expired hold: takes its units again
  bool exclusive = false;    // RESERVE ... IFVER over several SKUs: nobody else may change what it has taken
  bool internal = false;     // no session waits for it
  bool ending = false;       // takes and settles for a hold that was ended at its home (its reply is decided)
  bool may_wait = false;     // RESERVE ... WAIT, begun: see Shard::may_wait_
  bool queues_up = false;    // undoes what it took, to stand in line
  bool last_try = false;     // its time in line is up: what it is told now is its answer
  bool from_line = false;    // its first try at a SKU since it left the line there
  bool looks_again = false;  // reads figures, and waits for the ends that came while it waited: see Shard::may_go_on
  bool admitted = false;     // was called from a SKU's queue: its turn has come
  bool retry = false;        // undoes what it took, to begin again
  bool owns_bytes = false;   // its views point into `bytes`
};

struct Journey : JourneyFlags {
  Verb verb = Verb::stock;
  Phase phase = Phase::forward;
  ShardIndex origin = 0;
  uint32_t position = 0;
  uint32_t waits_for = 0;   // while it stands in a SKU's queue: the last generation of marks that it waits for
  uint32_t pending = 0;     // REVOKE: ends under way at this shard
  Index waiter = no_index;  // watch, unwatch, call_waiter: whose, at the shard of its line
  Ticket ticket;

  std::string_view cart;
  std::string_view ref;
  std::string_view key;  // RESERVE; empty: none
  uint64_t cart_hash = 0;
  uint64_t key_hash = 0;
  HoldId id;
  TimeUs ttl_us = 0;
  TimeUs wait_us = 0;  // RESERVE ... WAIT; 0: it does not wait
  TimeUs wait_until_us = 0;
  TimeUs counted_us = 0;      // RESERVE: when its cart's quota counted it; 0: not yet
  int64_t live_holds = 0;     // RESERVE: of its cart, as far as they are counted
  uint64_t generation = 0;    // from its first arrival on: of those who have had one
  uint64_t arrival = 0;       // its place in any line, or as a copy at its KEY; 0: it has none. Of a watch its own
  uint32_t line_item = 0;     // the item for which it stands in line
  int64_t amount = 0;         // SETSTOCK: on hand; RESTOCK: the difference; RELOCK, UNLOCK: the token
  int64_t if_version = -1;    // SETSTOCK, RESTOCK; -1 where none is
  Seq hold_seq = 0;           // of the hold whose end it carries
  Seq seq_limit = 0;          // HOLDS, REVOKE: holds made up to this number
  uint64_t last_arrival = 0;  // REVOKE, and whom it refused: who came to a line up to this one
  PolicyChange policy;
  std::vector<Item> items;
  std::vector<Step> steps;
  std::unique_ptr<Tour> tour;
  std::shared_ptr<const SkuScope> scope;  // commands that name a hold: what they may touch; null: everything
  Journey* parent = nullptr;              // the REVOKE that this end belongs to

  Reply reply;

  // The session's, for the slow log; opaque to the engine:
  std::string words;       // the request
  int64_t started_ns = 0;  // by the session's clock

  Journey* next = nullptr;  // in a queue or in the pool's free list
  std::vector<char> bytes;  // what the views above point to, once own_bytes() was called

  // Copies what the views point to (a session's input buffer until then) into the journey itself. Before it is parked
  // or sent to another shard. Views inside reply.refusal that point to items' SKUs are moved along.
  void own_bytes();

  // The same for views that were set since, of a hold whose end this journey carries.
  void own_views();

  // Ready for the next request; keeps the memory, except after an enormous one.
  void reset();
};

// First in, first out, intrusive.
class JourneyQueue {
 public:
  bool empty() const { return head_ == nullptr; }
  Journey* front() const { return head_; }
  void push_front(Journey* journey) {
    journey->next = head_;
    if (!head_) tail_ = journey;
    head_ = journey;
  }
  void push(Journey* journey) {
    journey->next = nullptr;
    (head_ ? tail_->next : head_) = journey;
    tail_ = journey;
  }
  Journey* pop() {
    Journey* journey = head_;
    head_ = journey->next;
    journey->next = nullptr;
    return journey;
  }

 private:
  Journey* head_ = nullptr;
  Journey* tail_ = nullptr;
};

}  // namespace holdfast
