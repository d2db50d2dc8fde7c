// What it is: which of the settings are the engine's business: what a shard is told at the start and after CONFIG SET.
// Threads: a pure function.
#pragma once

#include <unistd.h>

#include <cstdint>

#include "engine/shard.h"
#include "protocol/settings.h"

namespace holdfast {

// In bytes: what is set, or three quarters of what the machine has.
inline uint64_t max_memory(const Settings& settings) {
  if (settings.maxmemory > 0) return static_cast<uint64_t>(settings.maxmemory);
  const auto pages = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES));
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) / 4 * 3;
}

inline ShardSettings shard_settings(const Settings& settings) {
  return {.max_hold_life_us = settings.max_hold_life_us,
          .tombstone_ttl_us = settings.tombstone_ttl_us,
          .max_tombstones = static_cast<uint64_t>(settings.max_tombstones),
          .max_waiters = settings.max_waiters,
          .max_holds_per_cart = settings.max_holds_per_cart,
          .max_reserves_per_minute = settings.max_reserves_per_minute_per_cart,
          .max_memory = max_memory(settings)};
}

}  // namespace holdfast
