// What it is: how holdfast-cli comes to its settings: flags, over HOLDFAST_PASSWORD and HOLDFAST_HISTORY of the
// environment. Flags end where the command begins, so that a command's own words may begin with '-'.
// Threads: one. Time: O(arguments).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "tools/answer.h"
#include "tools/cli/reply_format.h"
#include "tools/cli/server_link.h"

namespace holdfast::cli {

struct Options {
  Address address;
  std::string user;      // empty: the default user
  std::string password;  // empty: nothing is logged in
  int resp = 0;          // 2 or 3 as asked for; 0: 3 where maps are shown as maps, 2 for raw output
  OutputFormat format = OutputFormat::raw;
  bool pipe = false;
  int pipe_timeout_s = 30;           // 0: wait for ever
  std::string history;               // path; empty: none is kept
  std::vector<std::string> command;  // empty: from stdin
};

// `output_is_terminal` decides the format where no flag does.
std::variant<Options, Answer> read_options(int argc, const char* const* argv, bool output_is_terminal);

}  // namespace holdfast::cli
