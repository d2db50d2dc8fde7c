// JSON and CSV: for programs.
#include <fmt/format.h>

#include <iterator>

#include "tools/load/report.h"

namespace holdfast::load {
namespace {

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char letter : text) {
    if (letter == '"' || letter == '\\') {
      out += '\\';
      out += letter;
    } else if (static_cast<unsigned char>(letter) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(letter));
    } else {
      out += letter;
    }
  }
  return out + '"';
}

// Members of an object in turn, with their commas.
class Object {
 public:
  Object& raw(std::string_view name, std::string_view value) {
    text_ += text_.empty() ? "{" : ",";
    text_ += quoted(name);
    text_ += ':';
    text_ += value;
    return *this;
  }
  Object& text(std::string_view name, std::string_view value) { return raw(name, quoted(value)); }
  Object& flag(std::string_view name, bool value) { return raw(name, value ? "true" : "false"); }
  template <class Number>
  Object& number(std::string_view name, Number value) {
    return raw(name, fmt::format("{}", value));
  }
  // Microseconds, rates: as many digits as mean something.
  Object& figure(std::string_view name, double value) { return raw(name, fmt::format("{:.3f}", value)); }
  std::string end() const { return text_.empty() ? "{}" : text_ + "}"; }

 private:
  std::string text_;
};

template <class Range, class Text>
std::string array_of(const Range& range, Text text) {
  std::string out = "[";
  for (const auto& each : range) {
    if (out.size() > 1) out += ',';
    out += text(each);
  }
  return out + "]";
}

std::string latency_json(const Histogram& latency) {
  Object object;
  object.number("count", latency.count()).figure("min", us_of(latency.min()));
  for (const auto& column : percentile_columns) object.figure(column.first, us_of(latency.value_at(column.second)));
  object.figure("max", us_of(latency.max())).figure("mean", latency.mean() / static_cast<double>(ns_a_us));
  return object.end();
}

std::string settings_json(const Options& options) {
  Object object;
  object.flag("open_loop", !options.closed);
  if (!options.closed) object.figure("target_rate", options.rate);
  object.number("connections", options.connections)
      .number("threads", options.threads)
      .number("pipeline", options.pipeline)
      .number("seed", options.seed)
      .number("skus", options.skus)
      .number("stock", options.stock)
      .number("items_least", options.items_least)
      .number("items_most", options.items_most)
      .number("ttl_ms", options.ttl_ms)
      .number("think_ms", options.think_ms);
  return object.end();
}

std::string server_json(const Result& result) {
  Object object;
  object.text("name", result.server.name).text("build", result.server.build);
  if (!result.use) return object.end();
  const ServerUse& use = *result.use;
  if (result.tally.answered > 0) object.figure("cpu_us_a_request", result.cpu_us_a_request());
  object.number("resident_before_skus", use.before_skus.resident_bytes)
      .number("resident_after_skus", use.after_skus.resident_bytes)
      .number("resident_after_holds", use.after_holds.resident_bytes)
      .number("resident_at_the_end", use.measure_to.resident_bytes);
  return object.end();
}

std::string audit_json(const Audit& audit) {
  Object object;
  object.flag("passed", audit.passed())
      .number("skus", audit.skus)
      .number("wrong_skus", audit.wrong_skus)
      .number("stocked", audit.stocked)
      .number("on_hand", audit.on_hand)
      .number("sold", audit.sold)
      .number("told_sold", audit.told_sold)
      .number("held", audit.held)
      .figure("back_ms", audit.back_ms)
      .raw("complaints", array_of(audit.complaints, quoted));
  return object.end();
}

std::string storm_json(const StormResult& storm) {
  Object object;
  object.number("holds", storm.holds)
      .figure("fill_seconds", storm.fill_seconds)
      .figure("last_back_ms", storm.last_back_ms)
      .figure("latest_ms", storm.latest_ms)
      .number("early_units", storm.early_units);
  return object.end();
}

std::string second_json(const Second& second) {
  Object object;
  object.number("answered", second.answered).number("errors", second.errors);
  object.figure("p50", us_of(second.latency.value_at(50))).figure("p99", us_of(second.latency.value_at(99)));
  return object.figure("max", us_of(second.latency.max())).end();
}

}  // namespace

std::string json_of(const Result& result) {
  Object latencies;
  for (const LatencyRow& row : latency_rows(result)) latencies.raw(row.name, latency_json(row.latency));
  Object errors;
  for (const auto& [code, count] : result.tally.errors) errors.number(code, count);
  Object generator;
  generator.flag("fell_behind", result.fell_behind())
      .figure("cpu", result.generator_cpu())
      .figure("own_delay_p99_us", us_of(result.tally.own_delay.value_at(99)))
      .number("never_sent", result.tally.never_sent)
      .number("never_answered", result.tally.never_answered);
  Object object;
  object.text("scenario", name_of(result.options.scenario))
      .text("target", name_of(result.options.target))
      .raw("settings", settings_json(result.options))
      .figure("seconds", seconds_of(result.measured))
      .figure("buyers_a_second", result.buyers_rate())
      .figure("requests_a_second", result.rate())
      .raw("latency_us", latencies.end())
      .raw("errors", errors.end())
      .raw("server", server_json(result))
      .raw("generator", generator.end());
  if (result.storm) object.raw("storm", storm_json(*result.storm));
  if (result.audited) object.raw("audit", audit_json(result.audit));
  object.raw("each_second", array_of(result.seconds, second_json));
  object.raw("warnings", array_of(warnings_of(result), quoted));
  if (!result.failure.empty()) object.text("failure", result.failure);
  return object.end() + "\n";
}

std::string csv_of(const Result& result) {
  std::string out =
      "scenario,target,loop,target_rate,buyers_a_second,requests_a_second,command,count,errors,errors_by_code,min";
  for (const auto& column : percentile_columns) fmt::format_to(std::back_inserter(out), ",{}", column.first);
  out += ",max,audit\n";
  uint64_t errors = 0;
  std::string by_code;  // OUTOFSTOCK=12 LIMIT=3
  for (const auto& [code, count] : result.tally.errors) {
    errors += count;
    fmt::format_to(std::back_inserter(by_code), "{}{}={}", by_code.empty() ? "" : " ", code, count);
  }
  const Options& options = result.options;
  for (const LatencyRow& row : latency_rows(result)) {
    fmt::format_to(std::back_inserter(out), "{},{},{},{},{:.1f},{:.1f},{},{},{},{},{:.1f}", name_of(options.scenario),
                   name_of(options.target), options.closed ? "closed" : "open",
                   options.closed ? "" : fmt::format("{:.1f}", options.rate), result.buyers_rate(), result.rate(),
                   row.name, row.latency.count(), errors, by_code, us_of(row.latency.min()));
    for (const auto& column : percentile_columns) {
      fmt::format_to(std::back_inserter(out), ",{:.1f}", us_of(row.latency.value_at(column.second)));
    }
    fmt::format_to(std::back_inserter(out), ",{:.1f},{}\n", us_of(row.latency.max()),
                   !result.audited         ? "none"
                   : result.audit.passed() ? "passed"
                                           : "failed");
  }
  return out;
}

}  // namespace holdfast::load
