#include <sys/time.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "engine/shard.h"
#include "engine/snapshotter.h"
#include "protocol/acl_command.h"
#include "protocol/arguments.h"
#include "protocol/command_docs.h"
#include "protocol/command_rows.h"
#include "protocol/info.h"
#include "protocol/log.h"
#include "protocol/monitor_commands.h"
#include "protocol/scan_command.h"
#include "protocol/shard_settings.h"

namespace holdfast {
namespace {

class SizeTour final : public ReplyTour {
 public:
  void visit(Shard& shard, ShardIndex) override { skus_ += shard.stats().skus; }
  void render(RespWriter& out, Client&) override { out.integer(skus_); }

 private:
  uint64_t skus_ = 0;
};

TourPointer run_dbsize(Args, Client&, Services&, RespWriter&) {
  return std::make_unique<SizeTour>();
}

TourPointer run_time(Args, Client&, Services&, RespWriter& out) {
  timeval now{};
  gettimeofday(&now, nullptr);
  out.array(2);
  out.bulk(std::to_string(now.tv_sec));
  out.bulk(std::to_string(now.tv_usec));
  return nullptr;
}

TourPointer run_shutdown(Args args, Client&, Services& services, RespWriter& out) {
  bool abort = false;
  bool save = false;
  bool nosave = false;
  bool other = false;
  for (const std::string_view word : args.subspan(1)) {
    if (same_word(word, "abort")) {
      abort = true;
    } else if (same_word(word, "save")) {
      save = true;
    } else if (same_word(word, "nosave")) {
      nosave = true;
    } else if (same_word(word, "now") || same_word(word, "force")) {
      other = true;
    } else {
      return out.error("ERR syntax error"), nullptr;
    }
  }
  if ((save && nosave) || (abort && (save || nosave || other))) return out.error("ERR syntax error"), nullptr;
  if (abort) return out.error("ERR No shutdown in progress."), nullptr;
  services.shut_down();
  return nullptr;
}

TourPointer run_snapshot(Args, Client&, Services& services, RespWriter& out) {
  Snapshotter* const snapshotter = services.snapshotter();
  if (!snapshotter) return out.error("ERR there is nothing to make a snapshot of without --dir"), nullptr;
  if (!snapshotter->ask()) return out.error("ERR a snapshot is being made"), nullptr;
  out.simple("OK");
  return nullptr;
}

TourPointer answer_empty_array(Args, Client&, Services&, RespWriter& out) {
  return out.array(0), nullptr;
}
// ---- CONFIG

TourPointer run_config_get(Args args, Client& client, Services& services, RespWriter& out) {
  const auto settings = config_get(services.settings_of(client.shard), args.subspan(2));
  out.map(settings.size());
  for (const auto& [name, value] : settings) {
    out.bulk(name);
    out.bulk(value);
  }
  return nullptr;
}

// The first shard decides and the others take what it chose, for all shards are visited in one order: two CONFIG SET at
// a time cannot be judged differently by different shards, and a file that is named is read once.
class ConfigSetTour final : public ReplyTour {
 public:
  ConfigSetTour(Services& services, Args pairs) : services_(services), words_(pairs.begin(), pairs.end()) {}

  void visit(Shard& shard, ShardIndex index) override {
    if (error_) return;
    Settings& settings = services_.settings_of(index);
    if (decided_) {
      settings = *decided_;
    } else {
      std::vector<NewValue> values;
      for (size_t at = 0; at < words_.size(); at += 2) values.push_back({words_[at], words_[at + 1]});
      error_ = config_set(settings, values);
      if (error_) return;
      decided_ = settings;
    }
    shard.set_settings(shard_settings(settings));
    services_.reactor(index).follow_settings();
    set_log_level(settings.loglevel);
  }

  void render(RespWriter& out, Client&) override { error_ ? out.error("ERR " + *error_) : out.simple("OK"); }

 private:
  Services& services_;
  std::vector<std::string> words_;
  std::optional<Settings> decided_;
  std::optional<std::string> error_;
};

TourPointer run_config_set(Args args, Client&, Services& services, RespWriter& out) {
  if (args.size() % 2 != 0) return out.error(arity_error("config|set")), nullptr;
  return std::make_unique<ConfigSetTour>(services, args.subspan(2));
}

class ResetTour final : public ReplyTour {
 public:
  explicit ResetTour(Services& services) : services_(services) {}
  void visit(Shard&, ShardIndex index) override { services_.reactor(index).reset_stats(); }
  void render(RespWriter& out, Client&) override { out.simple("OK"); }

 private:
  Services& services_;
};

TourPointer run_config_resetstat(Args, Client&, Services& services, RespWriter&) {
  return std::make_unique<ResetTour>(services);
}

constexpr CommandRow row(std::string_view name, int arity, std::string_view syntax, std::string_view reply,
                         std::string_view summary, RunFunction run, std::string_view flags = "admin loading stale",
                         Ordering ordering = Ordering::at_once, std::string_view complexity = "O(1)") {
  return run_row(name, arity, "server", syntax, reply, summary, complexity, flags, ordering, run);
}

constexpr CommandRow container(std::string_view name, std::string_view summary,
                               std::span<const CommandRow> subcommands) {
  return run_row(name, -2, "server", "", "depends on the subcommand", summary, "depends on the subcommand", "",
                 Ordering::at_once, nullptr, subcommands);
}

constexpr std::string_view print_help = "Prints this help.";
constexpr std::string_view all_shards = "O(N) where N is the number of shards";

std::span<const CommandRow> config_subcommands() {
  static constexpr std::array rows{
      row("config|get", -3, "glob [glob ...]", "map: value by name", "Shows the settings that a pattern matches.",
          run_config_get, "admin loading stale", Ordering::barrier, "O(N) where N is the number of settings"),
      row("config|help", 2, "", "array of lines", print_help, run_help<config_subcommands>, "loading stale"),
      row("config|resetstat", 2, "", "OK", "Begins the counters of connections and commands anew.",
          run_config_resetstat, "admin loading stale", Ordering::barrier, all_shards),
      row("config|set", -4, "parameter value [parameter value ...]", "OK", "Changes settings, all of these or none.",
          run_config_set, "admin loading stale", Ordering::barrier, all_shards),
  };
  return rows;
}

std::span<const CommandRow> module_subcommands() {
  static constexpr std::array rows{
      row("module|help", 2, "", "array of lines", print_help, run_help<module_subcommands>, "loading stale"),
      row("module|list", 2, "", "array", "Lists modules; there are none.", answer_empty_array),
  };
  return rows;
}

}  // namespace

std::span<const CommandRow> server_commands() {
  static const std::array rows{
      run_row("command", -1, "server", "", "array: a description of each command", "Describes all commands to clients.",
              "O(N) where N is the number of commands", "loading stale", Ordering::at_once, run_command,
              command_subcommands()),
      container("acl", "A container for commands on users.", acl_subcommands()),
      container("config", "A container for commands on settings.", config_subcommands()),
      row("dbsize", 1, "", "integer", "Counts the SKUs.", run_dbsize, "readonly fast", Ordering::barrier, all_shards),
      row("info", -1, "[section ...]", "text: sections of name:value lines", "Shows the figures of the server.",
          run_info, "loading stale", Ordering::barrier, all_shards),
      container("latency", "A container for commands on slow moments.", latency_subcommands()),
      container("module", "A container for commands on modules.", module_subcommands()),
      row("scan", -2, "cursor [MATCH glob] [COUNT count] [TYPE type]", "array: the next cursor, and an array of SKUs",
          "Lists the SKUs, some at a time; begins and ends with cursor 0.", run_scan, "readonly", Ordering::barrier,
          "O(1) for each call, O(N) for all N SKUs"),
      row("shutdown", -1, "[NOSAVE|SAVE] [NOW] [FORCE] [ABORT]", "nothing: the connection is closed",
          "Stops the server as SIGTERM does.", run_shutdown, "admin noscript loading stale", Ordering::barrier),
      container("slowlog", "A container for commands on slow commands.", slowlog_subcommands()),
      row("snapshot", 1, "", "OK",
          "Begins to write a snapshot of all that is known, so that the journal before it is not needed any more; "
          "answers "
          "at once. INFO persistence tells when it is on disk, and what went wrong.",
          run_snapshot, "admin noscript", Ordering::barrier),
      row("time", 1, "", "array: unix seconds, microseconds", "Tells the server's wall clock time.", run_time,
          "loading stale fast"),
  };
  return rows;
}

}  // namespace holdfast
