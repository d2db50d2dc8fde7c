// What it is: making way for a Unix socket: a socket file that no process listens on is what a killed server leaves
// behind, and is removed; one that is listened on belongs to a running server, and is not touched. Threads: any. Two
// servers that start at the same path in the same instant are not told apart.
#pragma once

#include <optional>
#include <string>

namespace holdfast {

// Leaves nothing at `path`, in a directory that a socket can be made in. Returns what is in the way, or none.
std::optional<std::string> make_way_for_unix_socket(const std::string& path);

}  // namespace holdfast
