#include "protocol/monitor_commands.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "protocol/arguments.h"
#include "protocol/command_monitor.h"
#include "protocol/subcommands.h"

namespace holdfast {
namespace {

// A tour that looks at what each reactor has noted.
class MonitorTour : public ReplyTour {
 public:
  explicit MonitorTour(Services& services) : services_(services) {}
  void visit(Shard&, ShardIndex index) override { look_at(services_.reactor(index).monitor()); }

 private:
  virtual void look_at(CommandMonitor& monitor) = 0;

  Services& services_;
};

// ---- SLOWLOG

class SlowlogTour : public MonitorTour {
 public:
  // `most` of all shards together.
  SlowlogTour(Services& services, size_t most) : MonitorTour(services), most_(most) {}

 protected:
  std::vector<SlowCommand> newest_first() {
    std::sort(commands_.begin(), commands_.end(), [](const auto& a, const auto& b) { return a.id > b.id; });
    if (commands_.size() > most_) commands_.resize(most_);
    return std::move(commands_);
  }

 private:
  void look_at(CommandMonitor& monitor) override {
    const auto& commands = monitor.slowlog().commands();
    const size_t taken = std::min(commands.size(), most_);
    commands_.insert(commands_.end(), commands.end() - static_cast<std::ptrdiff_t>(taken), commands.end());
  }

  size_t most_;
  std::vector<SlowCommand> commands_;
};

class SlowlogGetTour final : public SlowlogTour {
 public:
  using SlowlogTour::SlowlogTour;
  void render(RespWriter& out, Client&) override {
    const std::vector<SlowCommand> commands = newest_first();
    out.array(commands.size());
    for (const SlowCommand& command : commands) {
      out.array(6);
      out.integer(command.id);
      out.integer(command.unix_s);
      out.integer(command.duration_us);
      write_packed_words(command.words, out);
      out.bulk(command.address);
      out.bulk(command.name);
    }
  }
};

class SlowlogLenTour final : public MonitorTour {
 public:
  SlowlogLenTour(Services& services, size_t most) : MonitorTour(services), most_(most) {}
  void render(RespWriter& out, Client&) override { out.integer(std::min(size_, most_)); }

 private:
  void look_at(CommandMonitor& monitor) override { size_ += monitor.slowlog().commands().size(); }

  size_t most_;
  size_t size_ = 0;
};

class SlowlogResetTour final : public MonitorTour {
 public:
  using MonitorTour::MonitorTour;
  void render(RespWriter& out, Client&) override { out.simple("OK"); }

 private:
  void look_at(CommandMonitor& monitor) override { monitor.slowlog().clear(); }
};

size_t slowlog_max_len(const Client& client, Services& services) {
  return static_cast<size_t>(services.settings_of(client.shard).slowlog_max_len);
}

TourPointer run_slowlog_get(Args args, Client& client, Services& services, RespWriter& out) {
  if (args.size() > 3) {
    out.error("ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.");
    return nullptr;
  }
  const auto count = args.size() == 3 ? parse_integer(args[2]) : std::optional<int64_t>(10);
  if (!count || *count < -1) return out.error("ERR count should be greater than or equal to -1"), nullptr;
  const size_t kept = slowlog_max_len(client, services);
  return std::make_unique<SlowlogGetTour>(services, *count < 0 ? kept : std::min(kept, static_cast<size_t>(*count)));
}

TourPointer run_slowlog_len(Args, Client& client, Services& services, RespWriter&) {
  return std::make_unique<SlowlogLenTour>(services, slowlog_max_len(client, services));
}

TourPointer run_slowlog_reset(Args, Client&, Services& services, RespWriter&) {
  return std::make_unique<SlowlogResetTour>(services);
}

// ---- LATENCY

// What each command's histogram says at the powers of two from about a microsecond on, cumulated; those that add
// nothing are left out.
void write_histogram(const CommandFigures& figures, RespWriter& out) {
  constexpr uint64_t first_bound_ns = 1024;
  std::vector<std::pair<uint64_t, uint64_t>> points;  // microseconds, calls that took no longer
  uint64_t bound_ns = first_bound_ns;
  uint64_t seen = 0;
  const auto write_up_to_bound = [&] {
    const uint64_t us = Histogram::highest_of(Histogram::index_of(bound_ns)) / 1000;
    if (points.empty() ? seen > 0 : seen > points.back().second) points.emplace_back(us, seen);
  };
  figures.latency.for_each([&](size_t index, uint64_t count) {
    for (; index > Histogram::index_of(bound_ns); bound_ns *= 2) write_up_to_bound();
    seen += count;
  });
  write_up_to_bound();
  out.map(2);
  out.bulk("calls");
  out.integer(figures.latency.count());
  out.bulk("histogram_usec");
  out.map(points.size());
  for (const auto& [us, calls] : points) {
    out.integer(us);
    out.integer(calls);
  }
}

class HistogramTour final : public MonitorTour {
 public:
  // Of these commands; of containers their subcommands.
  HistogramTour(Services& services, std::vector<const CommandRow*> rows)
      : MonitorTour(services), rows_(std::move(rows)) {}

  void render(RespWriter& out, Client&) override {
    std::erase_if(rows_, [&](const CommandRow* row) { return stats_.of(*row).latency.count() == 0; });
    out.map(rows_.size());
    for (const CommandRow* row : rows_) {
      out.bulk(row->name);
      write_histogram(stats_.of(*row), out);
    }
  }

 private:
  void look_at(CommandMonitor& monitor) override { stats_.merge(monitor.stats()); }

  std::vector<const CommandRow*> rows_;
  CommandStats stats_;
};

TourPointer run_latency_histogram(Args args, Client&, Services& services, RespWriter&) {
  std::vector<const CommandRow*> rows;
  if (args.size() == 2) {
    for (const CommandRow& row : all_commands()) rows.push_back(&row);
  }
  for (const std::string_view name : args.subspan(2)) {
    const CommandRow* row = find_in(command_table(), name);
    if (!row) continue;
    rows.push_back(row);
    for (const CommandRow& subcommand : row->subcommands) rows.push_back(&subcommand);
  }
  return std::make_unique<HistogramTour>(services, std::move(rows));
}

class MomentsTour : public MonitorTour {
 public:
  using MonitorTour::MonitorTour;

 protected:
  CommandMonitor::Moments moments_;

 private:
  void look_at(CommandMonitor& monitor) override {
    for (size_t i = 0; i < moments_.size(); ++i) moments_[i].merge(monitor.moments()[i]);
  }
};

class LatestTour final : public MomentsTour {
 public:
  using MomentsTour::MomentsTour;
  void render(RespWriter& out, Client&) override {
    out.array(static_cast<size_t>(std::count_if(moments_.begin(), moments_.end(),
                                                [](const SlowMoments& each) { return !each.samples().empty(); })));
    for (size_t i = 0; i < moments_.size(); ++i) {
      const auto& samples = moments_[i].samples();
      if (samples.empty()) continue;
      out.array(4);
      out.bulk(CommandMonitor::moment_names[i]);
      out.integer(samples.back().unix_s);
      out.integer(samples.back().duration_ms);
      out.integer(moments_[i].longest_ms());
    }
  }
};

class HistoryTour final : public MomentsTour {
 public:
  HistoryTour(Services& services, std::string_view event) : MomentsTour(services), event_(event) {}
  void render(RespWriter& out, Client&) override {
    for (size_t i = 0; i < moments_.size(); ++i) {
      if (CommandMonitor::moment_names[i] == event_) return write(moments_[i], out);
    }
    out.array(0);
  }

 private:
  static void write(const SlowMoments& moments, RespWriter& out) {
    out.array(moments.samples().size());
    for (const SlowMoments::Sample& sample : moments.samples()) {
      out.array(2);
      out.integer(sample.unix_s);
      out.integer(sample.duration_ms);
    }
  }

  std::string event_;
};

class ForgetMomentsTour final : public MonitorTour {
 public:
  // These kinds; all where there are none.
  ForgetMomentsTour(Services& services, Args events) : MonitorTour(services), events_(events.begin(), events.end()) {}
  void render(RespWriter& out, Client&) override {
    out.integer(std::count(forgotten_.begin(), forgotten_.end(), true));
  }

 private:
  void look_at(CommandMonitor& monitor) override {
    for (size_t i = 0; i < forgotten_.size(); ++i) {
      const bool asked_for = events_.empty() || std::find(events_.begin(), events_.end(),
                                                          CommandMonitor::moment_names[i]) != events_.end();
      if (!asked_for || monitor.moments()[i].samples().empty()) continue;
      forgotten_[i] = true;
      monitor.moments()[i].clear();
    }
  }

  std::vector<std::string> events_;
  std::array<bool, CommandMonitor::moment_names.size()> forgotten_{};
};

TourPointer run_latency_latest(Args, Client&, Services& services, RespWriter&) {
  return std::make_unique<LatestTour>(services);
}

TourPointer run_latency_history(Args args, Client&, Services& services, RespWriter&) {
  return std::make_unique<HistoryTour>(services, args[2]);
}

TourPointer run_latency_reset(Args args, Client&, Services& services, RespWriter&) {
  return std::make_unique<ForgetMomentsTour>(services, args.subspan(2));
}

constexpr CommandRow row(std::string_view name, int arity, std::string_view syntax, std::string_view reply,
                         std::string_view summary, RunFunction run) {
  return run_row(name, arity, "server", syntax, reply, summary, "O(N) where N is the number of shards",
                 "admin loading stale", Ordering::barrier, run);
}

constexpr CommandRow help(std::string_view name, RunFunction run) {
  return run_row(name, 2, "server", "", "array of lines", "Prints this help.", "O(1)", "loading stale",
                 Ordering::at_once, run);
}

constexpr std::array slowlog_rows{
    row("slowlog|get", -2, "[count]", "array of entries: id, unix time, microseconds, words, client's address and name",
        "Shows the newest slow commands, 10 or this many, -1 for all.", run_slowlog_get),
    help("slowlog|help", run_help<slowlog_subcommands>),
    row("slowlog|len", 2, "", "integer", "Tells how many slow commands are kept.", run_slowlog_len),
    row("slowlog|reset", 2, "", "OK", "Forgets the slow commands.", run_slowlog_reset),
};

constexpr std::array latency_rows{
    help("latency|help", run_help<latency_subcommands>),
    row("latency|histogram", -2, "[command ...]", "map: by command, its calls and how many took how long at most",
        "Shows how long commands took.", run_latency_histogram),
    row("latency|history", 3, "event", "array of unix time and milliseconds",
        "Shows the slow moments of one kind: command or fast-command.", run_latency_history),
    row("latency|latest", 2, "", "array of event, unix time, milliseconds, and the longest of all",
        "Shows the last slow moment of each kind.", run_latency_latest),
    row("latency|reset", -2, "[event ...]", "integer: kinds of slow moments forgotten", "Forgets the slow moments.",
        run_latency_reset),
};

}  // namespace

std::span<const CommandRow> slowlog_subcommands() {
  return slowlog_rows;
}

std::span<const CommandRow> latency_subcommands() {
  return latency_rows;
}

}  // namespace holdfast
