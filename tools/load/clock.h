// What it is: the load generator's own clock. The server's is never asked: a deadline is a time to live after an
// answer. Threads: any.
#pragma once

#include <chrono>
#include <cstdint>

namespace holdfast::load {

using TimeNs = int64_t;  // of the monotonic clock

inline constexpr TimeNs ns_a_us = 1'000;
inline constexpr TimeNs ns_a_ms = 1'000'000;
inline constexpr TimeNs ns_a_second = 1'000'000'000;

inline TimeNs now_ns() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

inline double seconds_of(TimeNs time) {
  return static_cast<double>(time) / static_cast<double>(ns_a_second);
}

}  // namespace holdfast::load
