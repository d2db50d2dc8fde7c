// What it is: holdfast-cli behind its flags: one command, a session at a terminal, lines of stdin, or a bulk load.
// Threads: one.
#pragma once

#include "tools/cli/options.h"

namespace holdfast::cli {

// Returns the exit code (exit_codes.h).
int run(const Options& options);

}  // namespace holdfast::cli
