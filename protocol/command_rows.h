// What it is: the parts that the command table is put together from, each a static table of its own file.
// Threads: constants.
#pragma once

#include <span>

#include "protocol/commands.h"

namespace holdfast {

std::span<const CommandRow> data_commands();        // stock, holds: data_commands.cc
std::span<const CommandRow> connection_commands();  // HELLO, CLIENT, PING ...
std::span<const CommandRow> server_commands();      // INFO, CONFIG, COMMAND ...

}  // namespace holdfast
