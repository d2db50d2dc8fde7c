// What it is: the words that every room of the house shares: time, numbers, slots, hold ids, states.
// Threads: plain values, no state. Time: engine time is CLOCK_BOOTTIME in whole microseconds, always an argument.
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast {

using TimeUs = int64_t;  // engine time, microseconds
using Seq = uint64_t;    // number of a fact in the one global sequence; 0 = no fact
using ShardIndex = uint16_t;
using Slot = uint16_t;   // 0 .. slot_count-1
using Index = uint32_t;  // position of a record in a Pool

inline constexpr Index no_index = 0xffffffffu;
inline constexpr TimeUs never_us = INT64_MAX;
inline constexpr Slot slot_count = 16384;

// The home of a hold, its record there, the number of the fact that made it and 32 bits that a stranger cannot guess.
// Never reused: that would take the same record again, 2^46 facts later, and the same secret.
// Text form: 24 characters of base32 (see hold_id.h).
struct HoldId {
  uint64_t high = 0;  // slot (14 bits) << 50 | record (28 bits) << 22 | bits 24..45 of the number
  uint64_t low = 0;   // bits 0..23 of the number << 40 | secret (32 bits) << 8; the last 8 bits are 0

  friend bool operator==(const HoldId&, const HoldId&) = default;
  Slot slot() const { return static_cast<Slot>(high >> 50); }
  Index record() const { return static_cast<Index>(high >> 22 & 0xfffffff); }
};

enum class HoldState : uint8_t { held, committed, released, expired, revoked };

// Milliseconds left are rounded up: what is not over never shows 0.
constexpr int64_t ms_left(TimeUs deadline_us, TimeUs now) {
  return (deadline_us - now + 999) / 1000;
}

// The slot that a resource (SKU, key, cart, lock) lives on.
constexpr Slot slot_of(uint64_t hash) {
  return static_cast<Slot>(hash & (slot_count - 1));
}

// Shards own contiguous ranges of slots, so ascending slots visit ascending shards, however many there are.
constexpr ShardIndex shard_of(Slot slot, uint32_t shards) {
  return static_cast<ShardIndex>(static_cast<uint32_t>(slot) * shards / slot_count);
}

}  // namespace holdfast
