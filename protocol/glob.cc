#include "protocol/glob.h"

#include <algorithm>
#include <cstddef>

namespace holdfast {
namespace {

struct Step {
  bool matches;
  size_t next;  // where the pattern goes on
};

// One byte against the class that begins at pattern[at] == '['.
Step match_class(std::string_view pattern, size_t at, unsigned char byte) {
  ++at;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  bool found = false;
  const auto byte_at = [&](size_t i) { return static_cast<unsigned char>(pattern[i]); };
  for (; at < pattern.size() && pattern[at] != ']'; ++at) {
    const size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      ++at;
      found |= byte_at(at) == byte;
    } else if (left >= 3 && pattern[at + 1] == '-') {
      const auto [low, high] = std::minmax({byte_at(at), byte_at(at + 2)});
      found |= low <= byte && byte <= high;
      at += 2;
    } else {
      found |= byte_at(at) == byte;
    }
  }
  return {found != negated, std::min(at + 1, pattern.size())};
}

// One byte against what stands at pattern[at], which is no star.
Step match_one(std::string_view pattern, size_t at, char byte) {
  switch (pattern[at]) {
    case '?':
      return {true, at + 1};
    case '[':
      return match_class(pattern, at, static_cast<unsigned char>(byte));
    case '\\':
      if (at + 1 < pattern.size()) ++at;
      [[fallthrough]];
    default:
      return {pattern[at] == byte, at + 1};
  }
}

}  // namespace

bool glob_matches(std::string_view pattern, std::string_view text) {
  constexpr size_t none = std::string_view::npos;
  size_t in_pattern = 0;
  size_t in_text = 0;
  size_t after_star = none;  // in the pattern, behind the last star met
  size_t star_end = 0;       // in the text, how far that star reaches
  while (in_text < text.size()) {
    if (in_pattern < pattern.size() && pattern[in_pattern] == '*') {
      after_star = ++in_pattern;
      star_end = in_text;
      continue;
    }
    if (in_pattern < pattern.size()) {
      const Step step = match_one(pattern, in_pattern, text[in_text]);
      if (step.matches) {
        in_pattern = step.next;
        ++in_text;
        continue;
      }
    }
    if (after_star == none) return false;
    in_pattern = after_star;  // the star takes one byte more
    in_text = ++star_end;
  }
  return pattern.find_first_not_of('*', in_pattern) == none;
}

}  // namespace holdfast
