#include "tools/load/statistics.h"

namespace holdfast::load {

void Tally::merge(const Tally& other) {
  for (size_t i = 0; i < latency.size(); ++i) latency[i].merge(other.latency[i]);
  own_delay.merge(other.own_delay);
  for (const auto& [code, count] : other.errors) errors[code] += count;
  buyers += other.buyers;
  answered += other.answered;
  never_sent += other.never_sent;
  never_answered += other.never_answered;
  units_sold += other.units_sold;
  cpu += other.cpu;
}

Histogram Tally::all() const {
  Histogram all;
  for (const Histogram& each : latency) all.merge(each);
  return all;
}

void Seconds::add(size_t index, const Second& second) {
  const std::lock_guard lock(mutex_);
  if (index >= seconds_.size()) seconds_.resize(index + 1);
  Second& sum = seconds_[index];
  sum.answered += second.answered;
  sum.errors += second.errors;
  sum.latency.merge(second.latency);
}

Second Seconds::at(size_t index) const {
  const std::lock_guard lock(mutex_);
  return index < seconds_.size() ? seconds_[index] : Second();
}

size_t Seconds::size() const {
  const std::lock_guard lock(mutex_);
  return seconds_.size();
}

}  // namespace holdfast::load
