// The table: for people.
#include <fmt/format.h>

#include <iterator>

#include "tools/load/report.h"

namespace holdfast::load {
namespace {

template <class... Args>
void put(std::string& out, fmt::format_string<Args...> text, Args&&... args) {
  fmt::format_to(std::back_inserter(out), text, std::forward<Args>(args)...);
}

void put_latencies(std::string& out, const Result& result) {
  put(out, "latency in us {:>10} {:>9}", "count", "min");
  for (const auto& column : percentile_columns) put(out, " {:>9}", column.first);
  put(out, " {:>9}\n", "max");
  for (const LatencyRow& row : latency_rows(result)) {
    put(out, "{:<13} {:>10} {:>9.1f}", row.name, row.latency.count(), us_of(row.latency.min()));
    for (const auto& column : percentile_columns) put(out, " {:>9.1f}", us_of(row.latency.value_at(column.second)));
    put(out, " {:>9.1f}\n", us_of(row.latency.max()));
  }
}

void put_errors(std::string& out, const Result& result) {
  put(out, "errors       ");
  if (result.tally.errors.empty()) put(out, " none");
  for (const auto& [code, count] : result.tally.errors) put(out, " {}={}", code, count);
  out += '\n';
}

void put_server(std::string& out, const Result& result) {
  if (!result.use) return;
  const ServerUse& use = *result.use;
  const auto mib = [](int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); };
  put(out, "server memory {:.1f} MiB before the SKUs, {:.1f} with them, {:.1f} at the end\n",
      mib(use.before_skus.resident_bytes), mib(use.after_skus.resident_bytes), mib(use.measure_to.resident_bytes));
  if (result.storm) put(out, "              {:.1f} with the holds of the storm\n", mib(use.after_holds.resident_bytes));
  if (result.tally.answered == 0) return;
  put(out, "server CPU    {:.2f} us a request, {:.0f} % of a core\n", result.cpu_us_a_request(),
      100 * seconds_of(use.measure_to.cpu - use.measure_from.cpu) / seconds_of(result.measured));
}

void put_storm(std::string& out, const Result& result) {
  if (!result.storm) return;
  const StormResult& storm = *result.storm;
  put(out, "storm         {} holds, the last unit back {:.1f} ms after the last deadline, none later than {:.1f} ms\n",
      storm.holds, storm.last_back_ms, storm.latest_ms);
}

void put_audit(std::string& out, const Result& result) {
  if (!result.audited) return;
  const Audit& audit = result.audit;
  if (!audit.done) {
    put(out, "audit         COULD NOT BE MADE\n");
    return;
  }
  put(out, "audit         {}: {} SKUs, {} units put in = {} on hand + {} sold{}, held {}",
      audit.passed() ? "passed" : "FAILED", audit.skus, audit.stocked, audit.on_hand, audit.stocked - audit.on_hand,
      audit.passed() ? "" : " as it should be", audit.held);
  if (audit.back_ms >= 0) put(out, " as seen {:.0f} ms after the last deadline", audit.back_ms);
  out += '\n';
  for (const std::string& complaint : audit.complaints) put(out, "              {}\n", complaint);
}

}  // namespace

std::vector<LatencyRow> latency_rows(const Result& result) {
  std::vector<LatencyRow> rows;
  for (size_t i = 0; i < command_names.size(); ++i) {
    if (result.tally.latency[i].count() > 0) rows.push_back({command_names[i], result.tally.latency[i]});
  }
  if (rows.size() != 1) rows.insert(rows.begin(), {"all", result.tally.all()});
  return rows;
}

double us_of(uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / static_cast<double>(ns_a_us);
}

std::string progress_line(size_t second, const Second& figures, bool warmup) {
  return fmt::format("{:>4} s {:>9} requests/s   p50 {:>8.1f} us   p99 {:>9.1f} us   max {:>9.1f} us   errors {}{}\n",
                     second + 1, figures.answered, us_of(figures.latency.value_at(50)),
                     us_of(figures.latency.value_at(99)), us_of(figures.latency.max()), figures.errors,
                     warmup ? "   (warm-up)" : "");
}

std::string table_of(const Result& result) {
  const Options& options = result.options;
  std::string out;
  put(out, "{} on {}{}{}, {} connections, {} threads, pipeline {}, {:.1f} s, seed {}\n", name_of(options.scenario),
      result.server.name, result.server.build.empty() ? "" : " ", result.server.build, options.connections,
      options.threads, options.pipeline, seconds_of(result.measured), options.seed);
  put(out, "{}\n\n", loop_text(options));
  if (!options.load_only) {
    if (!options.closed) put(out, "target rate   {:.0f} buyers/s\n", options.rate);
    put(out, "achieved      {:.0f} buyers/s, {:.0f} requests/s\n", result.buyers_rate(), result.rate());
    put_errors(out, result);
    out += '\n';
    put_latencies(out, result);
    out += '\n';
  }
  put_server(out, result);
  put_storm(out, result);
  put_audit(out, result);
  for (const std::string& warning : warnings_of(result)) put(out, "\n*** {} ***\n", warning);
  return out;
}

}  // namespace holdfast::load
