#include <gtest/gtest.h>

#include <charconv>
#include <map>
#include <set>

#include "protocol/scan_command.h"
#include "tests/protocol/fake_server.h"

namespace holdfast {
namespace {

struct Page {
  std::string cursor;
  std::vector<std::string> skus;
};

// Reads the answer of SCAN: an array of the cursor and an array of names without CRLF.
Page read_page(const std::string& reply) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < reply.size(); at = reply.find("\r\n", at) + 2) {
    lines.push_back(reply.substr(at, reply.find("\r\n", at) - at));
  }
  CHECK(lines.size() >= 4 && lines[0] == "*2");
  Page page{lines[2], {}};
  for (size_t at = 5; at < lines.size(); at += 2) page.skus.push_back(lines[at]);
  CHECK(lines[3] == "*" + std::to_string(page.skus.size()));
  return page;
}

class Scan : public testing::Test {
 protected:
  std::string run(std::vector<std::string_view> args) { return server_.run(client_, std::move(args)); }
  Page page(std::vector<std::string_view> args) { return read_page(run(std::move(args))); }

  void put(int first, int last) {
    for (int i = first; i < last; ++i) server_.change_stock({"setstock", "sku-" + std::to_string(i), "1"});
  }
  void take(int first, int last) {
    for (int i = first; i < last; ++i) server_.change_stock({"delstock", "sku-" + std::to_string(i)});
  }

  // How often each SKU is met from the first call to the last. `between` runs after each call.
  template <class Between>
  std::map<std::string, int> all(std::string_view count, const Between& between) {
    std::map<std::string, int> met;
    std::string cursor = "0";
    for (int calls = 0; calls < 1000; ++calls) {
      const Page found = page({"SCAN", cursor, "COUNT", count});
      for (const std::string& sku : found.skus) ++met[sku];
      cursor = found.cursor;
      if (cursor == "0") return met;
      between(calls);
    }
    ADD_FAILURE() << "the scan does not end";
    return met;
  }

  FakeServer server_{3};
  Client& client_ = server_.connect();
};

TEST_F(Scan, OfNothingEndsAtOnce) {
  EXPECT_EQ(run({"SCAN", "0"}), "*2\r\n$1\r\n0\r\n*0\r\n");
  EXPECT_EQ(run({"DBSIZE"}), ":0\r\n");
}

TEST_F(Scan, MeetsEverySkuOfEveryShardOnce) {
  put(0, 100);
  EXPECT_EQ(run({"DBSIZE"}), ":100\r\n");
  for (const std::string_view count : {"1", "7", "100", "9223372036854775807"}) {
    const auto met = all(count, [](int) {});
    EXPECT_EQ(met.size(), 100u) << count;
    for (const auto& [sku, times] : met) EXPECT_EQ(times, 1) << sku << " " << count;
  }
}

TEST_F(Scan, GivesTenAtATimeUnlessToldOtherwise) {
  put(0, 100);
  EXPECT_EQ(page({"SCAN", "0"}).skus.size(), 10u);
  EXPECT_EQ(page({"SCAN", "0", "COUNT", "25"}).skus.size(), 25u);
}

TEST_F(Scan, MeetsWhatStaysWhileOthersComeAndGo) {
  put(0, 100);
  const auto met = all("5", [&](int call) {
    if (call == 2) take(50, 100);
    if (call == 4) put(100, 140);
  });
  for (int i = 0; i < 50; ++i) EXPECT_EQ(met.count("sku-" + std::to_string(i)), 1u) << i;
  for (const auto& [sku, times] : met) EXPECT_EQ(times, 1) << sku;
}

TEST_F(Scan, CountsWhatItLooksAtAndShowsWhatMatches) {
  put(0, 20);
  EXPECT_EQ(page({"SCAN", "0", "MATCH", "sku-1?", "COUNT", "1000"}).skus.size(), 10u);
  EXPECT_EQ(page({"SCAN", "0", "COUNT", "1000", "match", "nosuch"}).skus.size(), 0u);
  const Page first = page({"SCAN", "0", "MATCH", "nosuch"});
  EXPECT_TRUE(first.skus.empty());
  EXPECT_NE(first.cursor, "0");
  EXPECT_EQ(page({"SCAN", "0", "TYPE", "STOCK", "COUNT", "1000"}).skus.size(), 20u);
  EXPECT_EQ(page({"SCAN", "0", "TYPE", "hash", "COUNT", "1000"}).skus.size(), 0u);
}

TEST_F(Scan, ACursorThatWasNeverGivenLeadsToTheEnd) {
  put(0, 20);
  const std::string beyond = std::to_string(ScanCursor{3, 0}.number());
  for (const std::string& cursor : {beyond, std::string("18446744073709551615")}) {
    EXPECT_EQ(run({"SCAN", cursor}), "*2\r\n$1\r\n0\r\n*0\r\n") << cursor;
  }
  const std::string far = std::to_string(ScanCursor{2, 4'000'000'000u}.number());
  EXPECT_EQ(run({"SCAN", far}), "*2\r\n$1\r\n0\r\n*0\r\n");
}

TEST_F(Scan, CursorsFitIntoTheIntegersOfJavaScript) {
  EXPECT_LT((ScanCursor{255, 0xffffffffu}.number()), uint64_t{1} << 53);
}

TEST_F(Scan, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(run({"SCAN"}), "-ERR wrong number of arguments for 'scan' command\r\n");
  EXPECT_EQ(run({"SCAN", "x"}), "-ERR invalid cursor\r\n");
  EXPECT_EQ(run({"SCAN", ""}), "-ERR invalid cursor\r\n");
  EXPECT_EQ(run({"SCAN", "99999999999999999999999"}), "-ERR invalid cursor\r\n");
  EXPECT_EQ(run({"SCAN", "0", "COUNT", "0"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run({"SCAN", "0", "COUNT", "x"}), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(run({"SCAN", "0", "COUNT"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run({"SCAN", "0", "FOO", "x"}), "-ERR syntax error\r\n");
}

}  // namespace
}  // namespace holdfast
