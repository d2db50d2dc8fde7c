// What it is: all that a state knows as entries, and back: what the records of a snapshot hold (see README.md, "The
// journal's format"). It is written from one state and read into those of any number of shards.
//
//   begin   where the snapshot stands in the journal, and how engine time was to be read then
//   stock   a SKU; behind it its PERCART counts, a `cart` each
//   hold    the live ones in the order of their numbers, then the ended ones, each kind in the order of their ends
//   key     what a KEY stands for
//   lock
//   end     how many entries there were, and their digest
//
// Threads: the caller owns the states. Time: O(bytes). Errors: bytes that are no such entries are refused, and what has
// been read into the states by then is not to be used.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/digest.h"
#include "engine/journal_reader.h"
#include "engine/record_payload.h"
#include "engine/state.h"

namespace holdfast {

struct Snapshot {
  JournalEnd end;          // of the segment that it ends with: a replay goes on behind it. `manifest`: the reader's
  TimeUs last_us = 0;      // the latest time of any fact in it
  Anchor anchor;           // of the last mark before its end,
  TimeUs anchored_us = 0;  // and the mark's engine time; 0: there was none
  int64_t made_us = 0;     // unix time
  uint64_t entries = 0;
  uint64_t bytes = 0;           // of the file
  Digest digest;                // as of end.time_us
  TimeUs tombstone_ttl_us = 0;  // for the digest
};

// An entry each, at the end of `out`.
void put_begin(std::string& out, const Snapshot& snapshot);
void put_end(std::string& out, const Snapshot& snapshot);
// All that `state` knows; entry_done() is called behind each entry, may empty `out`, and says whether to go on. False:
// it did not. REQUIRES: the only shard.
bool put_state(std::string& out, const State& state, const std::function<bool()>& entry_done);

// Takes the entries, in the order in which they were put, into states that are empty.
class SnapshotLoader {
 public:
  // `states`: of all shards, in their order.
  explicit SnapshotLoader(std::span<State* const> states) : states_(states.begin(), states.end()) {}

  // The entries of a record. False: they cannot stand there.
  bool take(std::string_view payload);
  // The last entry has come, and as many before it as it says.
  bool is_complete() const { return ended_; }
  // `end` is the file header's business, but for end.time_us.
  const Snapshot& snapshot() const { return snapshot_; }

 private:
  struct ReadHold {
    Fact held{.type = FactType::held};
    Fact end;  // where it has ended
    HoldState state = HoldState::held;
    std::vector<Item> items;  // of `held`
  };

  State& owner(Slot slot) { return *states_[shard_of(slot, static_cast<uint32_t>(states_.size()))]; }
  const Hasher& hasher() const { return states_[0]->hasher(); }
  bool take_begin(PayloadSource& in);
  bool take_stock(PayloadSource& in);
  bool take_cart(PayloadSource& in);
  bool read_hold(PayloadSource& in);
  bool place_holds();
  bool take_key(PayloadSource& in);
  bool take_lock(PayloadSource& in);
  bool take_end(PayloadSource& in);

  std::vector<State*> states_;
  Snapshot snapshot_;
  bool begun_ = false;
  bool ended_ = false;
  CartCounts* carts_ = nullptr;  // of the last SKU
  // Holds that have been read and not yet been placed: what the tables must look up for them is on its way meanwhile.
  std::array<ReadHold, limits::looks_ahead> read_;
  size_t read_count_ = 0;
};

}  // namespace holdfast
