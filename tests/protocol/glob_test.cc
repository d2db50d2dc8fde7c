#include "protocol/glob.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

namespace holdfast {
namespace {

TEST(Glob, WithoutMagicIsTheTextItself) {
  EXPECT_TRUE(glob_matches("ps5", "ps5"));
  EXPECT_TRUE(glob_matches("", ""));
  EXPECT_FALSE(glob_matches("ps5", "ps"));
  EXPECT_FALSE(glob_matches("ps5", "ps55"));
  EXPECT_FALSE(glob_matches("ps5", "PS5"));
  EXPECT_FALSE(glob_matches("", "x"));
  EXPECT_FALSE(glob_matches("x", ""));
}

TEST(Glob, StarIsAnyBytesAlsoNone) {
  EXPECT_TRUE(glob_matches("*", ""));
  EXPECT_TRUE(glob_matches("*", "anything"));
  EXPECT_TRUE(glob_matches("a*", "a"));
  EXPECT_TRUE(glob_matches("a*c", "abbc"));
  EXPECT_TRUE(glob_matches("a***c", "ac"));
  EXPECT_TRUE(glob_matches("*b*", "abc"));
  EXPECT_TRUE(glob_matches("a*bc", "abcbc"));
  EXPECT_FALSE(glob_matches("a*c", "abcd"));
  EXPECT_FALSE(glob_matches("*b", "abc"));
}

TEST(Glob, QuestionMarkIsExactlyOneByte) {
  EXPECT_TRUE(glob_matches("p?5", "ps5"));
  EXPECT_FALSE(glob_matches("p?5", "p5"));
  EXPECT_FALSE(glob_matches("?", ""));
  EXPECT_TRUE(glob_matches("*?", "x"));
}

TEST(Glob, ClassIsOneOfItsBytesOrRanges) {
  EXPECT_TRUE(glob_matches("h[ae]llo", "hallo"));
  EXPECT_FALSE(glob_matches("h[ae]llo", "hillo"));
  EXPECT_TRUE(glob_matches("[a-c]", "b"));
  EXPECT_TRUE(glob_matches("[c-a]", "b"));
  EXPECT_FALSE(glob_matches("[a-c]", "d"));
  EXPECT_TRUE(glob_matches("[0-9x]*", "x1"));
  EXPECT_TRUE(glob_matches("[^a]", "b"));
  EXPECT_FALSE(glob_matches("[^a]", "a"));
  EXPECT_FALSE(glob_matches("[^a]", ""));
  EXPECT_TRUE(glob_matches("[\x80-\xff]", "\xe4"));
}

TEST(Glob, BackslashTakesTheMagicAway) {
  EXPECT_TRUE(glob_matches("a\\*c", "a*c"));
  EXPECT_FALSE(glob_matches("a\\*c", "abc"));
  EXPECT_TRUE(glob_matches("[\\]]", "]"));
  EXPECT_TRUE(glob_matches("[\\^a]", "^"));
  EXPECT_TRUE(glob_matches("\\", "\\"));
}

TEST(Glob, OddClassesAreReadAsRedisReadsThem) {
  EXPECT_FALSE(glob_matches("[]", "x"));
  EXPECT_TRUE(glob_matches("[^]", "x"));
  EXPECT_TRUE(glob_matches("[ab", "b"));   // never closed
  EXPECT_TRUE(glob_matches("[a-]", "]"));  // the range from a to ], and never closed
  EXPECT_TRUE(glob_matches("[a-]", "`"));
  EXPECT_FALSE(glob_matches("[", "["));
  EXPECT_TRUE(glob_matches("[^", "x"));
}

TEST(Glob, TakesBytesAsTheyAre) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(glob_matches("a\0*"sv, "a\0b"sv));
  EXPECT_FALSE(glob_matches("a\0c"sv, "a\0b"sv));
}

// With a matcher that tries every star again this would never end.
TEST(Glob, IsQuickWhateverThePattern) {
  std::string pattern;
  for (int i = 0; i < 100; ++i) pattern += "a*";
  pattern += 'b';
  EXPECT_FALSE(glob_matches(pattern, std::string(10'000, 'a')));
  EXPECT_TRUE(glob_matches(pattern, std::string(10'000, 'a') + 'b'));
}

// As simple as a matcher can be: each star tries everything.
bool naive_matches(std::string_view pattern, std::string_view text);

bool naive_class(std::string_view pattern, std::string_view text) {
  pattern.remove_prefix(1);
  const bool negated = pattern.starts_with('^');
  if (negated) pattern.remove_prefix(1);
  const auto byte = [](char c) { return static_cast<unsigned char>(c); };
  bool found = false;
  while (!pattern.empty() && pattern[0] != ']') {
    if (pattern[0] == '\\' && pattern.size() >= 2) {
      found = found || pattern[1] == text[0];
      pattern.remove_prefix(2);
    } else if (pattern.size() >= 3 && pattern[1] == '-') {
      const auto low = std::min(byte(pattern[0]), byte(pattern[2]));
      const auto high = std::max(byte(pattern[0]), byte(pattern[2]));
      found = found || (byte(text[0]) >= low && byte(text[0]) <= high);
      pattern.remove_prefix(3);
    } else {
      found = found || pattern[0] == text[0];
      pattern.remove_prefix(1);
    }
  }
  if (!pattern.empty()) pattern.remove_prefix(1);
  return found != negated && naive_matches(pattern, text.substr(1));
}

bool naive_matches(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return naive_matches(pattern.substr(1), text) || (!text.empty() && naive_matches(pattern, text.substr(1)));
  }
  if (text.empty()) return false;
  if (pattern[0] == '?') return naive_matches(pattern.substr(1), text.substr(1));
  if (pattern[0] == '[') return naive_class(pattern, text);
  if (pattern[0] == '\\' && pattern.size() >= 2) pattern.remove_prefix(1);
  return pattern[0] == text[0] && naive_matches(pattern.substr(1), text.substr(1));
}

TEST(Glob, AgreesWithTheNaiveMatcherOnRandomPatterns) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto random_text = [&](std::string_view alphabet, size_t most) {
    std::string text(random() % (most + 1), ' ');
    for (char& c : text) c = alphabet[random() % alphabet.size()];
    return text;
  };
  int matches = 0;
  for (int i = 0; i < 300'000; ++i) {
    const std::string pattern = random_text("ab**?[]^-\\", 9);
    const std::string text = random_text("abb-]^", 7);
    const bool expected = naive_matches(pattern, text);
    matches += expected;
    ASSERT_EQ(glob_matches(pattern, text), expected) << '"' << pattern << "\" \"" << text << '"';
  }
  EXPECT_GT(matches, 1'000);
}

}  // namespace
}  // namespace holdfast
