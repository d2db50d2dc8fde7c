#include "tools/cli/hash_password.h"

#include <fmt/format.h>
#include <termios.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <memory>

#include "protocol/escape.h"
#include "protocol/users.h"
#include "tools/cli/exit_codes.h"

namespace holdfast::cli {
namespace {

constexpr std::string_view usage = "hash-password <user> <role>[,<role>...] [<SKU prefix> ...]";

// At a terminal nobody looks over the shoulder; from a pipe the line is the password.
bool read_password(std::string& password) {
  if (::isatty(STDIN_FILENO) == 0) return static_cast<bool>(std::getline(std::cin, password));
  termios shown{};
  if (::tcgetattr(STDIN_FILENO, &shown) != 0) return false;
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  fmt::print(stderr, "Password: ");
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  const bool read = static_cast<bool>(std::getline(std::cin, password));
  ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
  fmt::print(stderr, "\n");
  return read;
}

}  // namespace

std::string user_file_line(std::span<const std::string_view> words, std::string_view password, std::string& error) {
  if (words.size() < 2) {
    error = fmt::format("it is {}", usage);
    return "";
  }
  std::string line = fmt::format("user {} {} {}", words[0], words[1], to_text(hash_password(password)));
  for (const std::string_view prefix : words.subspan(2)) line += " " + in_quotes(prefix);
  std::shared_ptr<const UserTable> table;
  const auto wrong = UserTable::read(&line, "", table);
  if (wrong || table->users().size() != 1) {
    error = wrong.value_or("line 1: is no user");
    error = error.substr(error.find(": ") + 2);
    return "";
  }
  return line;
}

int hash_password_command(std::span<const std::string_view> words) {
  const auto refuse = [](std::string_view text) {
    fmt::print(stderr, "holdfast-cli: {}: {}\n", hash_password_word, text);
    return exit_code::bad_usage;
  };
  std::string error;
  if (user_file_line(words, "", error).empty()) return refuse(error);
  std::string password;
  if (!read_password(password) || password.empty()) return refuse("there is no password");
  fmt::print("{}\n", user_file_line(words, password, error));
  return exit_code::done;
}

}  // namespace holdfast::cli
