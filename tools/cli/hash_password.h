// What it is: `holdfast-cli hash-password`: the line of a user for the server's --users file, with the password's hash
// instead of the password, which is asked for at a terminal or read as a line of stdin. Needs no server.
// Threads: one. Time: as long as a person types, and the hash some 50 ms.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace holdfast::cli {

inline constexpr std::string_view hash_password_word = "hash-password";

// The words behind hash-password: <user> <role>[,<role>...] [<SKU prefix> ...]. Prints the line; the exit code.
int hash_password_command(std::span<const std::string_view> words);

// The line that says so; none, and what is wrong in `error`, where the server would not take it.
std::string user_file_line(std::span<const std::string_view> words, std::string_view password, std::string& error);

}  // namespace holdfast::cli
