// What it is: a histogram of non-negative integers in the shape of Gil Tene's HdrHistogram: log-linear, three
// significant digits, so 2,048 counters of one unit and then 1,024 for each further doubling. The unit is the caller's.
// Threads: one owner; histograms of several threads are merged by whoever reads them.
// Time: record O(1), and nothing is allocated once the greatest value has been seen; merge and value_at O(counters).
// Invariant: lowest_of(i) <= v <= highest_of(i) for i = index_of(v), and what the two differ by is under v / 1000;
// min, max and mean are exact.
// Limits: a value above `highest` counts with the greatest counter, so only max and mean know it. Memory is 8 KiB for
// each doubling up to the greatest value: 264 KiB at most.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "engine/check.h"

namespace holdfast {

class Histogram {
 public:
  static constexpr uint64_t highest = (uint64_t{1} << 42) - 1;  // 73 minutes in nanoseconds

  // Which counter counts this value, and which values that counter counts.
  static constexpr size_t index_of(uint64_t value) {
    value = std::min(value, highest);
    if (value < 2 * doubling) return value;
    const auto shift = static_cast<size_t>(std::bit_width(value)) - doubling_bits - 1;
    return shift * doubling + (value >> shift);
  }
  static constexpr uint64_t lowest_of(size_t index) {
    if (index < 2 * doubling) return index;
    return (doubling + index % doubling) << (index / doubling - 1);
  }
  static constexpr uint64_t highest_of(size_t index) { return lowest_of(index + 1) - 1; }

  void record(uint64_t value, uint64_t times = 1) {
    if (times == 0) return;
    const size_t index = index_of(value);
    if (index >= counts_.size()) counts_.resize(index / doubling * doubling + doubling);
    counts_[index] += times;
    count_ += times;
    sum_ += value * times;
    min_ = std::min(min_, value);
    max_ = std::max(max_, value);
  }

  void merge(const Histogram& other) {
    if (other.counts_.size() > counts_.size()) counts_.resize(other.counts_.size());
    for (size_t i = 0; i < other.counts_.size(); ++i) counts_[i] += other.counts_[i];
    count_ += other.count_;
    sum_ += other.sum_;
    min_ = std::min(min_, other.min_);
    max_ = std::max(max_, other.max_);
  }

  void clear() {
    std::fill(counts_.begin(), counts_.end(), 0);  // the memory stays
    count_ = 0;
    sum_ = 0;
    min_ = std::numeric_limits<uint64_t>::max();
    max_ = 0;
  }

  uint64_t count() const { return count_; }
  // Of an empty histogram all of these are 0.
  uint64_t min() const { return count_ == 0 ? 0 : min_; }
  uint64_t max() const { return max_; }
  double mean() const { return count_ == 0 ? 0 : static_cast<double>(sum_) / static_cast<double>(count_); }

  // The greatest value that the counter of the percentile's value counts, but never more than max(): of all that was
  // recorded at least so many per cent are no greater. REQUIRES: 0 <= percentile <= 100.
  uint64_t value_at(double percentile) const {
    CHECK(percentile >= 0 && percentile <= 100);
    // A hair less, because 99.9 per cent of 1,000 is not the 1,000th value for want of a binary 99.9.
    const double wanted = std::nextafter(percentile, 0.0) / 100 * static_cast<double>(count_);
    const uint64_t rank = std::max<uint64_t>(1, static_cast<uint64_t>(std::ceil(wanted)));
    uint64_t seen = 0;
    for (size_t i = 0; i < counts_.size(); ++i) {
      seen += counts_[i];
      if (seen >= rank) return i == index_of(highest) ? max_ : std::min(highest_of(i), max_);
    }
    return max_;
  }

  // use(index, count) for each counter that is not 0, values ascending.
  template <class Use>
  void for_each(Use use) const {
    for (size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] != 0) use(i, counts_[i]);
    }
  }

 private:
  static constexpr size_t doubling_bits = 10;
  static constexpr size_t doubling = size_t{1} << doubling_bits;  // counters for each

  std::vector<uint64_t> counts_;
  uint64_t count_ = 0;
  uint64_t sum_ = 0;
  uint64_t min_ = std::numeric_limits<uint64_t>::max();
  uint64_t max_ = 0;
};

}  // namespace holdfast
