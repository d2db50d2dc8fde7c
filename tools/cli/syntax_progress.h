// What it is: how far the words of a request have come in the syntax of its command (command_syntax.h): what may still
// follow. For hints and completion only, so it never refuses a value and takes options in any order.
// Threads: pure functions. Time: O(words * arguments).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/command_syntax.h"

namespace holdfast::cli {

struct Progress {
  bool fits = true;            // false: there is a word that the syntax has no place for
  std::vector<Argument> rest;  // what may or must follow
};
Progress progress_of(std::span<const Argument> arguments, std::span<const std::string_view> words);

// The tokens one of which may be the very next word.
std::vector<std::string> next_tokens(std::span<const Argument> rest);

// As on the reference page: "[EX s | PX ms] ITEMS sku qty [sku qty ...]".
std::string syntax_text(std::span<const Argument> arguments);

}  // namespace holdfast::cli
