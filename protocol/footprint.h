// What it is: what the commands of one connection that are under way touch, so that those which share a SKU, cart or
// hold take effect in the order sent, and unrelated ones need not wait for each other.
//
// The engine keeps the order of two commands on one and the same SKU alone (their carts may be the same too), and of
// two that name the same hold or lock. Whatever else shares something waits here until the earlier one is answered:
// - a command on several SKUs, for all that use one of its SKUs or its cart;
// - COMMIT and RELEASE, whose SKUs and cart only the engine knows, for all on stock or carts and for those of other
//   holds; and all on stock or carts, for COMMIT and RELEASE;
// - RESERVE with a KEY, which may be answered from a hold that is there already, for EXTEND and HOLD, and these for it;
// - MSTOCK, HOLDS, REVOKE and tours, for everything; and everything, for them.
//
// How: a table of the SKUs and carts in use by their 64-bit hashes, which count as names here. Each entry remembers the
// one SKU that all its users are about, if they are: another command about it alone is then the engine's to order.
// (256 counters without names would do with less, but 64 commands on as many SKUs then wait for each other for
// nothing.) Threads: the connection's. Time: O(items of the journey) expected; allocates only where more is in use than
// ever before. Invariant: a journey that may start is ordered by the engine after all that are under way, or shares
// nothing with them. Limits: none of its own. 24 bytes for each of twice the SKUs and carts in use at most at once;
// nothing until the first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/journey.h"

namespace holdfast {

class Footprint {
 public:
  // May this journey be given to the engine now? It has been read (its hashes are there) and not started.
  bool may_start(const Journey& journey) const;

  // REQUIRES: may_start(journey).
  void started(const Journey& journey);

  // REQUIRES: started(journey) was called, and since then its verb, id, cart_hash, key_hash and its items' hashes have
  // not changed.
  void finished(const Journey& journey);

  // Is nothing under way?
  bool empty() const { return under_way_ == 0; }

  // Forgets all that is under way and gives the memory back.
  void reset();

 private:
  // A SKU or a cart in use, or an empty place.
  struct Use {
    uint64_t resource = 0;
    uint64_t only_sku = 0;  // its hash, where all users are about this SKU alone; 0: admits nobody else
    uint32_t users = 0;     // 0: the place is empty
  };

  bool admits(uint64_t resource, uint64_t only_sku) const;
  void enter(uint64_t resource, uint64_t only_sku);
  void leave(uint64_t resource);
  size_t home_of(uint64_t resource) const { return static_cast<size_t>(resource >> 32) & (uses_.size() - 1); }
  size_t after(size_t place) const { return (place + 1) & (uses_.size() - 1); }
  size_t place_of(uint64_t resource) const;
  void close_gap(size_t gap);
  void grow();

  std::vector<Use> uses_;  // linear probing; empty or a power of two, at most half full
  size_t used_ = 0;
  uint32_t under_way_ = 0;
  uint32_t stock_users_ = 0;   // that know their SKUs and carts
  uint32_t keyed_ = 0;         // of those, RESERVEs with a KEY
  uint32_t hold_looks_ = 0;    // EXTEND, HOLD
  uint32_t hold_changes_ = 0;  // COMMIT, RELEASE: all of the hold `changed_`
  bool barrier_ = false;       // what is under way is one that nothing may overtake
  HoldId changed_;
};

}  // namespace holdfast
