#include "protocol/units.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace holdfast {
namespace {

constexpr TimeUs second_us = 1'000'000;
constexpr TimeUs millisecond_us = 1'000;

TEST(Duration, IsReadInEveryUnitOfAnyCase) {
  EXPECT_EQ(parse_duration_us("250ms", second_us), 250'000);
  EXPECT_EQ(parse_duration_us("250MS", second_us), 250'000);
  EXPECT_EQ(parse_duration_us("30s", second_us), 30'000'000);
  EXPECT_EQ(parse_duration_us("5m", second_us), 300'000'000);
  EXPECT_EQ(parse_duration_us("1h", second_us), 3'600'000'000);
  EXPECT_EQ(parse_duration_us("2d", second_us), 172'800'000'000);
}

TEST(Duration, WithoutAUnitMeansWhatTheCallerSays) {
  EXPECT_EQ(parse_duration_us("7", second_us), 7 * second_us);
  EXPECT_EQ(parse_duration_us("7", millisecond_us), 7 * millisecond_us);
}

TEST(Duration, IsNothingElse) {
  for (const char* text : {"", "m", "-5m", "+5m", " 5m", "5m ", "5 m", "1.5h", "5mm", "5us", "5w", "0x5", "1e3"}) {
    EXPECT_EQ(parse_duration_us(text, second_us), std::nullopt) << text;
  }
}

TEST(Duration, ThatDoesNotFitIsRefusedNotWrapped) {
  EXPECT_EQ(parse_duration_us("9223372036854775807ms", second_us), std::nullopt);
  EXPECT_EQ(parse_duration_us("9223372036854775808", second_us), std::nullopt);
  EXPECT_EQ(parse_duration_us("106751992d", second_us), std::nullopt);
  EXPECT_TRUE(parse_duration_us("106751991d", second_us).has_value());
}

TEST(Duration, IsWrittenInTheLargestUnitThatSaysItExactly) {
  EXPECT_EQ(duration_text(0), "0s");
  EXPECT_EQ(duration_text(1'000), "1ms");
  EXPECT_EQ(duration_text(1'500'000), "1500ms");
  EXPECT_EQ(duration_text(90 * second_us), "90s");
  EXPECT_EQ(duration_text(300 * second_us), "5m");
  EXPECT_EQ(duration_text(7'200 * second_us), "2h");
  EXPECT_EQ(duration_text(86'400 * second_us), "1d");
}

TEST(Duration, ThatWasWrittenIsReadBackTheSame) {
  for (TimeUs duration = 0; duration < 400'000'000'000; duration = duration * 3 + 7'000) {
    EXPECT_EQ(parse_duration_us(duration_text(duration), second_us), duration);
  }
}

TEST(Bytes, KnowRedisUnits) {
  EXPECT_EQ(parse_bytes("0"), 0);
  EXPECT_EQ(parse_bytes("17b"), 17);
  EXPECT_EQ(parse_bytes("1k"), 1'000);
  EXPECT_EQ(parse_bytes("1kb"), 1'024);
  EXPECT_EQ(parse_bytes("512mb"), 536'870'912);
  EXPECT_EQ(parse_bytes("3m"), 3'000'000);
  EXPECT_EQ(parse_bytes("2G"), 2'000'000'000);
  EXPECT_EQ(parse_bytes("2GB"), 2'147'483'648);
}

TEST(Bytes, AreNothingElse) {
  for (const char* text : {"", "mb", "-1mb", "1.5gb", "5 mb", "5tb", "5mbb", "8589934592gb"}) {
    EXPECT_EQ(parse_bytes(text), std::nullopt) << text;
  }
}

TEST(Count, IsAStrictDecimal) {
  EXPECT_EQ(parse_count("0"), 0);
  EXPECT_EQ(parse_count("9223372036854775807"), INT64_MAX);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1.0", "x", "9223372036854775808"}) {
    EXPECT_EQ(parse_count(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace holdfast
