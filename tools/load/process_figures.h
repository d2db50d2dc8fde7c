// What it is: what /proc says of the server's process: CPU time spent and memory resident.
// Threads: any. Limits: CPU time in steps of the kernel's tick, 10 ms as a rule: measure for seconds.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "tools/load/clock.h"

namespace holdfast::load {

struct ProcessUse {
  TimeNs cpu = 0;  // user and system, all its threads
  int64_t resident_bytes = 0;
};

// None where there is no such process.
std::optional<ProcessUse> process_use(pid_t pid);

// The text of /proc/PID/stat; the program's name in it may hold blanks and parentheses.
std::optional<ProcessUse> read_process_stat(std::string_view text, int64_t ticks_a_second, int64_t page_bytes);

}  // namespace holdfast::load
