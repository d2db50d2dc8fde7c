// How work in the background gives way.
#include "engine/give_way.h"

#include <gtest/gtest.h>

#include <atomic>

namespace holdfast {
namespace {

TEST(GiveWay, DoesNotPauseWhereNobodyElseWantedTheCpu) {
  EXPECT_EQ(GiveWay::pause_after(2'000, 2'000), 0);
  EXPECT_EQ(GiveWay::pause_after(2'000, 1'750), 0);
  EXPECT_EQ(GiveWay::pause_after(0, 0), 0);
}

TEST(GiveWay, PausesForAsLongAsItHadToWait) {
  EXPECT_EQ(GiveWay::pause_after(2'000, 1'749), 251);
  EXPECT_EQ(GiveWay::pause_after(8'000, 1'000), 7'000);
}

TEST(GiveWay, PausesATenthOfASecondAtMost) {
  EXPECT_EQ(GiveWay::pause_after(60'000'000, 0), 100'000);
}

TEST(GiveWay, EndsWhenItIsTold) {
  std::atomic<bool> stopping{false};
  GiveWay manners(stopping);
  EXPECT_TRUE(manners.goes_on());
  stopping = true;
  EXPECT_FALSE(manners.goes_on());
}

}  // namespace
}  // namespace holdfast
