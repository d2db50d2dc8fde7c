// holdfast-load as a process, against holdfast-server as a process: every scenario in small, and an audit that finds
// what somebody else did.
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/system/reply_client.h"

namespace holdfast {
namespace {

class LoadProcess : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.ready()); }

  ChildOptions flags(std::vector<std::string> words) const {
    words.insert(words.begin(), {"--port", std::to_string(server_.port()), "--ttl", "300ms", "--connections", "8"});
    return {.flags = std::move(words), .environment = {}};
  }

  // A short run; its report. The audit passed.
  std::string report_of(std::vector<std::string> words) {
    words.insert(words.end(), {"--duration", "500ms", "--warmup", "100ms", "--rate", "500", "--skus", "50"});
    return report_of_exactly(std::move(words));
  }
  std::string report_of_exactly(std::vector<std::string> words) {
    ChildProcess load("holdfast-load", flags(std::move(words)));
    EXPECT_EQ(load.exit_code(), 0) << load.output() << load.errors();
    return load.output();
  }

  // A run of two seconds while `mischief` is made, once its SKUs are there. What it exits with.
  template <class Mischief>
  int exit_code_with(Mischief mischief, std::string& output) {
    ChildProcess load("holdfast-load", flags({"spread", "--duration", "2s", "--warmup", "0", "--rate", "200", "--skus",
                                              "3", "--stock", "1000000"}));
    ReplyClient thief(server_.port());
    while (thief.ask("STOCK sku:000000000002").is_error()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
    mischief(thief);
    const int code = load.exit_code();
    output = load.output();
    return code;
  }

  ServerProcess server_{{"--port", "0", "--shards", "2"}};
};

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_F(LoadProcess, AuditsOneItemCarts) {
  EXPECT_TRUE(contains(report_of({"spread"}), "\naudit         passed: 50 SKUs"));
  EXPECT_TRUE(contains(report_of({"hot"}), "\naudit         passed: 50 SKUs"));
}

TEST_F(LoadProcess, AuditsCartsOverShards) {
  EXPECT_TRUE(contains(report_of({"cart", "--threads", "2", "--pipeline", "4"}), "\naudit         passed: 50 SKUs"));
  const std::string closed = report_of_exactly(
      {"cart", "--closed", "--items", "4", "--duration", "500ms", "--warmup", "100ms", "--skus", "50"});
  EXPECT_TRUE(contains(closed, "\nCLOSED LOOP"));
}

TEST_F(LoadProcess, WaitsForNoDeadlineWhereNothingIsHeld) {
  const std::string report = report_of({"spread", "--ttl", "2h"});  // more than max-ttl: all are refused
  EXPECT_TRUE(contains(report, "\naudit         passed: 50 SKUs")) << report;
}

TEST_F(LoadProcess, GivesUpTheAuditWhenItIsToldTwiceToEndWhileUnitsAreHeld) {
  ChildProcess load("holdfast-load", flags({"spread", "--ttl", "1h", "--warmup", "0", "--rate", "500", "--skus", "3"}));
  ReplyClient looker(server_.port());
  while (looker.ask("DBSIZE").number < 3 || looker.ask("STOCK sku:000000000002").figure("held") == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  load.signal(SIGINT);
  load.signal(SIGTERM);
  EXPECT_EQ(load.exit_code(), 1);
}

TEST_F(LoadProcess, AuditsWhatWasBoughtReleasedAndForgotten) {
  const std::string report = report_of({"checkout", "--think", "20ms"});
  EXPECT_TRUE(contains(report, "\nCOMMIT "));
  EXPECT_TRUE(contains(report, "\nRELEASE "));
  EXPECT_TRUE(contains(report, "\nerrors        none\n")) << report;
}

TEST_F(LoadProcess, SellsOutInAFlashAndCountsWhoCameTooLate) {
  const std::string report =
      report_of_exactly({"flash", "--stock", "100", "--rate", "500", "--duration", "1s", "--think", "10ms"});
  EXPECT_TRUE(contains(report, "\nerrors        OUTOFSTOCK=")) << report;
  EXPECT_TRUE(contains(report, "passed: 1 SKUs, 100 units put in = 0 on hand + 100 sold, held 0")) << report;
}

TEST_F(LoadProcess, ServesALineOfWaiters) {
  const std::string report = report_of_exactly(
      {"wait", "--closed", "--stock", "2", "--think", "10ms", "--duration", "500ms", "--warmup", "0"});
  EXPECT_TRUE(contains(report, "\nRELEASE ")) << report;
  EXPECT_TRUE(contains(report, "\nerrors        none\n")) << report;
}

TEST_F(LoadProcess, WatchesAStormOfExpiries) {
  const std::string report = report_of_exactly({"expiry-storm", "--holds", "5000", "--fill-time", "2s", "--duration",
                                                "1s", "--warmup", "100ms", "--due-within", "500ms", "--rate", "200"});
  EXPECT_TRUE(contains(report, "\nstorm         5000 holds, the last unit back ")) << report;
  EXPECT_FALSE(contains(report, "never came back")) << report;
  EXPECT_FALSE(contains(report, "before their deadline")) << report;
}

TEST_F(LoadProcess, OnlyLoadsOrOnlyPings) {
  EXPECT_TRUE(contains(report_of_exactly({"spread", "--skus", "2000", "--load-only"}), "passed: 2000 SKUs"));
  const std::string report = report_of_exactly({"ping", "--duration", "200ms", "--warmup", "0", "--rate", "500"});
  EXPECT_TRUE(contains(report, "\nPING ")) << report;
  EXPECT_FALSE(contains(report, "audit")) << report;
}

TEST_F(LoadProcess, TellsTheServersUseAndWritesFiles) {
  const std::string path = testing::TempDir() + "holdfast_load_" + std::to_string(::getpid()) + ".hgrm";
  const std::string json =
      report_of({"spread", "--json", "--hgrm", path, "--server-pid", std::to_string(server_.pid())});
  EXPECT_TRUE(contains(json, "\"cpu_us_a_request\":")) << json;
  EXPECT_TRUE(contains(json, "\"passed\":true")) << json;
  std::stringstream percentiles;
  percentiles << std::ifstream(path).rdbuf();
  EXPECT_TRUE(contains(percentiles.str(), "Total count    =          250]")) << percentiles.str();
  ::unlink(path.c_str());
}

TEST_F(LoadProcess, FindsThatSomebodyTookStock) {
  std::string output;
  EXPECT_EQ(exit_code_with([](ReplyClient& thief) { thief.ask("RESTOCK sku:000000000001 -1"); }, output), 1);
  EXPECT_TRUE(contains(output, "\naudit         FAILED")) << output;
  EXPECT_TRUE(contains(output, "sku:000000000001: 1000000 units were put in; on hand 999999 + sold 0 = 999999"))
      << output;
}

TEST_F(LoadProcess, FindsThatSomebodyElseBought) {
  std::string output;
  const auto buy = [](ReplyClient& thief) {
    const WireReply hold = thief.ask("RESERVE stranger ITEMS sku:000000000001 1");
    ASSERT_TRUE(hold.is_hold());
    EXPECT_EQ(thief.ask("COMMIT " + hold.items[0].text).text, "OK");
  };
  EXPECT_EQ(exit_code_with(buy, output), 1);
  EXPECT_TRUE(contains(output, "1 units were sold, and our buyers were told of 0")) << output;
}

TEST_F(LoadProcess, FindsUnitsThatSomebodyStillHolds) {
  std::string output;
  const auto hold = [](ReplyClient& thief) {
    ASSERT_TRUE(thief.ask("RESERVE stranger EX 60 ITEMS sku:000000000001 1").is_hold());
  };
  EXPECT_EQ(exit_code_with(hold, output), 1);
  EXPECT_TRUE(contains(output, "held 3.0 s after the last deadline 1")) << output;
}

TEST_F(LoadProcess, ReportsOnTheServersEnd) {
  ChildProcess load("holdfast-load", flags({"spread", "--duration", "8s", "--skus", "3"}));
  ReplyClient client(server_.port());
  while (client.ask("STOCK sku:000000000002").is_error()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  server_.signal(SIGKILL);
  EXPECT_EQ(load.exit_code(), 69);
}

TEST(LoadProcessAlone, ExitsWith69WhereNobodyListens) {
  ChildProcess load("holdfast-load",
                    {.flags = {"spread", "--unixsocket", "/nonexistent/holdfast.sock"}, .environment = {}});
  EXPECT_EQ(load.exit_code(), 69);
  EXPECT_EQ(load.errors().find('\n'), load.errors().size() - 1) << load.errors();
}

TEST(LoadProcessAlone, ExitsWith64OnABadFlag) {
  ChildProcess load("holdfast-load", {.flags = {"spread", "--nonsense"}, .environment = {}});
  EXPECT_EQ(load.exit_code(), 64);
}

}  // namespace
}  // namespace holdfast
