// What it is: the three things that holdfast-journal does. Threads: one. Time: O(bytes of the journal).
#pragma once

#include <cstdio>

#include "tools/journal/options.h"

namespace holdfast::journal {

// What was asked for goes to `out`, what went wrong to `problems`. Returns the exit code.
int run(const Options& options, std::FILE* out, std::FILE* problems);

}  // namespace holdfast::journal
