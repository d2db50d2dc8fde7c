// What it is: an index from a 64-bit hash to the Index of a record. The keys stay in the records: the owner compares.
// Open addressing with linear probing over 8-byte entries {tag, Index}. The hash's top 8 bits choose one of 256
// segments; each grows and shrinks by itself, so that no turn ever waits for a rehash of everything (of ten million
// entries one growth moves forty thousand: 0.7 ms of CPU, the longest seen 1.3 ms). The tag is hash bits 24..55 and
// gives the entry's home by multiply-shift (Lemire, "Fast Random Integer Generation in an Interval", 2019): growing
// and deleting never touch a record, and a segment may have any capacity. Deleting shifts back (Knuth, TAOCP 3, 6.4,
// algorithm R): no tombstones. Hash bits 0..13 are the routing slot, nearly alike in a shard, and are not looked at.
// Threads: one owner. Time: O(1) expected; a growth is linear in its segment. Nothing is allocated otherwise.
// Invariant: load <= 0.6; between an entry and its home there is no empty place.
// Limits: 2^31-1 entries. Memory: 13 to 20 bytes an entry, 16 on average; 4 KiB when nothing was ever in it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "engine/types.h"

namespace holdfast {

class HashIndex {
 public:
  HashIndex() = default;
  HashIndex(const HashIndex&) = delete;
  HashIndex& operator=(const HashIndex&) = delete;

  // The index that was inserted under this hash and for which equal(Index) -> bool is true; no_index when there is
  // none. equal is asked only where 40 bits of the hash agree.
  template <class Equal>
  Index find(uint64_t hash, Equal equal) const {
    const Segment& segment = segment_of(hash);
    if (segment.size == 0) return no_index;
    const uint32_t tag = tag_of(hash);
    uint32_t place = segment.home(tag);
    while (segment.entries[place].index != no_index) {
      const Entry& entry = segment.entries[place];
      if (entry.tag == tag && equal(entry.index)) return entry.index;
      place = segment.after(place);
    }
    return no_index;
  }

  // What find(hash) will most likely answer: the first for which 40 bits of the hash agree.
  Index guess(uint64_t hash) const {
    return find(hash, [](Index) { return true; });
  }

  // REQUIRES: no entry with this hash and an equal record; index != no_index.
  void insert(uint64_t hash, Index index);

  // REQUIRES: insert(hash, index) was called and not undone.
  void erase(uint64_t hash, Index index);

  // The same entry, another record. REQUIRES: insert(hash, old_index) was called and not undone.
  void replace(uint64_t hash, Index old_index, Index new_index);

  // Brings the cache line where find(hash) begins, and the next one where it may well end there. (That may lie behind
  // the last entry: a prefetch of nothing costs nothing.)
  [[gnu::always_inline]] void prefetch(uint64_t hash) const {
    const Segment& segment = segment_of(hash);
    if (segment.size == 0) return;
    const Entry* const home = &segment.entries[segment.home(tag_of(hash))];
    __builtin_prefetch(home);
    __builtin_prefetch(home + reach);
  }

  size_t size() const { return size_; }
  size_t memory_bytes() const { return sizeof(*this) + capacity_ * sizeof(Entry); }

 private:
  static constexpr size_t segment_count = 256;
  static constexpr size_t reach = 3;  // behind the first entry, most searches look at no more; a line holds eight

  struct Entry {
    uint32_t tag = 0;
    Index index = no_index;  // no_index: the place is empty
  };

  struct Segment {
    std::unique_ptr<Entry[]> entries;
    uint32_t capacity = 0;  // places; 0 until the first insert
    uint32_t size = 0;

    uint32_t home(uint32_t tag) const { return static_cast<uint32_t>(uint64_t{tag} * capacity >> 32); }
    uint32_t after(uint32_t place) const { return place + 1 == capacity ? 0 : place + 1; }
    uint32_t distance(uint32_t from, uint32_t to) const { return to >= from ? to - from : to + capacity - from; }
    void place(Entry entry);
    uint32_t find(uint32_t tag, Index index) const;
    void close_gap(uint32_t gap);
  };

  static size_t segment_number(uint64_t hash) { return hash >> 56; }
  static uint32_t tag_of(uint64_t hash) { return static_cast<uint32_t>(hash >> 24); }
  static uint32_t first_capacity(size_t segment_number);
  const Segment& segment_of(uint64_t hash) const { return segments_[segment_number(hash)]; }
  Segment& segment_of(uint64_t hash) { return segments_[segment_number(hash)]; }
  void rehash(Segment& segment, uint32_t capacity);

  std::array<Segment, segment_count> segments_;
  size_t size_ = 0;
  size_t capacity_ = 0;  // places in all segments
};

}  // namespace holdfast
