// What it is: how work in the background gives way to all others: it runs at idle priority, and where it had to wait
// for a CPU or the disk, it leaves them to others for as long again. So it takes half of what is idle on a busy
// machine, for whoever fills the gaps takes caches and memory's bandwidth too, and all that it can use on one that is
// not. Threads: the one that works. Time: two clocks a look; so look every millisecond of work, not more often.
#pragma once

#include <atomic>

#include "engine/types.h"

namespace holdfast {

// Of this thread, for good. A hint: without it the work is done all the same.
void take_idle_priority();

class GiveWay {
 public:
  static constexpr TimeUs longest_pause_us = 100'000;

  // `stopping` outlives it.
  explicit GiveWay(const std::atomic<bool>& stopping);

  // Between two pieces of work. False: the work is to end.
  bool goes_on();

  // After a piece that took so long by the clock, `cpu_us` of it with a CPU.
  static TimeUs pause_after(TimeUs took_us, TimeUs cpu_us);

 private:
  void begin_piece();

  const std::atomic<bool>& stopping_;
  TimeUs began_us_ = 0;
  TimeUs began_cpu_us_ = 0;
};

}  // namespace holdfast
