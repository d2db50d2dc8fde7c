#include "engine/clock.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <cstddef>

namespace holdfast {
namespace {

TimeUs offset = 0;

int64_t read_clock(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

}  // namespace

TimeUs boot_time() {
  return read_clock(CLOCK_BOOTTIME);
}

TimeUs steady_time() {
  return read_clock(CLOCK_MONOTONIC);
}

int64_t wall_time() {
  return read_clock(CLOCK_REALTIME);
}

TimeUs thread_cpu_time() {
  return read_clock(CLOCK_THREAD_CPUTIME_ID);
}

TimeUs engine_now() {
  return boot_time() + offset;
}

TimeUs engine_offset() {
  return offset;
}

void set_engine_offset(TimeUs offset_us) {
  offset = offset_us;
}

// "0f2d8f0e-8a3c-4d39-9c6f-0b8c7f1e2d3a" in hex digits and dashes.
std::array<uint8_t, 16> read_boot_id() {
  std::array<uint8_t, 16> id{};
  const int file = ::open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
  if (file < 0) return id;
  std::array<char, 64> text{};
  const ssize_t size = ::read(file, text.data(), text.size());
  ::close(file);
  size_t digits = 0;
  for (ssize_t i = 0; i < size && digits < 32; ++i) {
    const char c = text[static_cast<size_t>(i)];
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && !(c >= 'a' && c <= 'f')) continue;
    const int value = is_digit ? c - '0' : c - 'a' + 10;
    uint8_t& byte = id[digits / 2];
    byte = static_cast<uint8_t>(byte << 4 | value);
    ++digits;
  }
  return id;
}

}  // namespace holdfast
