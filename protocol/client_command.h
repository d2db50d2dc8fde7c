// What it is: CLIENT: what a connection says of itself, and LIST and KILL, which visit the connections of all shards.
// Threads: its run functions belong to the client's shard; its tours touch each reactor on that reactor's own thread.
// Time: idle and age of every client are judged by the asker's clock, when it asked.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/subcommands.h"

namespace holdfast {

std::span<const CommandRow> client_subcommands();

// May it stand in CLIENT LIST? None, or the error: printable bytes without blanks only.
std::optional<std::string> check_client_name(std::string_view name);

// The line of CLIENT LIST, without its end.
std::string client_line(const Client& client, TimeUs now);

}  // namespace holdfast
