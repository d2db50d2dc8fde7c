// What it is: facts of the past, applied in the order of their numbers: recovery, the making of snapshots, and the
// simulator's proof that the facts say all. It runs the same apply() as live traffic, and forgets ended holds (and
// their KEYs) as the facts' own time passes, so that what it arrives at depends on the facts and on nothing else: not
// on the number of shards, nor on where a snapshot was made. Threads: one, which owns all the states meanwhile. Time:
// the facts'. Errors: a fact that cannot follow what was applied before stops the process (CHECK): the reader vouches
// for them.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/fact_codec.h"
#include "engine/hash.h"
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

  // Fills in the hashes and applies the fact. REQUIRES: a number above the last one's.
  void apply(DecodedFact& decoded);

  Seq last_seq() const { return last_seq_; }
  TimeUs last_us() const { return last_us_; }  // the latest time of any fact so far
  // Where it goes on, after a snapshot.
  void go_on_from(Seq last_seq, TimeUs last_us) { last_seq_ = last_seq, last_us_ = last_us; }

 private:
  State& at(uint64_t hash) { return *states_[shard_of(slot_of(hash), static_cast<uint32_t>(states_.size()))]; }
  void forget_what_is_over();
  void forget_what_is_too_much();
  void forget(State& state, Index index);

  std::vector<State*> states_;
  const Hasher& hasher_;
  Memory memory_;
  Seq last_seq_ = 0;
  TimeUs last_us_ = 0;
};

}  // namespace holdfast
