// What it is: `help`: the command table for people.
// Threads: pure functions. Time: O(size of the table).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace holdfast::cli {

struct Help {
  bool found = true;
  std::string text;  // with a newline at the end
};

// About these words, the one "help" left out: nothing (all commands), "@holds" (a group), "reserve", "client list".
Help help_about(std::span<const std::string_view> words);

}  // namespace holdfast::cli
