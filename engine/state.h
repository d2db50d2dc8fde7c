// What it is: what one shard knows, and apply(), the only code that changes it. A shard is responsible for a contiguous
// range of slots: a fact changes here the SKUs whose slots are its own, and the hold if it is at home here.
// Threads: owned by one shard. Time: the fact's own.
#pragma once

#include "engine/facts.h"
#include "engine/guards.h"
#include "engine/hash.h"
#include "engine/holds.h"
#include "engine/locks.h"
#include "engine/stock.h"

namespace holdfast {

class State {
 public:
  State(ShardIndex index, uint32_t shards, const Hasher& hasher, TimeUs start)
      : holds(stocks, start), locks(start), index_(index), shards_(shards), hasher_(hasher) {}

  // The whole of a fact, as far as it concerns this shard.
  void apply(const Fact& fact);

  // Its parts, for a cart that lives on several shards: the hold at its home, each SKU where it is, the KEY where its
  // guard is.
  void apply_to_hold(const Fact& fact);
  void apply_to_stock(Index index, const StockChange& change, std::string_view cart, const Taken& taken);
  void apply_to_key(const Fact& fact);

  bool owns(Slot slot) const { return shard_of(slot, shards_) == index_; }
  const Hasher& hasher() const { return hasher_; }

  StockTable stocks;
  HoldTable holds;
  GuardTable guards;
  LockTable locks;

 private:
  uint64_t cart_hash_of(const Fact& fact) const;
  void apply_to_sku(const Fact& fact);
  void apply_to_lock(const Fact& fact);

  ShardIndex index_;
  uint32_t shards_;
  const Hasher& hasher_;
};

}  // namespace holdfast
