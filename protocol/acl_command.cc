#include "protocol/acl_command.h"

#include <fmt/format.h>

#include <array>
#include <vector>

#include "protocol/arguments.h"

namespace holdfast {
namespace {

constexpr int64_t usual_entries = 10;

TourPointer run_whoami(Args, Client& client, Services&, RespWriter& out) {
  return out.bulk(user_name(client)), nullptr;
}

TourPointer run_list(Args, Client& client, Services& services, RespWriter& out) {
  const auto& users = services.settings_of(client.shard).user_table->users();
  out.array(users.size());
  for (const auto& [name, user] : users) out.bulk(user_line(*user));
  return nullptr;
}

class LoadTour final : public ReplyTour {
 public:
  LoadTour(Services& services, uint64_t asker) : services_(services), asker_(asker) {}

  void visit(Shard&, ShardIndex index) override {
    if (error_) return;
    Settings& settings = services_.settings_of(index);
    if (decided_) {
      settings.user_table = decided_;
    } else {
      error_ = load_users(settings);
      if (error_) return;
      decided_ = settings.user_table;
    }
    ends_asker_ |= follow_users(*decided_, services_.reactor(index), asker_);
  }

  void render(RespWriter& out, Client& client) override {
    if (ends_asker_) client.close_after_reply = true;
    error_ ? out.error(fmt::format("ERR {}. Nothing was changed.", *error_)) : out.simple("OK");
  }

 private:
  Services& services_;
  uint64_t asker_;
  bool ends_asker_ = false;
  std::shared_ptr<const UserTable> decided_;
  std::optional<std::string> error_;
};

TourPointer run_load(Args, Client& client, Services& services, RespWriter& out) {
  if (services.settings_of(client.shard).users.empty()) {
    return out.error("ERR there is no file of users: the server was started without --users"), nullptr;
  }
  return std::make_unique<LoadTour>(services, client.id);
}

void write_entry(const SecurityLog::Entry& entry, TimeUs now, RespWriter& out) {
  const auto field = [&out](std::string_view name, std::string_view value) {
    out.bulk(name);
    out.bulk(value);
  };
  const double age_s = static_cast<double>(now - entry.at_us) / 1e6;
  out.map(7);
  out.bulk("count");
  out.integer(entry.count);
  field("reason", reason_text(entry.event.reason));
  field("context", "toplevel");
  field("object", entry.event.object);
  field("username", entry.event.username);
  out.bulk("age-seconds");
  out.real(age_s);
  field("client-info", entry.event.client);
}

TourPointer run_log(Args args, Client& client, Services& services, RespWriter& out) {
  if (args.size() > 3) {
    out.error("ERR unknown subcommand or wrong number of arguments for 'LOG'. Try ACL HELP.");
    return nullptr;
  }
  if (args.size() == 3 && same_word(args[2], "reset")) {
    services.security_log().forget();
    return out.simple("OK"), nullptr;
  }
  const auto count = args.size() == 3 ? parse_integer(args[2]) : std::optional(usual_entries);
  if (!count) return out.error("ERR value is not an integer or out of range"), nullptr;
  const auto entries = services.security_log().entries(*count > 0 ? static_cast<size_t>(*count) : 0);
  out.array(entries.size());
  for (const auto& entry : entries) write_entry(entry, client.active_us, out);
  return nullptr;
}

constexpr CommandRow row(std::string_view name, int arity, std::string_view syntax, std::string_view reply,
                         std::string_view summary, RunFunction run, std::string_view complexity,
                         std::string_view flags = "admin noscript loading stale") {
  return run_row(name, arity, "server", syntax, reply, summary, complexity, flags, Ordering::barrier, run);
}

constexpr std::string_view each_user = "O(N) where N is the number of users";

constexpr std::array rows{
    row("acl|help", 2, "", "array of lines", "Prints this help.", run_help<acl_subcommands>, "O(1)", "loading stale"),
    row("acl|list", 2, "", "array: a line for each user", "Shows who may do what.", run_list, each_user),
    row("acl|load", 2, "", "OK",
        "Reads the file of users again, all of it or nothing; ends connections of users that are gone.", run_load,
        each_user),
    row("acl|log", -2, "[count | RESET]", "array: a map for each event; OK for RESET",
        "Shows who failed to log in, or tried what they may not do.", run_log,
        "O(N) where N is the number of entries shown"),
    row("acl|whoami", 2, "", "the name", "Tells the user of this connection.", run_whoami, "O(1)",
        "noscript loading stale"),
};

}  // namespace

std::span<const CommandRow> acl_subcommands() {
  return rows;
}

bool follow_users(const UserTable& table, Reactor& reactor, uint64_t asker) {
  bool ends_asker = false;
  std::vector<Client*> ended;  // kill() may change what for_each_client walks over
  reactor.for_each_client([&](Client& client) {
    if (!client.user) return;
    const UserPointer user = table.find(client.user->name);
    if (user && (user->name == default_user || user->password == client.user->password)) {
      client.user = user;
    } else if (client.id == asker) {
      ends_asker = true;
    } else {
      ended.push_back(&client);
    }
  });
  for (Client* client : ended) reactor.kill(*client);
  return ends_asker;
}

}  // namespace holdfast
