// What it is: when the requests of an open loop should leave: evenly spaced, and decided before the run, so that a slow
// answer never moves a later request. A latency counted from there has no coordinated omission (Tene, wrk2).
// Several workers share a rate: each takes every n-th time, and together they are evenly spaced too.
// Threads: one owner. Time: O(1). Invariant: the k-th time is computed from k, so nothing adds up over a long run.
#pragma once

#include <cmath>
#include <cstdint>

#include "tools/load/clock.h"

namespace holdfast::load {

class Schedule {
 public:
  // `rate`: requests a second of all workers together. REQUIRES: rate > 0, worker < workers.
  Schedule(TimeNs start, double rate, uint32_t worker, uint32_t workers)
      : start_(start), interval_ns_(static_cast<double>(ns_a_second) / rate), next_(worker), step_(workers) {}

  TimeNs due() const { return start_ + std::llround(static_cast<double>(next_) * interval_ns_); }
  void advance() { next_ += step_; }

 private:
  TimeNs start_;
  double interval_ns_;
  uint64_t next_;
  uint64_t step_;
};

}  // namespace holdfast::load
