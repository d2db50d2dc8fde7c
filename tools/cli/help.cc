#include "tools/cli/help.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "protocol/commands.h"
#include "protocol/subcommands.h"
#include "tools/cli/words.h"

namespace holdfast::cli {
namespace {

// In the order of their use; a group that is new comes last.
std::vector<std::string_view> groups() {
  std::vector<std::string_view> names = {"stock", "holds", "locks", "connection", "server"};
  for (const CommandRow& row : command_table()) {
    if (std::find(names.begin(), names.end(), row.group) == names.end()) names.push_back(row.group);
  }
  return names;
}

std::string name_of(const CommandRow& row) {
  std::string name = upper_case(row.name);
  std::replace(name.begin(), name.end(), '|', ' ');
  return name;
}

std::string request_of(const CommandRow& row) {
  return row.syntax.empty() ? name_of(row) : fmt::format("{} {}", name_of(row), row.syntax);
}

std::string all_commands() {
  std::string text;
  for (const std::string_view group : groups()) {
    std::string lines;
    for (const CommandRow& row : command_table()) {
      if (row.group == group) lines += fmt::format("  {:<12} {}\n", name_of(row), row.summary);
    }
    if (!lines.empty()) text += fmt::format("@{}\n{}\n", group, lines);
  }
  return text + "help <command> tells all about one, help @<group> the arguments of a group.\n";
}

void add_request(const CommandRow& row, std::string& text) {
  if (row.subcommands.empty()) {
    text += fmt::format("  {}\n      {}\n", request_of(row), row.summary);
  }
  for (const CommandRow& subcommand : row.subcommands) add_request(subcommand, text);
}

Help about_group(std::string_view group) {
  std::string text;
  for (const CommandRow& row : command_table()) {
    if (same_word(row.group, group)) add_request(row, text);
  }
  if (!text.empty()) return {.found = true, .text = text};
  std::string names;
  for (const std::string_view name : groups()) names += fmt::format(" @{}", name);
  return {.found = false, .text = fmt::format("There is no group @{}; there are:{}\n", group, names)};
}

std::string about_command(const CommandRow& row) {
  std::string text = fmt::format("  {}\n", request_of(row));
  const auto line = [&text](std::string_view title, std::string_view what) {
    text += fmt::format("  {:<11} {}\n", title, what);
  };
  line("summary:", row.summary);
  line("reply:", row.reply);
  line("complexity:", row.complexity);
  line("since:", row.since);
  line("group:", fmt::format("@{}", row.group));
  if (!row.subcommands.empty()) {
    text += "\n";
    add_request(row, text);
  }
  return text;
}

}  // namespace

Help help_about(std::span<const std::string_view> words) {
  if (words.empty()) return {.found = true, .text = all_commands()};
  if (words[0].starts_with('@')) return about_group(words[0].substr(1));
  const CommandRow* row = find_command(words[0]);
  if (row && words.size() > 1) row = find_subcommand(row->subcommands, words[1]);
  if (row) return {.found = true, .text = about_command(*row)};
  return {.found = false, .text = fmt::format("There is no command {}; help lists all.\n", upper_case(words.back()))};
}

}  // namespace holdfast::cli
