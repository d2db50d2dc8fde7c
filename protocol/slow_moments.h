// What it is: LATENCY: the moments at which commands of one kind took latency-monitor-threshold or longer, the longest
// of each second, as Redis keeps them: the last 160, and the longest of all. Threads: its reactor's; LATENCY merges
// those of all on a tour. Time: note O(1), merge O(samples).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

namespace holdfast {

class SlowMoments {
 public:
  struct Sample {
    int64_t unix_s = 0;
    int64_t duration_ms = 0;
  };

  void note(int64_t unix_s, int64_t duration_ms);
  void merge(const SlowMoments& other);
  void clear() { *this = {}; }
  const std::deque<Sample>& samples() const { return samples_; }  // oldest first
  int64_t longest_ms() const { return longest_ms_; }

 private:
  static constexpr size_t most_samples = 160;

  std::deque<Sample> samples_;
  int64_t longest_ms_ = 0;
};

}  // namespace holdfast
