// What it is: what the commands of one connection that are under way touch, so that those which share a SKU, cart or
// hold take effect in the order sent, and unrelated ones need not wait for each other.
//
// The engine keeps the order of two commands on one and the same SKU alone (their carts may be the same too), and of
// two that name the same hold. Whatever else shares something waits here until the earlier one has been answered:
// - a command on several SKUs, for all that use one of its SKUs or its cart;
// - COMMIT and RELEASE, whose SKUs and cart only the engine knows, for all on stock or carts and for those of other
//   holds; and all on stock or carts, for COMMIT and RELEASE;
// - MSTOCK, HOLDS, REVOKE and tours, for everything; and everything, for them.
//
// How: a hash table of counts without keys (a counting Bloom filter of one function). A bucket remembers the one SKU
// that all its users are about, if they are. Two resources that meet in a bucket only ever make a command wait for
// nothing. Threads: the connection's. Time: O(items of the journey), no allocation after the first use since reset.
// Invariant: a journey that may start is ordered by the engine after all that are under way, or shares nothing with
// them. Limits: limits::pending_replies commands under way. 2.5 KiB, from the first command on stock or carts to
// reset().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/journey.h"

namespace holdfast {

class Footprint {
 public:
  // May this journey be given to the engine now? It has been read (its hashes are there) and not started.
  bool may_start(const Journey& journey) const;

  // REQUIRES: may_start(journey).
  void started(const Journey& journey);

  // REQUIRES: started(journey) was called, and since then its verb, id, cart_hash and its items' hashes have not
  // changed.
  void finished(const Journey& journey);

  // Is nothing under way?
  bool empty() const { return under_way_ == 0; }

  // Forgets all that is under way and gives the memory back.
  void reset();

 private:
  static constexpr size_t bucket_count = 256;

  struct Buckets {
    uint64_t only_sku[bucket_count] = {};  // its hash, where all users are about this SKU alone; 0: admits nobody else
    uint16_t users[bucket_count] = {};
  };

  bool admits(uint64_t resource, uint64_t only_sku) const;
  void enter(uint64_t resource, uint64_t only_sku);
  void leave(uint64_t resource);

  std::unique_ptr<Buckets> buckets_;
  uint32_t under_way_ = 0;
  uint32_t stock_users_ = 0;   // that know their SKUs and carts
  uint32_t hold_changes_ = 0;  // COMMIT, RELEASE: all of the hold `changed_`
  bool barrier_ = false;       // what is under way is one that nothing may overtake
  HoldId changed_;
};

}  // namespace holdfast
