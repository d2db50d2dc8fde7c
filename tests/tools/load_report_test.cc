// What a result is told as: the table, JSON, CSV, percentiles; and what is said loudly.
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include "tools/load/report.h"

namespace holdfast::load {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

// A thousand RESERVEs in two seconds, of 1..1000 us each, a tenth of them refused, and one COMMIT.
Result a_result() {
  Result result;
  result.options.scenario = Scenario::checkout;
  result.options.rate = 600;
  result.options.skus = 3;
  result.server = {.name = "holdfast 0.1.0", .build = "Release"};
  result.measured = 2 * ns_a_second;
  for (uint64_t us = 1; us <= 1000; ++us) result.tally.latency[0].record(us * 1000);
  result.tally.latency[1].record(5'000'000);
  result.tally.errors["OUTOFSTOCK"] = 100;
  result.tally.answered = 1001;
  result.tally.buyers = 1000;
  result.tally.cpu = ns_a_second;
  result.audited = true;
  result.audit.done = true;
  result.audit.skus = 3;
  result.audit.stocked = 30;
  result.audit.on_hand = 29;
  result.audit.sold = 1;
  result.audit.told_sold = 1;
  result.audit.back_ms = 2;
  return result;
}

TEST(LoadReport, TheTableHasRatesErrorsPercentilesAndTheAudit) {
  const std::string table = table_of(a_result());
  const std::vector<std::string> lines = lines_of(table);
  const auto has_line = [&](const std::string& line) {
    return std::find(lines.begin(), lines.end(), line) != lines.end();
  };
  EXPECT_TRUE(has_line("open loop, 600 buyers/s")) << table;
  EXPECT_TRUE(has_line("target rate   600 buyers/s")) << table;
  EXPECT_TRUE(contains(table, "\nachieved      500 buyers/s, 50")) << table;
  EXPECT_TRUE(has_line("errors        OUTOFSTOCK=100")) << table;
  EXPECT_TRUE(
      has_line("RESERVE             1000       1.0     500.2     900.1     990.2     999.4    1000.0    1000.0"))
      << table;
  EXPECT_TRUE(
      has_line("COMMIT                 1    5000.0    5000.0    5000.0    5000.0    5000.0    5000.0    5000.0"))
      << table;
  EXPECT_TRUE(
      has_line("audit         passed: 3 SKUs, 30 units put in = 29 on hand + 1 sold, held 0 as seen 2 ms after the "
               "last deadline"))
      << table;
  EXPECT_FALSE(contains(table, "***")) << table;
}

TEST(LoadReport, AClosedLoopIsLabelled) {
  Result result = a_result();
  result.options.closed = true;
  EXPECT_TRUE(contains(table_of(result), "CLOSED LOOP"));
  EXPECT_FALSE(contains(table_of(result), "target rate"));
  EXPECT_TRUE(contains(json_of(result), "\"open_loop\":false"));
  EXPECT_FALSE(contains(json_of(result), "target_rate"));
  EXPECT_TRUE(contains(csv_of(result), "checkout,holdfast,closed,,"));
}

TEST(LoadReport, SaysLoudlyWhatSpoilsTheFigures) {
  Result result = a_result();
  EXPECT_TRUE(warnings_of(result).empty());
  result.server.build = "Debug";
  EXPECT_TRUE(contains(table_of(result), "*** THE SERVER IS A Debug BUILD"));

  result = a_result();
  result.tally.own_delay.record(5 * ns_a_ms, 1000);
  EXPECT_TRUE(contains(table_of(result), "*** THE GENERATOR FELL BEHIND"));
  EXPECT_TRUE(contains(json_of(result), "\"fell_behind\":true"));
  result.options.closed = true;
  EXPECT_FALSE(result.fell_behind()) << "a closed loop is never late";
  result.tally.cpu = 2 * ns_a_second;
  EXPECT_TRUE(result.fell_behind()) << "but it may be all that its CPU can do";

  result = a_result();
  result.tally.never_sent = 100;
  EXPECT_TRUE(contains(table_of(result), "*** THE SERVER DID NOT KEEP UP: 100 requests"));
}

TEST(LoadReport, TheExitCodeIsTheAudits) {
  Result result = a_result();
  EXPECT_EQ(result.exit_code(), 0);
  result.audit.complaints = {"sku:000000000001: 10 units were put in; on hand 8"};
  EXPECT_EQ(result.exit_code(), 1);
  EXPECT_TRUE(contains(table_of(result), "audit         FAILED")) << table_of(result);
  EXPECT_TRUE(contains(table_of(result), "sku:000000000001: 10 units"));
  EXPECT_TRUE(contains(json_of(result), "\"passed\":false"));
  EXPECT_TRUE(contains(csv_of(result), ",failed\n"));
  result = a_result();
  result.tally.never_answered = 1;
  EXPECT_EQ(result.exit_code(), 1);
  result = a_result();
  result.audit.done = false;
  EXPECT_EQ(result.exit_code(), 1);
  result.failure = "the server closed the connection";
  EXPECT_EQ(result.exit_code(), 69);
}

TEST(LoadReport, JsonHasTheSameFigures) {
  Result result = a_result();
  result.failure = "a \"quoted\" \\ text\n";
  const std::string json = json_of(result);
  EXPECT_TRUE(contains(
      json, R"("scenario":"checkout","target":"holdfast","settings":{"open_loop":true,"target_rate":600.000)"));
  EXPECT_TRUE(contains(json, R"("RESERVE":{"count":1000,"min":1.000,"p50":500.223,"p90":900.095,"p99":990.207,)"))
      << json;
  EXPECT_TRUE(contains(json, R"("errors":{"OUTOFSTOCK":100})"));
  EXPECT_TRUE(contains(json, R"("audit":{"passed":true,"skus":3,)"));
  EXPECT_TRUE(contains(json, R"("failure":"a \"quoted\" \\ text\u000a"})"));
  EXPECT_EQ(json.find('\n'), json.size() - 1);
}

TEST(LoadReport, CsvHasALineForAllAndForEachCommand) {
  const std::vector<std::string> lines = lines_of(csv_of(a_result()));
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_EQ(lines[0],
            "scenario,target,loop,target_rate,buyers_a_second,requests_a_second,command,count,errors,errors_by_code,"
            "min,p50,p90,"
            "p99,p99.9,p99.99,max,audit");
  EXPECT_TRUE(lines[1].starts_with("checkout,holdfast,open,600.0,500.0,500.5,all,1001,100,OUTOFSTOCK=100,1.0,"))
      << lines[1];
  EXPECT_EQ(
      lines[2],
      "checkout,holdfast,open,600.0,500.0,500.5,RESERVE,1000,100,OUTOFSTOCK=100,1.0,500.2,900.1,990.2,999.4,1000.0,"
      "1000.0,passed");
  EXPECT_EQ(std::count(lines[3].begin(), lines[3].end(), ','), std::count(lines[0].begin(), lines[0].end(), ','));
}

TEST(LoadReport, ServerUseIsTheDifferenceOfTwoMoments) {
  Result result = a_result();
  result.use.emplace();
  result.use->measure_from.cpu = 100 * ns_a_ms;
  result.use->measure_to.cpu = 200 * ns_a_ms;
  EXPECT_NEAR(result.cpu_us_a_request(), 100'000 / 1001.0, 0.01);
  EXPECT_TRUE(contains(table_of(result), "server CPU    99.90 us a request, 5 % of a core"));
}

TEST(LoadReport, PercentilesEndWithTheMaximumAndGetFinerTowardsIt) {
  Histogram histogram;
  for (uint64_t us = 1; us <= 10'000; ++us) histogram.record(us * 1000);
  const std::vector<PercentilePoint> points = percentile_points(histogram);
  ASSERT_GT(points.size(), 20U);
  EXPECT_EQ(points.front().quantile, 0);
  for (size_t i = 1; i < points.size(); ++i) {
    ASSERT_GT(points[i].quantile, points[i - 1].quantile);
    ASSERT_GE(points[i].value, points[i - 1].value);
    ASSERT_GE(static_cast<double>(points[i].count), points[i].quantile * 10'000 - 1e-6);
  }
  EXPECT_EQ(points.back().value, 10'000'000U);
  EXPECT_EQ(points.back().count, 10'000U);
  EXPECT_TRUE(percentile_points(Histogram()).empty());
}

TEST(LoadReport, WritesHdrHistogramsTextForm) {
  Histogram histogram;
  histogram.record(1'000, 2);
  histogram.record(3'000);
  EXPECT_EQ(hgrm_of(histogram),
            "       Value     Percentile TotalCount 1/(1-Percentile)\n"
            "\n"
            "       1.000 0.000000000000          2           1.00\n"
            "       1.000 0.100000000000          2           1.11\n"
            "       1.000 0.200000000000          2           1.25\n"
            "       1.000 0.300000000000          2           1.43\n"
            "       1.000 0.400000000000          2           1.67\n"
            "       1.000 0.500000000000          2           2.00\n"
            "       1.000 0.550000000000          2           2.22\n"
            "       1.000 0.600000000000          2           2.50\n"
            "       1.000 0.650000000000          2           2.86\n"
            "       3.000 0.700000000000          3           3.33\n"
            "       3.000 1.000000000000          3\n"
            "#[Mean    =        1.667, StdDeviation   =        0.943]\n"
            "#[Max     =        3.000, Total count    =            3]\n"
            "#[Buckets =            2, SubBuckets     =         2048]\n");
}

TEST(LoadReport, PlotsALineForEachCommand) {
  const std::string script = plot_script(a_result(), "what's out.png");
  EXPECT_TRUE(contains(script, "set output 'what''s out.png'\n"));
  EXPECT_TRUE(contains(script, "title 'all', '-' using 1:2 with lines linewidth 2 title 'RESERVE', '-' using"));
  const std::vector<std::string> lines = lines_of(script);
  EXPECT_EQ(std::count(lines.begin(), lines.end(), "e"), 3);
}

TEST(LoadReport, ProgressLinesSayWhatIsOnlyWarmUp) {
  Second second;
  second.answered = 2;
  second.errors = 1;
  second.latency.record(40'000, 2);
  EXPECT_EQ(progress_line(0, second, true),
            "   1 s         2 requests/s   p50     40.0 us   p99      40.0 us   max      40.0 us   errors 1"
            "   (warm-up)\n");
}

TEST(LoadSeconds, AddWhatWorkersTell) {
  Seconds seconds;
  Second second;
  second.answered = 5;
  seconds.add(2, second);
  seconds.add(2, second);
  EXPECT_EQ(seconds.size(), 3U);
  EXPECT_EQ(seconds.at(2).answered, 10U);
  EXPECT_EQ(seconds.at(7).answered, 0U);
}

}  // namespace
}  // namespace holdfast::load
