// What it is: how often each command was called and how long it took (INFO commandstats, latencystats, LATENCY
// HISTOGRAM), and how often each error was the answer (INFO errorstats). Histograms are of nanoseconds.
// Threads: its reactor's; merged on a tour. Time: O(1) to count, O(counters) to merge.
// Invariant: untimed <= calls; a timed call stands for itself and for untimed ones before it (command_monitor.h), so
// latency.count() + untimed == calls, but for those that are still on their way.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/histogram.h"
#include "protocol/commands.h"

namespace holdfast {

struct CommandFigures {
  uint64_t calls = 0;
  uint64_t failed = 0;       // answered with an error
  uint64_t rejected = 0;     // refused before they were called
  uint64_t busy_ns = 0;      // all calls together, as far as timed ones stand for them
  uint32_t untimed = 0;      // calls that no timed one stands for yet
  uint32_t until_timed = 0;  // calls from now until the next one is timed
  Histogram latency;         // a call

  bool was_called() const { return calls > 0 || failed > 0 || rejected > 0; }
};

class CommandStats {
 public:
  CommandStats() : figures_(all_commands().size()) {}

  CommandFigures& of(const CommandRow& row) { return figures_[row.number]; }
  const CommandFigures& of(const CommandRow& row) const { return figures_[row.number]; }

  void merge(const CommandStats& other);
  void clear();  // keeps the memory

 private:
  std::vector<CommandFigures> figures_;  // by number
};

class ErrorCounts {
 public:
  // The code's text does not matter after the call. Allocates for a code that is new.
  void count(std::string_view code, uint64_t times = 1);

  void merge(const ErrorCounts& other);
  void clear() { counts_.clear(); }
  uint64_t total() const;
  std::map<std::string_view, uint64_t> by_code() const;

 private:
  struct Count {
    std::string code;
    uint64_t count = 0;
  };
  std::vector<Count> counts_;  // few: our own code's words
};

}  // namespace holdfast
