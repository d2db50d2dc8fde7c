// holdfast-load: load for a server, and what its answers took.
#include <fmt/format.h>

#include <cstdio>
#include <variant>

#include "tools/load/options.h"
#include "tools/load/run.h"

int main(int argc, char** argv) {
  const auto read = holdfast::load::read_options(argc, argv);
  if (const auto* const answer = std::get_if<holdfast::Answer>(&read)) {
    fmt::print(answer->exit_code == 0 ? stdout : stderr, "{}", answer->text);
    return answer->exit_code;
  }
  return holdfast::load::run(std::get<holdfast::load::Options>(read));
}
