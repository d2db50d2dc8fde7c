// What it is: what holdfast-journal is asked to do. Threads: one. Time: O(arguments).
#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "engine/types.h"

namespace holdfast::journal {

enum class Task : uint8_t { verify, dump, cut };

struct Options {
  Task task = Task::verify;
  std::string directory;
  Seq from = 0;  // dump: the first fact
  Seq at = 0;    // cut: the first fact that goes
};

// What is said instead of doing anything: help and version on stdout (exit code 0), a refusal on stderr (64).
struct Answer {
  int exit_code = 0;
  std::string text;
};

std::variant<Options, Answer> read_options(int argc, const char* const* argv);

}  // namespace holdfast::journal
