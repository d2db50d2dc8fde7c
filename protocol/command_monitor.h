// What it is: what one reactor notes of the commands that it runs: counts and times (command_stats.h), the slow ones
// (slowlog.h), and the slow moments (slow_moments.h).
// Threads: its reactor's. Time: Services::clock_ns(); reading it twice costs about a tenth of a short command in a deep
// pipeline, so every command is counted and not every one is timed. Timed are
// - all of a connection that has not sent much more than one;
// - those that are no data commands or have many words, those that travel to other shards, and RESERVE ... WAIT;
// - of the rest each command's every 32nd on average, at random; it stands for the untimed ones since the last;
// - all, where slowlog-log-slower-than is below a millisecond.
// What is timed: executed in place, from before its arguments are read until its reply is written; one that travels,
// until it is back, from the last reading before it left. Time in line (WAIT) is not counted, only what the request
// took to get there. Allocates nothing, but for a code or an order of magnitude that is new, and for what is slow.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "protocol/command_stats.h"
#include "protocol/services.h"
#include "protocol/slow_moments.h"
#include "protocol/slowlog.h"

namespace holdfast {

class CommandMonitor {
 public:
  // Both live longer. The settings are those of its shard.
  CommandMonitor(Services& services, const Settings& settings) : services_(services), settings_(settings) {}

  // ---- a command's way, told by its session
  void begin_batch(size_t bytes) {  // as many are there to be read
    times_all_ = bytes <= few_bytes ||
                 (settings_.slowlog_log_slower_than >= 0 && settings_.slowlog_log_slower_than < slow_enough_for_all_us);
    clock_is_read_ = false;
  }
  void begin(const CommandRow& row, size_t words);
  void finish(const CommandRow& row, Args args, const Client& client);
  void depart(Args args, Journey& journey);  // it travels: finish_return() instead of finish()
  // RESERVE ... WAIT: timed in any case, and where it leaves for a line it has finish() then and only its outcome
  // later.
  void begin_wait();
  void begin_return() { failed_ = false; }
  void finish_return(const CommandRow& row, const Journey& journey, const Client& client);
  void reject(const CommandRow& row) { ++stats_.of(row).rejected; }
  void note_error(std::string_view line);  // without the '-': an error was answered since the last begin

  // Journeys are back: one reading for all of them.
  void read_clock() {
    now_ns_ = services_.clock_ns();
    clock_is_read_ = true;
  }

  // ---- what has been noted
  const CommandStats& stats() const { return stats_; }
  const ErrorCounts& errors() const { return errors_; }
  Slowlog& slowlog() { return slowlog_; }
  static constexpr std::array<std::string_view, 2> moment_names = {"command", "fast-command"};
  using Moments = std::array<SlowMoments, moment_names.size()>;
  Moments& moments() { return moments_; }
  void reset_stats();  // as CONFIG RESETSTAT: neither what is slow nor the moments

 private:
  static constexpr size_t few_bytes = 256;
  static constexpr size_t quick_words = 16;
  static constexpr int64_t slow_enough_for_all_us = 1'000;

  bool keeps_slow_ones() const { return settings_.slowlog_log_slower_than >= 0 && settings_.slowlog_max_len > 0; }
  void finish_timed(const CommandRow& row, CommandFigures& figures, Args args, const Client& client);
  template <class Pack>
  void note_time(const CommandRow& row, int64_t duration_ns, uint64_t stands_for, const Client& client, Pack pack);
  uint32_t next_gap();

  Services& services_;
  const Settings& settings_;
  CommandStats stats_;
  ErrorCounts errors_;
  Slowlog slowlog_;
  Moments moments_;
  int64_t now_ns_ = 0;          // the last reading
  int64_t started_ns_ = 0;      // of the command that runs, where it is timed
  uint32_t stands_for_ = 0;     // calls that it stands for; 0: it is not timed
  bool sampled_ = false;        // timed because its turn had come
  bool times_all_ = false;      // of this batch
  bool clock_is_read_ = false;  // since it began
  bool failed_ = false;
  uint64_t random_ = 1;
};

inline void CommandMonitor::begin(const CommandRow& row, size_t words) {
  const CommandFigures& figures = stats_.of(row);
  const bool timed = times_all_ || !row.read || words > quick_words;
  failed_ = false;
  sampled_ = !timed && figures.until_timed == 0;
  stands_for_ = timed ? 1 : sampled_ ? 1 + figures.untimed : 0;
  if (stands_for_ == 0) [[likely]]
    return;
  read_clock();
  started_ns_ = now_ns_;
}

inline void CommandMonitor::finish(const CommandRow& row, Args args, const Client& client) {
  CommandFigures& figures = stats_.of(row);
  ++figures.calls;
  figures.failed += failed_ ? 1 : 0;
  if (stands_for_ > 0) [[unlikely]]
    return finish_timed(row, figures, args, client);
  ++figures.untimed;
  --figures.until_timed;
}

}  // namespace holdfast
