// What it is: a line of a person's as words. A whole line is split as the server splits an inline request; a line
// that is still being typed is split leniently, for hints and completion.
// Threads: pure functions. Time: O(bytes).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

// None where quotes do not match, or the line is longer than 64 KiB.
std::optional<std::vector<std::string>> split_line(std::string_view line);

struct TypedLine {
  std::vector<std::string_view> words;  // the finished ones, views into the line, with their quotes
  std::string_view unfinished;          // the word at the cursor; empty behind a blank
};
TypedLine split_typed(std::string_view line);

std::string upper_case(std::string_view text);
std::string lower_case(std::string_view text);
bool has_prefix(std::string_view text, std::string_view prefix);  // without regard to case

}  // namespace holdfast::cli
