#include "tools/cli/assistance.h"

#include <algorithm>
#include <set>
#include <span>

#include "protocol/commands.h"
#include "protocol/subcommands.h"
#include "tools/cli/shell_words.h"
#include "tools/cli/syntax_progress.h"
#include "tools/cli/words.h"

namespace holdfast::cli {
namespace {

using Words = std::span<const std::string_view>;

// The command that the words name, and the words behind its name. A container without its subcommand is told as itself.
struct Named {
  const CommandRow* row = nullptr;
  Words rest;
};

Named named_by(Words words) {
  if (words.empty()) return {};
  const CommandRow* row = find_command(words[0]);
  if (!row || row->subcommands.empty() || words.size() == 1) return {row, words.subspan(1)};
  return {find_subcommand(row->subcommands, words[1]), words.subspan(2)};
}

Progress progress_in(const Named& named) {
  const auto arguments = parse_syntax(named.row->syntax);
  if (!arguments) return {.fits = false, .rest = {}};
  return progress_of(*arguments, named.rest);
}

std::string names_of(std::span<const CommandRow> rows) {
  std::string names;
  for (const CommandRow& row : rows) names += (names.empty() ? "" : " | ") + upper_case(own_name(row));
  return names;
}

std::string rest_text(Words words) {
  if (words.empty()) return "";
  if (same_word(words[0], help_word)) return words.size() == 1 ? "[command | @group]" : "";
  const Named named = named_by(words);
  if (!named.row) return "";
  if (!named.row->subcommands.empty()) return names_of(named.row->subcommands);
  const Progress progress = progress_in(named);
  return progress.fits ? syntax_text(progress.rest) : "";
}

void add_names(std::span<const CommandRow> rows, std::set<std::string>& names) {
  for (const CommandRow& row : rows) names.insert(upper_case(own_name(row)));
}

// All words that could stand next, in capitals.
std::set<std::string> next_words(Words words) {
  std::set<std::string> names;
  const bool help = !words.empty() && same_word(words[0], help_word);
  if (help) words = words.subspan(1);
  if (words.empty()) {
    add_names(command_table(), names);
    if (!help) names.insert(shell_words.begin(), shell_words.end());
    for (const CommandRow& row : command_table()) {
      if (help) names.insert("@" + upper_case(row.group));
    }
    return names;
  }
  const Named named = named_by(words);
  if (!named.row) return names;
  if (!named.row->subcommands.empty()) {
    add_names(named.row->subcommands, names);
  } else if (!help) {
    const Progress progress = progress_in(named);
    if (!progress.fits) return names;
    for (const std::string& token : next_tokens(progress.rest)) names.insert(upper_case(token));
  }
  return names;
}

bool types_lower_case(std::string_view line) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto first = std::find_if(line.begin(), line.end(), is_letter);
  return first != line.end() && *first >= 'a';
}

}  // namespace

std::string hint_for(std::string_view line) {
  TypedLine typed = split_typed(line);
  const bool behind_blank = typed.unfinished.empty();
  // A word that could still grow is taken as it stands: RESERVE shows its syntax before the blank is typed.
  if (!behind_blank) typed.words.push_back(typed.unfinished);
  const std::string rest = rest_text(typed.words);
  return rest.empty() || behind_blank ? rest : " " + rest;
}

Completion complete(std::string_view line) {
  const TypedLine typed = split_typed(line);
  Completion completion{.word_bytes = typed.unfinished.size(), .candidates = {}};
  // The word itself says which case is wanted, where it is empty the command.
  const bool lower = types_lower_case(typed.unfinished.empty() ? line : typed.unfinished);
  for (const std::string& word : next_words(typed.words)) {
    if (has_prefix(word, typed.unfinished)) completion.candidates.push_back(lower ? lower_case(word) : word);
  }
  return completion;
}

}  // namespace holdfast::cli
