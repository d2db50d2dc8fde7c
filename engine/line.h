// What it is: the line of those who wait for units of one SKU, by order of arrival. Finds the first whom the units at
// hand satisfy, and the first who asks for more than can ever come, without looking at the others. A treap (Seidel &
// Aragon, "Randomized Search Trees", 1996) by arrival; each node knows the smallest and the largest request below it.
// Threads: owned by one shard. Time: O(log n) expected each.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/check.h"
#include "engine/types.h"

namespace holdfast {

class Line {
 public:
  // Stands where `arrival` belongs. `units`: what satisfies it. REQUIRES: nobody of that arrival.
  void enter(uint64_t arrival, int64_t units, Index waiter);
  // REQUIRES: it stands here.
  void leave(uint64_t arrival);

  // The first in line who asks for at most, or for more than, so many units; no_index where nobody does.
  Index first_of_at_most(int64_t units) const;
  Index first_of_more_than(int64_t units) const;
  Index first() const { return first_of_at_most(INT64_MAX); }

  // Who is of that arrival; no_index where nobody is.
  Index find(uint64_t arrival) const;

  size_t size() const { return size_; }

 private:
  struct Node {
    uint64_t arrival = 0;
    uint64_t priority = 0;
    int64_t units = 0;
    int64_t least = 0;  // of this node and all below it
    int64_t most = 0;
    Index waiter = no_index;
    Index left = no_index;
    Index right = no_index;
  };

  void update(Index index);
  void split(Index node, uint64_t arrival, Index& before, Index& from);  // before < arrival <= from
  Index join(Index left, Index right);

  std::vector<Node> nodes_;
  std::vector<Index> free_;
  Index root_ = no_index;
  size_t size_ = 0;
};

}  // namespace holdfast
