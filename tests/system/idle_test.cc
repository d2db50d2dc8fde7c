// What a server costs that nobody asks for anything. This is CPU time as the kernel counts it, not how fast anything
// is.
#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/system/reply_client.h"

namespace holdfast {
namespace {

constexpr int observed_ms = 2'000;
constexpr int64_t allowed_ticks = 1;  // of 10 ms: half a percent of one core

// User and system time of the whole process so far, in ticks (proc(5), /proc/pid/stat, fields 14 and 15).
int64_t cpu_ticks(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  std::istringstream fields(text.substr(text.rfind(')') + 2));  // the name may hold blanks
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  int64_t user = 0;
  int64_t system = 0;
  fields >> user >> system;
  return user + system;
}

int64_t ticks_while_nobody_asks(const ServerProcess& server) {
  const int64_t before = cpu_ticks(server.pid());
  ::poll(nullptr, 0, observed_ms);  // the time that is observed
  return cpu_ticks(server.pid()) - before;
}

TEST(Idle, CostsNoCpuWithoutClients) {
  ServerProcess server({"--port", "0", "--shards", "2"});
  ASSERT_TRUE(server.ready());
  EXPECT_LE(ticks_while_nobody_asks(server), allowed_ticks);
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
  EXPECT_GT(cpu_ticks(server.pid()), 0) << "this does not measure anything";
  EXPECT_LE(ticks_while_nobody_asks(server), allowed_ticks);
}

}  // namespace
}  // namespace holdfast
