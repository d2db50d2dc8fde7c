// What it is: the lines of earlier sessions, a text file with a line each, readable by its owner only. Lines are
// appended as they are typed, so several sessions share it and a crash loses nothing.
// Threads: one. Limits: history_lines are kept; a file of twice as many is cut when it is loaded.
// Fails: silently; a session must not end for want of a history.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

inline constexpr size_t history_lines = 1000;

// The last ones, oldest first. `path` empty: none.
std::vector<std::string> load_history(const std::string& path);
void append_to_history(const std::string& path, std::string_view line);

// Does the line say a password? Such a line is not to be kept.
bool says_password(std::string_view line);

}  // namespace holdfast::cli
