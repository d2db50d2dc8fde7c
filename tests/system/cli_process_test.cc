// holdfast-cli as a process, against holdfast-server as a process.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "tests/system/server_process.h"

namespace holdfast {
namespace {

struct Said {
  int exit_code;
  std::string output;
  std::string errors;
};

Said said_by(const ChildOptions& options) {
  ChildProcess cli("holdfast-cli", options);
  const int code = cli.exit_code();
  return {code, cli.output(), cli.errors()};
}

// A path of this test's own, with nothing at it.
std::string fresh_path(const std::string& name) {
  const std::string path = testing::TempDir() + "holdfast_cli_" + std::to_string(::getpid()) + "_" + name;
  ::unlink(path.c_str());
  return path;
}

class Cli : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(server_.ready()); }

  std::vector<std::string> flags(std::vector<std::string> words) const {
    words.insert(words.begin(), {"-p", std::to_string(server_.port())});
    return words;
  }
  Said run(std::vector<std::string> words) const { return feed("", std::move(words)); }
  Said feed(const std::string& input, std::vector<std::string> words = {}) const {
    return said_by({.flags = flags(std::move(words)), .environment = {}, .input = input});
  }
  ChildOptions session(const std::string& history) const {
    return {.flags = flags({}), .environment = {{"HOLDFAST_HISTORY", history}, {"TERM", "xterm"}}, .terminal = true};
  }
  std::string prompt() const { return "127.0.0.1:" + std::to_string(server_.port()) + "> "; }

  ServerProcess server_{{"--port", "0", "--shards", "2"}};
};

TEST_F(Cli, RunsOneCommandAndPrintsItRawIntoAPipe) {
  EXPECT_EQ(run({"DBSIZE"}).output, "0\n");
  EXPECT_EQ(run({"SETSTOCK", "PS5", "3"}).exit_code, 0);
  const Said held = run({"RESERVE", "cart-1", "EX", "300", "ITEMS", "PS5", "1"});
  EXPECT_EQ(held.exit_code, 0);
  EXPECT_TRUE(held.output.ends_with("\n300000\n")) << held.output;
  EXPECT_EQ(run({"RESTOCK", "PS5", "-1"}).exit_code, 0) << "a word of the command that looks like a flag";
  EXPECT_EQ(run({"-3", "STOCK", "PS5"}).output.substr(0, 18), "sku PS5\non_hand 2\n");
}

TEST_F(Cli, ShowsMapsAsJsonObjects) {
  run({"SETSTOCK", "PS5", "3"});
  EXPECT_TRUE(run({"--json", "STOCK", "PS5"}).output.starts_with("{\"sku\":\"PS5\",\"on_hand\":3,\"held\":0,"));
  EXPECT_EQ(run({"--json", "MSTOCK", "none"}).output, "[null]\n");
}

TEST_F(Cli, ExitsWithOneOnAnErrorReply) {
  const Said refused = run({"STOCK", "none"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(refused.output, "NOSKU sku=none\n");
  EXPECT_EQ(run({"--no-raw", "STOCK", "none"}).output, "(error) NOSKU sku=none\n");
}

TEST_F(Cli, ReadsCommandsFromStdinAndGoesOnAfterAnError) {
  const Said said = feed("ECHO one\n\nSTOCK none\nECHO \"two\nECHO 'three four'\nexit\nECHO five\n");
  EXPECT_EQ(said.output, "one\nNOSKU sku=none\nthree four\n");
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_NE(said.errors.find("line 4"), std::string::npos) << said.errors;
  EXPECT_EQ(feed("PING").exit_code, 0);
}

TEST_F(Cli, LoadsInBulkAndCountsReplies) {
  std::string load;
  for (int i = 0; i < 20'000; ++i) load += "SETSTOCK sku-" + std::to_string(i) + " 10\r\n";
  const Said said = feed(load + "*2\r\n$5\r\nSTOCK\r\n$5\r\nsku-1\r\n", {"--pipe"});
  EXPECT_EQ(said.exit_code, 0) << said.errors;
  EXPECT_TRUE(said.output.ends_with("\nerrors: 0, replies: 20001\n")) << said.output;
  EXPECT_EQ(run({"DBSIZE"}).output, "20000\n");
}

// Who only sends until all is sent would wait for ever: the server stops reading from who does not fetch its replies.
TEST_F(Cli, LoadsInBulkWhatAnswersMoreThanAnybodyBuffers) {
  const std::string request = "*2\r\n$4\r\nECHO\r\n$100000\r\n" + std::string(100'000, 'x') + "\r\n";
  std::string load;
  for (int i = 0; i < 500; ++i) load += request;
  EXPECT_TRUE(feed(load, {"--pipe"}).output.ends_with("errors: 0, replies: 500\n"));
}

TEST_F(Cli, TellsTheErrorsOfABulkLoad) {
  const Said said = feed("SETSTOCK a 1\nSTOCK none\nSTOCK a", {"--pipe"});
  EXPECT_EQ(said.exit_code, 1);
  EXPECT_TRUE(said.output.ends_with("errors: 1, replies: 3\n")) << said.output;
  EXPECT_EQ(said.errors, "NOSKU sku=none\n");
}

TEST_F(Cli, SaysThatABulkLoadBrokeOff) {
  const Said said = feed("*1\r\n$x\r\n", {"--pipe"});
  EXPECT_EQ(said.exit_code, 69);
  EXPECT_TRUE(said.output.ends_with("errors: 1, replies: 1\n")) << said.output;
}

TEST_F(Cli, HelpsHintsAndCompletesInASession) {
  ChildProcess cli("holdfast-cli", session(""));
  ASSERT_TRUE(cli.read_on_until(prompt()));
  cli.type("reser\t");
  ASSERT_TRUE(cli.read_on_until("[EX s | PX ms]")) << cli.output();
  cli.type("cart-1 items none 1\r");
  ASSERT_TRUE(cli.read_on_until("(error) NOSKU sku=none")) << cli.output();
  ASSERT_TRUE(cli.read_on_until(prompt()));
  cli.type("help lastseq\r");
  ASSERT_TRUE(cli.read_on_until("reply:")) << cli.output();
  ASSERT_TRUE(cli.read_on_until(prompt()));
  cli.type("quit\r");
  EXPECT_EQ(cli.exit_code(), 0);
}

TEST_F(Cli, DropsALineOnInterruptAndEndsAtEndOfFile) {
  ChildProcess cli("holdfast-cli", session(""));
  ASSERT_TRUE(cli.read_on_until(prompt()));
  cli.type("shutdown");
  ASSERT_TRUE(cli.read_on_until("shutdown"));
  cli.type("\x03");
  ASSERT_TRUE(cli.read_on_until(prompt()));
  cli.type("echo still-here\r");
  ASSERT_TRUE(cli.read_on_until("\"still-here\"")) << cli.output();
  ASSERT_TRUE(cli.read_on_until(prompt()));
  cli.type("\x04");
  EXPECT_EQ(cli.exit_code(), 0);
}

TEST_F(Cli, GivesUpWaitingForAReplyOnInterrupt) {
  ChildProcess cli("holdfast-cli", session(""));
  ASSERT_TRUE(cli.read_on_until(prompt()));
  server_.pause();
  cli.type("ping\r");
  ASSERT_TRUE(cli.read_on_until("\n")) << "the line is taken";
  cli.type("\x03");
  ASSERT_TRUE(cli.read_on_until("may have taken effect")) << cli.output();
  ASSERT_TRUE(cli.read_on_until("not connected> ")) << cli.output();
  server_.resume();
  cli.type("echo again\r");
  ASSERT_TRUE(cli.read_on_until("\"again\"")) << cli.output();
}

TEST_F(Cli, RemembersLinesButNoPasswords) {
  const std::string path = fresh_path("history");
  ChildProcess cli("holdfast-cli", session(path));
  ASSERT_TRUE(cli.read_on_until(prompt()));
  cli.type("auth geheim\r");
  ASSERT_TRUE(cli.read_on_until("(error)"));
  ASSERT_TRUE(cli.read_on_until(prompt()));
  cli.type("echo kept\r");
  ASSERT_TRUE(cli.read_on_until("\"kept\""));
  ASSERT_TRUE(cli.read_on_until(prompt()));
  cli.type("exit\r");
  EXPECT_EQ(cli.exit_code(), 0);
  std::stringstream kept;
  kept << std::ifstream(path).rdbuf();
  EXPECT_EQ(kept.str(), "echo kept\nexit\n");
  ::unlink(path.c_str());
}

TEST(CliProcess, ConnectsAgainAndSaysSo) {
  const std::string path = fresh_path("socket");
  const std::vector<std::string> server_flags = {"--port", "0", "--unixsocket", path};
  auto server = std::make_unique<ServerProcess>(server_flags);
  ASSERT_TRUE(server->ready());
  ChildProcess cli(
      "holdfast-cli",
      {.flags = {"-s", path}, .environment = {{"HOLDFAST_HISTORY", ""}, {"TERM", "xterm"}}, .terminal = true});
  ASSERT_TRUE(cli.read_on_until(path + "> "));
  server->signal(SIGKILL);
  EXPECT_EQ(server->exit_code(), -SIGKILL);
  cli.type("ping\r");
  ASSERT_TRUE(cli.read_on_until("Could not connect")) << cli.output();
  ASSERT_TRUE(cli.read_on_until("not connected> ")) << cli.output();
  server = std::make_unique<ServerProcess>(server_flags);
  ASSERT_TRUE(server->ready());
  cli.type("ping\r");
  ASSERT_TRUE(cli.read_on_until("Connected again")) << cli.output();
  ASSERT_TRUE(cli.read_on_until("PONG")) << cli.output();
}

TEST(CliProcess, ExitsWith69WhereNobodyListens) {
  const Said said = said_by({.flags = {"-s", "/nonexistent/holdfast.sock", "PING"}, .environment = {}});
  EXPECT_EQ(said.exit_code, 69);
  EXPECT_EQ(said.errors.find('\n'), said.errors.size() - 1) << said.errors;
  EXPECT_NE(said.errors.find("Could not connect"), std::string::npos);
}

TEST(CliProcess, ExitsWith64OnABadFlag) {
  EXPECT_EQ(said_by({.flags = {"--nonsense"}, .environment = {}}).exit_code, 64);
}

TEST(CliProcess, HelpsWithoutAServer) {
  const Said said = said_by({.flags = {"-s", "/nonexistent/holdfast.sock", "help"}, .environment = {}});
  EXPECT_EQ(said.exit_code, 0);
  EXPECT_NE(said.output.find("RESERVE"), std::string::npos);
  EXPECT_EQ(said_by({.flags = {"help", "nonsense"}, .environment = {}}).exit_code, 1);
}

}  // namespace
}  // namespace holdfast
