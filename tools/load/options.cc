#include "tools/load/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "engine/limits.h"
#include "protocol/units.h"
#include "tools/flags.h"
#include "tools/load/exit_codes.h"

namespace holdfast::load {
namespace {

constexpr std::string_view about =
    "Load for holdfast-server, and what its answers took: throughput and latency percentiles, measured from the "
    "moment\n"
    "when each request should have left, and an audit of every unit at the end.\n"
    "  holdfast-load [flags] flash|hot|spread|cart|checkout|expiry-storm|wait|ping|set";

constexpr std::string_view footer =
    "Times are 250ms, 30s, 5m; a bare number is seconds.\n"
    "Exit codes: 0 done; 1 the audit failed; 64 bad flag; 69 no connection; 73 a file cannot be written.";

// Everything that differs from scenario to scenario, where no flag says otherwise.
struct ScenarioRow {
  Scenario scenario;
  const char* name;
  uint64_t skus;
  int64_t stock;
  uint32_t items_least;
  uint32_t items_most;
};
constexpr int64_t plenty = 1'000'000'000;
constexpr std::array scenarios{
    ScenarioRow{Scenario::flash, "flash", 1, 10'000, 1, 1},
    ScenarioRow{Scenario::hot, "hot", 10'000, plenty, 1, 1},
    ScenarioRow{Scenario::spread, "spread", 10'000, plenty, 1, 1},
    ScenarioRow{Scenario::cart, "cart", 10'000, plenty, 2, 8},
    ScenarioRow{Scenario::checkout, "checkout", 10'000, plenty, 1, 1},
    ScenarioRow{Scenario::expiry_storm, "expiry-storm", 10'000, plenty, 1, 1},
    ScenarioRow{Scenario::wait, "wait", 1, 50, 1, 1},
    ScenarioRow{Scenario::ping, "ping", 0, 0, 1, 1},
    ScenarioRow{Scenario::set, "set", 0, 0, 1, 1},
};
constexpr std::array<std::pair<const char*, Target>, 2> targets{
    {{"holdfast", Target::holdfast}, {"redis-lua", Target::redis_lua}}};

const ScenarioRow& row_of(Scenario scenario) {
  return *std::find_if(scenarios.begin(), scenarios.end(),
                       [scenario](const ScenarioRow& row) { return row.scenario == scenario; });
}

Answer bad_usage(std::string_view text) {
  return holdfast::bad_usage("holdfast-load", text);
}

// What the flags say in words, before it is understood.
struct Words {
  std::string scenario;
  std::string target = "holdfast";
  std::string duration;
  std::string warmup;
  std::string ttl = "2s";
  std::string think = "100ms";
  std::string wait = "10s";
  std::string due_within = "1s";
  std::string fill = "20s";
  std::string items;
  bool json = false;
  bool csv = false;
};

void add_run_flags(CLI::App& app, Options& options, Words& words) {
  app.add_option("scenario", words.scenario, "what the buyers do")->required();
  app.add_option("--host", options.address.host, "server")->capture_default_str();
  app.add_option("--port", options.address.port, "its port")->capture_default_str();
  app.add_option("--unixsocket", options.address.socket, "path of its Unix socket, instead of host and port");
  app.add_option("--target", words.target, "holdfast, or redis-lua: redis-server with atomic scripts of ours")
      ->capture_default_str();
  app.add_option("--rate", options.rate, "buyers a second; latency counts from when each should have come")
      ->capture_default_str();
  app.add_flag("--closed", options.closed,
               "no rate: each connection sends when it has an answer; says less of latency");
  app.add_option("--connections", options.connections, "of all threads together")->capture_default_str();
  app.add_option("--threads", options.threads, "threads that make the load")->capture_default_str();
  app.add_option("--pipeline", options.pipeline, "most requests under way on one connection")->capture_default_str();
  app.add_option("--duration", words.duration, "what is measured, behind the warm-up; 10s, for expiry-storm 2s");
  app.add_option("--warmup", words.warmup, "before anything is measured; 1s, for flash none");
  app.add_option("--seed", options.seed, "of all that is drawn at random")->capture_default_str();
  app.add_flag("--load-only", options.load_only, "load the SKUs and audit them, without any buyer");
  app.add_option("--server-pid", options.server_pid, "the server's process, on this machine: tells its CPU and memory");
}

void add_scenario_flags(CLI::App& app, Options& options, Words& words) {
  app.add_option("--skus", options.skus, "SKUs to load; flash and wait 1, others 10000")
      ->check(CLI::Range(1, 100'000'000).description(""));
  app.add_option("--stock", options.stock, "units of each; flash 10000, wait 50, others 1000000000")
      ->check(CLI::Range(int64_t{1}, limits::units).description(""));
  app.add_option("--items", words.items, "SKUs of a cart, N or LEAST-MOST; for cart 2-8, else 1");
  app.add_option("--theta", options.theta, "skew of hot: 0 is uniform")->capture_default_str();
  app.add_option("--ttl", words.ttl, "how long a hold lives")->capture_default_str();
  app.add_option("--think", words.think, "flash, checkout, wait: from a hold to what becomes of it")
      ->capture_default_str();
  app.add_option("--wait", words.wait, "wait: longest time in line")->capture_default_str();
  app.add_option("--keys", options.keys, "set: random keys out of so many")->capture_default_str();
  app.add_option("--holds", options.holds, "expiry-storm: holds that fall due")->capture_default_str();
  app.add_option("--due-within", words.due_within, "expiry-storm: from the first of their deadlines to the last")
      ->capture_default_str();
  app.add_option("--fill-time", words.fill, "expiry-storm: time to make them before the first deadline")
      ->capture_default_str();
}

void add_output_flags(CLI::App& app, Options& options, Words& words) {
  app.add_flag("--json", words.json, "the result as JSON instead of a table");
  app.add_flag("--csv", words.csv, "the result as CSV");
  app.add_option("--hgrm", options.hgrm, "file for all percentiles in HdrHistogram's text form");
  app.add_option("--plot", options.plot, "PNG file for a graph of them, drawn by gnuplot");
}

std::optional<std::pair<uint32_t, uint32_t>> range_of(std::string_view text) {
  const size_t dash = text.find('-');
  const auto least = parse_count(text.substr(0, dash));
  const auto most = dash == std::string_view::npos ? least : parse_count(text.substr(dash + 1));
  if (!least || !most || *least < 1 || *most < *least || *most > int64_t{limits::items}) return std::nullopt;
  return std::pair(static_cast<uint32_t>(*least), static_cast<uint32_t>(*most));
}

// Each flag that is a time, with where it goes. None where all went well.
std::optional<Answer> read_times(const Words& words, Options& options) {
  int64_t duration_ms = 0;
  int64_t warmup_ms = 0;
  const std::string duration = !words.duration.empty()                      ? words.duration
                               : options.scenario == Scenario::expiry_storm ? "2s"
                                                                            : "10s";
  const std::string warmup = !words.warmup.empty() ? words.warmup : options.scenario == Scenario::flash ? "0" : "1s";
  struct Time {
    const char* flag;
    const std::string& text;
    int64_t& ms;
    int64_t least;
  };
  for (const Time& time :
       {Time{"--duration", duration, duration_ms, 1}, Time{"--warmup", warmup, warmup_ms, 0},
        Time{"--ttl", words.ttl, options.ttl_ms, 1}, Time{"--think", words.think, options.think_ms, 0},
        Time{"--wait", words.wait, options.wait_ms, 1},
        Time{"--due-within", words.due_within, options.due_within_ms, 1},
        Time{"--fill-time", words.fill, options.fill_ms, 1}}) {
    const auto us = parse_duration_us(time.text, 1'000'000);
    if (!us || *us / 1000 < time.least || *us > int64_t{86'400} * 1'000'000) {
      return bad_usage(fmt::format("{} {}: a time such as 250ms, 30s or 5m, a day at most", time.flag, time.text));
    }
    time.ms = *us / 1000;
  }
  options.duration = duration_ms * ns_a_ms;
  options.warmup = warmup_ms * ns_a_ms;
  return std::nullopt;
}

std::optional<Answer> read_words(const Words& words, Options& options) {
  const auto row = std::find_if(scenarios.begin(), scenarios.end(),
                                [&](const ScenarioRow& each) { return words.scenario == each.name; });
  if (row == scenarios.end()) return bad_usage(fmt::format("there is no scenario {}", words.scenario));
  const auto target =
      std::find_if(targets.begin(), targets.end(), [&](const auto& each) { return words.target == each.first; });
  if (target == targets.end()) return bad_usage(fmt::format("there is no target {}", words.target));
  options.scenario = row->scenario;
  options.target = target->second;
  if (options.skus == 0) options.skus = row->skus;
  if (options.stock == 0) options.stock = row->stock;
  options.items_least = row->items_least;
  options.items_most = row->items_most;
  if (!words.items.empty()) {
    const auto range = range_of(words.items);
    if (!range) return bad_usage(fmt::format("--items {}: N or LEAST-MOST, of 1..{}", words.items, limits::items));
    std::tie(options.items_least, options.items_most) = *range;
  }
  if (words.json && words.csv) return bad_usage("--json and --csv exclude each other");
  options.format = words.json ? Format::json : words.csv ? Format::csv : Format::table;
  return read_times(words, options);
}

// What no single flag tells. Empty: all is well.
std::string contradiction_in(const Options& options) {
  const bool sells = options.scenario != Scenario::ping && options.scenario != Scenario::set;
  if (!(options.rate > 0 && options.rate <= 1e8)) return "--rate: above 0, at most 100000000";
  if (options.threads < 1 || options.threads > 64) return "--threads: 1..64";
  if (options.pipeline < 1 || options.pipeline > 4096) return "--pipeline: 1..4096";
  if (options.connections < options.threads) return "--connections: at least one for each thread";
  if (!(options.theta >= 0 && options.theta <= 10)) return "--theta: 0..10";
  if (options.keys < 1) return "--keys: at least 1";
  if (options.holds < 1 || options.holds > 100'000'000) return "--holds: 1..100000000";
  if (sells && options.items_most > options.skus) return "--items: more than there are SKUs";
  if (options.scenario == Scenario::flash && options.skus != 1) return "flash: there is one SKU";
  if (options.scenario == Scenario::set && options.target == Target::holdfast) return "set: needs --target redis-lua";
  if (options.scenario == Scenario::wait && options.target == Target::redis_lua)
    return "wait: our scripts have no line";
  if (options.load_only && !sells) return "--load-only: this scenario has no SKUs";
  return "";
}

}  // namespace

const char* name_of(Scenario scenario) {
  return row_of(scenario).name;
}

const char* name_of(Target target) {
  return targets[static_cast<size_t>(target)].first;
}

std::variant<Options, Answer> read_options(int argc, const char* const* argv) {
  CLI::App app{std::string(about), "holdfast-load"};
  app.set_help_flag("--help", "print this and exit");
  app.set_version_flag("--version", "holdfast-load " HOLDFAST_VERSION, "print the version and exit");
  Options options;
  Words words;
  add_run_flags(app, options, words);
  add_scenario_flags(app, options, words);
  add_output_flags(app, options, words);
  for (CLI::Option* const option : app.get_options()) {
    if (!option->get_positional()) option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  app.footer(std::string(footer));
  if (auto answer = read_flags(app, argc, argv)) return *std::move(answer);
  if (options.closed && app.count("--rate") > 0) return bad_usage("--closed and --rate exclude each other");
  if (auto refusal = read_words(words, options)) return *std::move(refusal);
  if (const std::string wrong = contradiction_in(options); !wrong.empty()) return bad_usage(wrong);
  return options;
}

}  // namespace holdfast::load
