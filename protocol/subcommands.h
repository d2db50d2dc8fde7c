// What it is: what the commands that run in a connection share: the making of their rows, what a container such as
// CLIENT says of its subcommands, and the error for what does not exist, in Redis 7's words.
// Threads: pure functions over constants.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "protocol/commands.h"

namespace holdfast {

// The version of Redis whose behaviour clients may expect of us: they switch features on by it.
inline constexpr std::string_view redis_compatible_version = "7.2.0";
// What a RunFunction returns: null where it has written its reply.
using TourPointer = std::unique_ptr<ReplyTour>;

// The row of a command that runs in a connection. A subcommand's name and arity include its container's name.
constexpr CommandRow run_row(std::string_view name, int arity, std::string_view group, std::string_view syntax,
                             std::string_view reply, std::string_view summary, std::string_view complexity,
                             std::string_view flags, Ordering ordering, RunFunction run,
                             std::span<const CommandRow> subcommands = {}) {
  return {name,       arity, group,    syntax,  reply,   summary, "0.1.0",
          complexity, flags, ordering, nullptr, nullptr, run,     subcommands};
}

// The error for a request that calls no row, without the '-'. What the client sent is cut to 128 bytes.
std::string unknown_command(Args args);

// "list" of "client|list"; the whole name of what is no subcommand.
std::string_view own_name(const CommandRow& row);

// Byte by byte, without regard to the case of ASCII letters.
bool same_word(std::string_view a, std::string_view b);

// The row of the subcommand "list" (any case), or null.
const CommandRow* find_subcommand(std::span<const CommandRow> subcommands, std::string_view name);

// The row of "get" or "client|list" (any case), or null.
const CommandRow* find_in(std::span<const CommandRow> rows, std::string_view name);

// The answer to HELP of the container that args[0] names.
void write_help(std::span<const CommandRow> subcommands, Args args, RespWriter& out);

// The run function of a container's HELP, made of the function that gives the container's rows.
template <std::span<const CommandRow> (*subcommands)()>
TourPointer run_help(Args args, Client&, Services&, RespWriter& out) {
  write_help(subcommands(), args, out);
  return nullptr;
}

}  // namespace holdfast
