// What it is: facts of the past, applied in the order of their numbers: recovery, the making of snapshots, and the
// simulator's proof that the facts say all. It runs the same apply() as live traffic, and forgets ended holds (and
// their KEYs) as the facts' own time passes, so that what it arrives at depends on the facts and on nothing else: not
// on the number of shards, nor on where a snapshot was made. A fact waits until some more have come: what they look up
// lies anywhere, and is fetched for all at once. Threads: one, which owns all the states meanwhile. Time: the facts'.
// Errors: a fact that cannot follow what was applied before stops the process (CHECK): the reader vouches
// for them.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/fact_codec.h"
#include "engine/hash.h"
#include "engine/limits.h"
#include "engine/state.h"
#include "engine/types.h"

namespace holdfast {

// How long ended holds are remembered (see ShardSettings).
struct Memory {
  TimeUs tombstone_ttl_us = 0;
  uint64_t max_tombstones = 0;
};

class Replay {
 public:
  // `states`: of all shards, in their order; at first all empty, or what a snapshot of the same numbers said.
  Replay(std::vector<State*> states, const Hasher& hasher, const Memory& memory);

  // The next fact; false where the bytes (see fact_codec.h) are none. REQUIRES: a number above the last one's.
  bool take(Seq seq, TimeUs at_us, std::string_view bytes);
  // Applies those that still wait.
  void settle();

  // Of what is applied:
  Seq last_seq() const { return last_seq_; }
  TimeUs last_us() const { return last_us_; }  // the latest time of any fact so far
  // Where it goes on, after a snapshot.
  void go_on_from(Seq last_seq, TimeUs last_us) { last_seq_ = last_seq, last_us_ = last_us; }

 private:
  struct Waiting {
    std::string bytes;  // the names are views into them
    DecodedFact decoded;
  };

  void fetch();
  void apply(const Fact& fact);
  State& at(Slot slot) { return *states_[shard_of(slot, static_cast<uint32_t>(states_.size()))]; }
  void forget_what_is_over();
  void forget_what_is_too_much();
  void forget(State& state, Index index);

  std::vector<State*> states_;
  const Hasher& hasher_;
  Memory memory_;
  std::array<Waiting, limits::looks_ahead> waiting_;
  size_t count_ = 0;  // of those that wait
  Seq last_seq_ = 0;
  TimeUs last_us_ = 0;
};

}  // namespace holdfast
