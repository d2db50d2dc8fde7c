// What it is: what the interactive session offers while a person types: what is still to come in the command, and how
// the word at the cursor may end. Both follow from the command table.
// Threads: pure functions. Time: O(bytes of the line + size of the table).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

// What may follow behind the cursor, with a blank in front where the line has none; empty where nothing is known.
std::string hint_for(std::string_view line);

struct Completion {
  size_t word_bytes = 0;                // of the unfinished word, in front of the cursor
  std::vector<std::string> candidates;  // sorted; in the case that the person types
};
Completion complete(std::string_view line);

}  // namespace holdfast::cli
