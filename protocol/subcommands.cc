#include "protocol/subcommands.h"

#include <algorithm>
#include <vector>

#include "protocol/arguments.h"

namespace holdfast {
namespace {

constexpr size_t quoted_bytes = 128;  // of what a client sent, in an error

// What "%.*s" prints: up to the first NUL.
std::string_view cut(std::string_view text, size_t most) {
  return text.substr(0, std::min(most, text.find('\0')));
}

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string upper_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), upper);
  return result;
}

std::string unknown_subcommand(Args args) {
  std::string text = "ERR unknown subcommand '";
  text.append(cut(args[1], quoted_bytes)).append("'. Try ").append(upper_case(args[0])).append(" HELP.");
  return text;
}

}  // namespace

std::string unknown_command(Args args) {
  if (args.size() > 1 && find_command(args[0])) return unknown_subcommand(args);
  std::string rest;
  for (const std::string_view argument : args.subspan(1)) {
    if (rest.size() >= quoted_bytes) break;
    const std::string_view shown = cut(argument, quoted_bytes - rest.size());
    rest.append("'").append(shown).append("' ");
  }
  std::string text = "ERR unknown command '";
  text.append(cut(args[0], quoted_bytes)).append("', with args beginning with: ").append(rest);
  return text;
}

std::string_view own_name(const CommandRow& row) {
  const size_t bar = row.name.find('|');
  return bar == std::string_view::npos ? row.name : row.name.substr(bar + 1);
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return upper(x) == upper(y); });
}

const CommandRow* find_subcommand(std::span<const CommandRow> subcommands, std::string_view name) {
  for (const CommandRow& row : subcommands) {
    if (same_word(own_name(row), name)) return &row;
  }
  return nullptr;
}

const CommandRow* find_in(std::span<const CommandRow> rows, std::string_view name) {
  const size_t bar = name.find('|');
  const CommandRow* row = find_subcommand(rows, name.substr(0, bar));
  if (!row || bar == std::string_view::npos) return row;
  return find_subcommand(row->subcommands, name.substr(bar + 1));
}

void write_help(std::span<const CommandRow> subcommands, Args args, RespWriter& out) {
  std::vector<std::string> lines;
  lines.push_back(upper_case(args[0]) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
  const auto add = [&](const CommandRow& row) {
    std::string line = upper_case(own_name(row));
    if (!row.syntax.empty()) line.append(" ").append(row.syntax);
    lines.push_back(std::move(line));
    lines.push_back("    " + std::string(row.summary));
  };
  for (const CommandRow& row : subcommands) {
    if (own_name(row) != "help") add(row);
  }
  if (const CommandRow* help = find_subcommand(subcommands, "help")) add(*help);
  out.array(lines.size());
  for (const std::string& line : lines) out.simple(line);
}

}  // namespace holdfast
