// What it is: facts as shards make them, one after the other, and a directory in which they and snapshots of them are
// kept, for tests: what is recovered from it is compared with the facts, applied from the first to the last.
// Threads: one. Time: the facts'.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/digest.h"
#include "engine/journal_writer.h"
#include "engine/replay.h"
#include "engine/snapshotter.h"
#include "tests/support/shard_world.h"

namespace holdfast {

inline constexpr Memory snapshot_memory{.tombstone_ttl_us = 5'000'000, .max_tombstones = 1000};

// About so many, with every kind of request, ended holds that are forgotten, SKUs that go and come again.
// `is_forgotten`: time passes; else what there is to know only grows.
std::vector<KeptFact> random_history(uint64_t seed, size_t requests, bool is_forgotten = true);

// States of some shards, empty at first.
class States {
 public:
  explicit States(uint32_t shards);

  std::span<State* const> all() { return states_; }
  std::vector<State*> pointers() const { return states_; }
  const Hasher& hasher() const { return hasher_; }
  Digest digest(TimeUs at_us) const;
  // Everything of which the order counts: ended holds by kind, each cart's live ones. REQUIRES: one shard.
  std::string order();

 private:
  Hasher hasher_;
  std::vector<std::unique_ptr<State>> owned_;
  std::vector<State*> states_;
};

struct Known {
  Verdict verdict = Verdict::whole;
  std::string text;  // what is wrong
  Seq last = 0;
  Digest digest;       // as of the last fact
  std::string order;   // of one shard
  uint64_t facts = 0;  // that were replayed
};

// The facts up to this number, applied one after the other.
Known known_by(const std::vector<KeptFact>& facts, Seq last, uint32_t shards = 1);
// As a start does it: the newest snapshot, and what is behind it. A torn tail is not cut.
Known recover(Disk& disk, uint32_t shards = 1);

// As the snapshotter does it, but on this thread. What went wrong; empty: nothing.
std::string take_snapshot(Disk& disk, JournalWriter& writer, bool closes_segment = true);

}  // namespace holdfast
