// What it is: the KEYs of RESERVE, each at the slot of its cart and key: what the request was, and which hold came of
// it. While the first request is being decided the guard is pending, and copies wait in its queue. Threads: owned by
// one shard. Time: none; a guard goes when its hold's tombstone does. Invariant: a guard is pending (and a journey
// knows that it must settle it) or names the hold.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/byte_pool.h"
#include "engine/hash_index.h"
#include "engine/journey.h"
#include "engine/pool.h"
#include "engine/short_string.h"

namespace holdfast {

struct Guard {
  ShortString<16> cart;
  ShortString<24> key;
  Fingerprint fingerprint{};
  HoldId id;
  const Journey* pending = nullptr;                    // decides it now
  JourneyQueue queue;                                  // copies that wait for that
  std::vector<std::pair<uint64_t, uint32_t>> granted;  // PARTIAL: the SKU's hash, units first granted, if any were

  uint32_t units_granted(uint64_t sku_hash) const {
    for (const auto& [hash, units] : granted) {
      if (hash == sku_hash) return units;
    }
    return 0;
  }
};

class GuardTable {
 public:
  Index find(std::string_view cart, std::string_view key, uint64_t hash) const;
  // The guard of this hold, or no_index.
  Index find(const HoldId& id, uint64_t hash) const;
  // REQUIRES: none of that cart and key.
  Index create(std::string_view cart, std::string_view key, uint64_t hash);
  // REQUIRES: its queue is empty.
  void remove(Index index, uint64_t hash);

  // The request is decided: its key stands for the hold that `fact` made.
  void name_hold(Index index, const Fact& fact);

  Guard& operator[](Index index) { return pool_[index]; }
  const Guard& operator[](Index index) const { return pool_[index]; }
  // Calls visit(index) for each.
  template <class Visit>
  void for_each(Visit visit) const {
    for (Index index = 0; index < pool_.limit(); ++index) {
      if (pool_.live(index)) visit(index);
    }
  }

  size_t size() const { return pool_.size(); }
  size_t free_bytes() const { return pool_.free_bytes() + bytes_.free_bytes(); }
  size_t memory_bytes() const { return pool_.memory_bytes() + index_.memory_bytes() + bytes_.memory_bytes(); }

 private:
  Pool<Guard> pool_;
  HashIndex index_;
  BytePool bytes_;
};

Fingerprint fingerprint_of(const Journey& journey);

}  // namespace holdfast
