// What it is: the SKUs of one shard: figures, rules, and the marks of the journeys that are undecided at each.
// Threads: owned by one shard. Time: no clock.
// Invariant: available = on_hand + oversell - held; a change of figures adds 1 to the version; a Contention exists
// exactly while a journey has a mark at the SKU or stands in its queue.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/byte_pool.h"
#include "engine/facts.h"
#include "engine/hash_index.h"
#include "engine/journey.h"
#include "engine/line.h"
#include "engine/pool.h"
#include "engine/short_string.h"

namespace holdfast {

// Escrow (O'Neil, "The Escrow Transactional Method", 1986): what journeys have marked at a SKU and not yet settled or
// undone. Marks are counted by generations: a journey that must wait closes the current generation, and goes on when
// all marks up to that one are gone; later marks (of ended holds, which never wait) do not hold it up.
class Contention {
 public:
  // A new mark; returns its generation, to be given back to unmark().
  uint32_t mark() {
    if (closed_ || counts_.empty()) {
      counts_.push_back(0);
      closed_ = false;
    }
    ++counts_.back();
    return first_ + static_cast<uint32_t>(counts_.size()) - 1;
  }
  void unmark(uint32_t generation) {
    --counts_[generation - first_];
    while (!counts_.empty() && counts_.front() == 0) {
      counts_.pop_front();
      ++first_;
    }
  }
  bool marked() const { return !counts_.empty(); }
  bool idle() const { return counts_.empty() && queue.empty() && ends.empty() && !exclusive; }

  // What a journey that arrives now waits for, and whether that is over. Generations wrap like sequence numbers.
  uint32_t close() {
    closed_ = true;
    return first_ + static_cast<uint32_t>(counts_.size()) - 1;
  }
  bool over(uint32_t waits_for) const { return static_cast<int32_t>(first_ - waits_for) > 0; }

  int64_t escrow = 0;            // units taken by undecided journeys
  Journey* exclusive = nullptr;  // the one journey that nothing here may change under
  JourneyQueue queue;            // who waits, in order of arrival
  JourneyQueue ends;             // ended holds that wait for the exclusive one only: they stand behind nobody
  uint32_t returning = 0;        // marks of holds that ended at home here, whose units will be back

 private:
  std::deque<uint32_t> counts_;  // open marks of each generation from first_ on
  uint32_t first_ = 1;
  bool closed_ = false;
};

// PERCART: what each cart holds and has bought, counted from the fact that set the limit. Holds made before it do not
// count, and neither does what becomes of them.
struct CartCounts {
  Seq since = 0;
  std::unordered_map<std::string, int64_t> units;  // no entry: 0

  int64_t of(std::string_view cart) const {
    const auto found = units.find(std::string(cart));
    return found == units.end() ? 0 : found->second;
  }
  void add(std::string_view cart, int64_t difference) {
    const auto entry = units.try_emplace(std::string(cart), 0).first;
    if ((entry->second += difference) == 0) units.erase(entry);
  }
};

struct alignas(64) Stock {
  ShortString<24> sku;
  int64_t on_hand = 0;
  int64_t held = 0;
  int64_t oversell = 0;
  uint64_t version = 0;
  uint32_t references = 0;  // hold records that name this record: it outlives DELSTOCK as long as they need its name
  bool paused = false;
  bool challenge = false;
  bool deleted = false;
  // ---- a second cache line: what a RESERVE does not need ----
  uint64_t hash = 0;  // of its name
  int64_t sold = 0;
  int64_t percart = 0;
  std::unique_ptr<Contention> contention;
  std::unique_ptr<CartCounts> carts;  // while percart > 0
  std::unique_ptr<Line> line;         // while somebody waits for units

  // Units that could be promised now, if all undecided journeys were refused; below 0 when short.
  int64_t balance() const { return on_hand + oversell - held; }
  // Units that nobody has been promised and no undecided journey has taken.
  int64_t free_units() const { return balance() - (contention ? contention->escrow : 0); }
};

class StockTable {
 public:
  // The record of a SKU, or no_index.
  Index find(std::string_view sku, uint64_t hash) const;

  // Bring what find() will read: its place in the index and, when that has come, the record.
  [[gnu::always_inline]] void prefetch_place(uint64_t hash) const { index_.prefetch(hash); }
  [[gnu::always_inline]] void prefetch_guess(uint64_t hash) const {
    const Index index = index_.guess(hash);
    if (index != no_index) prefetch(index);
  }
  [[gnu::always_inline]] void prefetch(Index index) const { pool_.prefetch(index); }

  // REQUIRES: none of that name.
  Index create(std::string_view sku, uint64_t hash);

  // The name is free at once; the record goes when the last hold that names it is forgotten.
  void remove(Index index, uint64_t hash);

  void add_reference(Index index) { ++pool_[index].references; }
  void drop_reference(Index index);

  Stock& operator[](Index index) { return pool_[index]; }
  const Stock& operator[](Index index) const { return pool_[index]; }

  // The figures as a reader sees them. Milliseconds, clocks and text are not its business.
  StockView view(Index index) const;

  // Calls visit(index) for each SKU.
  template <class Visit>
  void for_each(Visit visit) const {
    for (Index index = 0; index < pool_.limit(); ++index) {
      if (exists(index)) visit(index);
    }
  }

  size_t size() const { return index_.size(); }
  Index limit() const { return pool_.limit(); }
  bool exists(Index index) const { return pool_.live(index) && !pool_[index].deleted; }
  size_t free_bytes() const { return pool_.free_bytes() + names_.free_bytes(); }
  size_t memory_bytes() const { return pool_.memory_bytes() + index_.memory_bytes() + names_.memory_bytes(); }

 private:
  Pool<Stock, Pages::huge> pool_;
  HashIndex index_;
  BytePool names_;
};

}  // namespace holdfast
