// What it is: file descriptors for clients: the process's RLIMIT_NOFILE against maxclients.
// Threads: any; it asks and tells the kernel.
#pragma once

#include <cstdint>

namespace holdfast {

// Raises RLIMIT_NOFILE (the hard limit too where this process may) until `clients` fit beside what the server needs for
// itself with so many shards. Returns how many fit now: at most `clients`, at least 0. Never lowers the limit.
int64_t make_room_for_clients(int64_t clients, int64_t shards);

}  // namespace holdfast
