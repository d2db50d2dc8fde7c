#include "engine/replay.h"

#include <algorithm>
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

void Replay::apply(DecodedFact& decoded) {
  const Fact& fact = decoded.fact;
  CHECK(fact.seq > last_seq_);
  hash_names(decoded, hasher_);
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
    GuardTable& guards = at(extra->key_hash).guards;
    const Index guard = guards.find(hold.id, extra->key_hash);
    if (guard != no_index) guards.remove(guard, extra->key_hash);
  }
  state.holds.forget(index);
}

}  // namespace holdfast
