// What it is: the clocks. Engine time is CLOCK_BOOTTIME, monotonic also while the machine sleeps, plus an offset that
// is chosen once at start: so deadlines mean the same after a restart, also of the machine. The engine itself is told
// the time; this is for whoever tells it. Threads: set_engine_offset before there are others; all else by any.
#pragma once

#include <array>
#include <cstdint>

#include "engine/types.h"

namespace holdfast {

TimeUs engine_now();
TimeUs engine_offset();
void set_engine_offset(TimeUs offset_us);

TimeUs boot_time();        // CLOCK_BOOTTIME
TimeUs steady_time();      // CLOCK_MONOTONIC: for how long something took
int64_t wall_time();       // CLOCK_REALTIME: unix time
TimeUs thread_cpu_time();  // CLOCK_THREAD_CPUTIME_ID: of the thread that asks

// Another one for each start of the machine; zeros where the system does not say.
std::array<uint8_t, 16> read_boot_id();

}  // namespace holdfast
