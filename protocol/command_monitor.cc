#include "protocol/command_monitor.h"

namespace holdfast {
namespace {

constexpr size_t longest_code = 32;

}  // namespace

void CommandMonitor::finish_timed(const CommandRow& row, CommandFigures& figures, Args args, const Client& client) {
  if (sampled_) {
    figures.untimed = 0;
    figures.until_timed = next_gap();
  }
  read_clock();
  note_time(row, now_ns_ - started_ns_, stands_for_, client, [&](std::string& words) { pack_words(args, words); });
}

void CommandMonitor::begin_wait() {
  if (stands_for_ > 0) return;
  stands_for_ = 1;
  read_clock();
  started_ns_ = now_ns_;
}

void CommandMonitor::depart(Args args, Journey& journey) {
  if (!clock_is_read_) read_clock();
  journey.started_ns = now_ns_;
  if (keeps_slow_ones()) pack_words(args, journey.words);
}

void CommandMonitor::finish_return(const CommandRow& row, const Journey& journey, const Client& client) {
  CommandFigures& figures = stats_.of(row);
  figures.failed += failed_ ? 1 : 0;
  if (journey.wait_us > 0) return;
  ++figures.calls;
  note_time(row, now_ns_ - journey.started_ns, 1, client, [&](std::string& words) { words = journey.words; });
}

template <class Pack>
void CommandMonitor::note_time(const CommandRow& row, int64_t duration_ns, uint64_t stands_for, const Client& client,
                               Pack pack) {
  CommandFigures& figures = stats_.of(row);
  const auto ns = static_cast<uint64_t>(duration_ns);
  figures.busy_ns += ns * stands_for;
  figures.latency.record(ns, stands_for);
  const int64_t duration_us = duration_ns / 1'000;
  if (keeps_slow_ones() && duration_us >= settings_.slowlog_log_slower_than) [[unlikely]] {
    SlowCommand slow{.id = services_.next_slow_id(),
                     .unix_s = services_.unix_time_s(),
                     .duration_us = duration_us,
                     .words = {},
                     .address = client.address,
                     .name = client.name};
    pack(slow.words);
    slowlog_.add(std::move(slow), static_cast<size_t>(settings_.slowlog_max_len));
  }
  const int64_t threshold_ms = settings_.latency_monitor_threshold;
  if (threshold_ms > 0 && duration_us / 1'000 >= threshold_ms) [[unlikely]] {
    const bool is_fast = row.flags.find("fast") != std::string_view::npos;
    moments_[is_fast ? 1 : 0].note(services_.unix_time_s(), duration_us / 1'000);
  }
}

void CommandMonitor::note_error(std::string_view line) {
  failed_ = true;
  const size_t size = line.find_first_of(" \r");
  errors_.count(size <= longest_code ? line.substr(0, size) : "ERR");
}

void CommandMonitor::reset_stats() {
  stats_.clear();
  errors_.clear();
}

// 1 to 63. Not every 32nd: a client that repeats the same few commands would always have the same of them timed.
uint32_t CommandMonitor::next_gap() {
  random_ = random_ * 6364136223846793005u + 1442695040888963407u;  // Knuth's MMIX
  return 1 + static_cast<uint32_t>((random_ >> 32) * 63 >> 32);
}

}  // namespace holdfast
