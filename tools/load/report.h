// What it is: a result as people and programs read it. Latencies in microseconds.
// Threads: pure functions, but for draw_plot.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/histogram.h"
#include "tools/load/result.h"

namespace holdfast::load {

std::string table_of(const Result& result);
std::string json_of(const Result& result);  // one object, with a newline
std::string csv_of(const Result& result);   // a header, and a line for all and for each command

// The line of a second that has passed. `warmup`: nothing of it is measured.
std::string progress_line(size_t second, const Second& figures, bool warmup);

// HdrHistogram's text form, five ticks for each halving of what is left to 100 %, in microseconds.
std::string hgrm_of(const Histogram& nanoseconds);

struct PercentilePoint {
  double quantile = 0;  // 0..1
  uint64_t value = 0;
  uint64_t count = 0;  // up to here
};
std::vector<PercentilePoint> percentile_points(const Histogram& histogram);

// Draws the percentiles with gnuplot. Empty where it went well, else what went wrong.
std::string draw_plot(const Result& result, const std::string& path);
std::string plot_script(const Result& result, std::string_view path);

// The columns that all reports have, and the rows: what they are called, and their latencies.
inline constexpr std::array<std::pair<std::string_view, double>, 5> percentile_columns = {
    {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}}};
struct LatencyRow {
  std::string_view name;
  Histogram latency;
};
std::vector<LatencyRow> latency_rows(const Result& result);  // "all" first, where there are several commands
double us_of(uint64_t nanoseconds);

}  // namespace holdfast::load
