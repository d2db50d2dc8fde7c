#include "engine/hash_index.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <string>
#include <unordered_map>
#include <vector>

namespace holdfast {
namespace {

constexpr auto any = [](Index) { return true; };
auto is(Index wanted) {
  return [wanted](Index index) { return index == wanted; };
}

TEST(HashIndex, FindsWhatWasInserted) {
  HashIndex index;
  EXPECT_EQ(index.find(0x1234567890abcdef, any), no_index);
  index.insert(0x1234567890abcdef, 42);
  EXPECT_EQ(index.find(0x1234567890abcdef, any), 42u);
  EXPECT_EQ(index.size(), 1u);
  index.erase(0x1234567890abcdef, 42);
  EXPECT_EQ(index.find(0x1234567890abcdef, any), no_index);
  EXPECT_EQ(index.size(), 0u);
}

TEST(HashIndex, LetsTheOwnerTellRecordsOfOneHashApart) {
  HashIndex index;
  for (Index i = 0; i < 40; ++i) index.insert(77, i);
  for (Index i = 0; i < 40; ++i) EXPECT_EQ(index.find(77, is(i)), i);
  EXPECT_EQ(index.find(77, is(40)), no_index);
  index.erase(77, 20);
  EXPECT_EQ(index.find(77, is(20)), no_index);
  for (Index i = 21; i < 40; ++i) EXPECT_EQ(index.find(77, is(i)), i);
}

TEST(HashIndex, AsksTheOwnerOnlyWhere40BitsAgree) {
  HashIndex index;
  std::mt19937_64 random(1);
  for (Index i = 0; i < 10'000; ++i) index.insert(random(), i);
  size_t asked = 0;
  for (int i = 0; i < 10'000; ++i) {
    index.find(random(), [&asked](Index) { return ++asked != 0; });
  }
  EXPECT_EQ(asked, 0u);
}

TEST(HashIndex, ReplacesTheRecordOfAnEntry) {
  HashIndex index;
  index.insert(5, 1);
  index.insert(5, 2);
  index.replace(5, 1, 3);
  EXPECT_EQ(index.find(5, is(1)), no_index);
  EXPECT_EQ(index.find(5, is(3)), 3u);
  EXPECT_EQ(index.find(5, is(2)), 2u);
  EXPECT_EQ(index.size(), 2u);
}

// A shard sees a contiguous range of slots: these bits are nearly alike there and would be wasted in a tag.
TEST(HashIndex, DoesNotLookAtTheRoutingBits) {
  HashIndex index;
  index.insert(0x123456789abcc000, 8);
  for (uint64_t slot = 0; slot < 16'384; ++slot) ASSERT_EQ(index.find(0x123456789abcc000 | slot, any), 8u);
}

TEST(HashIndex, TakesAtMost17BytesAnEntryOnAverage) {
  HashIndex index;
  std::mt19937_64 random(3);
  double sum = 0;
  size_t samples = 0;
  double worst = 0;
  for (Index i = 0; i < 1'000'000; ++i) {
    index.insert(random(), i);
    if (i < 100'000 || i % 1000 != 0) continue;
    const double bytes = static_cast<double>(index.memory_bytes()) / static_cast<double>(index.size());
    sum += bytes;
    worst = std::max(worst, bytes);
    ++samples;
  }
  EXPECT_LE(sum / static_cast<double>(samples), 17.0);
  EXPECT_LE(worst, 20.0);
}

TEST(HashIndex, NeverGrowsAsAWhole) {
  HashIndex index;
  std::mt19937_64 random(4);
  for (Index i = 0; i < 100'000; ++i) index.insert(random(), i);
  for (Index i = 0; i < 900'000; ++i) {
    const size_t before = index.memory_bytes();
    index.insert(random(), i);
    ASSERT_LT(index.memory_bytes() - before, before / 100);  // one of 256 segments, by half
  }
}

TEST(HashIndex, GivesMemoryBackWhenItEmpties) {
  HashIndex index;
  EXPECT_LE(index.memory_bytes(), 5000u);
  std::mt19937_64 random(5);
  std::vector<uint64_t> hashes(200'000);
  for (Index i = 0; i < hashes.size(); ++i) index.insert(hashes[i] = random(), i);
  EXPECT_GE(index.memory_bytes(), 2'000'000u);
  for (Index i = 0; i < hashes.size(); ++i) index.erase(hashes[i], i);
  EXPECT_LE(index.memory_bytes(), 600'000u);  // 256 segments of 256 places are the most that stays
}

TEST(HashIndex, SettlesWhereAFewHundredComeAndGoAtRandom) {
  HashIndex index;
  std::mt19937_64 random(7);
  std::deque<uint64_t> live;
  const auto churn = [&](int times) {
    for (int i = 0; i < times; ++i) {
      live.push_back(random());
      index.insert(live.back(), 1);
      if (live.size() <= 300) continue;
      index.erase(live.front(), 1);
      live.pop_front();
    }
  };
  churn(1'000'000);
  const size_t warm = index.memory_bytes();
  churn(100'000);
  EXPECT_EQ(index.memory_bytes(), warm);
}

TEST(HashIndex, DoesNotGrowOrShrinkWhenOneEntryComesAndGoes) {
  HashIndex index;
  std::mt19937_64 random(6);
  for (Index i = 0; i < 3000; ++i) {
    index.insert(random(), i);
    const uint64_t hash = random();
    index.insert(hash, 9999);
    const size_t warm = index.memory_bytes();
    for (int turn = 0; turn < 3; ++turn) {
      index.erase(hash, 9999);
      ASSERT_EQ(index.memory_bytes(), warm);
      index.insert(hash, 9999);
      ASSERT_EQ(index.memory_bytes(), warm);
    }
    index.erase(hash, 9999);
  }
}

// Few segments and clustered tags make long runs that wrap round the end, where deleting is hardest.
void compare_with_map(uint64_t hash_mask, uint64_t hash_bits, size_t entries) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  HashIndex index;
  std::unordered_map<Index, uint64_t> model;  // record -> hash
  std::vector<Index> live;
  Index next = 0;
  for (int step = 0; step < 300'000; ++step) {
    const bool growing = step / 30'000 % 2 == 0;
    const uint64_t dice = random() % 10;
    if (live.empty() || (dice < (growing ? 6u : 3u) && live.size() < entries)) {
      const uint64_t hash = (random() & hash_mask) | hash_bits;
      index.insert(hash, next);
      model[next] = hash;
      live.push_back(next++);
    } else if (dice < 8) {
      const size_t at = random() % live.size();
      index.erase(model.at(live[at]), live[at]);
      ASSERT_EQ(index.find(model.at(live[at]), is(live[at])), no_index);
      model.erase(live[at]);
      live[at] = live.back();
      live.pop_back();
    } else {
      const size_t at = random() % live.size();
      const uint64_t hash = model.at(live[at]);
      index.replace(hash, live[at], next);
      model.erase(live[at]);
      model[next] = hash;
      live[at] = next++;
    }
    ASSERT_EQ(index.size(), model.size());
    if (!live.empty()) {
      const Index probe = live[random() % live.size()];
      ASSERT_EQ(index.find(model.at(probe), is(probe)), probe);
    }
    if (step % 10'000 != 0) continue;
    for (const auto& [record, hash] : model) ASSERT_EQ(index.find(hash, is(record)), record);
  }
}

TEST(HashIndex, AgreesWithAMap) {
  compare_with_map(~uint64_t{0}, 0, 100'000);
}
TEST(HashIndex, AgreesWithAMapInOneSegment) {
  compare_with_map(uint64_t{0x00ffffffffffffff}, 0, 20'000);
}
TEST(HashIndex, AgreesWithAMapInRunsThatWrapAround) {
  compare_with_map(uint64_t{0x0003ffffff000000}, uint64_t{0x00fc000000000000}, 300);
}

TEST(HashIndexDeathTest, StopsWhenTheErasedEntryIsAbsent) {
  HashIndex index;
  index.insert(5, 1);
  EXPECT_DEATH(index.erase(5, 2), "CHECK failed");
  EXPECT_DEATH(index.erase(uint64_t{1} << 60, 1), "CHECK failed");
}

}  // namespace
}  // namespace holdfast
