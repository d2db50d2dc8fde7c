// holdfast-journal: verify, dump, cut.
#include <fmt/format.h>

#include <cstdio>
#include <variant>

#include "tools/journal/options.h"
#include "tools/journal/run.h"

int main(int argc, char** argv) {
  const auto read = holdfast::journal::read_options(argc, argv);
  if (const auto* const answer = std::get_if<holdfast::Answer>(&read)) {
    fmt::print(answer->exit_code == 0 ? stdout : stderr, "{}", answer->text);
    return answer->exit_code;
  }
  return holdfast::journal::run(std::get<holdfast::journal::Options>(read), stdout, stderr);
}
