// What it is: the words that holdfast-cli answers itself, without the server.
// Threads: constants.
#pragma once

#include <array>
#include <string_view>

namespace holdfast::cli {

inline constexpr std::string_view help_word = "HELP";
inline constexpr std::string_view clear_word = "CLEAR";
inline constexpr std::string_view quit_word = "QUIT";
inline constexpr std::string_view exit_word = "EXIT";
inline constexpr std::array shell_words = {help_word, clear_word, quit_word, exit_word};

}  // namespace holdfast::cli
