#include "protocol/log.h"

#include <gtest/gtest.h>

#include <string>

namespace holdfast {
namespace {

TEST(Log, LineNamesProcessThreadTimeLevelAndFigures) {
  EXPECT_EQ(
      log_line(4711, "shard-1", 1'717'156'800'123'456, LogLevel::notice, "Client closed", {{"id", 7}, {"why", "idle"}}),
      "4711:shard-1 2024-05-31T12:00:00.123Z notice Client closed id=7 why=idle");
}

TEST(Log, NoValueCanForgeALineOrAField) {
  EXPECT_EQ(log_line(1, "main", 0, LogLevel::debug, "Name set", {{"name", "a\nb"}, {"other", "x y=z"}, {"none", ""}}),
            "1:main 1970-01-01T00:00:00.000Z debug Name set name=\"a\\nb\" other=\"x y=z\" none=\"\"");
}

TEST(Log, LevelFiltersWhatIsBelowIt) {
  set_log_level(LogLevel::verbose);
  EXPECT_FALSE(log_wanted(LogLevel::debug));
  EXPECT_TRUE(log_wanted(LogLevel::verbose));
  EXPECT_TRUE(log_wanted(LogLevel::warning));
  set_log_level(LogLevel::notice);
}

TEST(Log, WritesOnStdoutWhatPassesTheFilter) {
  testing::internal::CaptureStdout();
  log_event(LogLevel::verbose, "Unheard");
  log_event(LogLevel::notice, "Heard", {{"port", 7379}});
  const std::string written = testing::internal::GetCapturedStdout();
  EXPECT_EQ(written.find("Unheard"), std::string::npos);
  EXPECT_NE(written.find(" notice Heard port=7379\n"), std::string::npos);
}

}  // namespace
}  // namespace holdfast
