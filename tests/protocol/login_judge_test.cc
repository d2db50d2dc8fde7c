#include "protocol/login_judge.h"

#include <gtest/gtest.h>

namespace holdfast {
namespace {

constexpr TimeUs second_us = 1'000'000;

UserPointer anna(std::string_view password) {
  return std::make_shared<const User>(
      User{.name = "anna", .roles = role::read, .password = hash_password(password, least_password_cost), .scope = {}});
}

TEST(LoginSource, IsTheAddressWithoutThePort) {
  EXPECT_EQ(login_source("10.1.2.3:5000"), "10.1.2.3");
  EXPECT_EQ(login_source("unix"), "unix");
}

TEST(LoginSource, OfIpv6IsTheNetworkThatOneCustomerHas) {
  EXPECT_EQ(login_source("[2001:db8:1:2:3::4]:5000"), "2001:db8:1:2::/64");
  EXPECT_EQ(login_source("[2001:db8:1:2:ffff::9]:6000"), "2001:db8:1:2::/64");
  EXPECT_EQ(login_source("[::ffff:10.1.2.3]:5000"), "10.1.2.3");
}

TEST(GuessLimiter, LetsFewerThanAHundredGuessesOfTenThousandInTenSecondsThrough) {
  GuessLimiter limiter;
  int heard = 0;
  for (int i = 0; i < 10'000; ++i) heard += limiter.take("10.0.0.1", second_us + i * 1'000);
  EXPECT_EQ(heard, guesses_at_once + 10 * guesses_a_second - 1);
  EXPECT_LT(heard, 100);
}

TEST(GuessLimiter, OneSourceDoesNotUseUpAnothers) {
  GuessLimiter limiter;
  while (limiter.take("10.0.0.1", second_us)) {
  }
  EXPECT_TRUE(limiter.take("10.0.0.2", second_us));
}

TEST(GuessLimiter, WhatIsGivenBackMayBeTakenAgain) {
  GuessLimiter limiter;
  for (int i = 0; i < 1'000; ++i) {
    ASSERT_TRUE(limiter.take("10.0.0.1", second_us)) << i;
    limiter.give_back("10.0.0.1");
  }
}

TEST(GuessLimiter, NothingComesInWhileAGuessIsJudgedHoweverSlowTheMachine) {
  GuessLimiter limiter;
  TimeUs now = second_us;
  int heard = 0;
  for (; limiter.take("10.0.0.1", now); ++heard) limiter.spend_time("10.0.0.1", now += second_us);
  EXPECT_EQ(heard, guesses_at_once);
  EXPECT_TRUE(limiter.take("10.0.0.1", now + second_us / guesses_a_second));
}

TEST(GuessLimiter, SourcesBeyondThoseThatItRemembersShareABucket) {
  GuessLimiter limiter;
  for (size_t i = 0; i < sources_remembered; ++i) ASSERT_TRUE(limiter.take(std::to_string(i), second_us));
  int heard = 0;
  for (int i = 0; i < 1'000; ++i) heard += limiter.take("x" + std::to_string(i), second_us);
  EXPECT_EQ(heard, guesses_at_once);
  EXPECT_TRUE(limiter.take("y", 10 * second_us)) << "those that are full again are forgotten";
  EXPECT_TRUE(limiter.take("z", 10 * second_us));
}

class Judging : public testing::Test {
 protected:
  TimeUs now_ = second_us;
  LoginJudge judge_{[this] { return now_; }};
};

TEST_F(Judging, KnowsTheRightPasswordFromAWrongOne) {
  const UserPointer user = anna("right");
  EXPECT_EQ(judge_.judge({user, "right", "a"}), LoginOutcome::welcome);
  EXPECT_EQ(judge_.judge({user, "wrong", "a"}), LoginOutcome::wrong);
  EXPECT_EQ(judge_.judge({user, "right", "a"}), LoginOutcome::welcome) << "known again";
  EXPECT_EQ(judge_.judge({nullptr, "", "a"}), LoginOutcome::wrong) << "nobody has no password";
}

TEST_F(Judging, APasswordThatWasRightIsNotRightForTheUsersNextOne) {
  EXPECT_EQ(judge_.judge({anna("old"), "old", "a"}), LoginOutcome::welcome);
  EXPECT_EQ(judge_.judge({anna("new"), "old", "a"}), LoginOutcome::wrong);
}

TEST_F(Judging, WhoGuessesIsNotHeardAnyMoreAndWhoIsRightIs) {
  const UserPointer user = anna("right");
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(judge_.judge({user, "right", "honest"}), LoginOutcome::welcome);
  }
  int wrong = 0;
  for (int i = 0; i < 100; ++i) wrong += judge_.judge({user, "guess", "thief"}) == LoginOutcome::wrong;
  EXPECT_EQ(wrong, guesses_at_once);
  EXPECT_EQ(judge_.evaluated(), 100u + guesses_at_once);
  EXPECT_EQ(judge_.judge({user, "right", "thief"}), LoginOutcome::too_many) << "not even the right one";
  EXPECT_EQ(judge_.judge({user, "right", "honest"}), LoginOutcome::welcome);
  now_ = 3 * second_us;
  EXPECT_EQ(judge_.judge({user, "right", "thief"}), LoginOutcome::welcome);
}

}  // namespace
}  // namespace holdfast
