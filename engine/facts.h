// What it is: what a shard decided, as plain data. decide() looks and chooses; apply() (state.h) of the fact that it
// chose is the only code that changes figures and holds. Live traffic, recovery and the simulator run the same apply.
// A fact says changes, never results: the facts of concurrent journeys commute, so that a shard may apply them in the
// order in which it hears of them, which need not be the order of their numbers.
// Threads: values. Views in a fact live as long as the request or the record that it was made from.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "engine/types.h"

namespace holdfast {

enum class FactType : uint8_t {
  stock_changed,  // SETSTOCK, RESTOCK; creates the SKU where there is none
  stock_deleted,
  policy_set,
  held,       // a hold begins
  committed,  // and ends, in one of four ways
  released,
  expired,
  revoked,
  reduced,   // some of its units go back, the hold lives on
  amended,   // its items are others
  extended,  // its deadline moves
  locked,    // somebody has a lock; its number is the token
  relocked,  // its deadline moves
  unlocked,  // and it is free again, in one of two ways
  lock_expired,
};

// How the figures of one SKU change.
struct StockChange {
  int64_t on_hand = 0;
  int64_t held = 0;
  int64_t sold = 0;

  bool is_none() const { return on_hand == 0 && held == 0 && sold == 0; }
};

// One SKU of a request, of its journey and of the fact that it became.
struct Item {
  std::string_view sku{};  // LOCK, RELOCK, UNLOCK and their facts: the lock's name
  uint64_t hash = 0;
  uint32_t quantity = 0;  // units asked for; in a fact: of the hold after it (ended: what was sold, or held at its end)
  uint32_t before = 0;    // AMEND: units of the hold when the journey began
  uint32_t granted = 0;   // units taken at the SKU; PARTIAL: maybe fewer than asked for
  Index stock = no_index;     // its record, where the shard that reads this has already looked it up
  StockChange change{};       // in a fact: what it does to the figures
  Seq taken_seq = 0;          // of a hold: the AMEND that took these units; 0: they were taken when it was made
  int64_t if_version = -1;    // RESERVE: the version asked for, -1 where none is
  uint32_t generation = 0;    // while taken: see Contention
  bool is_short = false;      // RESERVE: refused for want of its units
  bool is_hopeless = false;   // and asks for more of them than there are in all
  bool taken = false;         // this journey has a mark at the SKU, to be settled or undone
  int64_t proven_for_us = 0;  // RESERVE: so long, from when it was read, a PROOF for it counts; 0: none was given
};

// By which fact the units of an item were taken: PERCART counts those that were since it was set.
struct Taken {
  Seq before = 0;  // those that the hold had before a change of it
  Seq after = 0;   // and those that it has then, or had to the end
  int64_t units_before = 0;
};

// The settable rules of a SKU.
struct Policy {
  int64_t oversell = 0;
  int64_t percart = 0;
  bool paused = false;
  bool challenge = false;

  friend bool operator==(const Policy&, const Policy&) = default;
};

// What two requests with the same key are compared by: TTL in milliseconds, PARTIAL and the items as a set.
using Fingerprint = std::array<uint64_t, 2>;

struct Fact {
  FactType type{};
  Seq seq = 0;
  TimeUs at_us = 0;
  std::span<const Item> items{};  // held..reduced: those of the hold; stock_*, policy_set, *lock*: one
  Policy policy{};                // policy_set
  HoldId id{};                    // held..extended
  std::string_view cart{};        // held..amended
  uint64_t cart_hash = 0;         // where who makes the fact knows it; 0: to be computed
  Seq hold_seq = 0;               // committed..amended: the fact that made the hold
  std::string_view ref{};         // committed
  std::string_view key{};         // held: its KEY, empty where it has none
  uint64_t key_hash = 0;
  Fingerprint fingerprint{};  // held with a KEY: what its copies are compared with
  bool partial = false;       // held: PARTIAL was said; the answer is what each item was granted
  TimeUs deadline_us = 0;     // held, extended, locked, relocked
  Index hold = no_index;      // its record, where the shard that reads this has already looked it up
};

// An item of a fact about a hold. What AMEND takes more of it takes anew, all of it; and so does COMMIT LATE.
inline Taken taken_by(FactType type, const Item& item, Seq hold_seq, Seq seq) {
  const bool is_anew = type == FactType::held || (type == FactType::committed && item.change.held == 0);
  if (is_anew) return {.before = seq, .after = seq};
  const Seq taken_seq = item.taken_seq != 0 ? item.taken_seq : hold_seq;
  if (type != FactType::amended || item.change.held <= 0) return {.before = taken_seq, .after = taken_seq};
  return {.before = taken_seq, .after = seq, .units_before = item.quantity - item.change.held};
}

}  // namespace holdfast
