// What it is: file descriptors for clients: the process's RLIMIT_NOFILE against maxclients.
// Threads: any; it asks and tells the kernel.
#pragma once

#include <cstdint>

#include "protocol/settings.h"

namespace holdfast {

// Raises RLIMIT_NOFILE (the hard limit too where this process may) until `maxclients` fit beside what the server needs
// for itself and for Unix sockets. Returns how many fit now: at most `maxclients`, at least 0. Never lowers the limit.
int64_t make_room_for_clients(const Settings& settings);

}  // namespace holdfast
