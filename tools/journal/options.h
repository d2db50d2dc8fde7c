// What it is: what holdfast-journal is asked to do. Threads: one. Time: O(arguments).
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "engine/types.h"
#include "tools/answer.h"

namespace holdfast::journal {

enum class Task : uint8_t { verify, dump, cut, forget_snapshot };

struct Options {
  Task task = Task::verify;
  std::string directory;
  Seq from = 0;  // dump: the first fact
  Seq at = 0;    // cut: the first fact that goes
};

std::variant<Options, Answer> read_options(int argc, const char* const* argv);

}  // namespace holdfast::journal
