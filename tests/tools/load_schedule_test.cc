#include <gtest/gtest.h>

#include <vector>

#include "tools/load/schedule.h"

namespace holdfast::load {
namespace {

TEST(LoadSchedule, IsEvenlySpacedFromItsStart) {
  Schedule schedule(5'000, 1'000'000, 0, 1);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(schedule.due(), 5'000 + i * 1'000);
    schedule.advance();
  }
}

TEST(LoadSchedule, WorkersTogetherKeepTheRate) {
  Schedule alone(0, 300, 0, 1);
  std::vector<Schedule> workers;
  for (uint32_t i = 0; i < 3; ++i) workers.emplace_back(0, 300, i, 3);
  for (int i = 0; i < 300; ++i) {
    Schedule& worker = workers[static_cast<size_t>(i % 3)];
    ASSERT_EQ(worker.due(), alone.due());
    worker.advance();
    alone.advance();
  }
}

// 1/3 of a second is no number of nanoseconds.
TEST(LoadSchedule, DoesNotDrift) {
  Schedule schedule(0, 3, 0, 1);
  for (int i = 0; i < 3'000'000; ++i) schedule.advance();
  EXPECT_EQ(schedule.due(), 1'000'000 * ns_a_second);
}

}  // namespace
}  // namespace holdfast::load
