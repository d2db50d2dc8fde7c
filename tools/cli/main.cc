// holdfast-cli: one command, a session at a terminal, or commands from stdin.
#include <fmt/format.h>
#include <unistd.h>

#include <clocale>
#include <cstdio>
#include <variant>

#include "tools/cli/options.h"
#include "tools/cli/run.h"

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");  // libedit reads characters by it
  const auto read = holdfast::cli::read_options(argc, argv, ::isatty(STDOUT_FILENO) != 0);
  if (const auto* const answer = std::get_if<holdfast::Answer>(&read)) {
    fmt::print(answer->exit_code == 0 ? stdout : stderr, "{}", answer->text);
    return answer->exit_code;
  }
  return holdfast::cli::run(std::get<holdfast::cli::Options>(read));
}
