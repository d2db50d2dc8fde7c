#include "engine/pool.h"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace holdfast {
namespace {

struct Record {
  uint64_t value = 7;
  uint64_t more;  // T{} makes it 0
};

TEST(Pool, GivesARecordThatIsReset) {
  Pool<Record> pool;
  const Index index = pool.allocate();
  pool[index] = {1, 2};
  pool.release(index);
  ASSERT_EQ(pool.allocate(), index);
  EXPECT_EQ(pool[index].value, 7u);
  EXPECT_EQ(pool[index].more, 0u);
}

TEST(Pool, GivesTheLastReleasedRecordFirst) {
  Pool<Record> pool;
  for (Index i = 0; i < 5; ++i) EXPECT_EQ(pool.allocate(), i);
  pool.release(1);
  pool.release(3);
  EXPECT_EQ(pool.allocate(), 3u);
  EXPECT_EQ(pool.allocate(), 1u);
  EXPECT_EQ(pool.allocate(), 5u);
}

TEST(Pool, NeverMovesARecord) {
  Pool<Record> pool;
  const Index first = pool.allocate();
  Record* const address = &pool[first];
  for (int i = 0; i < 100'000; ++i) pool.allocate();
  EXPECT_EQ(&pool[first], address);
}

TEST(Pool, LaysLinesOfRecordsInHugePagesSideBySide) {
  struct alignas(64) Wide {
    std::array<uint64_t, 16> words{};
  };
  using Huge = Pool<Wide, Pages::huge>;
  Huge pool;
  for (Index i = 0; i < 3 * Huge::chunk_records; ++i) pool[pool.allocate()].words[15] = i;
  for (Index i = 0; i < 3 * Huge::chunk_records; ++i) {
    ASSERT_EQ(pool[i].words[15], i);
    const auto address = reinterpret_cast<uintptr_t>(&pool[i]);
    if (i % Huge::chunk_records == 0) {
      ASSERT_EQ(address % Huge::huge_page, 0U);
    } else {
      ASSERT_EQ(address, reinterpret_cast<uintptr_t>(&pool[i - 1]) + sizeof(Wide));
    }
  }
}

TEST(Pool, CountsLiveRecordsAndRemembersTheHighestIndex) {
  Pool<Record> pool;
  EXPECT_EQ(pool.limit(), 0u);
  for (int i = 0; i < 5000; ++i) pool.allocate();
  pool.release(4999);
  pool.release(10);
  EXPECT_EQ(pool.size(), 4998u);
  EXPECT_EQ(pool.limit(), 5000u);
}

TEST(Pool, KnowsWhichRecordsAreLive) {
  Pool<Record> pool;
  for (int i = 0; i < 5000; ++i) pool.allocate();
  pool.release(4097);
  EXPECT_TRUE(pool.live(4096));
  EXPECT_FALSE(pool.live(4097));
  EXPECT_TRUE(pool.live(1));
  EXPECT_FALSE(pool.live(5000));
  EXPECT_FALSE(pool.live(no_index));
}

TEST(Pool, DestroysEachRecordOnce) {
  static int live = 0;
  struct Counted {
    Counted() { ++live; }
    ~Counted() { --live; }
    Counted(const Counted&) = delete;
    std::string text = "longer than what a std::string keeps inside itself";
  };
  {
    Pool<Counted> pool;
    for (int i = 0; i < 10; ++i) pool.allocate();
    pool.release(3);
    pool.release(7);
    EXPECT_EQ(live, 8);
  }
  EXPECT_EQ(live, 0);
}

TEST(Pool, CountsOnlyMemoryThatWasTouched) {
  Pool<Record> pool;
  EXPECT_EQ(pool.memory_bytes(), 0u);
  pool.allocate();
  EXPECT_LT(pool.memory_bytes(), 2048u);  // and not a chunk of 64 KiB
  for (int i = 1; i < 100'000; ++i) pool.allocate();
  EXPECT_GE(pool.memory_bytes(), 100'000 * sizeof(Record));
  EXPECT_LT(pool.memory_bytes(), 101'000 * sizeof(Record) + 16'384);
}

TEST(Pool, KeepsWhatRandomOwnersPutIn) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Pool<Record> pool;
  std::unordered_map<Index, uint64_t> model;
  std::vector<Index> live;
  for (uint64_t step = 0; step < 200'000; ++step) {
    if (live.empty() || random() % 5 < 3) {
      const Index index = pool.allocate();
      ASSERT_TRUE(model.emplace(index, step).second) << "given out twice";
      pool[index].value = step;
      live.push_back(index);
    } else {
      const size_t at = random() % live.size();
      ASSERT_EQ(pool[live[at]].value, model.at(live[at]));
      pool.release(live[at]);
      model.erase(live[at]);
      live[at] = live.back();
      live.pop_back();
    }
    ASSERT_EQ(pool.size(), model.size());
  }
  for (const auto& [index, value] : model) EXPECT_EQ(pool[index].value, value);
}

TEST(PoolDeathTest, StopsAtADoubleRelease) {
  Pool<Record> pool;
  const Index index = pool.allocate();
  pool.release(index);
  EXPECT_DEATH(pool.release(index), "CHECK failed");
}

}  // namespace
}  // namespace holdfast
