// What it is: a fact as bytes, for the journal, and back. Only what the fact's type has is written; what follows from
// it (hashes, how the figures of a hold's SKUs change) is not. Number and time stand around the bytes (fact_frames.h).
//
//   first byte       FactType
//   stock_changed    sku, zigzag(change of on_hand)
//   stock_deleted    sku
//   policy_set       sku, oversell, percart, flags (1: paused, 2: challenge)
//   locked, relocked name, deadline            unlocked, lock_expired: name
//   extended         id, deadline
//   held             id, cart, flags (1: partial, 2: has a KEY), with a KEY: key and 16 bytes fingerprint, deadline,
//                    items of (sku, quantity): held grows by the quantity
//   released, expired, revoked
//                    id, cart, number of the fact since the one that made the hold, items of (sku, quantity): held
//                    shrinks by the quantity
//   committed        the same with ref behind the number; items of (sku, quantity, zigzag(change of held)): the
//   quantity
//                    goes from on_hand to sold
//   reduced, amended the same without ref
//
//   where AMEND took some of a hold's units, 128 is added to the first byte of the last six, and each item ends with
//   the number of the fact since the AMEND that took it, 0 for those taken when the hold was made
//
// Names are a length byte and bytes; numbers are LEB128, the shortest form only; an id is 15 bytes, big end first; a
// deadline is zigzag(deadline - time of the fact); items have their count in front.
// Threads: pure functions. Time: O(bytes). Limits: limits.h; an amended fact names the items from before and from
// after.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "engine/facts.h"
#include "engine/hash.h"
#include "engine/limits.h"

namespace holdfast {

// No fact is longer: items of (length, sku, quantity, change, taken), and everything before them.
inline constexpr size_t max_fact_bytes = 2 * limits::items * (1 + limits::name_bytes + 5 + 5 + 10) + 1024;

size_t encoded_bytes(const Fact& fact);

// REQUIRES: room for encoded_bytes(fact). Returns the end of what it wrote. Allocates nothing.
char* encode_fact(const Fact& fact, char* out);

// A fact with items of its own; its names are views into the bytes that it was read from.
struct DecodedFact {
  DecodedFact() = default;
  DecodedFact(const DecodedFact&) = delete;  // fact.items looks into items
  DecodedFact& operator=(const DecodedFact&) = delete;

  Fact fact;
  std::vector<Item> items;
};

// False where the bytes are not exactly one fact; `out` is then not to be used. Hashes are 0: see hash_names.
// `seq` and `at_us`: what stood around them.
bool decode_fact(Seq seq, TimeUs at_us, std::string_view bytes, DecodedFact& out);

// Fills in the hashes of all names: SKUs or the lock, the cart, the KEY.
void hash_names(DecodedFact& decoded, const Hasher& hasher);

}  // namespace holdfast
