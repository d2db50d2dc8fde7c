#include "engine/shard.h"

#include <algorithm>
#include <utility>

#include "engine/limits.h"

namespace holdfast {

Shard::Shard(const ShardOptions& options, const Hasher& hasher, TombstoneLedger& ledger, ShardPort& port)
    : options_(options),
      ledger_(ledger),
      port_(port),
      state_(options.index, options.shards, hasher, options.start_us),
      quotas_(options.start_us),
      now_(options.start_us),
      line_wheel_(WaiterNodes{&waiters_}, options.start_us) {
  due_.reserve(limits::looks_ahead);
}

Shard::~Shard() = default;

Journey* Shard::new_journey() {
  if (under_way_ >= limits::journeys) return nullptr;
  if (free_.empty()) {
    journeys_.push_back(std::make_unique<Journey>());
    free_.push(journeys_.back().get());
  }
  ++under_way_;
  Journey* journey = free_.pop();
  journey->origin = options_.index;
  journey->paced = limits_carts();
  return journey;
}

// Journeys of holds that fall due have places of their own: the deadlines of holds never wait for clients.
Journey* Shard::new_internal(Verb verb) {
  if (internal_under_way_ >= limits::ending_journeys) return nullptr;
  ++internal_under_way_;
  return blank_internal(verb);
}

Journey* Shard::blank_internal(Verb verb) {
  if (free_.empty()) {
    journeys_.push_back(std::make_unique<Journey>());
    free_.push(journeys_.back().get());
  }
  Journey* journey = free_.pop();
  journey->origin = options_.index;
  journey->internal = true;
  journey->verb = verb;
  return journey;
}

void Shard::recycle(Journey* journey) {
  DCHECK(journey->origin == options_.index);
  if (journey->may_wait && !journey->internal && gone_sessions_.contains(journey->ticket.session)) {
    hang_ups_.push_back({.session = journey->ticket.session, .is_over = true});
  }
  if (journey->generation != 0) ledger_.stays().leave(std::exchange(journey->generation, 0));
  --(journey->may_wait ? may_wait_ : journey->internal ? internal_under_way_ : under_way_);
  journey->reset();
  free_.push_front(journey);
}

void Shard::begin_turn(TimeUs now) {
  now_ = std::max(now_, now);
  measure_slice();
  expire();
  end_late_waits();
  tell_of_hang_ups();
  send_calls();
  expire_locks();
  forget_tombstones();
  size_t budget = slice_;
  quotas_.forget(now_, budget);
  JourneyQueue later = later_;
  later_ = {};
  while (!later.empty()) resume(later.pop());
  settle_queues();
}

namespace {

bool names_hold(Verb verb) {
  return verb == Verb::commit || verb == Verb::release || verb == Verb::extend || verb == Verb::amend ||
         verb == Verb::hold;
}

}  // namespace

// Misses that wait for nothing overlap, those of one request after the other do not: so first all places in indexes,
// and then all records that these name. What a journey that travels has to do elsewhere costs a useless look here.
void Shard::foresee(std::span<Journey* const> batch) const {
  const auto looks_up = [](const Journey& journey) { return journey.phase <= Phase::forward; };
  uint64_t last_sku = 0;  // where all want the same one there is nothing to fetch
  for (const Journey* journey : batch) {
    if (!looks_up(*journey)) continue;
    if (names_hold(journey->verb)) {
      state_.holds.prefetch(journey->id);
      continue;
    }
    if (journey->verb == Verb::reserve) state_.holds.prefetch_cart(journey->cart_hash);
    for (const Item& item : journey->items) {
      if (item.hash != last_sku) state_.stocks.prefetch_place(item.hash);
      last_sku = item.hash;
    }
  }
  last_sku = 0;
  for (const Journey* journey : batch) {
    if (!looks_up(*journey)) continue;
    if (names_hold(journey->verb)) {
      state_.holds.prefetch_stock(journey->id);
      continue;
    }
    for (const Item& item : journey->items) {
      if (item.hash != last_sku) state_.stocks.prefetch_guess(item.hash);
      last_sku = item.hash;
    }
  }
}

bool Shard::submit(Journey* journey) {
  ++stats_.journeys_begun;
  if (journey->wait_us > 0) {
    // Who may stand in line for long takes no place from others: max_waiters bounds them.
    journey->may_wait = true;
    --under_way_;
    ++may_wait_;
  }
  journey->phase = names_hold(journey->verb) ? Phase::at_home : Phase::forward;
  const bool finished = run(journey);
  settle_queues();
  return finished;
}

void Shard::deliver(Journey* journey) {
  ++stats_.mailbox_messages;
  resume(journey);
  settle_queues();
}

TimeUs Shard::next_wake() const {
  if (!caught_up_ || !lines_caught_up_ || !later_.empty() || !hang_ups_.empty() || !calls_.empty()) return now_;
  TimeUs wake = std::min({state_.holds.wheel().next_wake(), state_.locks.wheel().next_wake(), line_wheel_.next_wake(),
                          quotas_.next_wake()});
  for (const HoldTable::Kind kind : HoldTable::kinds) {
    const Index oldest = state_.holds.oldest_tombstone(kind);
    if (oldest == no_index) continue;
    wake = std::min(wake, state_.holds[oldest].timer.deadline_us + settings_.tombstone_ttl_us);
  }
  return std::max(wake, now_);
}

ShardStats Shard::stats() const {
  ShardStats stats = stats_;
  stats.skus = state_.stocks.size();
  stats.live_holds = state_.holds.live();
  stats.locks = state_.locks.size();
  stats.tombstones = state_.holds.tombstones();
  stats.waiting = waiters_.size();
  stats.timers = state_.holds.wheel().size() + state_.locks.wheel().size() + line_wheel_.size();
  stats.journeys_under_way = under_way_ + internal_under_way_ + may_wait_;
  stats.memory_bytes = memory_bytes();
  return stats;
}

uint64_t Shard::memory_bytes() const {
  return state_.stocks.memory_bytes() + state_.holds.memory_bytes() + state_.guards.memory_bytes() +
         state_.locks.memory_bytes() + quotas_.memory_bytes() + journeys_.size() * sizeof(Journey);
}

uint64_t Shard::used_bytes() const {
  return memory_bytes() - state_.stocks.free_bytes() - state_.holds.free_bytes() - state_.guards.free_bytes() -
         state_.locks.free_bytes();
}

void Shard::number(Fact& fact) {
  fact.seq = port_.next_seq();
  fact.at_us = now_;
  port_.record(fact);
}

std::optional<std::string_view> Shard::sku_at(uint32_t index) const {
  if (!state_.stocks.exists(index)) return std::nullopt;
  return state_.stocks[index].sku.view();
}

}  // namespace holdfast
