#include "protocol/newcomers.h"

#include <gtest/gtest.h>

#include <vector>

#include "protocol/line_budget.h"
#include "tests/protocol/session_world.h"

namespace holdfast {
namespace {

constexpr TimeUs second_us = 1'000'000;
constexpr TimeUs limit_us = 10 * second_us;

std::vector<uint64_t> looked_at(Newcomers& newcomers, TimeUs now, TimeUs limit = limit_us) {
  std::vector<uint64_t> clients;
  newcomers.look(now, limit, [&](uint64_t client) { clients.push_back(client); });
  return clients;
}

TEST(Newcomers, AreLookedAtOnceWhenTheirTimeIsOver) {
  Newcomers newcomers;
  EXPECT_EQ(newcomers.next_wake(limit_us), never_us);
  newcomers.add(1, 0);
  newcomers.add(2, second_us);
  EXPECT_EQ(newcomers.next_wake(limit_us), limit_us);
  EXPECT_EQ(looked_at(newcomers, limit_us - 1), std::vector<uint64_t>{});
  EXPECT_EQ(looked_at(newcomers, limit_us), std::vector<uint64_t>{1});
  EXPECT_EQ(newcomers.next_wake(limit_us), limit_us + second_us);
  EXPECT_EQ(looked_at(newcomers, 60 * second_us), std::vector<uint64_t>{2});
  EXPECT_EQ(newcomers.next_wake(limit_us), never_us);
}

TEST(Newcomers, ALimitThatIsChangedCountsForThoseWhoAreThere) {
  Newcomers newcomers;
  newcomers.add(1, 0);
  EXPECT_EQ(looked_at(newcomers, second_us, second_us), std::vector<uint64_t>{1});
}

TEST(Newcomers, OneThatIsAddedWhileItIsLookedAtHasItsTimeAnew) {
  Newcomers newcomers;
  newcomers.add(1, 0);
  newcomers.look(limit_us, limit_us, [&](uint64_t client) { newcomers.add(client, limit_us); });
  EXPECT_EQ(newcomers.next_wake(limit_us), 2 * limit_us);
}

// What is judged of a real session.
class LateClient : public testing::Test {
 protected:
  Lateness judged(Session& session) {
    session.refresh_client();
    return lateness(session.client());
  }

  Session& connect() {
    Session& session = world_.connect();
    return session;
  }

  void need_passwords() {
    world_.settings_of(0).requirepass = "secret";
    ASSERT_EQ(load_users(world_.settings_of(0)), std::nullopt);
  }

  void say(Session& session, std::string_view text) {
    session.input().append(text);
    world_.run();
  }

  SessionWorld world_{1};
};

TEST_F(LateClient, IsOneThatHasNotLoggedInWhateverItSaid) {
  need_passwords();
  Session& silent = connect();
  Session& talker = connect();
  say(talker, "PING\r\nRESET\r\nHELLO 3\r\n");
  EXPECT_EQ(judged(silent), Lateness::late);
  EXPECT_EQ(judged(talker), Lateness::late);
}

TEST_F(LateClient, IsNotOneThatIsLoggedInOrWasBefore) {
  need_passwords();
  Session& session = connect();
  say(session, "AUTH secret\r\n");
  EXPECT_EQ(judged(session), Lateness::undecided) << "its password is being checked";
  session.finish_login(LoginOutcome::welcome);
  EXPECT_EQ(judged(session), Lateness::none);
  say(session, "RESET\r\n");
  EXPECT_FALSE(session.client().user);
  EXPECT_EQ(judged(session), Lateness::none) << "a pool may give it to the next one, who logs in";
}

TEST_F(LateClient, IsOneWhosePasswordWasWrong) {
  need_passwords();
  Session& session = connect();
  say(session, "AUTH wrong\r\n");
  session.finish_login(LoginOutcome::wrong);
  EXPECT_EQ(judged(session), Lateness::late);
}

TEST_F(LateClient, IsOneWithHalfAFirstRequestWhereNobodyHasToLogIn) {
  Session& half = connect();
  say(half, "*1\r\n$4\r\nPI");
  EXPECT_EQ(judged(half), Lateness::late);
  say(half, "NG\r\n*1\r\n$4\r\nPI");
  EXPECT_EQ(judged(half), Lateness::none) << "its first request is done";
}

TEST_F(LateClient, IsNotOneThatSaysNothingWhereNobodyHasToLogIn) {
  EXPECT_EQ(judged(connect()), Lateness::none);
}

TEST_F(LateClient, ReadsNoMoreThanTheSettingsSayFromTheNextRequestOn) {
  Session& session = connect();
  const std::string large(20'000, 'x');
  say(session, "*2\r\n$4\r\nECHO\r\n$20000\r\n" + large + "\r\n");
  EXPECT_EQ(take_output(session), "$20000\r\n" + large + "\r\n");
  say(session, "CONFIG SET client-query-buffer-limit 16kb\r\n");
  EXPECT_EQ(take_output(session), "+OK\r\n");
  say(session, "*2\r\n$4\r\nECHO\r\n$20000\r\n" + large + "\r\n");
  EXPECT_EQ(take_output(session), "-ERR Protocol error: request larger than 16384 bytes\r\n");
}

TEST_F(LateClient, HoldsTheMemoryOfAnUnfinishedRequest) {
  Session& session = connect();
  say(session, "*2\r\n$4\r\nECHO\r\n$900000\r\n" + std::string(800'000, 'x'));
  EXPECT_GE(session.memory(), 800'000u);
  judged(session);
  EXPECT_EQ(session.client().memory_bytes, session.memory());
}

TEST(LineBudget, GivesSoManyLinesASecondAndCountsTheRest) {
  LineBudget budget(2);
  EXPECT_TRUE(budget.take(0));
  EXPECT_TRUE(budget.take(second_us - 1));
  EXPECT_FALSE(budget.take(second_us - 1));
  EXPECT_FALSE(budget.take(second_us - 1));
  EXPECT_TRUE(budget.take(second_us));
  EXPECT_EQ(budget.take_left_out(), 2u);
  EXPECT_EQ(budget.take_left_out(), 0u);
}

}  // namespace
}  // namespace holdfast
