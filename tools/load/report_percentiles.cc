// Percentiles all the way to the maximum: HdrHistogram's text form, and a graph of them.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>

#include "tools/load/report.h"

namespace holdfast::load {
namespace {

constexpr double ticks_a_halving = 5;

double standard_deviation(const Histogram& histogram) {
  if (histogram.count() == 0) return 0;
  const double mean = histogram.mean();
  double sum = 0;
  histogram.for_each([&](size_t index, uint64_t count) {
    const double middle =
        (static_cast<double>(Histogram::lowest_of(index)) + static_cast<double>(Histogram::highest_of(index))) / 2;
    sum += (middle - mean) * (middle - mean) * static_cast<double>(count);
  });
  return std::sqrt(sum / static_cast<double>(histogram.count()));
}

// Doublings that are counted: the first takes two thousand values, each further one as many as all before it.
size_t buckets_of(const Histogram& histogram) {
  return std::max<size_t>(1, Histogram::index_of(histogram.max()) / 1024);
}

}  // namespace

// As HdrHistogram's percentile iterator goes: the closer to 100 %, the finer the steps; one point a counter at most for
// each step, and the maximum at the end.
std::vector<PercentilePoint> percentile_points(const Histogram& histogram) {
  std::vector<PercentilePoint> points;
  if (histogram.count() == 0) return points;
  const auto all = static_cast<double>(histogram.count());
  uint64_t seen = 0;
  double wanted = 0;  // per cent
  histogram.for_each([&](size_t index, uint64_t count) {
    seen += count;
    const double reached = 100 * static_cast<double>(seen) / all;
    while (reached >= wanted && wanted < 100) {
      const uint64_t value = std::min(Histogram::highest_of(index), histogram.max());
      points.push_back({.quantile = wanted / 100, .value = value, .count = seen});
      const double halvings = std::floor(std::log2(100 / (100 - wanted))) + 1;
      wanted += 100 / (ticks_a_halving * std::exp2(halvings));
      if (seen == histogram.count()) break;
    }
  });
  points.push_back({.quantile = 1, .value = histogram.max(), .count = histogram.count()});
  return points;
}

std::string hgrm_of(const Histogram& nanoseconds) {
  std::string out =
      fmt::format("{:>12} {:>14} {:>10} {:>14}\n\n", "Value", "Percentile", "TotalCount", "1/(1-Percentile)");
  for (const PercentilePoint& point : percentile_points(nanoseconds)) {
    fmt::format_to(std::back_inserter(out), "{:12.3f} {:2.12f} {:10}", us_of(point.value), point.quantile, point.count);
    if (point.quantile < 1) fmt::format_to(std::back_inserter(out), " {:14.2f}", 1 / (1 - point.quantile));
    out += '\n';
  }
  fmt::format_to(std::back_inserter(out), "#[Mean    = {:12.3f}, StdDeviation   = {:12.3f}]\n",
                 nanoseconds.mean() / static_cast<double>(ns_a_us),
                 standard_deviation(nanoseconds) / static_cast<double>(ns_a_us));
  fmt::format_to(std::back_inserter(out), "#[Max     = {:12.3f}, Total count    = {:12}]\n", us_of(nanoseconds.max()),
                 nanoseconds.count());
  fmt::format_to(std::back_inserter(out), "#[Buckets = {:12}, SubBuckets     = {:12}]\n", buckets_of(nanoseconds),
                 2048);
  return out;
}

std::string plot_script(const Result& result, std::string_view path) {
  std::string quoted_path;  // as gnuplot wants it: each ' doubled
  for (const char letter : path) quoted_path.append(letter == '\'' ? 2 : 1, letter);
  std::string out = fmt::format(
      "set terminal pngcairo size 1000,600\nset output '{}'\nset title '{}, {}'\nset grid\nset key top left\n"
      "set logscale xy\nset xlabel 'percentile'\nset ylabel 'latency, us'\n"
      "set xtics ('0' 1, '50' 2, '90' 10, '99' 100, '99.9' 1000, '99.99' 10000, '99.999' 100000, '99.9999' 1000000)\n"
      "plot ",
      quoted_path, name_of(result.options.scenario), loop_text(result.options));
  const std::vector<LatencyRow> rows = latency_rows(result);
  for (size_t i = 0; i < rows.size(); ++i) {
    fmt::format_to(std::back_inserter(out), "{}'-' using 1:2 with lines linewidth 2 title '{}'", i > 0 ? ", " : "",
                   rows[i].name);
  }
  out += '\n';
  for (const LatencyRow& row : rows) {
    for (const PercentilePoint& point : percentile_points(row.latency)) {
      if (point.quantile >= 1) continue;
      fmt::format_to(std::back_inserter(out), "{:.6f} {:.3f}\n", 1 / (1 - point.quantile), us_of(point.value));
    }
    out += "e\n";
  }
  return out;
}

std::string draw_plot(const Result& result, const std::string& path) {
  std::FILE* const gnuplot = ::popen("gnuplot", "w");
  if (gnuplot == nullptr) return "gnuplot cannot be started";
  const std::string script = plot_script(result, path);
  const bool written = std::fwrite(script.data(), 1, script.size(), gnuplot) == script.size();
  const int status = ::pclose(gnuplot);
  if (!written || status != 0) return fmt::format("gnuplot could not draw {}", path);
  return "";
}

}  // namespace holdfast::load
