// What it is: the command table, a row a command and the only source of what a command is called, how many arguments it
// takes, how they are read, how the answer is written and what its documentation says. COMMAND DOCS, HELP, the
// completion of holdfast-cli and the reference page in README.md come out of it.
// A data command *reads* its arguments into a Journey, which the engine decides, and *renders* the journey that came
// back. A connection command *runs* right where it is read, or answers after a Tour of all shards.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/journey.h"
#include "protocol/resp_writer.h"
#include "protocol/services.h"

namespace holdfast {

using Args = std::span<const std::string_view>;  // args[0] is the command's name as sent

// The error text to send after '-', or none. E.g. "ERR value is not an integer or out of range".
using ReadError = std::optional<std::string>;

// Reads a data command. The journey's views may point into args. Fills everything that its verb names (journey.h),
// hashes included; steps are the engine's business.
using ReadFunction = ReadError (*)(Args args, const Services& services, Journey& journey);
using RenderFunction = void (*)(const Journey& journey, RespWriter& out);

// Runs a connection command: writes its one reply and returns null, or returns the tour that will.
using RunFunction = std::unique_ptr<ReplyTour> (*)(Args args, Client& client, Services& services, RespWriter& out);

// How a command is ordered against the others of its connection that are still under way (see footprint.h).
enum class Ordering : uint8_t {
  resources,  // after those that share a SKU, cart, key, hold or lock
  barrier,    // after all before it, before all after it
  at_once,    // PING and the like: whenever it comes; its reply still comes in order
};

struct CommandRow {
  std::string_view name;     // lower case; a subcommand's full name is "client|list"
  int arity;                 // as in Redis: with the name; negative = at least that many
  std::string_view group;    // "stock", "holds", "locks", "connection", "server"
  std::string_view syntax;   // the arguments as on the reference page, e.g. "sku on_hand [IFVER v]"
  std::string_view reply;    // what it answers, one line
  std::string_view summary;  // one sentence
  std::string_view since;
  std::string_view complexity;
  std::string_view flags;  // Redis's command flags, blank separated: "write fast", "readonly", "admin loading stale"
  Ordering ordering;
  ReadFunction read;  // data commands: read and render
  RenderFunction render;
  RunFunction run;  // connection commands
  std::span<const CommandRow> subcommands;
  uint16_t number = 0;  // its place in all_commands(), once the table is put together
};

// All rows but those of subcommands, sorted by name.
std::span<const CommandRow> command_table();

// The same, and the rows of subcommands behind them.
std::span<const CommandRow> all_commands();

// The row of that name (any case), or null.
const CommandRow* find_command(std::string_view name);

// The row that a request calls: with a container's name and a word behind it the subcommand's. Null where there is
// none. REQUIRES: at least 1 word.
const CommandRow* find_called(Args request);

// Is the number of arguments (name included) what the row asks for?
bool arity_fits(const CommandRow& row, size_t args);

}  // namespace holdfast
