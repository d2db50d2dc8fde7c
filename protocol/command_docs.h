// What it is: COMMAND and its subcommands: what clients, redis-cli's hints and its `help` read of the command table, in
// Redis 7's shapes. Arguments and positions of keys (the SKUs) follow from each row's syntax (command_syntax.h).
// Threads: pure functions over constants. Time: COMMAND and COMMAND DOCS without names walk the whole table.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "protocol/subcommands.h"

namespace holdfast {

// One command as COMMAND INFO describes it, or nil where it is null.
void write_command_info(const CommandRow* row, RespWriter& out);

// COMMAND DOCS of these names ("get", "client|list"), each once, unknown ones left out; of all rows where none is
// named.
void write_command_docs(std::span<const CommandRow> rows, Args names, RespWriter& out);

// COMMAND GETKEYS: the SKUs of a whole request, or Redis's error.
void write_command_keys(std::span<const CommandRow> rows, Args request, RespWriter& out);

// COMMAND LIST, with what follows it: nothing, or FILTERBY MODULE|ACLCAT|PATTERN and its value.
void write_command_list(std::span<const CommandRow> rows, Args filter, RespWriter& out);

// The subcommands of COMMAND, and COMMAND itself, over command_table().
std::span<const CommandRow> command_subcommands();
TourPointer run_command(Args args, Client& client, Services& services, RespWriter& out);

}  // namespace holdfast
