#include <array>

#include "protocol/arguments.h"
#include "protocol/auth_command.h"
#include "protocol/client_command.h"
#include "protocol/command_rows.h"

namespace holdfast {
namespace {

TourPointer run_ping(Args args, Client&, Services&, RespWriter& out) {
  if (args.size() > 2) return out.error(arity_error("ping")), nullptr;
  args.size() == 1 ? out.simple("PONG") : out.bulk(args[1]);
  return nullptr;
}

TourPointer run_echo(Args args, Client&, Services&, RespWriter& out) {
  return out.bulk(args[1]), nullptr;
}

TourPointer run_select(Args args, Client&, Services&, RespWriter& out) {
  const auto index = parse_integer(args[1]);
  if (!index) return out.error("ERR value is not an integer or out of range"), nullptr;
  *index == 0 ? out.simple("OK") : out.error("ERR DB index is out of range");
  return nullptr;
}

TourPointer run_quit(Args, Client& client, Services&, RespWriter& out) {
  client.close_after_reply = true;
  return out.simple("OK"), nullptr;
}

// The connection as it was when it was new, but for what it has told of its library.
TourPointer run_reset(Args, Client& client, Services& services, RespWriter& out) {
  client.user = services.settings_of(client.shard).user_table->initial();
  client.resp = 2;
  if (client.reply_mode == ReplyMode::off) client.reply_mode = ReplyMode::on;  // a SKIP before it is for this reply
  client.no_evict = false;
  client.name.clear();
  return out.simple("RESET"), nullptr;
}

constexpr CommandRow row(std::string_view name, int arity, std::string_view syntax, std::string_view reply,
                         std::string_view summary, std::string_view flags, Ordering ordering, RunFunction run) {
  return run_row(name, arity, "connection", syntax, reply, summary, "O(1)", flags, ordering, run);
}

}  // namespace

std::span<const CommandRow> connection_commands() {
  static const std::array rows{
      row("auth", -2, "[username] password", "OK", "Logs this connection in.", "noscript loading stale fast no_auth",
          Ordering::barrier, run_auth),
      run_row("client", -2, "connection", "", "depends on the subcommand", "A container for commands on connections.",
              "depends on the subcommand", "", Ordering::barrier, nullptr, client_subcommands()),
      row("echo", 2, "message", "the message", "Answers with the message.", "loading stale fast", Ordering::at_once,
          run_echo),
      row("hello", -1, "[2|3 [AUTH username password] [SETNAME clientname]]", "map: what this server is",
          "Greets, and chooses RESP2 or RESP3 for all that follows.", "noscript loading stale fast no_auth",
          Ordering::barrier, run_hello),
      row("ping", -1, "[message]", "PONG, or the message", "Answers, to show that the server is there.",
          "loading stale fast", Ordering::at_once, run_ping),
      row("quit", -1, "", "OK", "Closes this connection after all its answers.", "noscript loading stale fast no_auth",
          Ordering::at_once, run_quit),
      row("reset", 1, "", "RESET", "Makes this connection as it was when it was new.",
          "noscript loading stale fast no_auth", Ordering::barrier, run_reset),
      row("select", 2, "index", "OK", "Accepted for clients that send it; there is one database, 0.",
          "loading stale fast", Ordering::at_once, run_select),
  };
  return rows;
}

}  // namespace holdfast
