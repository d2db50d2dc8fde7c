// What it is: a run from its first connection to its report: SKUs loaded, holds of a storm made, workers started and
// watched, all audited.
// Threads: the main one; it starts the workers. SIGINT or SIGTERM ends the sending early, and the rest goes
// on; a second one ends the process.
#pragma once

#include "tools/load/options.h"

namespace holdfast::load {

// What the program exits with.
int run(const Options& options);

}  // namespace holdfast::load
