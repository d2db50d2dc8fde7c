// What it is: `--pipe`, as redis-cli has it: everything that comes from stdin goes to the server as it is, with an ECHO
// of a random word behind it; what comes back is counted until the word comes.
// Threads: one. Time: as fast as the server takes it: sends and receives without blocking, so a server that does not
// read before its replies are fetched is no deadlock. Memory: a piece of the input, and the largest reply.
// Fails: see BulkOutcome.
#pragma once

#include <cstdint>
#include <string>

#include "tools/cli/server_link.h"

namespace holdfast::cli {

struct BulkOutcome {
  uint64_t replies = 0;  // without the last one
  uint64_t errors = 0;   // of these
  bool timed_out = false;
  std::string failure;  // why the connection broke off; empty: it did not
};

// Error replies go to stderr as they come, the two lines of progress to stdout.
// `timeout_s`: how long no reply may come once all is sent; 0: no limit.
BulkOutcome load_bulk(ServerLink& link, int input_fd, int timeout_s);

}  // namespace holdfast::cli
