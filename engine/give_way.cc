#include "engine/give_way.h"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/clock.h"

namespace holdfast {

void take_idle_priority() {
  const sched_param none{};
  pthread_setschedparam(pthread_self(), SCHED_IDLE, &none);
  setpriority(PRIO_PROCESS, 0, 19);  // of this thread: Linux takes 0 for it
}

GiveWay::GiveWay(const std::atomic<bool>& stopping) : stopping_(stopping) {
  begin_piece();
}

void GiveWay::begin_piece() {
  began_us_ = steady_time();
  began_cpu_us_ = thread_cpu_time();
}

bool GiveWay::goes_on() {
  if (stopping_.load(std::memory_order_relaxed)) return false;
  const TimeUs pause_us = pause_after(steady_time() - began_us_, thread_cpu_time() - began_cpu_us_);
  if (pause_us > 0) std::this_thread::sleep_for(std::chrono::microseconds(pause_us));
  begin_piece();
  return true;
}

// An eighth of waiting is what interrupts and the grain of the clocks may look like.
TimeUs GiveWay::pause_after(TimeUs took_us, TimeUs cpu_us) {
  const TimeUs waited_us = took_us - cpu_us;
  return waited_us * 8 <= took_us ? 0 : std::min(waited_us, longest_pause_us);
}

}  // namespace holdfast
