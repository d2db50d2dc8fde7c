#include "protocol/auth_command.h"

#include <utility>

#include "protocol/arguments.h"
#include "protocol/client_command.h"

namespace holdfast {
namespace {

constexpr std::string_view wrong_password = "WRONGPASS invalid username-password pair or user is disabled.";
constexpr std::string_view too_many = "ERR too many failed logins from this address, try again in some seconds";
constexpr std::string_view no_password =
    "ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration "
    "is correct?";
constexpr std::string_view hello_needs_login =
    "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option "
    "can be used to authenticate the client and select the RESP protocol version at the same time";

void write_hello(const Client& client, RespWriter& out) {
  out.set_version(client.resp);
  out.map(7);
  out.bulk("server");
  out.bulk("holdfast");
  out.bulk("version");
  out.bulk(redis_compatible_version);
  out.bulk("proto");
  out.integer(client.resp);
  out.bulk("id");
  out.integer(client.id);
  out.bulk("mode");
  out.bulk("standalone");
  out.bulk("role");
  out.bulk("master");
  out.bulk("modules");
  out.array(0);
}

// The end of both commands where all is well.
void welcome(Client& client, const Login& login, RespWriter& out) {
  if (login.user) client.user = login.user;
  if (login.name) client.name = *login.name;
  if (login.resp) client.resp = *login.resp;
  login.command == "hello" ? write_hello(client, out) : out.simple("OK");
}

// A user without a password is welcome at once; everybody else has to wait, whoever they say they are.
void begin_login(Client& client, Services& services, Login login, std::string_view password, RespWriter& out) {
  login.user = services.settings_of(client.shard).user_table->find(login.username);
  if (login.user && !login.user->password) return welcome(client, login, out);
  login.password = password;
  client.login = std::make_unique<Login>(std::move(login));
}

struct Hello {
  Login login;
  std::optional<std::string_view> user, password;
};

// Nothing of the client changes before all of it is judged.
ReadError read_hello(Args args, Hello& hello) {
  if (args.size() > 1) {
    const auto version = parse_integer(args[1]);
    if (!version) return "ERR Protocol version is not an integer or out of range";
    if (*version < 2 || *version > 3) return "NOPROTO unsupported protocol version";
    hello.login.resp = static_cast<int>(*version);
  }
  for (size_t at = 2; at < args.size(); ++at) {
    const size_t more = args.size() - 1 - at;
    if (same_word(args[at], "auth") && more >= 2) {
      hello.user = args[at + 1];
      hello.password = args[at + 2];
      at += 2;
    } else if (same_word(args[at], "setname") && more >= 1) {
      hello.login.name = args[++at];
      if (auto error = check_client_name(*hello.login.name)) return error;
    } else {
      return "ERR Syntax error in HELLO option '" + std::string(args[at]) + "'";
    }
  }
  return std::nullopt;
}

}  // namespace

TourPointer run_auth(Args args, Client& client, Services& services, RespWriter& out) {
  if (args.size() > 3) return out.error("ERR syntax error"), nullptr;
  Login login{
      .command = "auth", .username = std::string(default_user), .user = {}, .password = {}, .resp = {}, .name = {}};
  if (args.size() == 2) {
    const UserPointer user = services.settings_of(client.shard).user_table->find(default_user);
    if (user && !user->password) return out.error(no_password), nullptr;
  } else {
    login.username = args[1];
  }
  begin_login(client, services, std::move(login), args.back(), out);
  return nullptr;
}

TourPointer run_hello(Args args, Client& client, Services& services, RespWriter& out) {
  Hello hello;
  hello.login.command = "hello";
  if (const ReadError error = read_hello(args, hello)) return out.error(*error), nullptr;
  if (hello.user) {
    hello.login.username = *hello.user;
    begin_login(client, services, std::move(hello.login), *hello.password, out);
  } else if (!client.user) {
    out.error(hello_needs_login);
  } else {
    welcome(client, hello.login, out);
  }
  return nullptr;
}

void finish_login(Client& client, LoginOutcome outcome, Services& services, RespWriter& out) {
  const std::unique_ptr<Login> login = std::exchange(client.login, nullptr);
  if (outcome == LoginOutcome::welcome) {
    // ACL LOAD may have come meanwhile.
    const UserPointer user = services.settings_of(client.shard).user_table->find(login->username);
    if (user && login->user && user->password == login->user->password) {
      client.failed_logins = 0;
      client.has_logged_in = true;
      login->user = user;
      return welcome(client, *login, out);
    }
    outcome = LoginOutcome::wrong;
  }
  services.security_log().record({.reason = SecurityReason::auth,
                                  .object = login->command == "hello" ? "HELLO" : "AUTH",
                                  .username = login->username,
                                  .address = client.address,
                                  .client = client_line(client, client.active_us)},
                                 client.active_us);
  out.error(outcome == LoginOutcome::wrong ? wrong_password : too_many);
  if (++client.failed_logins >= most_failed_logins) client.close_after_reply = true;
}

}  // namespace holdfast
