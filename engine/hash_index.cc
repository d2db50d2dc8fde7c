#include "engine/hash_index.h"

#include <utility>

#include "engine/check.h"

namespace holdfast {
namespace {

constexpr uint32_t largest_kept = 256;  // places of a segment that does not shrink

}  // namespace

// 16 to 23 places. Growth is by 1.5, and 24 = 16 * 1.5: the segments reach their limits one after another and not all
// at the same size of the index, so that neither the growths nor the unused memory come in waves.
uint32_t HashIndex::first_capacity(size_t segment_number) {
  return 16 + static_cast<uint32_t>(segment_number % 8);
}

void HashIndex::Segment::place(Entry entry) {
  uint32_t place = home(entry.tag);
  while (entries[place].index != no_index) place = after(place);
  entries[place] = entry;
}

uint32_t HashIndex::Segment::find(uint32_t tag, Index index) const {
  CHECK(size > 0);
  uint32_t place = home(tag);
  while (entries[place].index != index) {
    CHECK(entries[place].index != no_index);  // it was never inserted
    place = after(place);
  }
  CHECK(entries[place].tag == tag);  // it was inserted under another hash
  return place;
}

// Moves into the gap the next entry that may stand there (whose home is not behind the gap), and so on with the gap
// that it leaves, up to an empty place.
void HashIndex::Segment::close_gap(uint32_t gap) {
  for (uint32_t place = after(gap); entries[place].index != no_index; place = after(place)) {
    if (distance(home(entries[place].tag), place) >= distance(gap, place)) {
      entries[gap] = entries[place];
      gap = place;
    }
  }
  entries[gap] = Entry{};
}

void HashIndex::insert(uint64_t hash, Index index) {
  DCHECK(index != no_index);
  Segment& segment = segment_of(hash);
  if (segment.capacity == 0) {
    rehash(segment, first_capacity(segment_number(hash)));
  } else if (uint64_t{segment.size} * 5 >= uint64_t{segment.capacity} * 3) {
    rehash(segment, segment.capacity + segment.capacity / 2);
  }
  segment.place({tag_of(hash), index});
  ++segment.size;
  ++size_;
}

void HashIndex::erase(uint64_t hash, Index index) {
  Segment& segment = segment_of(hash);
  segment.close_gap(segment.find(tag_of(hash), index));
  --segment.size;
  --size_;
  // Almost empty: two growths back. A load of 1/8 becomes 0.28, far from both limits. A small one keeps its places: in
  // one of a few entries chance alone would make it grow and shrink for ever.
  if (segment.capacity > largest_kept && segment.size < segment.capacity / 8) {
    rehash(segment, static_cast<uint32_t>(uint64_t{segment.capacity} * 4 / 9));
  }
}

void HashIndex::replace(uint64_t hash, Index old_index, Index new_index) {
  DCHECK(new_index != no_index);
  Segment& segment = segment_of(hash);
  segment.entries[segment.find(tag_of(hash), old_index)].index = new_index;
}

void HashIndex::rehash(Segment& segment, uint32_t capacity) {
  const uint32_t old_capacity = std::exchange(segment.capacity, capacity);
  const auto old_entries = std::exchange(segment.entries, std::make_unique<Entry[]>(capacity));
  capacity_ = capacity_ - old_capacity + capacity;
  // Homes ascend with the tag in either table, so this walks through both from front to back.
  for (uint32_t place = 0; place < old_capacity; ++place) {
    if (old_entries[place].index != no_index) segment.place(old_entries[place]);
  }
}

}  // namespace holdfast
