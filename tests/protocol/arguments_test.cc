#include "protocol/arguments.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "engine/limits.h"

namespace holdfast {
namespace {

using Words = std::vector<std::string_view>;

const Hasher hasher(7);

std::string text_of(const ReadError& error) {
  return error.value_or("(none)");
}

TEST(Integers, AreStrictDecimals) {
  EXPECT_EQ(parse_integer("0"), 0);
  EXPECT_EQ(parse_integer("7"), 7);
  EXPECT_EQ(parse_integer("-7"), -7);
  EXPECT_EQ(parse_integer("1234567890"), 1234567890);
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(parse_integer("-9223372036854775808"), INT64_MIN);
  for (const char* text : {"",
                           "-",
                           "+1",
                           " 1",
                           "1 ",
                           "1.0",
                           "1e3",
                           "0x10",
                           "01",
                           "00",
                           "-0",
                           "-01",
                           "--1",
                           "1-",
                           "a",
                           "1a",
                           "9223372036854775808",
                           "-9223372036854775809",
                           "99999999999999999999999",
                           "１"}) {
    EXPECT_EQ(parse_integer(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_integer(std::string_view("1\0", 2)), std::nullopt);
  EXPECT_EQ(parse_integer(std::string_view("\0", 1)), std::nullopt);
}

TEST(Integers, ReadBackWhatIsPrinted) {
  std::mt19937_64 random(20260101);
  for (int i = 0; i < 100000; ++i) {
    const auto number = static_cast<int64_t>(random() >> random() % 64) * (random() % 2 ? 1 : -1);
    ASSERT_EQ(parse_integer(std::to_string(number)), number);
  }
}

TEST(Integers, OutsideTheirRangeAreRefusedWithItsEnds) {
  int64_t value = -1;
  EXPECT_EQ(read_integer("1", "quantity", 1, 5, value), std::nullopt);
  EXPECT_EQ(value, 1);
  EXPECT_EQ(read_integer("5", "quantity", 1, 5, value), std::nullopt);
  EXPECT_EQ(value, 5);
  for (const char* text : {"0", "6", "-1", "x", ""}) {
    EXPECT_EQ(text_of(read_integer(text, "quantity", 1, 5, value)), "ERR quantity must be an integer of 1 to 5");
  }
}

TEST(Words, AreTheSameInAnyCaseAndNothingElseIs) {
  EXPECT_TRUE(says("items", "items"));
  EXPECT_TRUE(says("ITEMS", "items"));
  EXPECT_TRUE(says("iTeMs", "items"));
  EXPECT_FALSE(says("item", "items"));
  EXPECT_FALSE(says("itemss", "items"));
  EXPECT_FALSE(says("", "items"));
  for (int byte = 0; byte < 256; ++byte) {
    const char c = static_cast<char>(byte);
    EXPECT_EQ(says(std::string_view(&c, 1), "z"), c == 'z' || c == 'Z') << byte;
  }
}

TEST(Names, HaveOneTo255Bytes) {
  EXPECT_EQ(check_name("a", "sku"), std::nullopt);
  EXPECT_EQ(check_name(std::string(255, '\0'), "sku"), std::nullopt);
  EXPECT_EQ(text_of(check_name("", "sku")), "ERR sku must be 1 to 255 bytes");
  EXPECT_EQ(text_of(check_name(std::string(256, 'x'), "cart")), "ERR cart must be 1 to 255 bytes");
}

TEST(Errors, SayWhichCommandOrIdTheyAreAbout) {
  EXPECT_EQ(arity_error("setstock"), "ERR wrong number of arguments for 'setstock' command");
  EXPECT_EQ(no_such_hold("abc"), "NOHOLD id=abc");
  EXPECT_EQ(no_such_hold(""), "NOHOLD id=\"\"");
  EXPECT_EQ(no_such_hold("a b\r\n\""), "NOHOLD id=\"a b\\r\\n\\\"\"");
}

TEST(Options, StandInAnyOrderAndCaseWithValuesOfAnyBytes) {
  constexpr Option allowed[] = {Option::ref, Option::ex, Option::late};
  const Words words = {"commit", "id", "Late", "REF", "ex", "eX", "ref"};
  OptionReader reader(words, 2, allowed);
  Option option{};
  std::string_view value;
  ASSERT_EQ(reader.take(option), std::nullopt);
  EXPECT_EQ(option, Option::late);
  ASSERT_EQ(reader.take(option), std::nullopt);
  EXPECT_EQ(option, Option::ref);
  ASSERT_EQ(reader.take_value(value), std::nullopt);
  EXPECT_EQ(value, "ex");
  ASSERT_EQ(reader.take(option), std::nullopt);
  EXPECT_EQ(option, Option::ex);
  EXPECT_FALSE(reader.at_end());
  ASSERT_EQ(reader.take_value(value), std::nullopt);
  EXPECT_EQ(value, "ref");
  EXPECT_TRUE(reader.at_end());
}

TEST(Options, AreRefusedWhenUnknownRepeatedOrWithoutAValue) {
  constexpr Option allowed[] = {Option::ref, Option::ex, Option::px};
  const auto error_of = [&](Words words) {
    OptionReader reader(words, 0, allowed);
    Option option{};
    std::string_view value;
    while (!reader.at_end()) {
      if (ReadError error = reader.take(option)) return *error;
      if (ReadError error = reader.take_value(value)) return *error;
    }
    return std::string("(none)");
  };
  EXPECT_EQ(error_of({"REF", "a"}), "(none)");
  EXPECT_EQ(error_of({"LATE", "a"}), "ERR syntax error");
  EXPECT_EQ(error_of({"", "a"}), "ERR syntax error");
  EXPECT_EQ(error_of({"REF"}), "ERR option REF needs a value");
  EXPECT_EQ(error_of({"ref", "a", "Ref", "a"}), "ERR option REF is given twice");
  EXPECT_EQ(error_of({"ex", "1", "EX", "1"}), "ERR option EX is given twice");
  EXPECT_EQ(error_of({"px", "1", "ex", "1"}), "ERR options EX and PX exclude each other");
  EXPECT_EQ(error_of({"ex", "1", "px", "1"}), "ERR options EX and PX exclude each other");
}

TEST(Options, OfAListTakeAllUpToTheNextOption) {
  constexpr Option allowed[] = {Option::ifver, Option::items};
  const Words words = {"IFVER", "1", "x", "items", "items", "2"};
  OptionReader reader(words, 0, allowed);
  Option option{};
  ASSERT_EQ(reader.take(option), std::nullopt);
  const Args list = reader.take_list();
  EXPECT_EQ(Words(list.begin(), list.end()), (Words{"1", "x"}));
  ASSERT_EQ(reader.take(option), std::nullopt);
  EXPECT_EQ(option, Option::items);
  const Args rest = reader.take_rest();
  EXPECT_EQ(Words(rest.begin(), rest.end()), (Words{"items", "2"}));
  EXPECT_TRUE(reader.at_end());
}

TEST(Ttl, IsOneMillisecondToTheLimit) {
  constexpr TimeUs max_us = 3600 * TimeUs{1000000};
  const std::string wrong = "ERR invalid expire time in 'extend' command: 1 ms to max-ttl, which is 3600000 ms";
  TimeUs ttl_us = 0;
  EXPECT_EQ(read_ttl(Option::px, "1", "extend", max_us, ttl_us), std::nullopt);
  EXPECT_EQ(ttl_us, 1000);
  EXPECT_EQ(read_ttl(Option::px, "3600000", "extend", max_us, ttl_us), std::nullopt);
  EXPECT_EQ(ttl_us, max_us);
  EXPECT_EQ(read_ttl(Option::ex, "1", "extend", max_us, ttl_us), std::nullopt);
  EXPECT_EQ(ttl_us, 1000000);
  EXPECT_EQ(read_ttl(Option::ex, "3600", "extend", max_us, ttl_us), std::nullopt);
  EXPECT_EQ(ttl_us, max_us);
  for (const char* text : {"0", "-1", "3600001", "9223372036854775807", "-9223372036854775808"}) {
    EXPECT_EQ(text_of(read_ttl(Option::px, text, "extend", max_us, ttl_us)), wrong) << text;
  }
  for (const char* text : {"0", "-1", "3601", "9223372036854776", "9223372036854775807"}) {
    EXPECT_EQ(text_of(read_ttl(Option::ex, text, "extend", max_us, ttl_us)), wrong) << text;
  }
  for (const char* text : {"", "1.5", "+1", "x", "01"}) {
    EXPECT_EQ(text_of(read_ttl(Option::ex, text, "extend", max_us, ttl_us)),
              "ERR value is not an integer or out of range");
  }
}

TEST(Items, AreTheDistinctSkusInOrderOfFirstMentionWithQuantitiesAddedUp) {
  std::vector<Item> items;
  const Words words = {"b", "1", "a", "2", "b", "3", "c", "1", "a", "5"};
  ASSERT_EQ(read_items(words, hasher, items), std::nullopt);
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].sku, "b");
  EXPECT_EQ(items[0].quantity, 4u);
  EXPECT_EQ(items[1].sku, "a");
  EXPECT_EQ(items[1].quantity, 7u);
  EXPECT_EQ(items[2].sku, "c");
  EXPECT_EQ(items[2].quantity, 1u);
  for (const Item& item : items) {
    EXPECT_EQ(item.hash, hasher.sku(item.sku));
    EXPECT_EQ(item.if_version, -1);
  }
}

std::string items_error(const Words& words) {
  std::vector<Item> items;
  return text_of(read_items(words, hasher, items));
}

TEST(Items, ComeInPairs) {
  const std::string wrong = "ERR ITEMS must be followed by pairs of sku and quantity";
  EXPECT_EQ(items_error({}), wrong);
  EXPECT_EQ(items_error({"a"}), wrong);
  EXPECT_EQ(items_error({"a", "1", "b"}), wrong);
}

TEST(Items, AreAtMost128PairsAlsoOfTheSameSku) {
  Words words;
  for (int i = 0; i < 128; ++i) words.insert(words.end(), {"a", "1"});
  std::vector<Item> items;
  ASSERT_EQ(read_items(words, hasher, items), std::nullopt);
  ASSERT_EQ(items.size(), 1u);
  EXPECT_EQ(items[0].quantity, 128u);
  words.insert(words.end(), {"a", "1"});
  EXPECT_EQ(items_error(words), "ERR a request takes at most 128 items");
}

TEST(Items, MayAllBeDifferent) {
  std::vector<std::string> names;
  for (int i = 0; i < 128; ++i) names.push_back("sku-" + std::to_string(i));
  Words words;
  for (const std::string& name : names) words.insert(words.end(), {name, "1"});
  std::vector<Item> items;
  ASSERT_EQ(read_items(words, hasher, items), std::nullopt);
  ASSERT_EQ(items.size(), 128u);
  for (size_t i = 0; i < items.size(); ++i) EXPECT_EQ(items[i].sku, names[i]);
}

TEST(Items, HaveNamesAndQuantitiesWithinTheLimits) {
  const std::string wrong = "ERR quantity must be an integer of 1 to 2147483647";
  EXPECT_EQ(items_error({"a", "2147483647"}), "(none)");
  EXPECT_EQ(items_error({"a", "2147483648"}), wrong);
  EXPECT_EQ(items_error({"a", "0"}), wrong);
  EXPECT_EQ(items_error({"a", "-1"}), wrong);
  EXPECT_EQ(items_error({"a", "one"}), wrong);
  EXPECT_EQ(items_error({"", "1"}), "ERR sku must be 1 to 255 bytes");
  EXPECT_EQ(items_error({"a", "2147483646", "a", "1"}), "(none)");
  EXPECT_EQ(items_error({"a", "2147483647", "a", "1"}), "ERR quantities of one sku must add up to 2147483647 at most");
  EXPECT_EQ(items_error({"a", "2147483647", "a", "2147483647"}),
            "ERR quantities of one sku must add up to 2147483647 at most");
}

TEST(Versions, AreOneForEachItemInItsOrder) {
  std::vector<Item> items(2);
  ASSERT_EQ(read_versions(Words{"0", "9223372036854775807"}, items), std::nullopt);
  EXPECT_EQ(items[0].if_version, 0);
  EXPECT_EQ(items[1].if_version, INT64_MAX);
  EXPECT_EQ(text_of(read_versions(Words{"1"}, items)), "ERR IFVER needs one version for each item: 2, not 1");
  EXPECT_EQ(text_of(read_versions(Words{}, items)), "ERR IFVER needs one version for each item: 2, not 0");
  EXPECT_EQ(text_of(read_versions(Words{"1", "2", "3"}, items)), "ERR IFVER needs one version for each item: 2, not 3");
  EXPECT_EQ(text_of(read_versions(Words{"1", "-1"}, items)),
            "ERR version must be an integer of 0 to 9223372036854775807");
}

}  // namespace
}  // namespace holdfast
