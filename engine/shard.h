// What it is: the actor. A shard decides every request for the resources on its slots, sends journeys on to the shards
// that they need next, and ends holds at their deadlines. It has no clock, thread, socket or text: who runs it calls
// begin_turn(now), then submit() and deliver(), and asks next_wake() how long it may sleep.
//
// Who waits for whom. A journey takes in ascending order of (slot, SKU) and waits, in the SKU's queue and holding what
// it took before, for the journeys that were undecided when it came. On its way back it waits for nothing. A hold's end
// is decided at its home at once; where it must reach other shards its marks wait for nobody but an *exclusive* journey
// (IFVER over several SKUs), and such a one never waits while it holds anything: it undoes and begins again. So waiting
// only ever looks upward, and there is no cycle. All marks of an end are in place before its first effect is, and
// readers wait for marks: nobody can see half of it.
//
// Threads: one. Time: now_ is the turn's; deadlines are over when now_ >= deadline, whether or not a timer has fired.
// Invariant: between calls every journey is in exactly one place: a queue here, a mailbox, a session, or the pool.
// Limits: limits.h (turn, queues).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/journey.h"
#include "engine/quotas.h"
#include "engine/shard_stats.h"
#include "engine/state.h"
#include "engine/tombstones.h"

namespace holdfast {

// What a shard asks of the world around it.
class ShardPort {
 public:
  virtual ~ShardPort() = default;
  virtual Seq next_seq() = 0;                         // the next number of the global sequence
  virtual Seq last_seq() = 0;                         // the last one taken by anybody
  virtual void record(const Fact&) {}                 // what that number was taken for, once, at once
  virtual uint32_t secret() = 0;                      // 32 unpredictable bits
  virtual std::string_view shortage() { return {}; }  // what has no room for more: "disk", "memory"; empty: nothing
  virtual void send(ShardIndex to, Journey* journey) = 0;  // in order for each pair of shards; never blocks
  virtual void complete(Journey* journey) = 0;             // a journey that submit() did not finish is back
};

struct ShardOptions {
  ShardIndex index = 0;
  uint32_t shards = 1;
  TimeUs start_us = 0;
};

// What may be changed while it runs (CONFIG SET).
struct ShardSettings {
  int64_t max_hold_life_us = int64_t{2} * 3600 * 1'000'000;
  int64_t tombstone_ttl_us = int64_t{600} * 1'000'000;
  uint64_t max_tombstones = 4'000'000;
  int64_t max_waiters = 100'000;
  int64_t max_holds_per_cart = 0;       // live ones; 0: no limit
  int64_t max_reserves_per_minute = 0;  // of a cart; 0: no limit
  uint64_t max_memory = UINT64_MAX;     // bytes, of all shards
};

class Shard {
 public:
  Shard(const ShardOptions& options, const Hasher& hasher, TombstoneLedger& ledger, ShardPort& port);
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;
  ~Shard();

  // After a recovery, before the first turn: `now` is the engine's time, and no live hold ends before `not_before_us`.
  void go_on(TimeUs now, TimeUs not_before_us);

  // A blank journey, or null while too many that began here are under way. Give it back with recycle().
  Journey* new_journey();
  void recycle(Journey* journey);

  // Ends what is due (a bounded slice) and goes on with what earlier turns left. `now` never goes backwards.
  void begin_turn(TimeUs now);

  // These are about to be submitted or delivered, one after the other: brings what they will look up here into the
  // cache, for all of them at the same time. Changes nothing.
  void foresee(std::span<Journey* const> batch) const;

  // Decides a request that begins here. True: its reply is in it. False: it is on its way, and the port's complete()
  // will bring it back. The request's views need to live until submit() returns.
  bool submit(Journey* journey);

  // The session waits no more: its one RESERVE ... WAIT that has not come back leaves its line, and enters none.
  void cancel_waits(uint64_t session);

  // Takes a journey from another shard.
  void deliver(Journey* journey);

  // When begin_turn() should be called next even if nothing arrives: the turn's own time while work is left.
  TimeUs next_wake() const;

  void set_settings(const ShardSettings& settings) { settings_ = settings; }
  const ShardSettings& settings() const { return settings_; }
  ShardStats stats() const;
  uint64_t used_bytes() const;  // by what it knows, without what is free to be used again
  const State& state() const { return state_; }
  State& state() { return state_; }
  uint32_t sku_limit() const { return state_.stocks.limit(); }
  std::optional<std::string_view> sku_at(uint32_t index) const;

 private:
  uint64_t memory_bytes() const;

  // ---- the way of a journey (shard_route.cc). All return true when it is back where it began, with its reply.
  bool run(Journey* journey);
  bool at_home(Journey& journey);  // true: go on; false: it waits
  bool go_forward(Journey& journey);
  void turn_round(Journey& journey);
  bool go_backward(Journey& journey);
  void finish(Journey& journey);
  bool visit(Journey& journey, const Step& step);
  void plan(Journey& journey);  // its steps
  void plan_items(Journey& journey);
  void plan_reads(Journey& journey);
  void resume(Journey* journey);  // run(), and complete() if that finished it
  void send(ShardIndex to, Journey& journey);
  bool here(const Step& step) const { return step.shard == options_.index; }
  ShardIndex home_of(const HoldId& id) const { return shard_of(id.slot(), options_.shards); }

  // ---- marks and queues (shard_contention.cc)
  Contention& contention_of(Stock& stock);
  void wait(Journey& journey, Index index);
  void mark(Item& item, Index index);
  void unmark(Item& item, Index index);
  void touch(Index index);  // its queue may be able to go on
  void settle_queues();
  void serve_queue(Index index);
  bool may_go_on(Journey& journey, Index index);

  // ---- stock (shard_stock.cc)
  bool visit_stock(Journey& journey, Item& item);
  void set_stock(Journey& journey, Item& item);
  void restock(Journey& journey, Item& item);
  void delete_stock(Journey& journey, Item& item);
  void set_policy(Journey& journey, Item& item);
  void change_on_hand(Journey& journey, Item& item, int64_t difference);

  // ---- RESERVE (shard_reserve.cc)
  bool reserve_here(Journey& journey);  // false: not all of it is here or quiet; plan its steps, and take the long way
  bool visit_reserve(Journey& journey, Item& item);
  static bool line_goes_first(const Stock& stock);
  Refusal judge(const Journey& journey, const Item& item) const;  // all but units
  TimeUs waited_us(const Journey& journey) const;
  static Refusal out_of_stock(const Item& item, const Stock& stock);
  static void note_short(Item& item, const Stock& stock);
  Refusal judge_percart(const Journey& journey, const Item& item) const;
  uint32_t affordable(const Journey& journey, const Item& item) const;
  static bool depends_on_figures(const Item& item, const Stock& stock, uint32_t units);
  void take(Journey& journey, Item& item);
  void refuse(Journey& journey, const Refusal& refusal);
  Refusal judge_growth();  // of what makes the state grow: is there room?
  std::span<const Item> granted_items(const Journey& journey);
  void decide_reserve(Journey& journey);
  void settle_reserve(Journey& journey, Item& item);

  // ---- WAIT (shard_line.cc)
  struct Waiter {
    TimerNode timer;
    Journey* journey = nullptr;
    Index stock = no_index;
    uint64_t watch_arrival = 0;  // 0: it has no watch
    Journey* watch = nullptr;    // while that has nowhere to go
  };
  struct WaiterNodes {
    Pool<Waiter>* pool;
    TimerNode& operator()(Index index) const { return (*pool)[index].timer; }
  };
  using LineWheel = TimerWheel<WaiterNodes>;
  using WaitersBy = std::unordered_multimap<uint64_t, Index>;
  bool lines_up(Journey& journey);
  bool enter_line(Journey& journey);
  Refusal judge_wait(const Journey& journey, const Item& item);
  void try_from_line(Journey& journey);
  void take_ahead(Journey& journey, Index index);
  static bool holds_ahead(const Journey& journey);
  bool begin_again(Journey& journey);
  static bool is_queued_before(const Contention& contention, const Journey& journey);
  void number_arrival(Journey& journey);
  Journey& leave_line(Index index);
  static void erase_entry(WaitersBy& table, uint64_t key, Index waiter);
  void end_wait(Index index, Error error);
  void try_again(Index index);
  static Index next_in_line(const Stock& stock);
  static Index first_in_vain(const Stock& stock, const Line& line);
  void serve_line(Index index);
  void send_all_away(Index index);
  void end_waits_of_cart(const Journey& revoke);
  void remember_revoked(const Journey& revoke);
  bool was_revoked(const Journey& journey) const;
  Refusal judge_revoked(Journey& journey) const;
  void end_waits_of_session(Journey& leaving);
  void tell_of_hang_ups();
  void end_late_waits();

  // ---- WAIT for one of several SKUs (shard_watch.cc)
  struct Watch {
    ShardIndex shard = 0;  // of the line that it belongs to
    Index waiter = no_index;
    uint64_t arrival = 0;
  };
  void send_watch(Index waiter);
  void keep_watch(Journey& watch);
  void end_watch(Journey& watch);
  void visit_watch(const Journey& watch, const Item& item);
  void visit_unwatch(const Journey& watch, const Item& item);
  void remove_watch(Index stock, Index index);
  void serve_watches(Index stock);
  void end_watches(Index stock);
  void call(const Watch& watch);
  void send_calls();
  void call_waiter(const Journey& call);

  // ---- KEY (shard_keys.cc)
  bool visit_key(Journey& journey);
  void settle_key(Journey& journey);
  bool answer_replay(Journey& journey, Index index);
  bool forget_key(const Hold& hold);
  void drop_guard(const HoldId& id, uint64_t key_hash);
  void refuse_for_state(Journey& journey, const Hold& hold);

  // ---- the pacing of buyers (shard_quotas.cc)
  bool limits_carts() const { return settings_.max_holds_per_cart != 0 || settings_.max_reserves_per_minute != 0; }
  void plan_quota(Journey& journey);
  bool visit_quota(Journey& journey);
  bool visit_count(Journey& journey, bool is_last);
  void settle_quota(Journey& journey);

  // ---- AMEND and COMMIT LATE (shard_amend.cc): from home, taking, and back home to be decided
  bool start_amend(Journey& journey, Index index);
  bool start_late(Journey& journey, Index index);
  bool waits_for_amend(Journey& journey, Index index);
  bool decide_at_home(Journey& journey);
  bool is_as_it_was(const Journey& journey, const Hold& hold) const;
  void decide_amend(Journey& journey, Index index);
  void decide_late(Journey& journey, Index index);
  void begin_again_at_home(Journey& journey);
  bool visit_shrinking(Journey& journey, Item& item);

  void number(Fact& fact);  // its number, its time, and to the port's record of it

  // ---- holds (shard_holds.cc, shard_ends.cc)
  Index find_hold(const HoldId& id) const;  // no_index also when it is forgotten by now
  void show_hold(Journey& journey, const Hold& hold);
  void extend(Journey& journey, Index index);
  Seq prolong(Index index, TimeUs deadline_us);          // the number of the fact
  bool answer_for_state(Journey& journey, Index index);  // an ended hold: what the command hears
  bool admits(const SkuScope& scope, const Hold& hold) const;
  int64_t units_released(const Journey& journey, const Hold& hold) const;
  // Decides the end of a live hold; the number of the fact. All effects are in place on return, or `journey` (an
  // internal one where null) is `ending` and carries them. The cart's hash, where it is known; 0: to be computed.
  Seq end_hold(Index index, FactType type, Journey* journey, uint64_t cart_hash = 0);
  void wake_hold(Hold& hold);  // who waits for it goes on
  bool exceeds(Journey& journey, const Hold& hold);
  bool ends_here(std::span<const Item> items) const;
  void carry_end(Index index, std::span<const Item> items, Journey& journey);
  bool visit_end(Journey& journey, Item& item);
  void settle_end(Journey& journey, Item& item);
  void finish_end(Journey& journey);
  std::span<const Item> ended_items(const Hold& hold, FactType& type, std::span<const Item> wanted);
  bool end_holds_of_cart(Journey& journey);
  bool visit_cart(Journey& journey);  // HOLDS, REVOKE
  bool end_of_cart(Journey& journey, Index index);
  bool waits_for_busy_hold(Journey& journey);
  Journey* new_internal(Verb verb);
  Journey* blank_internal(Verb verb);

  // ---- locks (shard_locks.cc)
  void visit_lock(Journey& journey, Item& item);
  Index live_lock(const Item& item);                                     // no_index where it is free
  Seq change_lock(FactType type, const Item& item, TimeUs deadline_us);  // the number of the fact
  void end_lock(Index index);
  void expire_locks();

  // ---- deadlines (shard_expiry.cc)
  void measure_slice();
  void expire();
  bool end_those_due();
  void forget_tombstones();
  void keep_tombstones_bounded();
  void forget(Index index);
  void publish_tombstones();
  bool is_behind() const { return !caught_up_ || due_and_busy_ > 0; }
  bool over(const Hold& hold) const { return now_ >= hold.timer.deadline_us; }

  ShardOptions options_;
  ShardSettings settings_;
  TombstoneLedger& ledger_;
  ShardPort& port_;
  State state_;
  QuotaTable quotas_;
  TimeUs now_;
  size_t slice_ = 0;                           // of this turn: timers ended or cascaded, tombstones forgotten
  uint64_t came_before_ = 0;                   // requests and letters, when the slice was measured
  bool caught_up_ = true;                      // every hold whose time is over has been ended, but for
  std::vector<Index> due_;                     // some that are, to be ended together
  size_t due_and_busy_ = 0;                    // those of which a part is on its way back
  Index published_[2] = {no_index, no_index};  // the tombstones that the ledger knows as our oldest

  bool forgetting_ = false;  // a letter to the shard of the oldest tombstone is under way

  std::vector<Index> touched_;             // SKUs whose queue may be able to go on
  std::vector<Index> short_while_behind_;  // SKUs where a RESERVE waits for the wheel to catch up
  std::vector<Index> busy_;                // holds whose end is on its way to other shards
  Pool<Waiter> waiters_;
  LineWheel line_wheel_;
  bool lines_caught_up_ = true;
  WaitersBy sessions_in_line_;
  WaitersBy carts_in_line_;
  struct Revocation {
    uint64_t cart_hash = 0;
    uint64_t last_arrival = 0;  // who came to a line up to this one has been revoked
    uint64_t generation = 0;    // the current one, then
  };
  std::deque<Revocation> revocations_;                    // in the order in which they came
  std::unordered_map<uint64_t, uint64_t> revoked_carts_;  // of those, by cart: the last arrival
  struct HangUp {
    uint64_t session = 0;
    bool is_over = false;  // its journey is back: its number can be forgotten
  };
  Pool<Watch> watches_;
  std::unordered_map<Index, Line> watched_;     // by SKU: its watches, by their own arrivals
  std::deque<Watch> calls_;                     // of waiters that have yet to be told
  std::deque<HangUp> hang_ups_;                 // that all shards have yet to be told of
  std::unordered_set<uint64_t> gone_sessions_;  // that hung up while their journey was under way: it enters no line
  JourneyQueue soon_;                           // go on before this call returns
  JourneyQueue later_;                          // go on at the next turn
  std::vector<Item> end_items_;                 // scratch
  std::vector<Item> fact_items_;                // scratch

  std::vector<std::unique_ptr<Journey>> journeys_;  // all that were ever made
  JourneyQueue free_;
  size_t under_way_ = 0;
  size_t internal_under_way_ = 0;
  size_t may_wait_ = 0;  // RESERVE ... WAIT
  ShardStats stats_;
};

}  // namespace holdfast
