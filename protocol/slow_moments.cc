#include "protocol/slow_moments.h"

#include <algorithm>

namespace holdfast {

void SlowMoments::note(int64_t unix_s, int64_t duration_ms) {
  longest_ms_ = std::max(longest_ms_, duration_ms);
  if (!samples_.empty() && samples_.back().unix_s == unix_s) {
    samples_.back().duration_ms = std::max(samples_.back().duration_ms, duration_ms);
    return;
  }
  samples_.push_back({unix_s, duration_ms});
  if (samples_.size() > most_samples) samples_.pop_front();
}

void SlowMoments::merge(const SlowMoments& other) {
  std::deque<Sample> mine;
  mine.swap(samples_);
  const int64_t longest_ms = std::max(longest_ms_, other.longest_ms_);
  auto a = mine.begin();
  auto b = other.samples_.begin();
  while (a != mine.end() || b != other.samples_.end()) {
    const bool from_mine = b == other.samples_.end() || (a != mine.end() && a->unix_s <= b->unix_s);
    const Sample& next = from_mine ? *a++ : *b++;
    note(next.unix_s, next.duration_ms);
  }
  longest_ms_ = longest_ms;
}

}  // namespace holdfast
