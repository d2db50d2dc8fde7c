// What a server costs that nobody asks for anything. This is CPU time as the kernel counts it, not how fast anything
// is.
#include <gtest/gtest.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "tests/system/reply_client.h"

namespace holdfast {
namespace {

constexpr int observed_ms = 2'000;
constexpr int64_t allowed_us = 10'000;  // half a percent of one core

// User and system time of the whole process so far.
int64_t cpu_us(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  EXPECT_EQ(clock_getcpuclockid(pid, &clock), 0);
  EXPECT_EQ(clock_gettime(clock, &time), 0);
  return int64_t{time.tv_sec} * 1'000'000 + time.tv_nsec / 1'000;
}

int64_t cpu_us_while_nobody_asks(const ServerProcess& server) {
  const int64_t before = cpu_us(server.pid());
  ::poll(nullptr, 0, observed_ms);  // the time that is observed
  return cpu_us(server.pid()) - before;
}

TEST(Idle, CostsNoCpuWithoutClients) {
  ServerProcess server({"--port", "0", "--shards", "2"});
  ASSERT_TRUE(server.ready());
  EXPECT_LE(cpu_us_while_nobody_asks(server), allowed_us);
}

TEST(Idle, CostsNoCpuWithClientsAndTenThousandHoldsThatEndLater) {
  ServerProcess server({"--port", "0", "--shards", "2"});
  ASSERT_TRUE(server.ready());
  ReplyClient client(server.port());
  client.ask("SETSTOCK a 10000");
  client.ask("SETSTOCK b 10000");
  constexpr int holds = 10'000;
  std::string requests;
  for (int i = 0; i < holds; ++i) requests += "RESERVE c" + std::to_string(i) + " EX 600 ITEMS a 1 b 1\r\n";
  client.send(requests);
  for (int i = 0; i < holds; ++i) ASSERT_TRUE(client.next().is_hold());
  EXPECT_GT(cpu_us(server.pid()), 1'000) << "this does not measure anything";
  EXPECT_LE(cpu_us_while_nobody_asks(server), allowed_us);
}

}  // namespace
}  // namespace holdfast
