#include "engine/replay.h"

#include <algorithm>
#include <span>
#include <utility>

#include "engine/check.h"

namespace holdfast {
namespace {

// The shards' clocks differ a little, and which tombstone is one too many is known to them at different moments: a
// replay forgets a little later than the last of them.
constexpr TimeUs clocks_differ_us = 10'000'000;
constexpr uint64_t more_tombstones = 65'536;

}  // namespace

Replay::Replay(std::vector<State*> states, const Hasher& hasher, const Memory& memory)
    : states_(std::move(states)), hasher_(hasher), memory_(memory) {}

bool Replay::take(Seq seq, TimeUs at_us, std::string_view bytes) {
  Waiting& waiting = waiting_[count_];
  waiting.bytes.assign(bytes);
  if (!decode_fact(seq, at_us, waiting.bytes, waiting.decoded)) return false;
  hash_names(waiting.decoded, hasher_);
  if (++count_ == waiting_.size()) settle();
  return true;
}

void Replay::settle() {
  fetch();
  for (size_t i = 0; i < count_; ++i) apply(waiting_[i].decoded.fact);
  count_ = 0;
}

// First their places in the tables, then the records that stand there.
void Replay::fetch() {
  const std::span<const Waiting> all(waiting_.data(), count_);
  for (const auto& [bytes, decoded] : all) {
    at(decoded.fact.id.slot()).holds.prefetch_place(decoded.fact.id);
    for (const Item& item : decoded.items) at(slot_of(item.hash)).stocks.prefetch_place(item.hash);
  }
  for (const auto& [bytes, decoded] : all) {
    at(decoded.fact.id.slot()).holds.prefetch_guess(decoded.fact.id);
    for (const Item& item : decoded.items) at(slot_of(item.hash)).stocks.prefetch_guess(item.hash);
  }
}

void Replay::apply(const Fact& fact) {
  CHECK(fact.seq > last_seq_);
  last_seq_ = fact.seq;
  last_us_ = std::max(last_us_, fact.at_us);
  for (State* state : states_) state->apply(fact);
  forget_what_is_over();
  forget_what_is_too_much();
}

void Replay::forget_what_is_over() {
  for (State* state : states_) {
    for (const HoldTable::Kind kind : HoldTable::kinds) {
      for (;;) {
        const Index oldest = state->holds.oldest_tombstone(kind);
        if (oldest == no_index) break;
        if (last_us_ < state->holds[oldest].timer.deadline_us + memory_.tombstone_ttl_us + clocks_differ_us) break;
        forget(*state, oldest);
      }
    }
  }
}

// RELEASED, EXPIRED and REVOKED before COMMITTED, oldest first; those with a KEY never.
void Replay::forget_what_is_too_much() {
  for (;;) {
    uint64_t kept = 0;
    for (const State* state : states_) kept += state->holds.tombstones();
    if (kept <= memory_.max_tombstones + more_tombstones) return;
    State* at = nullptr;
    Index found = no_index;
    for (const HoldTable::Kind kind : {HoldTable::plain, HoldTable::committed}) {
      for (State* state : states_) {
        const Index oldest = state->holds.oldest_tombstone(kind);
        if (oldest == no_index || (at && at->holds[found].end_seq < state->holds[oldest].end_seq)) continue;
        at = state;
        found = oldest;
      }
      if (at) break;
    }
    if (!at) return;
    forget(*at, found);
  }
}

void Replay::forget(State& state, Index index) {
  const Hold& hold = state.holds[index];
  const HoldExtra* extra = state.holds.extra_if(hold);
  if (extra && extra->key_hash != 0) {
    GuardTable& guards = at(slot_of(extra->key_hash)).guards;
    const Index guard = guards.find(hold.id, extra->key_hash);
    if (guard != no_index) guards.remove(guard, extra->key_hash);
  }
  state.holds.forget(index);
}

}  // namespace holdfast
