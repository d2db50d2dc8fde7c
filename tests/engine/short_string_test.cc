#include "engine/short_string.h"

#include <gtest/gtest.h>

#include <string>
#include <type_traits>

namespace holdfast {
namespace {

static_assert(sizeof(ShortString<16>) == 16 && sizeof(ShortString<24>) == 24);
static_assert(std::is_trivially_copyable_v<ShortString<16>> && std::is_trivially_copyable_v<ShortString<24>>);

// Every byte value, so that the mark and the size cannot be mistaken for text.
std::string text_of(size_t size, int first) {
  std::string text;
  for (size_t i = 0; i < size; ++i) text.push_back(static_cast<char>(static_cast<size_t>(first) + i));
  return text;
}

template <size_t N>
void expect_every_size_kept() {
  BytePool pool;
  ShortString<N> string;
  EXPECT_EQ(string.view(), "");
  for (size_t size = 0; size <= 255; ++size) {
    for (const int first : {0, 255, 128}) {
      const std::string text = text_of(size, first);
      string.assign(pool, text);
      ASSERT_EQ(string.view(), text) << size;
    }
  }
  string.assign(pool, "short");
  EXPECT_EQ(string.view(), "short");
  string.clear(pool);
  EXPECT_EQ(string.view(), "");
}

TEST(ShortString, KeepsEverySizeUpTo255Bytes) {
  expect_every_size_kept<16>();
  expect_every_size_kept<24>();
}

TEST(ShortString, KeepsShortOnesInsideTheRecord) {
  BytePool pool;
  ShortString<24> string;
  string.assign(pool, std::string(23, 'x'));
  EXPECT_EQ(pool.memory_bytes(), 0u);
  EXPECT_GE(static_cast<const void*>(string.view().data()), static_cast<const void*>(&string));
  EXPECT_LT(static_cast<const void*>(string.view().data()), static_cast<const void*>(&string + 1));
  string.assign(pool, std::string(24, 'x'));
  EXPECT_GT(pool.memory_bytes(), 0u);
  string.clear(pool);
}

TEST(ShortString, GivesItsMemoryBackWhenAssignedOrCleared) {
  BytePool pool;
  ShortString<16> string;
  for (int i = 0; i < 10'000; ++i) string.assign(pool, std::string(200, static_cast<char>(i)));
  EXPECT_EQ(pool.memory_bytes(), 65'536u);
  string.clear(pool);
  EXPECT_EQ(string.view(), "");
  ShortString<16> other;
  for (int i = 0; i < 10'000; ++i) {
    other.assign(pool, std::string(200, 'y'));
    other.clear(pool);
  }
  EXPECT_EQ(pool.memory_bytes(), 65'536u);
}

TEST(ShortString, ACopyIsTheSameString) {
  BytePool pool;
  ShortString<16> string;
  string.assign(pool, std::string(100, 'z'));
  const ShortString<16> moved = string;
  EXPECT_EQ(moved.view().data(), string.view().data());
  EXPECT_EQ(moved.view(), std::string(100, 'z'));
}

TEST(ShortStringDeathTest, StopsAt256Bytes) {
  BytePool pool;
  ShortString<16> string;
  EXPECT_DEATH(string.assign(pool, std::string(256, 'x')), "CHECK failed");
}

}  // namespace
}  // namespace holdfast
