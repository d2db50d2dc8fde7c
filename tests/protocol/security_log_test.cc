#include "protocol/security_log.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace holdfast {
namespace {

constexpr TimeUs second_us = 1'000'000;

SecurityEvent failed_login(std::string user) {
  return {.reason = SecurityReason::auth, .object = "AUTH", .username = std::move(user), .address = "", .client = ""};
}

// The log's lines of what a test does.
template <class Action>
std::string said(Action action) {
  testing::internal::CaptureStdout();
  action();
  return testing::internal::GetCapturedStdout();
}

TEST(SecurityLog, ListsTheNewestFirst) {
  SecurityLog log;
  said([&] {
    log.record(failed_login("anna"), second_us);
    log.record(failed_login("bob"), second_us);
  });
  ASSERT_EQ(log.entries(10).size(), 2u);
  EXPECT_EQ(log.entries(10)[0].event.username, "bob");
  EXPECT_EQ(log.entries(1).size(), 1u);
  log.forget();
  EXPECT_TRUE(log.entries(10).empty());
  EXPECT_EQ(log.count(SecurityReason::auth), 2u) << "what is counted stays";
}

TEST(SecurityLog, CountsTheSameWithinAMinute) {
  SecurityLog log;
  said([&] {
    log.record(failed_login("anna"), second_us);
    log.record(failed_login("bob"), 2 * second_us);
    log.record(failed_login("anna"), 61 * second_us);
    log.record(failed_login("anna"), 200 * second_us);
  });
  const auto entries = log.entries(10);
  ASSERT_EQ(entries.size(), 3u);
  EXPECT_EQ(entries[0].count, 1) << "later than a minute it is another one";
  EXPECT_EQ(entries[1].count, 2);
  EXPECT_EQ(entries[1].event.username, "anna");
}

TEST(SecurityLog, KeepsSoManyAndCutsWhatAClientSent) {
  SecurityLog log;
  said([&] {
    for (int i = 0; i < 200; ++i) log.record(failed_login(std::to_string(i) + std::string(10'000, 'x')), second_us);
  });
  const auto entries = log.entries(1'000);
  ASSERT_EQ(entries.size(), security_entries);
  EXPECT_EQ(entries[0].event.username.size(), security_text_bytes);
  EXPECT_TRUE(entries[0].event.username.starts_with("199x"));
}

TEST(SecurityLog, WritesSoManyLinesASecondAndSaysHowManyItLeftOut) {
  SecurityLog log;
  const std::string text = said([&] {
    for (int i = 0; i < 1'000; ++i) log.record(failed_login("anna\nforged"), second_us);
    log.record(failed_login("bob"), 3 * second_us);
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), security_lines_a_second + 1) << text;
  EXPECT_NE(text.find("warning security event=login-failed reason=auth object=AUTH user=\"anna\\nforged\""),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("user=bob addr=\"\" left_out=990\n"), std::string::npos) << text;
}

TEST(SecurityLog, OneKindOfLinesLeavesRoomForTheOthersAndWhatWasClosedIsNoEntry) {
  SecurityLog log;
  const std::string text = said([&] {
    SecurityEvent closed = failed_login("anna");
    closed.reason = SecurityReason::closed;
    closed.object = "maxmemory-clients";
    for (int i = 0; i < 1'000; ++i) log.record(closed, second_us);
    log.record(failed_login("bob"), second_us);
  });
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), security_lines_a_second + 1) << text;
  EXPECT_NE(text.find("security event=client-closed reason=closed object=maxmemory-clients user=anna"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("event=login-failed"), std::string::npos) << text;
  EXPECT_EQ(log.entries(10).size(), 1u);
}

}  // namespace
}  // namespace holdfast
