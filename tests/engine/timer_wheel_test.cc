#include "engine/timer_wheel.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace holdfast {
namespace {

constexpr TimeUs second_us = 1'000'000;
constexpr TimeUs day_us = 86'400 * second_us;

// Counts how often a node is looked at: the measure of work that needs no clock.
struct Nodes {
  std::vector<TimerNode>* nodes;
  size_t* looks;
  TimerNode& operator()(Index index) const {
    ++*looks;
    return (*nodes)[index];
  }
};

struct Timers {
  explicit Timers(size_t count, TimeUs start = 0) : nodes(count), wheel(Nodes{&nodes, &looks}, start) {}

  // Advances without a bound on the work and returns whom it delivered, in order.
  std::vector<Index> due_at(TimeUs now) {
    std::vector<Index> due;
    size_t budget = SIZE_MAX;
    EXPECT_TRUE(wheel.advance(now, budget, [&due](Index index) { due.push_back(index); }));
    return due;
  }

  std::vector<TimerNode> nodes;
  size_t looks = 0;
  TimerWheel<Nodes> wheel;
};

using Indexes = std::vector<Index>;

TEST(TimerWheel, DeliversAtTheDeadlineAndNotBefore) {
  for (const TimeUs deadline : {TimeUs{1}, TimeUs{63}, TimeUs{64}, TimeUs{65}, TimeUs{4096}, 300 * second_us, day_us,
                                TimeUs{1} << 52, (TimeUs{1} << 60) + 1, never_us}) {
    Timers timers(1);
    timers.wheel.schedule(0, deadline);
    EXPECT_EQ(timers.due_at(deadline - 1), Indexes{}) << deadline;
    EXPECT_EQ(timers.due_at(deadline), Indexes{0}) << deadline;
    EXPECT_EQ(timers.wheel.size(), 0u);
  }
}

TEST(TimerWheel, DeliversTheEarliestFirst) {
  Timers timers(5, 1000);
  const TimeUs deadlines[] = {5 * day_us, 1001, 70'000, 70'001, 2000};
  for (Index i = 0; i < 5; ++i) timers.wheel.schedule(i, deadlines[i]);
  EXPECT_EQ(timers.due_at(6 * day_us), (Indexes{1, 4, 2, 3, 0}));
}

TEST(TimerWheel, DeliversADeadlineAlreadyPastAtOnce) {
  Timers timers(3, 500);
  timers.wheel.schedule(0, 3);
  timers.wheel.schedule(1, 500);
  timers.wheel.schedule(2, -7);
  EXPECT_EQ(timers.wheel.caught_up_to(), 499);
  EXPECT_LE(timers.wheel.next_wake(), 500);
  EXPECT_EQ(timers.due_at(500).size(), 3u);
  EXPECT_EQ(timers.wheel.caught_up_to(), 500);
}

TEST(TimerWheel, ForgetsACancelledTimer) {
  Timers timers(4);
  for (Index i = 0; i < 4; ++i) timers.wheel.schedule(i, 100);
  EXPECT_TRUE(timers.wheel.scheduled(timers.nodes[2]));
  for (const Index i : {2u, 0u, 3u}) timers.wheel.cancel(i);
  EXPECT_FALSE(timers.wheel.scheduled(timers.nodes[2]));
  EXPECT_EQ(timers.wheel.size(), 1u);
  EXPECT_EQ(timers.due_at(100), Indexes{1});
  EXPECT_EQ(timers.wheel.next_wake(), never_us);
}

TEST(TimerWheel, TakesAnEarlierNowForTheLatestSeen) {
  Timers timers(1);
  timers.due_at(1000);
  timers.wheel.schedule(0, 900);
  EXPECT_EQ(timers.due_at(10), Indexes{0});
  EXPECT_EQ(timers.wheel.caught_up_to(), 1000);
}

TEST(TimerWheel, DeliversWhatACallbackSchedulesAtOnceAsFarAsTheBudgetGoes) {
  Timers timers(2);
  timers.wheel.schedule(0, 10);
  timers.wheel.schedule(1, 10);
  size_t budget = 101;
  std::vector<size_t> delivered(2);
  auto again = [&](Index index) {
    ++delivered[index];
    timers.wheel.schedule(index, 10);
  };
  EXPECT_FALSE(timers.wheel.advance(10, budget, again));
  EXPECT_EQ(budget, 0u);
  EXPECT_EQ(delivered[0] + delivered[1], 101u);
  EXPECT_GE(std::min(delivered[0], delivered[1]), 50u);  // neither keeps the other from its turn
}

TEST(TimerWheel, LetsACallbackCancelATimerThatIsDueToo) {
  Timers timers(2);
  timers.wheel.schedule(0, 10);
  timers.wheel.schedule(1, 10);
  size_t budget = 100;
  size_t delivered = 0;
  EXPECT_TRUE(timers.wheel.advance(10, budget, [&](Index index) {
    ++delivered;
    timers.wheel.cancel(1 - index);
  }));
  EXPECT_EQ(delivered, 1u);
  EXPECT_EQ(timers.wheel.size(), 0u);
}

TEST(TimerWheel, JumpsOverEmptyTime) {
  Timers timers(1);
  timers.wheel.schedule(0, 400 * day_us + 12'345);
  timers.looks = 0;
  EXPECT_EQ(timers.due_at(1000 * day_us), Indexes{0});
  EXPECT_LE(timers.looks, 4 * TimerWheel<Nodes>::levels);
}

// A sleeper that calls advance exactly when next_wake says so; returns how often that was.
size_t wake_ups_until_empty(Timers& timers) {
  size_t wake_ups = 0;
  while (timers.wheel.size() > 0) {
    const TimeUs now = timers.wheel.next_wake();
    for (const Index index : timers.due_at(now)) EXPECT_EQ(timers.nodes[index].deadline_us, now);
    ++wake_ups;
  }
  return wake_ups;
}

TEST(TimerWheel, WakesALoneTimerOnce) {
  for (const TimeUs deadline : {TimeUs{5}, 300 * second_us + 1, 365 * day_us + 77}) {
    Timers timers(1, 12'345);
    timers.wheel.schedule(0, 12'345 + deadline);
    EXPECT_EQ(wake_ups_until_empty(timers), 1u);
  }
}

TEST(TimerWheel, WakesAtMostOnceALevelForATimer) {
  Timers timers(20, 999);
  for (Index i = 0; i < 20; ++i) timers.wheel.schedule(i, 40 * day_us + (TimeUs{1} << i));
  EXPECT_LE(wake_ups_until_empty(timers), 20 * TimerWheel<Nodes>::levels);
}

// Ends count timers, due within width_us, 512 a call, and watches that no call does more than its share.
void expect_storm_in_slices(size_t count, TimeUs width_us) {
  constexpr size_t slice = 512;
  const TimeUs due_us = 300 * second_us + 123'456'789;
  Timers timers(count, 55);
  std::mt19937_64 random(7);
  for (Index i = 0; i < count; ++i) {
    timers.wheel.schedule(i, due_us + static_cast<TimeUs>(random() % static_cast<uint64_t>(width_us)));
  }
  size_t delivered = 0;
  TimeUs last = 0;
  size_t calls = 0;
  for (bool caught_up = false; !caught_up; ++calls) {
    size_t budget = slice;
    timers.looks = 0;
    caught_up = timers.wheel.advance(due_us + width_us, budget, [&](Index index) {
      ++delivered;
      ASSERT_LE(last, timers.nodes[index].deadline_us);
      last = timers.nodes[index].deadline_us;
    });
    ASSERT_LE(timers.looks, 4 * slice + 8);
    ASSERT_EQ(timers.wheel.size(), count - delivered);
    if (caught_up) continue;
    ASSERT_EQ(budget, 0u);
    ASSERT_LT(timers.wheel.caught_up_to(), due_us + width_us);
    ASSERT_LE(timers.wheel.next_wake(), due_us + width_us);
  }
  EXPECT_EQ(delivered, count);
  EXPECT_LE(calls, count * TimerWheel<Nodes>::levels / slice + 1);
  EXPECT_EQ(timers.wheel.caught_up_to(), due_us + width_us);
}

TEST(TimerWheel, EndsAMillionInOneMicrosecondInSlices) {
  expect_storm_in_slices(1'000'000, 1);
}
TEST(TimerWheel, EndsAMillionInOneMillisecondInSlices) {
  expect_storm_in_slices(1'000'000, 1000);
}

TEST(TimerWheel, TakesNewTimersInTheMiddleOfACascade) {
  Timers timers(1002);
  for (Index i = 0; i < 1000; ++i) timers.wheel.schedule(i, 4096 + i % 64);
  size_t budget = 10;
  ASSERT_FALSE(timers.wheel.advance(5000, budget, [](Index) { FAIL() << "nothing is due in the first ten moves"; }));
  EXPECT_EQ(timers.wheel.caught_up_to(), 4095);
  EXPECT_LE(timers.wheel.next_wake(), 4096);
  timers.wheel.schedule(1000, 4096 + 30);
  timers.wheel.schedule(1001, 17);
  for (Index i = 0; i < 1000; i += 2) timers.wheel.cancel(i);
  const Indexes due = timers.due_at(5000);
  EXPECT_EQ(due.size(), 502u);
  EXPECT_EQ(std::count(due.begin(), due.end(), 1000u), 1);
  for (size_t i = 1; i < due.size(); ++i) {
    const TimeUs before = std::max(timers.nodes[due[i - 1]].deadline_us, TimeUs{4096});
    EXPECT_LE(before, std::max(timers.nodes[due[i]].deadline_us, TimeUs{4096}));
  }
}

TEST(TimerWheel, ACascadeThatIsCancelledAwayLeavesNoTrace) {
  Timers timers(100);
  for (Index i = 0; i < 100; ++i) timers.wheel.schedule(i, 4096 + i % 64);
  size_t budget = 10;
  ASSERT_FALSE(timers.wheel.advance(4096, budget, [](Index) {}));
  for (Index i = 0; i < 100; ++i) timers.wheel.cancel(i);
  EXPECT_EQ(timers.due_at(5000), Indexes{});
  timers.wheel.schedule(0, 4096 * 65 + 7);  // the same slot, a round later, while its level's time stands elsewhere
  timers.due_at(4096 * 64 + 1);
  timers.wheel.schedule(1, 4096 * 64 + 9);
  EXPECT_EQ(timers.due_at(4096 * 64 + 9), Indexes{1});
  EXPECT_EQ(timers.due_at(4096 * 65 + 7), Indexes{0});
}

// A random life of a wheel beside a std::multimap that keeps the same timers sorted.
class RandomLife {
 public:
  RandomLife(uint64_t seed, size_t count)
      : random_(seed), now_(static_cast<TimeUs>(random_() >> (2 + random_() % 60))), timers_(count, now_) {
    places_.resize(count, model_.end());
    past_.resize(count);
  }

  void step() {
    for (uint64_t i = random_() % 8; i > 0; --i) touch(static_cast<Index>(random_() % timers_.nodes.size()));
    check_next_wake();
    if (random_() % 3 == 0) {
      now_ = std::max(now_, std::min(timers_.wheel.next_wake(), end_of_time));
    } else if (random_() % 2 == 0) {
      now_ = std::min(now_ + span(), end_of_time);
    }
    size_t budget = random_() % 4 == 0 ? 1'000'000 : random_() % 10;
    const bool caught_up = timers_.wheel.advance(now_, budget, [this](Index index) { delivered(index); });
    if (caught_up) {
      ASSERT_EQ(past_count_, 0u);
      ASSERT_GT(earliest(), now_);
      ASSERT_EQ(timers_.wheel.caught_up_to(), now_);
    } else {
      ASSERT_EQ(budget, 0u);
      ASSERT_LE(timers_.wheel.next_wake(), now_) << "there was nothing left to do";
    }
    if (past_count_ == 0) {
      ASSERT_GT(earliest(), timers_.wheel.caught_up_to());
    }
    ASSERT_EQ(timers_.wheel.size(), model_.size());
  }

 private:
  static constexpr TimeUs end_of_time = TimeUs{1} << 62;

  TimeUs earliest() const { return model_.empty() ? never_us : model_.begin()->first; }

  // Microseconds to days to millennia, each magnitude as often.
  TimeUs span() { return static_cast<TimeUs>((random_() >> 12) >> (random_() % 52)); }

  void touch(Index index) {
    if (places_[index] == model_.end()) {
      schedule(index);
      return;
    }
    ASSERT_TRUE(timers_.wheel.scheduled(timers_.nodes[index]));
    timers_.wheel.cancel(index);
    forget(index);
    if (random_() % 2 == 0) schedule(index);
  }

  void schedule(Index index) {
    const uint64_t dice = random_() % 8;
    TimeUs deadline = dice == 0 ? now_ : dice == 1 ? now_ - span() : now_ + span();
    if (dice == 2 && !model_.empty()) deadline = model_.begin()->first;
    const TimeUs caught_up = timers_.wheel.caught_up_to();
    past_[index] = deadline <= caught_up;
    past_count_ += past_[index];
    timers_.wheel.schedule(index, deadline);
    places_[index] = model_.emplace(past_[index] ? caught_up + 1 : deadline, index);
  }

  void forget(Index index) {
    past_count_ -= past_[index];
    past_[index] = 0;
    model_.erase(places_[index]);
    places_[index] = model_.end();
  }

  void delivered(Index index) {
    ASSERT_NE(places_[index], model_.end()) << "not scheduled";
    ASSERT_FALSE(timers_.wheel.scheduled(timers_.nodes[index]));
    ASSERT_LE(timers_.nodes[index].deadline_us, now_) << "too early";
    // The time that a past deadline counts as is known here only to a microsecond.
    ASSERT_LE(places_[index]->first, earliest() + past_[index]) << "out of order";
    forget(index);
    if (random_() % 4 == 0) schedule(index);
    if (random_() % 4 == 0) touch(static_cast<Index>(random_() % timers_.nodes.size()));
  }

  void check_next_wake() {
    const TimeUs wake = timers_.wheel.next_wake();
    ASSERT_LE(wake, earliest()) << "too late";
    ASSERT_EQ(wake == never_us, model_.empty());
  }

  std::mt19937_64 random_;
  TimeUs now_;
  Timers timers_;
  std::multimap<TimeUs, Index> model_;
  std::vector<std::multimap<TimeUs, Index>::iterator> places_;
  std::vector<uint8_t> past_;  // 1: its deadline was past when it was scheduled
  size_t past_count_ = 0;
};

void live_randomly(size_t lives, size_t count, size_t steps) {
  const uint64_t first_seed = uint64_t{std::random_device{}()};
  for (uint64_t seed = first_seed; seed < first_seed + lives; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomLife life(seed, count);
    for (size_t i = 0; i < steps; ++i) {
      life.step();
      if (testing::Test::HasFatalFailure()) return;
    }
  }
}

TEST(TimerWheel, AgreesWithASortedMapForFewTimers) {
  live_randomly(2000, 5, 200);
}
TEST(TimerWheel, AgreesWithASortedMapForManyTimers) {
  live_randomly(20, 2000, 5000);
}

}  // namespace
}  // namespace holdfast
