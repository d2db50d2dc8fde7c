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

TEST(GuessLimiter, SourcesBeyondThoseThatItRemembersShareABucket) {
  GuessLimiter limiter;
  for (size_t i = 0; i < sources_remembered; ++i) ASSERT_TRUE(limiter.take(std::to_string(i), second_us));
  int heard = 0;
  for (int i = 0; i < 1'000; ++i) heard += limiter.take("x" + std::to_string(i), second_us);
  EXPECT_EQ(heard, guesses_at_once);
  EXPECT_TRUE(limiter.take("y", 10 * second_us)) << "those that are full again are forgotten";
  EXPECT_TRUE(limiter.take("z", 10 * second_us));
}

TEST(LoginJudge, KnowsTheRightPasswordFromAWrongOne) {
  LoginJudge judge;
  const UserPointer user = anna("right");
  EXPECT_EQ(judge.judge({user, "right", "a"}, second_us), LoginOutcome::welcome);
  EXPECT_EQ(judge.judge({user, "wrong", "a"}, second_us), LoginOutcome::wrong);
  EXPECT_EQ(judge.judge({user, "right", "a"}, second_us), LoginOutcome::welcome) << "known again";
  EXPECT_EQ(judge.judge({nullptr, "", "a"}, second_us), LoginOutcome::wrong) << "nobody has no password";
}

TEST(LoginJudge, APasswordThatWasRightIsNotRightForTheUsersNextOne) {
  LoginJudge judge;
  EXPECT_EQ(judge.judge({anna("old"), "old", "a"}, second_us), LoginOutcome::welcome);
  EXPECT_EQ(judge.judge({anna("new"), "old", "a"}, second_us), LoginOutcome::wrong);
}

TEST(LoginJudge, WhoGuessesIsNotHeardAnyMoreAndWhoIsRightIs) {
  LoginJudge judge;
  const UserPointer user = anna("right");
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(judge.judge({user, "right", "honest"}, second_us), LoginOutcome::welcome);
  }
  int wrong = 0;
  for (int i = 0; i < 100; ++i) wrong += judge.judge({user, "guess", "thief"}, second_us) == LoginOutcome::wrong;
  EXPECT_EQ(wrong, guesses_at_once);
  EXPECT_EQ(judge.evaluated(), 100u + guesses_at_once);
  EXPECT_EQ(judge.judge({user, "right", "thief"}, second_us), LoginOutcome::too_many) << "not even the right one";
  EXPECT_EQ(judge.judge({user, "right", "honest"}, second_us), LoginOutcome::welcome);
  EXPECT_EQ(judge.judge({user, "right", "thief"}, 3 * second_us), LoginOutcome::welcome);
}

}  // namespace
}  // namespace holdfast
