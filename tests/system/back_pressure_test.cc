// A client that sends and does not read.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <string>
#include <thread>

#include "tests/system/reply_client.h"

namespace holdfast {
namespace {

constexpr int requests = 200'000;
constexpr int skus = 100;
constexpr int64_t allowed_kib = 16 * 1024;  // more than before

// Resident memory in KiB (proc(5), VmRSS).
int64_t resident_kib(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("VmRSS:")) return std::atoll(line.c_str() + 6);
  }
  return 0;
}

std::string sku(int number) {
  return "sku-" + std::to_string(number % skus);
}

std::string stock_map(int number) {
  const std::string name = sku(number);
  std::string text = "*24\r\n$3\r\nsku\r\n$" + std::to_string(name.size()) + "\r\n" + name + "\r\n";
  const auto figure = [&](std::string_view key, int value) {
    text += "$" + std::to_string(key.size()) + "\r\n" + std::string(key) + "\r\n:" + std::to_string(value) + "\r\n";
  };
  figure("on_hand", 1000 + number % skus);
  figure("held", 0);
  figure("available", 1000 + number % skus);
  for (const char* key : {"sold", "oversell", "short"}) figure(key, 0);
  figure("version", 1);
  for (const char* key : {"percart", "paused", "challenge", "waiting"}) figure(key, 0);
  return text;
}

void expect_bounded_memory_and_all_replies(const char* shards) {
  ServerProcess server({"--port", "0", "--shards", shards});
  ASSERT_TRUE(server.ready());
  ReplyClient other(server.port());
  for (int i = 0; i < skus; ++i) other.ask("SETSTOCK " + sku(i) + " " + std::to_string(1000 + i));
  const int64_t before_kib = resident_kib(server.pid());

  TestClient deaf(server.port());
  std::thread sender([&] {
    std::string all;
    for (int i = 0; i < requests; ++i) all += "STOCK " + sku(i) + "\r\n";
    deaf.send(all);
  });
  // The others are served, for more turns than it would take to answer all of the requests at 1,024 a turn.
  int64_t most_kib = 0;
  for (int i = 0; i < 2'000; ++i) {
    EXPECT_EQ(other.ask("PING").text, "PONG");
    most_kib = std::max(most_kib, resident_kib(server.pid()));
  }
  // All the replies together are over 40 MiB.
  EXPECT_LT(most_kib - before_kib, allowed_kib) << "on " << shards << " shards";

  for (int i = 0; i < requests && !testing::Test::HasFailure(); ++i) {
    const std::string expected = stock_map(i);
    const std::string reply = deaf.receive(expected.size());
    if (reply != expected) ADD_FAILURE() << "reply " << i << ": " << reply << "instead of: " << expected;
  }
  if (testing::Test::HasFailure()) server.signal(SIGKILL);  // the sender would wait for ever
  sender.join();
}

TEST(BackPressure, BoundsMemoryServesTheOthersAndLosesNothingOnOneShard) {
  expect_bounded_memory_and_all_replies("1");
}

TEST(BackPressure, BoundsMemoryServesTheOthersAndLosesNothingOnFourShards) {
  expect_bounded_memory_and_all_replies("4");
}

// A few bytes ask for very many: what one read of the socket brings must not be answered all at once.
TEST(BackPressure, BoundsMemoryWhereShortRequestsHaveLongReplies) {
  ServerProcess server({"--port", "0", "--shards", "1"});
  ASSERT_TRUE(server.ready());
  ReplyClient other(server.port());
  const auto docs = static_cast<int64_t>(other.ask("COMMAND DOCS").shown().size());
  const int64_t before_kib = resident_kib(server.pid());
  TestClient deaf(server.port());
  constexpr int64_t all = 1'000;
  std::string bytes;
  for (int64_t i = 0; i < all; ++i) bytes += "COMMAND DOCS\r\n";
  deaf.send(bytes);
  int64_t most_kib = 0;
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(other.ask("PING").text, "PONG");
    most_kib = std::max(most_kib, resident_kib(server.pid()));
  }
  EXPECT_GT(all * docs / 1024, allowed_kib / 2) << "they are too short for this test";
  EXPECT_LT(most_kib - before_kib, allowed_kib / 2);
}

}  // namespace
}  // namespace holdfast
