// What it is: what a worker counts while it runs, and what all of them counted together.
// Threads: a Tally has one owner until its worker has ended; Seconds is shared.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/histogram.h"
#include "tools/load/clock.h"

namespace holdfast::load {

enum class Command : uint8_t { reserve, commit, release, ping, set };
inline constexpr std::array<std::string_view, 5> command_names = {"RESERVE", "COMMIT", "RELEASE", "PING", "SET"};

// From when on a run measures, and until when.
struct Timeline {
  TimeNs start = 0;
  TimeNs measure_from = 0;
  TimeNs measure_to = 0;

  bool measures(TimeNs time) const { return time >= measure_from && time < measure_to; }
};

using ErrorCounts = std::map<std::string, uint64_t, std::less<>>;  // by code: "OUTOFSTOCK"

// Latencies are of requests that were due while the run measured, in nanoseconds; `answered` are replies that came
// while it did, whatever they answer.
struct Tally {
  std::array<Histogram, command_names.size()> latency;
  Histogram own_delay;  // of requests that only this program kept from leaving when they were due
  ErrorCounts errors;   // while it measured
  uint64_t buyers = 0;  // first requests answered while it measured
  uint64_t answered = 0;
  uint64_t never_sent = 0;      // due in time, and still waiting for a place at the end: counted with their age then
  uint64_t never_answered = 0;  // of the whole run, as are the units sold
  uint64_t units_sold = 0;
  TimeNs cpu = 0;  // this thread's, while it measured

  void merge(const Tally& other);
  Histogram all() const;
};

// What happened in each second since the start.
struct Second {
  uint64_t answered = 0;
  uint64_t errors = 0;
  Histogram latency;
};

class Seconds {
 public:
  void add(size_t index, const Second& second);
  Second at(size_t index) const;  // empty where there is none
  size_t size() const;

 private:
  mutable std::mutex mutex_;
  std::vector<Second> seconds_;
};

}  // namespace holdfast::load
