#include <gtest/gtest.h>

#include "protocol/subcommands.h"
#include "tests/protocol/fake_server.h"

namespace holdfast {
namespace {

class Connection : public testing::Test {
 protected:
  std::string run(std::vector<std::string_view> args) { return server_.run(client_, std::move(args)); }

  FakeServer server_;
  Client& client_ = server_.connect();
};

using ConnectionCommands = Connection;

TEST_F(ConnectionCommands, PingAnswersPongOrTheMessage) {
  EXPECT_EQ(run({"PING"}), "+PONG\r\n");
  EXPECT_EQ(run({"ping", "a\r\nb"}), "$4\r\na\r\nb\r\n");
  EXPECT_EQ(run({"PING", "a", "b"}), "-ERR wrong number of arguments for 'ping' command\r\n");
}

TEST_F(ConnectionCommands, EchoAnswersTheMessage) {
  EXPECT_EQ(run({"ECHO", ""}), "$0\r\n\r\n");
}

TEST_F(ConnectionCommands, ThereIsOneDatabase) {
  EXPECT_EQ(run({"SELECT", "0"}), "+OK\r\n");
  EXPECT_EQ(run({"SELECT", "1"}), "-ERR DB index is out of range\r\n");
  EXPECT_EQ(run({"SELECT", "-1"}), "-ERR DB index is out of range\r\n");
  EXPECT_EQ(run({"SELECT", "x"}), "-ERR value is not an integer or out of range\r\n");
}

TEST_F(ConnectionCommands, QuitClosesAfterItsAnswer) {
  EXPECT_EQ(run({"QUIT"}), "+OK\r\n");
  EXPECT_TRUE(client_.close_after_reply);
}

TEST_F(ConnectionCommands, ResetMakesTheConnectionNew) {
  run({"HELLO", "3", "SETNAME", "till"});
  run({"CLIENT", "NO-EVICT", "ON"});
  run({"CLIENT", "REPLY", "OFF"});
  EXPECT_EQ(run({"RESET"}), "+RESET\r\n");
  EXPECT_EQ(client_.resp, 2);
  EXPECT_EQ(client_.name, "");
  EXPECT_FALSE(client_.no_evict);
  EXPECT_EQ(client_.reply_mode, ReplyMode::on);
}

TEST_F(ConnectionCommands, AuthWithoutAPasswordSetSaysWhatRedisSays) {
  EXPECT_EQ(run({"AUTH", "x"}),
            "-ERR AUTH <password> called without any password configured for the default user. Are you sure your "
            "configuration is correct?\r\n");
  EXPECT_EQ(run({"AUTH", "default", "x"}), "+OK\r\n");
  EXPECT_EQ(run({"AUTH", "somebody", "x"}), "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  EXPECT_EQ(run({"AUTH", "a", "b", "c"}), "-ERR syntax error\r\n");
}

TEST_F(ConnectionCommands, HelloAnswersInTheVersionThatItChooses) {
  const std::string fields =
      "$6\r\nserver\r\n$8\r\nholdfast\r\n$7\r\nversion\r\n$5\r\n7.2.0\r\n$5\r\nproto\r\n:3\r\n$2\r\nid\r\n:1\r\n"
      "$4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n*0\r\n";
  EXPECT_EQ(run({"HELLO", "3"}), "%7\r\n" + fields);
  EXPECT_EQ(client_.resp, 3);
  EXPECT_EQ(run({"HELLO"}), "%7\r\n" + fields);
  EXPECT_EQ(run({"HELLO", "2"}).substr(0, 5), "*14\r\n");
  EXPECT_EQ(client_.resp, 2);
}

TEST_F(ConnectionCommands, HelloTakesUserAndName) {
  EXPECT_EQ(run({"HELLO", "3", "SETNAME", "till-1", "AUTH", "default", "x"}).substr(0, 4), "%7\r\n");
  EXPECT_EQ(client_.name, "till-1");
}

TEST_F(ConnectionCommands, ARefusedHelloChangesNothing) {
  EXPECT_EQ(run({"HELLO", "4"}), "-NOPROTO unsupported protocol version\r\n");
  EXPECT_EQ(run({"HELLO", "x"}), "-ERR Protocol version is not an integer or out of range\r\n");
  EXPECT_EQ(run({"HELLO", "3", "AUTH", "default"}), "-ERR Syntax error in HELLO option 'AUTH'\r\n");
  EXPECT_EQ(run({"HELLO", "3", "SETNAME", "a b"}),
            "-ERR Client names cannot contain spaces, newlines or special characters.\r\n");
  EXPECT_EQ(run({"HELLO", "3", "SETNAME", "ok", "AUTH", "somebody", "x"}),
            "-WRONGPASS invalid username-password pair or user is disabled.\r\n");
  EXPECT_EQ(client_.resp, 2);
  EXPECT_EQ(client_.name, "");
}

TEST(UnknownCommand, NamesTheFirstArguments) {
  const std::array<std::string_view, 3> args{"foo", "a", "b"};
  EXPECT_EQ(unknown_command(args), "ERR unknown command 'foo', with args beginning with: 'a' 'b' ");
  EXPECT_EQ(unknown_command(Args(args).first(1)), "ERR unknown command 'foo', with args beginning with: ");
}

TEST(UnknownCommand, IsCutWhereRedisCutsIt) {
  const std::string name(200, 'y');
  const std::string long_word(200, 'x');
  const std::string z(60, 'z');
  const std::string w(66, 'w');
  const std::array<std::string_view, 3> one{name, long_word, "b"};
  EXPECT_EQ(unknown_command(one), "ERR unknown command '" + std::string(128, 'y') + "', with args beginning with: '" +
                                      std::string(128, 'x') + "' ");
  // 63 bytes with quotes and blank leave 65 for the next one.
  const std::array<std::string_view, 4> two{"f", z, w, "b"};
  EXPECT_EQ(unknown_command(two),
            "ERR unknown command 'f', with args beginning with: '" + z + "' '" + std::string(65, 'w') + "' ");
  const std::string_view with_nul("a\0b", 3);
  const std::array<std::string_view, 2> three{"f", with_nul};
  EXPECT_EQ(unknown_command(three), "ERR unknown command 'f', with args beginning with: 'a' ");
}

TEST_F(ConnectionCommands, SubcommandsAreCheckedAsInRedis) {
  EXPECT_EQ(run({"CLIENT"}), "-ERR wrong number of arguments for 'client' command\r\n");
  EXPECT_EQ(run({"client", "FOO", "x"}), "-ERR unknown subcommand 'FOO'. Try CLIENT HELP.\r\n");
  EXPECT_EQ(run({"CLIENT", "maint_notifications", "ON"}),
            "-ERR unknown subcommand 'maint_notifications'. Try CLIENT HELP.\r\n");
  EXPECT_EQ(run({"CLIENT", "id", "x"}), "-ERR wrong number of arguments for 'client|id' command\r\n");
  const std::string long_word(200, 'x');
  EXPECT_EQ(run({"config", long_word}),
            "-ERR unknown subcommand '" + std::string(128, 'x') + "'. Try CONFIG HELP.\r\n");
}

TEST_F(ConnectionCommands, HelpListsTheSubcommandsAndEndsWithItself) {
  const std::string help = run({"MODULE", "HELP"});
  EXPECT_EQ(help,
            "*5\r\n+MODULE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:\r\n+LIST\r\n"
            "+    Lists modules; there are none.\r\n+HELP\r\n+    Prints this help.\r\n");
}

}  // namespace
}  // namespace holdfast
