#include "engine/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <utility>
#include <vector>

namespace holdfast {
namespace {

// Values of every magnitude, as many small ones as great ones.
uint64_t any_value(std::mt19937_64& random) {
  return random() >> (63 - random() % 42);
}

TEST(Histogram, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.min(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  EXPECT_EQ(histogram.mean(), 0);
  EXPECT_EQ(histogram.value_at(50), 0U);
}

TEST(Histogram, CountsEachSmallValueByItself) {
  for (uint64_t value = 0; value < 2048; ++value) {
    ASSERT_EQ(Histogram::index_of(value), value);
    ASSERT_EQ(Histogram::lowest_of(value), value);
    ASSERT_EQ(Histogram::highest_of(value), value);
  }
}

TEST(Histogram, CountersFollowOneAnotherWithoutGapOrOverlap) {
  const size_t last = Histogram::index_of(Histogram::highest);
  for (size_t i = 0; i < last; ++i) {
    ASSERT_EQ(Histogram::lowest_of(i + 1), Histogram::highest_of(i) + 1);
    ASSERT_EQ(Histogram::index_of(Histogram::lowest_of(i)), i);
    ASSERT_EQ(Histogram::index_of(Histogram::highest_of(i)), i);
  }
  EXPECT_EQ(Histogram::highest_of(last), Histogram::highest);
}

TEST(Histogram, KeepsThreeSignificantDigits) {
  std::mt19937_64 random{1};
  for (int i = 0; i < 100'000; ++i) {
    const uint64_t value = any_value(random);
    const size_t index = Histogram::index_of(value);
    ASSERT_LE(Histogram::lowest_of(index), value);
    ASSERT_GE(Histogram::highest_of(index), value);
    ASSERT_LE(Histogram::highest_of(index) - Histogram::lowest_of(index), value / 1000) << value;
  }
}

TEST(Histogram, MinMaxAndMeanAreExact) {
  Histogram histogram;
  histogram.record(1'000'001);
  histogram.record(7'654'321);
  histogram.record(3, 2);
  EXPECT_EQ(histogram.count(), 4U);
  EXPECT_EQ(histogram.min(), 3U);
  EXPECT_EQ(histogram.max(), 7'654'321U);
  EXPECT_DOUBLE_EQ(histogram.mean(), (1'000'001 + 7'654'321 + 6) / 4.0);
}

TEST(Histogram, PercentilesAreThoseOfTheSortedValues) {
  for (const uint64_t seed : {1U, 2U, 3U}) {
    std::mt19937_64 random{seed};
    Histogram histogram;
    std::vector<uint64_t> values;
    for (int i = 0; i < 20'000; ++i) {
      values.push_back(any_value(random));
      histogram.record(values.back());
    }
    std::sort(values.begin(), values.end());
    for (const double percentile : {0.0, 0.005, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99, 100.0}) {
      const auto rank = static_cast<size_t>(std::max(1.0, std::ceil(percentile * 200 - 1e-6)));
      const uint64_t exact = values[rank - 1];
      const uint64_t told = histogram.value_at(percentile);
      EXPECT_GE(told, exact) << percentile << " seed " << seed;
      EXPECT_LE(told, Histogram::highest_of(Histogram::index_of(exact))) << percentile << " seed " << seed;
    }
    EXPECT_EQ(histogram.value_at(100), values.back());
  }
}

TEST(Histogram, TheLastValueOfAThousandIsNotTheNinetyNinePointNinthPercentile) {
  Histogram histogram;
  histogram.record(1, 999);
  histogram.record(1000);
  EXPECT_EQ(histogram.value_at(99.9), 1U);
  EXPECT_EQ(histogram.value_at(99.91), 1000U);
}

TEST(Histogram, MergedIsAsRecordedTogether) {
  std::mt19937_64 random{4};
  Histogram first;
  Histogram second;
  Histogram together;
  for (int i = 0; i < 1000; ++i) {
    const uint64_t value = any_value(random);
    (i < 300 ? first : second).record(value);
    together.record(value);
  }
  first.merge(second);
  first.merge(Histogram());
  EXPECT_EQ(first.count(), together.count());
  EXPECT_EQ(first.min(), together.min());
  EXPECT_EQ(first.max(), together.max());
  EXPECT_DOUBLE_EQ(first.mean(), together.mean());
  for (double percentile = 0; percentile <= 100; percentile += 0.5) {
    EXPECT_EQ(first.value_at(percentile), together.value_at(percentile)) << percentile;
  }
}

TEST(Histogram, AValueOutOfRangeIsCountedAndIsTheMaximum) {
  Histogram histogram;
  histogram.record(1);
  histogram.record(Histogram::highest + 5'000'000);
  EXPECT_EQ(histogram.count(), 2U);
  EXPECT_EQ(histogram.value_at(50), 1U);
  EXPECT_EQ(histogram.value_at(100), Histogram::highest + 5'000'000);
}

TEST(Histogram, ClearedIsEmpty) {
  Histogram histogram;
  histogram.record(50);
  histogram.clear();
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.max(), 0U);
  histogram.record(7);
  EXPECT_EQ(histogram.min(), 7U);
  EXPECT_EQ(histogram.value_at(99), 7U);
}

TEST(Histogram, ShowsItsCountersInAscendingOrder) {
  Histogram histogram;
  histogram.record(5000, 2);
  histogram.record(10);
  std::vector<std::pair<uint64_t, uint64_t>> seen;
  histogram.for_each([&](size_t index, uint64_t count) { seen.emplace_back(Histogram::lowest_of(index), count); });
  EXPECT_EQ(seen, (std::vector<std::pair<uint64_t, uint64_t>>{{10, 1}, {5000, 2}}));
}

}  // namespace
}  // namespace holdfast
