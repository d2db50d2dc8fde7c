#include "protocol/client_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "protocol/arguments.h"

namespace holdfast {
namespace {

constexpr TimeUs us_a_second = 1'000'000;

std::string error_of(std::string_view text, std::string_view what) {
  return fmt::format("ERR {} '{}'", text, what);
}

// All our clients are "normal"; the other types of Redis exist as words. None: the word is no type at all.
enum class ClientType : uint8_t { normal, other };
std::optional<ClientType> type_called(std::string_view word) {
  if (same_word(word, "normal")) return ClientType::normal;
  for (const std::string_view other : {"master", "replica", "slave", "pubsub"}) {
    if (same_word(word, other)) return ClientType::other;
  }
  return std::nullopt;
}

// Which clients LIST shows and KILL ends: those that everything that is set here fits.
struct ClientFilter {
  std::vector<uint64_t> ids;  // one of them; any where has_ids is false
  bool has_ids = false;
  std::optional<std::string> address, local_address, user;
  std::optional<ClientType> type;
  std::optional<uint64_t> all_but;

  bool fits(const Client& client) const {
    if (has_ids && std::find(ids.begin(), ids.end(), client.id) == ids.end()) return false;
    if (address && *address != client.address) return false;
    if (local_address && *local_address != client.local_address) return false;
    if (user && *user != user_name(client)) return false;
    return type != ClientType::other && all_but != client.id;
  }
};

class ListTour final : public ReplyTour {
 public:
  ListTour(Services& services, ClientFilter filter, TimeUs now)
      : services_(services), filter_(std::move(filter)), now_(now) {}

  void visit(Shard&, ShardIndex index) override {
    services_.reactor(index).for_each_client([&](Client& client) {
      if (filter_.fits(client)) lines_.emplace_back(client.id, client_line(client, now_));
    });
  }

  void render(RespWriter& out, Client&) override {
    std::sort(lines_.begin(), lines_.end());
    std::string text;
    for (const auto& [id, line] : lines_) text.append(line).append("\n");
    out.verbatim(text);
  }

 private:
  Services& services_;
  ClientFilter filter_;
  TimeUs now_;
  std::vector<std::pair<uint64_t, std::string>> lines_;
};

class KillTour final : public ReplyTour {
 public:
  KillTour(Services& services, ClientFilter filter, uint64_t asker, bool old_form)
      : services_(services), filter_(std::move(filter)), asker_(asker), old_form_(old_form) {}

  void visit(Shard&, ShardIndex index) override {
    Reactor& reactor = services_.reactor(index);
    std::vector<Client*> killed;  // kill() may change what for_each_client walks over
    reactor.for_each_client([&](Client& client) {
      if (filter_.fits(client)) killed.push_back(&client);
    });
    killed_ += killed.size();
    for (Client* client : killed) {
      if (client->id == asker_) {
        kills_itself_ = true;  // once it has its answer
      } else {
        reactor.kill(*client);
      }
    }
  }

  void render(RespWriter& out, Client& client) override {
    if (kills_itself_) client.close_after_reply = true;
    if (!old_form_) return out.integer(killed_);
    killed_ > 0 ? out.simple("OK") : out.error("ERR No such client");
  }

 private:
  Services& services_;
  ClientFilter filter_;
  uint64_t asker_;
  bool old_form_;
  bool kills_itself_ = false;
  size_t killed_ = 0;
};

TourPointer run_list(Args args, Client& client, Services& services, RespWriter& out) {
  ClientFilter filter;
  if (args.size() == 4 && same_word(args[2], "type")) {
    filter.type = type_called(args[3]);
    if (!filter.type) return out.error(error_of("Unknown client type", args[3])), nullptr;
  } else if (args.size() > 3 && same_word(args[2], "id")) {
    filter.has_ids = true;
    for (const std::string_view word : args.subspan(3)) {
      const auto id = parse_integer(word);
      if (!id) return out.error("ERR Invalid client ID"), nullptr;
      filter.ids.push_back(static_cast<uint64_t>(*id));
    }
  } else if (args.size() != 2) {
    return out.error("ERR syntax error"), nullptr;
  }
  return std::make_unique<ListTour>(services, std::move(filter), client.active_us);
}

// One pair of CLIENT KILL's new form.
ReadError read_filter(std::string_view option, std::string_view value, const UserTable& users, ClientFilter& filter,
                      bool& skip_me) {
  if (same_word(option, "id")) {
    const auto id = parse_integer(value);
    if (!id || *id <= 0) return "ERR client-id should be greater than 0";
    filter.ids = {static_cast<uint64_t>(*id)};
    filter.has_ids = true;
  } else if (same_word(option, "type")) {
    filter.type = type_called(value);
    if (!filter.type) return error_of("Unknown client type", value);
  } else if (same_word(option, "addr")) {
    filter.address = value;
  } else if (same_word(option, "laddr")) {
    filter.local_address = value;
  } else if (same_word(option, "user")) {
    if (!users.find(value)) return error_of("No such user", value);
    filter.user = value;
  } else if (same_word(option, "skipme") && (same_word(value, "yes") || same_word(value, "no"))) {
    skip_me = same_word(value, "yes");
  } else {
    return "ERR syntax error";
  }
  return std::nullopt;
}

TourPointer run_kill(Args args, Client& client, Services& services, RespWriter& out) {
  ClientFilter filter;
  const bool old_form = args.size() == 3;
  if (old_form) {
    filter.address = args[2];
  } else {
    bool skip_me = true;
    for (size_t at = 2; at < args.size(); at += 2) {
      if (at + 1 == args.size()) return out.error("ERR syntax error"), nullptr;
      const UserTable& users = *services.settings_of(client.shard).user_table;
      if (const ReadError error = read_filter(args[at], args[at + 1], users, filter, skip_me)) {
        return out.error(*error), nullptr;
      }
    }
    if (skip_me) filter.all_but = client.id;
  }
  return std::make_unique<KillTour>(services, std::move(filter), client.id, old_form);
}

TourPointer run_id(Args, Client& client, Services&, RespWriter& out) {
  return out.integer(client.id), nullptr;
}

TourPointer run_info(Args, Client& client, Services&, RespWriter& out) {
  return out.verbatim(client_line(client, client.active_us) + "\n"), nullptr;
}

TourPointer run_setname(Args args, Client& client, Services&, RespWriter& out) {
  if (const auto error = check_client_name(args[2])) return out.error(*error), nullptr;
  client.name = args[2];
  return out.simple("OK"), nullptr;
}

TourPointer run_getname(Args, Client& client, Services&, RespWriter& out) {
  client.name.empty() ? out.nil() : out.bulk(client.name);
  return nullptr;
}

TourPointer run_setinfo(Args args, Client& client, Services&, RespWriter& out) {
  const bool name = same_word(args[2], "lib-name");
  if (!name && !same_word(args[2], "lib-ver")) return out.error(error_of("Unrecognized option", args[2])), nullptr;
  if (check_client_name(args[3])) {
    out.error(fmt::format("ERR {} cannot contain spaces, newlines or special characters.", args[2]));
    return nullptr;
  }
  (name ? client.lib_name : client.lib_version) = args[3];
  return out.simple("OK"), nullptr;
}

// NO-EVICT and NO-TOUCH. None where it is neither ON nor OFF.
std::optional<bool> read_switch(std::string_view word) {
  if (same_word(word, "on")) return true;
  if (same_word(word, "off")) return false;
  return std::nullopt;
}

TourPointer run_no_evict(Args args, Client& client, Services&, RespWriter& out) {
  const auto on = read_switch(args[2]);
  if (!on) return out.error("ERR syntax error"), nullptr;
  client.no_evict = *on;
  return out.simple("OK"), nullptr;
}

// A SKU has no time of last access, so there is nothing that a client could touch.
TourPointer run_no_touch(Args args, Client&, Services&, RespWriter& out) {
  read_switch(args[2]) ? out.simple("OK") : out.error("ERR syntax error");
  return nullptr;
}

// OFF and SKIP have no reply themselves.
TourPointer run_reply(Args args, Client& client, Services&, RespWriter& out) {
  if (same_word(args[2], "on")) {
    client.reply_mode = ReplyMode::on;
    out.simple("OK");
  } else if (same_word(args[2], "off")) {
    client.reply_mode = ReplyMode::off;
  } else if (same_word(args[2], "skip")) {
    if (client.reply_mode != ReplyMode::off) client.reply_mode = ReplyMode::skip_next;
  } else {
    out.error("ERR syntax error");
  }
  return nullptr;
}

constexpr CommandRow row(std::string_view name, int arity, std::string_view syntax, std::string_view reply,
                         std::string_view summary, RunFunction run, std::string_view complexity = "O(1)",
                         std::string_view flags = "noscript loading stale") {
  return run_row(name, arity, "connection", syntax, reply, summary, complexity, flags, Ordering::barrier, run);
}

constexpr std::string_view each_client = "O(N) where N is the number of connections";
constexpr std::string_view admin = "admin noscript loading stale";

constexpr std::array rows{
    row("client|getname", 2, "", "the name, or nil", "Tells the name of this connection.", run_getname),
    row("client|help", 2, "", "array of lines", "Prints this help.", run_help<client_subcommands>),
    row("client|id", 2, "", "integer", "Tells the number of this connection.", run_id),
    row("client|info", 2, "", "text: one line", "Describes this connection.", run_info),
    row("client|kill", -3,
        "<addr:port | <[ID client-id] [TYPE normal|master|replica|pubsub] [ADDR addr:port] [LADDR addr:port] "
        "[USER username] [SKIPME yes|no]>>",
        "OK for addr:port, else integer: connections closed",
        "Closes the connection from addr:port, or those that fit.", run_kill, each_client, admin),
    row("client|list", -2, "[TYPE normal|master|replica|pubsub] [ID client-id [client-id ...]]",
        "text: a line for each connection", "Describes all connections, or these.", run_list, each_client, admin),
    row("client|no-evict", 3, "ON|OFF", "OK", "This connection is not closed for maxmemory-clients, or may be again.",
        run_no_evict, "O(1)", admin),
    row("client|no-touch", 3, "ON|OFF", "OK", "Accepted for clients that send it; SKUs have no time of last access.",
        run_no_touch),
    row("client|reply", 3, "ON|OFF|SKIP", "OK for ON, nothing for the others",
        "Switches the replies of this connection on or off, or the next one off.", run_reply),
    row("client|setinfo", 4, "<LIB-NAME libname | LIB-VER libver>", "OK",
        "Tells the library that this connection is made with.", run_setinfo),
    row("client|setname", 3, "connection-name", "OK", "Names this connection; an empty name takes it away.",
        run_setname),
};

}  // namespace

std::span<const CommandRow> client_subcommands() {
  return rows;
}

std::optional<std::string> check_client_name(std::string_view name) {
  if (std::all_of(name.begin(), name.end(), [](char c) { return c >= '!' && c <= '~'; })) return std::nullopt;
  return "ERR Client names cannot contain spaces, newlines or special characters.";
}

std::string client_line(const Client& client, TimeUs now) {
  const auto seconds_since = [now](TimeUs then) { return std::max<TimeUs>(0, now - then) / us_a_second; };
  std::string flags;
  if (client.close_after_reply) flags += 'c';
  if (client.no_evict) flags += 'e';
  if (flags.empty()) flags = "N";
  std::string line = fmt::format("id={} addr={} laddr={} fd={} name={} age={} idle={} flags={}", client.id,
                                 client.address, client.local_address, client.fd, client.name,
                                 seconds_since(client.connected_us), seconds_since(client.active_us), flags);
  fmt::format_to(std::back_inserter(line),
                 " db=0 sub=0 psub=0 ssub=0 multi=-1 qbuf={} qbuf-free={} argv-mem=0 multi-mem=0 rbs=0 rbp=0 obl={} "
                 "oll={} omem={} tot-mem={} events={} cmd={} user={} redir=-1 resp={} lib-name={} lib-ver={}",
                 client.input_bytes, client.input_room, client.output_bytes, client.in_flight, client.output_bytes,
                 client.memory_bytes, client.output_bytes > 0 ? "rw" : "r",
                 client.last_command.empty() ? "NULL" : client.last_command, user_name(client), client.resp,
                 client.lib_name, client.lib_version);
  return line;
}

}  // namespace holdfast
