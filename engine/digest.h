// What it is: one number for all that a set of shards knows, the same however many they are and whatever way the
// knowledge came: SKUs, live holds, ended ones that are still remembered, KEYs, PERCART counts, locks. Each of them is
// written in one canonical form and hashed by XXH3 (128 bits); the sum of the hashes does not depend on their order.
// Threads: the caller owns the states. Time: `at_us`; an ended hold whose time to be remembered is over by then is not
// counted, whether or not it has been forgotten yet.
#pragma once

#include <span>
#include <string>

#include "engine/state.h"
#include "engine/types.h"

namespace holdfast {

struct Digest {
  uint64_t low = 0;
  uint64_t high = 0;

  friend bool operator==(const Digest&, const Digest&) = default;
  std::string text() const;  // 32 hex digits
};

// REQUIRES: nothing is under way at any of them. `states`: of all shards, in their order.
Digest digest_of(std::span<const State* const> states, TimeUs at_us, TimeUs tombstone_ttl_us);

}  // namespace holdfast
