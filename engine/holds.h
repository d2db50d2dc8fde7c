// What it is: the holds at home with one shard: live ones with their deadlines, found by id and by cart; ended ones,
// remembered as tombstones until they are forgotten.
// Threads: owned by one shard. Time: microseconds of engine time, always an argument.
// Invariant: a live hold is in the wheel and in its cart's list; an ended one is in the list of tombstones of its kind.
// Limits: 2^31-1 records; how many tombstones are kept is the shard's business (shard_expiry.cc).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "engine/byte_pool.h"
#include "engine/facts.h"
#include "engine/hash_index.h"
#include "engine/journey.h"
#include "engine/limits.h"
#include "engine/pool.h"
#include "engine/short_string.h"
#include "engine/stock.h"
#include "engine/timer_wheel.h"

namespace holdfast {

// One item of a hold that has several, or that names a SKU of another shard.
struct HoldItem {
  ShortString<24> sku;
  uint64_t hash = 0;
  Seq taken_seq = 0;  // see Item
  uint32_t quantity = 0;
};

// What most holds do not have.
struct HoldExtra {
  HoldItem* items = nullptr;  // in the BytePool; null: the one item is in the Hold
  uint32_t item_count = 0;
  ShortString<24> ref;
  uint64_t key_hash = 0;  // of its KEY: 0 where it has none
  JourneyQueue queue;     // commands that name a hold whose end is on its way to other shards
};

struct Hold {
  TimerNode timer;  // live: the deadline; ended: deadline_us is when it ended, prev and next its tombstone list
  HoldId id;
  ShortString<16> cart;
  Seq seq = 0;  // the fact that made it
  union {
    TimeUs made_us = 0;  // live
    Seq end_seq;         // ended: the fact that ended it
  };
  Index cart_prev = no_index;  // live: the other live holds of the cart
  Index cart_next = no_index;
  Index stock = no_index;  // of its one item, a record of this shard (referenced); no_index: see extra
  uint32_t quantity = 0;
  Index extra = no_index;
  HoldState state = HoldState::held;
  bool busy = false;         // a change of it is on its way to other shards: who names it waits in extra.queue
  uint8_t cart_changes = 0;  // of it, that are still to be made
  bool amending = false;     // an AMEND or COMMIT LATE is taking for it: the next one waits in extra.queue
};

class HoldTable {
 public:
  struct Nodes {
    Pool<Hold>* pool;
    TimerNode& operator()(Index index) const { return (*pool)[index].timer; }
  };
  using Wheel = TimerWheel<Nodes>;

  HoldTable(StockTable& stocks, TimeUs start) : stocks_(stocks), wheel_(Nodes{&pool_}, start) {}
  ~HoldTable();

  Index find(const HoldId& id) const {
    const Index index = id.record();
    if (pool_.live(index) && pool_[index].id == id) return index;
    return adopted_.size() == 0 ? no_index : find_adopted(id);
  }
  // Bring what find(id) and create() look up for a hold that is new here but was made before the last start; and when
  // that has come, the record that it names.
  void prefetch_place(const HoldId& id) const;
  void prefetch_guess(const HoldId& id) const;
  // Bring what find(id) will read; and when that has come, the record of its one SKU.
  [[gnu::always_inline]] void prefetch(const HoldId& id) const {
    if (id.record() < pool_.limit()) pool_.prefetch(id.record());
  }
  [[gnu::always_inline]] void prefetch_stock(const HoldId& id) const {
    if (pool_.live(id.record())) prefetch_stock(id.record());
  }
  [[gnu::always_inline]] void prefetch_stock(Index index) const {
    if (pool_[index].stock != no_index) stocks_.prefetch(pool_[index].stock);
  }
  // Brings what it takes for a hold to enter or leave the list of its cart.
  [[gnu::always_inline]] void prefetch_cart(uint64_t cart_hash) const { carts_.prefetch(cart_hash); }

  // The newest live hold of a cart; the others follow by cart_next.
  Index first_of_cart(std::string_view cart, uint64_t cart_hash);

  // The record of the next hold, for its id.
  Index next_record() const { return pool_.next(); }
  // A live hold, scheduled at its deadline. `only_stock`: the record of its one item, no_index where it has several.
  // Where its id names another record than the next one (it was made before a restart), it is found by a table.
  Index create(const Fact& fact, uint64_t cart_hash, Index only_stock);

  // One that has ended, as a snapshot has it. Those of a kind in the order in which they ended.
  void restore_ended(const Fact& held, Index only_stock, HoldState state, const Fact& end);

  // Live to ended; the items become what `items` says. REQUIRES: live.
  void end(Index index, HoldState state, const Fact& fact, uint64_t cart_hash);
  void set_deadline(Index index, TimeUs deadline_us);
  // Of the hold's items, those that are named; all others keep theirs.
  void set_quantities(Index index, std::span<const Item> items);
  // The hold has the fact's items from now on, but for those of quantity 0.
  void replace_items(Index index, const Fact& fact);
  // Expired to committed. The items become what `fact` says.
  void commit_late(Index index, const Fact& fact);

  // Tombstones in the order in which they may be forgotten early; keyed ones never are.
  enum Kind : uint8_t { plain, committed, keyed };
  static constexpr std::array kinds = {plain, committed, keyed};

  // The record of the oldest tombstone of that kind, or no_index.
  Index oldest_tombstone(Kind kind) const { return tombstones_[kind].first; }
  size_t keyed_tombstones() const { return keyed_; }
  void forget(Index index);

  // Calls visit(sku, hash, quantity, taken_seq) for each item.
  template <class Visit>
  void for_each_item(const Hold& hold, Visit visit) const;

  // Calls visit(index) for each record, live or ended. What it reads of their SKUs lies anywhere: that is brought
  // before.
  template <class Visit>
  void for_each(Visit visit) const {
    for (Index index = 0; index < pool_.limit(); ++index) {
      if (const Index later = index + Index{limits::looks_ahead}; pool_.live(later)) prefetch_stock(later);
      if (pool_.live(index)) visit(index);
    }
  }

  HoldExtra& extra_of(Hold& hold);
  const HoldExtra* extra_if(const Hold& hold) const { return hold.extra == no_index ? nullptr : &extras_[hold.extra]; }

  Hold& operator[](Index index) { return pool_[index]; }
  const Hold& operator[](Index index) const { return pool_[index]; }
  Wheel& wheel() { return wheel_; }
  const Wheel& wheel() const { return wheel_; }

  // What the journal's records of the ends of all live holds take at most, in bytes.
  uint64_t end_bytes() const { return end_bytes_; }

  size_t live() const { return pool_.size() - ended_; }
  size_t tombstones() const { return ended_; }
  size_t memory_bytes() const;
  size_t free_bytes() const { return pool_.free_bytes() + extras_.free_bytes() + bytes_.free_bytes(); }

 private:
  struct TombstoneList {
    Index first = no_index;
    Index last = no_index;
  };

  // A hold that enters or leaves its cart's list. The index of carts is the one table that a hold must look up at
  // random: its place is prefetched, and the change made when some others have come since. Nobody sees the list before
  // that.
  struct CartChange {
    uint64_t cart_hash = 0;
    Index hold = no_index;
    bool enters = false;
  };
  static constexpr uint32_t late_changes = 16;

  Index find_adopted(const HoldId& id) const;
  void change_cart_later(const CartChange& change);
  void change_carts(uint32_t left);  // the oldest first, until so many are left
  void enter_cart(Index index, uint64_t cart_hash);
  void leave_cart(Index index, uint64_t cart_hash);
  Index store(const Fact& fact, Index only_stock);
  uint64_t bytes_to_end(const Hold& hold) const;
  void store_items(Hold& hold, std::span<const Item> items, Index only_stock);
  void drop_items(HoldExtra& extra);
  void enter_tombstones(Index index, const Fact& fact);
  void leave_tombstones(Index index);
  Kind kind_of(const Hold& hold) const;

  StockTable& stocks_;
  Pool<Hold> pool_;
  Pool<HoldExtra> extras_;
  BytePool bytes_;
  HashIndex carts_;                                    // the cart's hash -> its newest live hold
  HashIndex adopted_;                                  // holds whose id names another record
  std::array<CartChange, late_changes> cart_changes_;  // a ring
  uint32_t first_change_ = 0;
  uint32_t change_count_ = 0;
  Wheel wheel_;
  TombstoneList tombstones_[3];  // [Kind]
  size_t ended_ = 0;             // in these lists
  size_t keyed_ = 0;
  uint64_t end_bytes_ = 0;
};

template <class Visit>
void HoldTable::for_each_item(const Hold& hold, Visit visit) const {
  if (hold.stock != no_index) {
    const Stock& stock = stocks_[hold.stock];
    visit(stock.sku.view(), stock.hash, hold.quantity, Seq{0});
    return;
  }
  const HoldExtra& extra = extras_[hold.extra];
  for (const HoldItem& item : std::span(extra.items, extra.item_count))
    visit(item.sku.view(), item.hash, item.quantity, item.taken_seq);
}

}  // namespace holdfast
