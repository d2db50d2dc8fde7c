// What it is: SLOWLOG and LATENCY: what the reactors have noted of slow commands (command_monitor.h), of all shards
// together, in Redis 7's forms. Threads: constants; the tours as ReplyTour says.
#pragma once

#include <span>

#include "protocol/commands.h"

namespace holdfast {

std::span<const CommandRow> slowlog_subcommands();
std::span<const CommandRow> latency_subcommands();

}  // namespace holdfast
