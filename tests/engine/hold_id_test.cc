#include "engine/hold_id.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <string>

namespace holdfast {
namespace {

std::string text_of(const HoldId& id) {
  const auto text = to_text(id);
  return {text.data(), text.size()};
}

TEST(HoldIdText, IsReadBackAsWritten) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 10'000; ++i) {
    const HoldId id = make_hold_id(static_cast<Slot>(random() % slot_count), static_cast<Index>(random() >> 36),
                                   random(), static_cast<uint32_t>(random()));
    const std::string text = text_of(id);
    ASSERT_EQ(text.size(), 24u);
    const auto read = parse_hold_id(text);
    ASSERT_TRUE(read.has_value()) << text;
    ASSERT_EQ(*read, id) << text;
  }
}

TEST(HoldIdText, HasOnlyLettersAndDigits) {
  const HoldId all_bits = make_hold_id(slot_count - 1, (Index{1} << 28) - 1, UINT64_MAX, UINT32_MAX);
  EXPECT_EQ(text_of(all_bits), std::string(24, '7'));
  EXPECT_EQ(text_of(HoldId{}), std::string(24, 'A'));
}

TEST(HoldIdText, RefusesWhatNoIdLooksLike) {
  const std::string good = text_of(make_hold_id(5, 6, 7, 8));
  EXPECT_TRUE(parse_hold_id(good));
  EXPECT_FALSE(parse_hold_id(""));
  EXPECT_FALSE(parse_hold_id(good.substr(1)));
  EXPECT_FALSE(parse_hold_id(good + "A"));
  for (const char wrong : {'0', '1', '8', 'a', ' ', '\0', '=', '\xff'}) {
    std::string text = good;
    text[11] = wrong;
    EXPECT_FALSE(parse_hold_id(text)) << static_cast<int>(wrong);
  }
}

TEST(HoldId, CarriesItsHomeSlotAndItsRecordThere) {
  for (const Slot slot : {Slot{0}, Slot{1}, Slot{8191}, Slot{slot_count - 1}}) {
    const HoldId id = make_hold_id(slot, 0xabcdef1, UINT64_MAX, 0x12345678);
    EXPECT_EQ(id.slot(), slot);
    EXPECT_EQ(id.record(), 0xabcdef1u);
  }
}

TEST(HoldId, DiffersInEachOfItsParts) {
  const uint64_t carry = uint64_t{1} << 24;
  std::set<std::string> texts;
  for (const HoldId& id : {make_hold_id(1, 2, 3, 4), make_hold_id(2, 2, 3, 4), make_hold_id(1, 3, 3, 4),
                           make_hold_id(1, 2, 4, 4), make_hold_id(1, 2, 3 + carry, 4), make_hold_id(1, 2, 3, 5)}) {
    texts.insert(text_of(id));
  }
  EXPECT_EQ(texts.size(), 6u);
}

}  // namespace
}  // namespace holdfast
