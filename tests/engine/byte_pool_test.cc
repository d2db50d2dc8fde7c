#include "engine/byte_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace holdfast {
namespace {

TEST(BytePool, ReusesReleasedMemoryOfTheSameClass) {
  BytePool pool;
  for (const size_t largest : {16u, 32u, 64u, 128u, 256u}) {
    const size_t smallest = largest == 16 ? 1 : largest / 2 + 1;
    char* bytes = pool.allocate(smallest);
    pool.release(bytes, smallest);
    if (largest > 16) {
      EXPECT_NE(pool.allocate(smallest - 1), bytes) << largest;
    }
    EXPECT_EQ(pool.allocate(largest), bytes) << largest;
  }
}

TEST(BytePool, AlignsTo16Bytes) {
  BytePool pool;
  for (const size_t size : {1u, 16u, 17u, 40u, 100u, 200u, 256u}) {
    EXPECT_EQ(reinterpret_cast<uintptr_t>(pool.allocate(size)) % 16, 0u) << size;
  }
}

TEST(BytePool, DoesNotGrowOnceWarm) {
  BytePool pool;
  auto turn = [&pool] {
    std::vector<std::pair<char*, size_t>> taken;
    for (size_t size = 1; size <= 256; ++size) taken.emplace_back(pool.allocate(size), size);
    for (const auto& [bytes, size] : taken) pool.release(bytes, size);
  };
  turn();
  const size_t warm = pool.memory_bytes();
  for (int i = 0; i < 100; ++i) turn();
  EXPECT_EQ(pool.memory_bytes(), warm);
}

TEST(BytePool, CountsItsMemory) {
  BytePool pool;
  EXPECT_EQ(pool.memory_bytes(), 0u);
  pool.allocate(20);
  EXPECT_EQ(pool.memory_bytes(), 65'536u);
  char* bytes = pool.allocate(1000);
  EXPECT_EQ(pool.memory_bytes(), 66'536u);
  pool.release(bytes, 1000);
  EXPECT_EQ(pool.memory_bytes(), 65'536u);
}

TEST(BytePool, KeepsEveryStringApart) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  BytePool pool;
  struct Taken {
    char* bytes;
    std::string model;
  };
  std::vector<Taken> taken;
  auto release = [&](size_t at) {
    const Taken& it = taken[at];
    ASSERT_EQ(std::string(it.bytes, it.model.size()), it.model);
    pool.release(it.bytes, it.model.size());
    taken[at] = taken.back();
    taken.pop_back();
  };
  for (int step = 0; step < 100'000; ++step) {
    if (taken.empty() || random() % 5 < 3) {
      std::string text(1 + random() % 300, static_cast<char>(random()));
      char* bytes = pool.allocate(text.size());
      std::copy(text.begin(), text.end(), bytes);
      taken.push_back({bytes, std::move(text)});
    } else {
      release(random() % taken.size());
    }
  }
  while (!taken.empty()) release(0);
}

}  // namespace
}  // namespace holdfast
