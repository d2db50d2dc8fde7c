#include "tools/cli/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/subcommands.h"
#include "tools/cli/bulk_load.h"
#include "tools/cli/exit_codes.h"
#include "tools/cli/hash_password.h"
#include "tools/cli/help.h"
#include "tools/cli/history_file.h"
#include "tools/cli/line_editor.h"
#include "tools/cli/session.h"
#include "tools/cli/shell_words.h"
#include "tools/cli/signals.h"
#include "tools/cli/words.h"

namespace holdfast::cli {
namespace {

using Outcome = Session::Outcome;

int exit_code_of(Outcome outcome) {
  switch (outcome) {
    case Outcome::done:
      return exit_code::done;
    case Outcome::error_reply:
      return exit_code::error_reply;
    case Outcome::no_connection:
      break;
  }
  return exit_code::no_connection;
}

Outcome print_help(std::span<const std::string_view> words) {
  const Help help = help_about(words);
  fmt::print("{}", help.text);
  return help.found ? Outcome::done : Outcome::error_reply;
}

bool is_end(std::span<const std::string_view> words) {
  return words.size() == 1 && (same_word(words[0], quit_word) || same_word(words[0], exit_word));
}

// A line of a session or of stdin that is no end.
Outcome run_words(Session& session, std::span<const std::string_view> words) {
  if (same_word(words[0], help_word)) return print_help(words.subspan(1));
  return session.run(words);
}

int run_command(const Options& options) {
  const std::vector<std::string_view> words(options.command.begin(), options.command.end());
  if (words[0] == hash_password_word) return hash_password_command(std::span(words).subspan(1));
  Session session(options);
  return exit_code_of(run_words(session, words));
}

// Goes on after an error reply, as redis-cli does, but tells of it by the exit code.
int run_lines_of_stdin(const Options& options) {
  Session session(options);
  int code = exit_code::done;
  int64_t number = 0;
  for (std::string line; std::getline(std::cin, line);) {
    ++number;
    const auto split = split_line(line);
    if (!split) {
      fmt::print(stderr, "holdfast-cli: line {}: quotes that do not match, or longer than 64 KiB\n", number);
      code = exit_code::error_reply;
      continue;
    }
    if (split->empty()) continue;
    const std::vector<std::string_view> words(split->begin(), split->end());
    if (is_end(words)) break;
    const Outcome outcome = run_words(session, words);
    if (outcome == Outcome::no_connection) return exit_code::no_connection;
    if (outcome == Outcome::error_reply) code = exit_code::error_reply;
  }
  return code;
}

void run_typed(Session& session, const std::string& line) {
  const auto split = split_line(line);
  if (!split) {
    fmt::print("Invalid argument(s)\n");
    return;
  }
  const std::vector<std::string_view> words(split->begin(), split->end());
  if (words.size() == 1 && same_word(words[0], clear_word)) {
    fmt::print("\033[H\033[2J");
  } else {
    run_words(session, words);
  }
}

int run_terminal_session(const Options& options) {
  take_signals();
  Session session(options);
  session.connect();
  LineEditor editor(load_history(options.history));
  const std::string connected_prompt = address_text(options.address) + "> ";
  for (;;) {
    std::string line;
    const auto outcome = editor.read(session.is_connected() ? connected_prompt : "not connected> ", line);
    if (outcome == LineEditor::Outcome::end) return exit_code::done;
    if (outcome == LineEditor::Outcome::interrupted) continue;
    if (line.find_first_not_of(" \t") == std::string::npos) continue;
    if (!says_password(line)) {
      editor.remember(line);
      append_to_history(options.history, line);
    }
    const auto words = split_line(line);
    if (words && is_end(std::vector<std::string_view>(words->begin(), words->end()))) return exit_code::done;
    run_typed(session, line);
    forget_interrupt();  // Ctrl-C while a reply was awaited has done its work
  }
}

int run_bulk_load(Options options) {
  if (options.resp == 0) options.resp = 2;
  Session session(options);
  if (!session.connect()) return exit_code::no_connection;
  const BulkOutcome outcome = load_bulk(session.link(), STDIN_FILENO, options.pipe_timeout_s);
  if (outcome.timed_out) {
    fmt::print(stderr, "No replies for {} seconds: exiting.\n", options.pipe_timeout_s);
  } else if (!outcome.failure.empty()) {
    fmt::print(stderr, "holdfast-cli: {}\n", outcome.failure);
  } else {
    fmt::print("Last reply received from server.\n");
  }
  const uint64_t errors = outcome.errors + (outcome.timed_out ? 1 : 0);
  fmt::print("errors: {}, replies: {}\n", errors, outcome.replies);
  if (!outcome.failure.empty()) return exit_code::no_connection;
  return errors > 0 ? exit_code::error_reply : exit_code::done;
}

}  // namespace

int run(const Options& options) {
  if (options.pipe) return run_bulk_load(options);
  if (!options.command.empty()) return run_command(options);
  return ::isatty(STDIN_FILENO) != 0 ? run_terminal_session(options) : run_lines_of_stdin(options);
}

}  // namespace holdfast::cli
