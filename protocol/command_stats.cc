#include "protocol/command_stats.h"

namespace holdfast {

void CommandStats::merge(const CommandStats& other) {
  for (size_t i = 0; i < figures_.size(); ++i) {
    CommandFigures& mine = figures_[i];
    const CommandFigures& theirs = other.figures_[i];
    mine.calls += theirs.calls;
    mine.failed += theirs.failed;
    mine.rejected += theirs.rejected;
    mine.busy_ns += theirs.busy_ns;
    mine.untimed += theirs.untimed;
    mine.latency.merge(theirs.latency);
  }
}

void CommandStats::clear() {
  for (CommandFigures& figures : figures_) {
    Histogram latency = std::move(figures.latency);
    latency.clear();
    figures = {};
    figures.latency = std::move(latency);
  }
}

void ErrorCounts::count(std::string_view code, uint64_t times) {
  for (Count& each : counts_) {
    if (each.code == code) return void(each.count += times);
  }
  counts_.push_back({std::string(code), times});
}

void ErrorCounts::merge(const ErrorCounts& other) {
  for (const Count& each : other.counts_) count(each.code, each.count);
}

uint64_t ErrorCounts::total() const {
  uint64_t sum = 0;
  for (const Count& each : counts_) sum += each.count;
  return sum;
}

std::map<std::string_view, uint64_t> ErrorCounts::by_code() const {
  std::map<std::string_view, uint64_t> sorted;
  for (const Count& each : counts_) sorted[each.code] = each.count;
  return sorted;
}

}  // namespace holdfast
