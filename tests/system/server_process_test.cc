#include "tests/system/server_process.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace holdfast {
namespace {

constexpr std::string_view ping = "PING\r\n";
constexpr std::string_view pong = "+PONG\r\n";

bool is_one_line(const std::string& text) {
  return !text.empty() && text.find('\n') == text.size() - 1;
}

// A path of this test's own, with nothing at it. Short: a Unix socket's path has at most 107 bytes.
std::string fresh_path(const std::string& name) {
  const std::string path = testing::TempDir() + "holdfast_" + std::to_string(::getpid()) + "_" + name;
  std::filesystem::remove(path);
  return path;
}

// A socket bound at `path` (or, with @, in the abstract namespace).
int bound_socket(const std::string& path, int type) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (path[0] == '@') address.sun_path[0] = '\0';
  const int fd = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  EXPECT_EQ(::bind(fd, reinterpret_cast<const sockaddr*>(&address), length), 0) << path;
  return fd;
}

std::string next_datagram(int fd) {
  pollfd readable{fd, POLLIN, 0};
  if (::poll(&readable, 1, 30'000) <= 0) return "nothing came";
  std::array<char, 256> buffer{};
  const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
  return {buffer.data(), static_cast<size_t>(std::max<ssize_t>(got, 0))};
}

// The answer to CONFIG GET of one setting, in RESP2.
void expect_setting(TestClient& client, const std::string& name, const std::string& value) {
  const auto bulk = [](const std::string& text) { return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n"; };
  const std::string expected = "*2\r\n" + bulk(name) + bulk(value);
  EXPECT_EQ(client.ask("CONFIG GET " + name + "\r\n", expected), expected);
}

TEST(ServerProcess, ShowsDefaultsInHelp) {
  ServerProcess server({"--help"});
  EXPECT_EQ(server.exit_code(), 0);
  EXPECT_NE(server.output().find("7379"), std::string::npos);
  EXPECT_NE(server.output().find("--max-hold-life"), std::string::npos);
  EXPECT_EQ(server.errors(), "");
}

TEST(ServerProcess, RefusesABadFlagInOneLineOnStderr) {
  ServerProcess server({"--default-ttl", "5x"});
  EXPECT_EQ(server.exit_code(), 64);
  EXPECT_TRUE(is_one_line(server.errors())) << server.errors();
  EXPECT_NE(server.errors().find("--default-ttl"), std::string::npos);
  EXPECT_EQ(server.output(), "");
}

TEST(ServerProcess, TellsVersionPortShardsAndPidThenThatItIsReady) {
  ServerProcess server({"--port", "0", "--shards", "2"});
  ASSERT_TRUE(server.ready());
  EXPECT_EQ(server.logged("version"), HOLDFAST_VERSION);
  EXPECT_EQ(server.logged("shards"), "2");
  EXPECT_EQ(server.logged("pid"), std::to_string(server.pid()));
  EXPECT_LT(server.output().find(" port="), server.output().find("Ready to accept"));
  TestClient client(server.port());
  EXPECT_EQ(client.ask(ping, pong), pong);
}

TEST(ServerProcess, SaysThatNothingSurvivesARestart) {
  ServerProcess server({"--port", "0"});
  ASSERT_TRUE(server.ready());
  EXPECT_NE(server.output().find("Everything is in memory"), std::string::npos);
}

TEST(ServerProcess, RefusesAPortInUse) {
  ServerProcess first({"--port", "0"});
  ASSERT_TRUE(first.ready());
  ServerProcess second({"--port", first.logged("port")});
  EXPECT_EQ(second.exit_code(), 69);
  EXPECT_TRUE(is_one_line(second.errors())) << second.errors();
  EXPECT_NE(second.errors().find(first.logged("port")), std::string::npos) << second.errors();
  EXPECT_NE(second.errors().find("in use"), std::string::npos) << second.errors();
}

TEST(ServerProcess, RefusesAnAddressThatIsNone) {
  ServerProcess server({"--port", "0", "--bind", "256.0.0.1"});
  EXPECT_EQ(server.exit_code(), 69);
  EXPECT_TRUE(is_one_line(server.errors())) << server.errors();
  EXPECT_NE(server.errors().find("256.0.0.1"), std::string::npos) << server.errors();
}

TEST(ServerProcess, CountsFlagsOverEnvironmentOverFileOverDefaults) {
  const std::string file = fresh_path("config");
  std::ofstream(file) << "shards 1\nmax-tombstones 1\ndefault-ttl = 1s\n";
  ServerProcess server(ServerOptions{{"--port", "0", "--config", file, "--default-ttl", "3s"},
                                     {{"HOLDFAST_MAX_TOMBSTONES", "2"}, {"HOLDFAST_DEFAULT_TTL", "2s"}},
                                     0});
  ASSERT_TRUE(server.ready());
  TestClient client(server.port());
  expect_setting(client, "default-ttl", "3s");
  expect_setting(client, "max-tombstones", "2");
  expect_setting(client, "shards", "1");
  expect_setting(client, "max-ttl", "1h");
  std::filesystem::remove(file);
}

TEST(ServerProcess, StopsWithZeroOnSigtermAndSigint) {
  for (const int number : {SIGTERM, SIGINT}) {
    ServerProcess server({"--port", "0", "--shards", "2"});
    ASSERT_TRUE(server.ready());
    TestClient idle(server.port());
    EXPECT_EQ(idle.ask(ping, pong), pong);
    server.signal(number);
    EXPECT_EQ(server.exit_code(), 0) << number;
    EXPECT_EQ(server.errors(), "");
    EXPECT_EQ(idle.receive_all(), "");
    EXPECT_FALSE(TestClient(server.port()).connected());
  }
}

TEST(ServerProcess, AnswersWhatItReceivedBeforeItStops) {
  ServerProcess server({"--port", "0", "--shards", "2"});
  ASSERT_TRUE(server.ready());
  std::string requests;
  std::string expected;
  for (int i = 0; i < 500; ++i) {
    requests += "DELSTOCK none" + std::to_string(i) + "\r\n";
    expected += ":0\r\n";
  }
  TestClient client(server.port());
  EXPECT_EQ(client.ask(ping, pong), pong);
  client.send(requests);  // in its receive buffer when this returns: loopback delivers at once
  server.signal(SIGTERM);
  const std::string answers = client.receive_all();
  EXPECT_TRUE(answers == expected) << answers.size() << " of " << expected.size() << " bytes";
  EXPECT_EQ(server.exit_code(), 0);
}

// Its replies are far more than all buffers between the two hold; its requests are few bytes.
TEST(ServerProcess, ServesTheOthersAndStopsThoughAClientDoesNotReadItsReplies) {
  ServerProcess server({"--port", "0", "--shards", "1"});
  ASSERT_TRUE(server.ready());
  TestClient deaf(server.port());
  std::string requests;
  for (int i = 0; i < 2'000; ++i) requests += "COMMAND DOCS\r\n";
  deaf.send(requests);
  EXPECT_NE(deaf.receive(1), "");  // it is being answered
  TestClient other(server.port());
  EXPECT_EQ(other.ask(ping, pong), pong);
  server.signal(SIGTERM);
  EXPECT_EQ(server.exit_code(), 0);
}

TEST(ServerProcess, StopsWithZeroOnShutdown) {
  ServerProcess server({"--port", "0", "--shards", "2"});
  ASSERT_TRUE(server.ready());
  TestClient client(server.port());
  client.send("SHUTDOWN\r\n");
  EXPECT_EQ(server.exit_code(), 0);
}

TEST(ServerProcess, LivesThroughSighup) {
  ServerProcess server({"--port", "0"});
  ASSERT_TRUE(server.ready());
  server.signal(SIGHUP);
  TestClient client(server.port());
  EXPECT_EQ(client.ask(ping, pong), pong);
  server.signal(SIGTERM);
  EXPECT_EQ(server.exit_code(), 0);
}

TEST(ServerProcess, LivesOnWhenNobodyReadsItsLog) {
  ServerProcess server({"--port", "0", "--loglevel", "debug"});
  ASSERT_TRUE(server.ready());
  server.close_output();
  TestClient client(server.port());
  EXPECT_EQ(client.ask(ping, pong), pong);
  server.signal(SIGTERM);
  EXPECT_EQ(server.exit_code(), 0);
}

TEST(ServerProcess, TellsTheServiceManagerThatItIsReadyAndThatItStops) {
  const std::string path = fresh_path("notify");
  for (const std::string& name : {path, "@" + path}) {
    const int manager = bound_socket(name, SOCK_DGRAM);
    ServerProcess server(ServerOptions{{"--port", "0", "--loglevel", "warning"}, {{"NOTIFY_SOCKET", name}}, 0});
    EXPECT_EQ(next_datagram(manager), "READY=1") << name;
    server.signal(SIGTERM);
    EXPECT_EQ(next_datagram(manager), "STOPPING=1") << name;
    EXPECT_EQ(server.exit_code(), 0);
    EXPECT_EQ(server.output(), "");  // warning hides what is only noticed
    ::close(manager);
  }
  std::filesystem::remove(path);
}

TEST(ServerProcess, ServesOnAUnixSocketAndTakesItAwayAtTheEnd) {
  const std::string path = fresh_path("socket");
  ServerProcess server({"--port", "0", "--unixsocket", path});
  ASSERT_TRUE(server.ready());
  TestClient client(path);
  EXPECT_EQ(client.ask(ping, pong), pong);
  server.signal(SIGTERM);
  EXPECT_EQ(server.exit_code(), 0);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(ServerProcess, ReplacesTheUnixSocketOfAServerThatWasKilled) {
  const std::string path = fresh_path("stale");
  {
    ServerProcess killed({"--port", "0", "--unixsocket", path});
    ASSERT_TRUE(killed.ready());
    killed.signal(SIGKILL);
    EXPECT_EQ(killed.exit_code(), -SIGKILL);
  }
  ASSERT_TRUE(std::filesystem::exists(path));
  ServerProcess server({"--port", "0", "--unixsocket", path});
  ASSERT_TRUE(server.ready());
  TestClient client(path);
  EXPECT_EQ(client.ask(ping, pong), pong);
  server.signal(SIGTERM);
  EXPECT_EQ(server.exit_code(), 0);
}

TEST(ServerProcess, LeavesTheUnixSocketOfARunningServerAlone) {
  const std::string path = fresh_path("live");
  ServerProcess first({"--port", "0", "--unixsocket", path});
  ASSERT_TRUE(first.ready());
  ServerProcess second({"--port", "0", "--unixsocket", path});
  EXPECT_EQ(second.exit_code(), 73);
  EXPECT_TRUE(is_one_line(second.errors())) << second.errors();
  TestClient client(path);
  EXPECT_EQ(client.ask(ping, pong), pong);
  first.signal(SIGTERM);
  EXPECT_EQ(first.exit_code(), 0);
}

TEST(ServerProcess, RefusesAUnixSocketThatCannotBeMade) {
  const std::string file = fresh_path("file");
  std::ofstream(file) << "somebody's";
  for (const std::string& path : {file, std::string("/nonexistent/holdfast.sock"), "/tmp/" + std::string(200, 'x')}) {
    ServerProcess server({"--port", "0", "--unixsocket", path});
    EXPECT_EQ(server.exit_code(), 73) << path;
    EXPECT_TRUE(is_one_line(server.errors())) << server.errors();
    EXPECT_NE(server.errors().find(path), std::string::npos) << server.errors();
  }
  EXPECT_EQ(std::filesystem::file_size(file), 10U);
  std::filesystem::remove(file);
}

TEST(ServerProcess, LowersMaxclientsToTheDescriptorsThatItMayOpenAndSaysSo) {
  ServerProcess server(ServerOptions{{"--port", "0", "--shards", "1"}, {}, 200});
  ASSERT_TRUE(server.ready());
  EXPECT_NE(server.output().find(" warning Lowered maxclients"), std::string::npos) << server.output();
  TestClient client(server.port());
  expect_setting(client, "maxclients", server.logged("maxclients"));
}

TEST(ServerProcess, RefusesToServeWithoutADescriptorForAClient) {
  ServerProcess server(ServerOptions{{"--port", "0", "--shards", "1"}, {}, 30});
  EXPECT_EQ(server.exit_code(), 71);
  EXPECT_TRUE(is_one_line(server.errors())) << server.errors();
}

}  // namespace
}  // namespace holdfast
