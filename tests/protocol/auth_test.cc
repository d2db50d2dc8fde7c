// AUTH, HELLO ... AUTH and ACL on sessions of a real engine; passwords are judged by the test.
#include <gtest/gtest.h>

#include <fstream>

#include "protocol/auth_command.h"
#include "tests/protocol/session_world.h"
#include "tests/support/temporary_directory.h"

namespace holdfast {
namespace {

const std::string no_auth = "-NOAUTH Authentication required.\r\n";
const std::string wrong_pass = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

std::string user_text(const std::string& name, const std::string& roles, const std::string& prefixes = "") {
  static const std::string hash = to_text(hash_password("pw", least_password_cost));
  return "user " + name + " " + roles + " " + hash + " " + prefixes + "\n";
}

class Auth : public testing::Test {
 protected:
  // Everybody has the password pw; it is judged by say().
  void use(const std::string& file) {
    std::shared_ptr<const UserTable> table;
    EXPECT_EQ(UserTable::read(&file, "", table).value_or(""), "");
    for (Settings& settings : world_.settings_of_all()) settings.user_table = table;
  }
  void use_file(const std::string& text) {
    std::ofstream(path_) << text;
    for (Settings& settings : world_.settings_of_all()) settings.users = path_;
    use(text);
  }

  std::string ask(Session& session, const std::string& line) {
    session.input().append(line + "\r\n");
    world_.run();
    return take_output(session);
  }
  std::string say(Session& session, const std::string& line, LoginOutcome outcome) {
    EXPECT_EQ(ask(session, line), "") << "the password is being checked";
    testing::internal::CaptureStdout();
    session.finish_login(outcome);
    world_.run();
    log_ += testing::internal::GetCapturedStdout();
    return take_output(session);
  }
  Session& logged_in(const std::string& name, ShardIndex shard = 0) {
    Session& session = world_.connect(shard);
    EXPECT_EQ(say(session, "AUTH " + name + " pw", LoginOutcome::welcome), "+OK\r\n");
    return session;
  }

  SessionWorld world_{2};
  std::string log_;  // of failed logins
  const TemporaryDirectory directory_;
  const std::string path_ = directory_.path() + "/users";
};

TEST_F(Auth, WhoHasNotLoggedInMayDoNothingButSo) {
  use(user_text("anna", "admin"));
  Session& session = world_.connect();
  EXPECT_EQ(ask(session, "PING"), no_auth);
  EXPECT_EQ(ask(session, "STOCK a"), no_auth);
  EXPECT_EQ(ask(session, "COMMIT nothing"), no_auth) << "-NOAUTH comes before -NOHOLD";
  EXPECT_EQ(ask(session, "CLIENT ID"), no_auth);
  EXPECT_EQ(ask(session, "ACL WHOAMI"), no_auth);
  EXPECT_EQ(ask(session, "INFO"), no_auth);
  EXPECT_EQ(ask(session, "SHUTDOWN"), no_auth);
  EXPECT_EQ(
      ask(session, "HELLO 3"),
      "-NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> "
      "option can be used to authenticate the client and select the RESP protocol version at the same time\r\n");
  EXPECT_EQ(ask(session, "RESET"), "+RESET\r\n");
  EXPECT_EQ(ask(session, "QUIT"), "+OK\r\n");
}

TEST_F(Auth, WhatIsNoRequestIsSaidFirst) {
  use(user_text("anna", "admin"));
  Session& session = world_.connect();
  EXPECT_EQ(ask(session, "nonsense"), "-ERR unknown command 'nonsense', with args beginning with: \r\n");
  EXPECT_EQ(ask(session, "STOCK"), "-ERR wrong number of arguments for 'stock' command\r\n");
  EXPECT_EQ(ask(session, "CLIENT nothing"), "-ERR unknown subcommand 'nothing'. Try CLIENT HELP.\r\n");
  EXPECT_EQ(ask(session, "SETSTOCK a many").substr(0, 5), "-ERR ");
}

TEST_F(Auth, ARightPasswordLogsIn) {
  use(user_text("anna", "admin") + user_text("bob", "read"));
  Session& session = world_.connect();
  EXPECT_EQ(say(session, "AUTH anna pw", LoginOutcome::welcome), "+OK\r\n");
  EXPECT_EQ(ask(session, "ACL WHOAMI"), "$4\r\nanna\r\n");
  EXPECT_EQ(ask(session, "PING"), "+PONG\r\n");
  EXPECT_EQ(say(session, "AUTH bob pw", LoginOutcome::wrong), wrong_pass);
  EXPECT_EQ(ask(session, "ACL WHOAMI"), "$4\r\nanna\r\n") << "who fails stays who they are";
  EXPECT_EQ(say(session, "AUTH bob pw", LoginOutcome::welcome), "+OK\r\n");
  EXPECT_EQ(ask(session, "ACL WHOAMI"), "$3\r\nbob\r\n");
  EXPECT_EQ(ask(session, "RESET"), "+RESET\r\n");
  EXPECT_EQ(ask(session, "ACL WHOAMI"), no_auth);
}

TEST_F(Auth, HelloLogsInAndChoosesTheVersionWhereAllIsRight) {
  use(user_text("anna", "admin"));
  Session& session = world_.connect();
  EXPECT_EQ(say(session, "HELLO 3 AUTH anna pw SETNAME till", LoginOutcome::wrong), wrong_pass);
  EXPECT_EQ(session.client().resp, 2);
  EXPECT_EQ(session.client().name, "");
  EXPECT_EQ(say(session, "HELLO 3 AUTH anna pw SETNAME till", LoginOutcome::welcome).substr(0, 4), "%7\r\n");
  EXPECT_EQ(session.client().resp, 3);
  EXPECT_EQ(session.client().name, "till");
}

TEST_F(Auth, WhatFollowsWaitsUntilItIsKnownWhoAsks) {
  use(user_text("anna", "admin"));
  Session& session = world_.connect();
  EXPECT_EQ(ask(session, "PING\r\nAUTH anna pw\r\nSETSTOCK a 5\r\nPING"), no_auth);
  session.finish_login(LoginOutcome::welcome);
  world_.run();
  const std::string said = take_output(session);
  EXPECT_TRUE(said.starts_with("+OK\r\n*24\r\n")) << said;
  EXPECT_TRUE(said.ends_with("+PONG\r\n")) << said;
}

TEST_F(Auth, FiveFailuresEndTheConnection) {
  use(user_text("anna", "admin"));
  Session& session = world_.connect();
  for (int i = 1; i < most_failed_logins; ++i) {
    EXPECT_EQ(say(session, "AUTH anna guess", LoginOutcome::wrong), wrong_pass);
    EXPECT_FALSE(session.finished());
  }
  EXPECT_EQ(say(session, "AUTH anna guess\r\nAUTH anna pw", LoginOutcome::too_many),
            "-ERR too many failed logins from this address, try again in some seconds\r\n");
  EXPECT_TRUE(session.finished());
}

TEST_F(Auth, AUserWithoutAPasswordNeedsNone) {
  use("user default read nopass\n" + user_text("anna", "admin"));
  Session& session = world_.connect();
  EXPECT_EQ(ask(session, "ACL WHOAMI"), "$7\r\ndefault\r\n");
  EXPECT_EQ(ask(session, "AUTH default whatever"), "+OK\r\n");
  EXPECT_EQ(ask(session, "AUTH whatever").substr(0, 29), "-ERR AUTH <password> called w");
  EXPECT_EQ(ask(session, "SETSTOCK a 5"), "-NOPERM this user has no permissions to run the 'setstock' command\r\n");
}

TEST_F(Auth, RequestsOfStrangersAreSmall) {
  use(user_text("anna", "admin"));
  EXPECT_EQ(ask(world_.connect(), "*11"), "-ERR Protocol error: unauthenticated multibulk length\r\n");
  EXPECT_EQ(ask(world_.connect(), "*2\r\n$16385"), "-ERR Protocol error: unauthenticated bulk length\r\n");
  EXPECT_EQ(ask(world_.connect(), std::string(17'000, 'x')),
            "-ERR Protocol error: request larger than 16384 bytes\r\n");
  EXPECT_EQ(ask(world_.connect(), "*-1\r\nPING"), no_auth);
  Session& session = logged_in("anna");
  std::string eleven = "*11\r\n$6\r\nmstock\r\n";
  for (int i = 0; i < 10; ++i) eleven += "$1\r\na\r\n";
  EXPECT_EQ(ask(session, eleven).substr(0, 5), "*10\r\n");
  EXPECT_EQ(ask(session, "RESET"), "+RESET\r\n");
  EXPECT_EQ(ask(session, eleven), "-ERR Protocol error: unauthenticated multibulk length\r\n");
}

TEST_F(Auth, HalfAFirstRequestIsJudgedByTheSetting) {
  use(user_text("anna", "admin"));
  const std::string half = "*2\r\n$4\r\nauth\r\n$10000\r\n" + std::string(3'000, 'x');
  EXPECT_EQ(ask(world_.connect(), half), "") << "16 KiB where nobody says otherwise";
  for (Settings& settings : world_.settings_of_all()) settings.stranger_request_bytes = 2048;
  EXPECT_EQ(ask(world_.connect(), half), "-ERR Protocol error: unauthenticated bulk length\r\n");
  EXPECT_EQ(ask(world_.connect(), std::string(3'000, 'x')), "-ERR Protocol error: request larger than 2048 bytes\r\n");
  EXPECT_EQ(ask(world_.connect(), "*2\r\n$4\r\nauth\r\n$1000\r\nx"), "") << "no more than it allows";
}

TEST_F(Auth, AFailedLoginAndWhatIsNotPermittedAreLogged) {
  use(user_text("anna", "read", "PS5"));
  Session& session = logged_in("anna");
  say(session, "AUTH bob secret", LoginOutcome::wrong);
  testing::internal::CaptureStdout();
  ask(session, "SETSTOCK PS5 1");
  ask(session, "STOCK PS4");
  const std::string log = log_ + testing::internal::GetCapturedStdout();
  EXPECT_NE(log.find("event=login-failed reason=auth object=AUTH user=bob"), std::string::npos) << log;
  EXPECT_NE(log.find("event=not-permitted reason=command object=setstock user=anna"), std::string::npos) << log;
  EXPECT_NE(log.find("event=not-permitted reason=key object=PS4 user=anna"), std::string::npos) << log;
  EXPECT_EQ(log.find("secret"), std::string::npos) << log;
  EXPECT_EQ(world_.security_log().entries(10).size(), 3u);
}

TEST_F(Auth, AclLogShowsWhoFailed) {
  use(user_text("anna", "admin"));
  Session& session = logged_in("anna");
  say(session, "AUTH bob secret", LoginOutcome::wrong);
  const std::string log = ask(session, "ACL LOG");
  EXPECT_TRUE(
      log.starts_with("*1\r\n*14\r\n$5\r\ncount\r\n:1\r\n$6\r\nreason\r\n$4\r\nauth\r\n$7\r\ncontext\r\n$8\r\n"
                      "toplevel\r\n$6\r\nobject\r\n$4\r\nAUTH\r\n$8\r\nusername\r\n$3\r\nbob\r\n$11\r\n"
                      "age-seconds\r\n"))
      << log;
  EXPECT_EQ(ask(session, "ACL LOG 0"), "*0\r\n");
  EXPECT_EQ(ask(session, "ACL LOG x"), "-ERR value is not an integer or out of range\r\n");
  EXPECT_EQ(ask(session, "ACL LOG RESET"), "+OK\r\n");
  EXPECT_EQ(ask(session, "ACL LOG"), "*0\r\n");
}

TEST_F(Auth, AclListShowsUsersWithoutTheirHashes) {
  use("user default read nopass\n" + user_text("anna", "checkout", "PS5"));
  Session& session = logged_in("anna");
  EXPECT_EQ(ask(session, "ACL LIST"), "-NOPERM this user has no permissions to run the 'acl|list' command\r\n");
  use(user_text("anna", "admin") + user_text("bob", "stock", "PS5"));
  EXPECT_EQ(ask(logged_in("anna"), "ACL LIST"),
            "*2\r\n$24\r\nuser anna on ~* &* +@all\r\n$41\r\nuser bob on ~PS5* &* -@all +@read +@stock\r\n");
}

TEST_F(Auth, AclLoadChangesRightsAtOnceAndEndsConnectionsOfThoseWhoAreGone) {
  use_file(user_text("anna", "admin") + user_text("bob", "stock") + user_text("carl", "stock"));
  Session& anna = logged_in("anna");
  Session& bob = logged_in("bob", 1);
  Session& carl = logged_in("carl", 1);
  std::ofstream(path_) << user_text("anna", "admin") + user_text("bob", "read");
  EXPECT_EQ(ask(anna, "ACL LOAD"), "+OK\r\n");
  EXPECT_EQ(ask(bob, "SETSTOCK a 5"), "-NOPERM this user has no permissions to run the 'setstock' command\r\n");
  EXPECT_TRUE(carl.finished());
  EXPECT_FALSE(anna.finished());

  std::ofstream(path_) << user_text("bob", "read");
  EXPECT_EQ(ask(anna, "ACL LOAD"), "+OK\r\n");
  EXPECT_TRUE(anna.finished()) << "after its answer";
}

TEST_F(Auth, AFileThatIsWrongChangesNothing) {
  use_file(user_text("anna", "admin"));
  Session& anna = logged_in("anna");
  std::ofstream(path_) << "user bob everything nopass\n";
  EXPECT_EQ(ask(anna, "ACL LOAD"),
            "-ERR " + path_ + ": line 1: a role is one of read, checkout, stock, admin. Nothing was changed.\r\n");
  EXPECT_EQ(ask(anna, "ACL WHOAMI"), "$4\r\nanna\r\n");
}

TEST_F(Auth, ALoginThatWasJudgedByAnOldFileIsWrong) {
  use_file(user_text("anna", "admin") + user_text("bob", "stock"));
  Session& anna = logged_in("anna");
  Session& bob = world_.connect(1);
  EXPECT_EQ(ask(bob, "AUTH bob pw"), "");
  std::ofstream(path_) << user_text("anna", "admin");
  EXPECT_EQ(ask(anna, "ACL LOAD"), "+OK\r\n");
  testing::internal::CaptureStdout();
  bob.finish_login(LoginOutcome::welcome);
  testing::internal::GetCapturedStdout();
  EXPECT_EQ(take_output(bob), wrong_pass);
}

TEST_F(Auth, SettingRequirepassAtRunTimeIsForThoseWhoComeLater) {
  Session& early = world_.connect();
  EXPECT_EQ(ask(early, "CONFIG SET requirepass secret"), "+OK\r\n");
  EXPECT_EQ(ask(early, "PING"), "+PONG\r\n");
  EXPECT_EQ(ask(world_.connect(), "PING"), no_auth);
  EXPECT_EQ(ask(early, "CONFIG SET requirepass \"\""), "+OK\r\n");
  EXPECT_EQ(ask(world_.connect(), "PING"), "+PONG\r\n");
}

TEST_F(Auth, ClientKillFindsAUsersConnections) {
  use(user_text("anna", "admin") + user_text("bob", "stock"));
  Session& anna = logged_in("anna");
  Session& bob = logged_in("bob", 1);
  EXPECT_EQ(ask(anna, "CLIENT KILL USER dora"), "-ERR No such user 'dora'\r\n");
  EXPECT_EQ(ask(anna, "CLIENT KILL USER bob"), ":1\r\n");
  EXPECT_TRUE(bob.finished());
}

TEST_F(Auth, ScanShowsOnlyWhatTheUserMayTouch) {
  use(user_text("anna", "admin") + user_text("bob", "read", "PS5"));
  Session& anna = logged_in("anna");
  ask(anna, "SETSTOCK PS5-black 1\r\nSETSTOCK PS4 1");
  EXPECT_EQ(ask(logged_in("bob"), "SCAN 0 COUNT 1000"), "*2\r\n$1\r\n0\r\n*1\r\n$9\r\nPS5-black\r\n");
}

}  // namespace
}  // namespace holdfast
