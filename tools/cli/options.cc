#include "tools/cli/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "tools/cli/exit_codes.h"
#include "tools/flags.h"

namespace holdfast::cli {
namespace {

constexpr std::string_view about =
    "A client for holdfast-server: one command, a session at a terminal, or commands from stdin.\n"
    "  holdfast-cli [flags] [command [argument ...]]";

constexpr std::string_view footer =
    "Flags stand before the command. `holdfast-cli help`, `help reserve` and `help @holds` need no server.\n"
    "Nor does `holdfast-cli hash-password user role [prefix ...]`, which makes a line of the server's --users file.\n"
    "Without a command: a session where stdin is a terminal, else a command from each line of stdin.\n"
    "Environment: HOLDFAST_PASSWORD, the password where -a is not given; HOLDFAST_HISTORY, the history file of\n"
    "sessions (default ~/.holdfast_history; empty: none).\n"
    "Exit codes: 0 done; 1 a reply was an error; 64 bad flag; 69 cannot connect or log in, or lost the connection.";

Answer bad_usage(std::string_view text) {
  return holdfast::bad_usage("holdfast-cli", text);
}

std::string history_path() {
  if (const char* const path = std::getenv("HOLDFAST_HISTORY")) return path;
  const char* const home = std::getenv("HOME");
  return home != nullptr && *home != '\0' ? fmt::format("{}/.holdfast_history", home) : "";
}

struct Flags {
  bool resp2 = false;
  bool resp3 = false;
  bool json = false;
  bool raw = false;
  bool no_raw = false;
  bool tls = false;
  TlsTrust trust;
};

void add_flags(CLI::App& app, Options& options, Flags& flags) {
  app.add_option("-h,--host", options.address.host, "server")->capture_default_str();
  app.add_option("-p,--port", options.address.port, "its port")->capture_default_str();
  app.add_option("-s,--socket", options.address.socket, "path of its Unix socket, instead of host and port");
  app.add_flag("--tls", flags.tls, "speak TLS");
  app.add_option("--cacert", flags.trust.ca, "who signs the server's certificate, PEM; else whom this machine trusts");
  app.add_option("--cert", flags.trust.certificate, "one's own certificate, PEM");
  app.add_option("--key", flags.trust.key, "its private key, PEM");
  app.add_option("--sni", flags.trust.server, "whom the server's certificate has to be for, instead of the host");
  app.add_flag("--insecure", flags.trust.insecure, "whatever certificate the server shows");
  app.add_option("--user", options.user, "log in as this user");
  app.add_option("-a,--pass", options.password, "password; others can see it in `ps`: HOLDFAST_PASSWORD is better");
  app.add_flag("-2", flags.resp2, "speak RESP2");
  app.add_flag("-3", flags.resp3, "speak RESP3; the default at a terminal and for --json");
  app.add_flag("--json", flags.json, "replies as JSON, one a line");
  app.add_flag("--raw", flags.raw, "replies as they are; the default where stdout is no terminal");
  app.add_flag("--no-raw", flags.no_raw, "replies as at a terminal");
  app.add_flag("--pipe", options.pipe, "bulk load: send stdin, RESP or inline commands, as fast as it goes");
  app.add_option("--pipe-timeout", options.pipe_timeout_s, "seconds without a reply at the end of --pipe; 0: no limit")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  for (CLI::Option* const option : app.get_options()) {
    option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
}

bool says_anything(const TlsTrust& trust) {
  return trust.insecure || !(trust.ca + trust.certificate + trust.key + trust.server).empty();
}

std::optional<std::string> load_tls(Address& address, TlsTrust trust) {
  if (trust.certificate.empty() != trust.key.empty()) return "--cert and --key belong together";
  if (trust.server.empty()) trust.server = address.host;
  return TlsContext::load(trust, address.tls);
}

std::variant<Options, Answer> checked(Options options, const Flags& flags, bool output_is_terminal) {
  if (flags.json + flags.raw + flags.no_raw > 1) return bad_usage("--json, --raw and --no-raw exclude each other");
  if (flags.resp2 && flags.resp3) return bad_usage("-2 and -3 exclude each other");
  if (options.pipe && !options.command.empty()) return bad_usage("--pipe takes commands from stdin only");
  if (options.password.empty()) {
    const char* const password = std::getenv("HOLDFAST_PASSWORD");
    options.password = password != nullptr ? password : "";
  }
  if (!options.user.empty() && options.password.empty()) return bad_usage("--user needs a password");
  if (flags.tls) {
    if (auto wrong = load_tls(options.address, flags.trust)) return bad_usage(*wrong);
  } else if (says_anything(flags.trust)) {
    return bad_usage("--cacert, --cert, --key, --sni and --insecure need --tls");
  }
  options.resp = flags.resp2 ? 2 : flags.resp3 ? 3 : 0;
  options.format = flags.json                                           ? OutputFormat::json
                   : flags.no_raw || (!flags.raw && output_is_terminal) ? OutputFormat::terminal
                                                                        : OutputFormat::raw;
  options.history = history_path();
  return options;
}

}  // namespace

std::variant<Options, Answer> read_options(int argc, const char* const* argv, bool output_is_terminal) {
  CLI::App app{std::string(about), "holdfast-cli"};
  app.set_help_flag("--help", "print this and exit");
  app.set_version_flag("--version", "holdfast-cli " HOLDFAST_VERSION, "print the version and exit");
  Options options;
  Flags flags;
  add_flags(app, options, flags);
  app.prefix_command();
  app.footer(std::string(footer));
  if (auto answer = read_flags(app, argc, argv)) return *std::move(answer);
  options.command = app.remaining();
  if (!options.command.empty() && options.command.front().starts_with('-')) {
    return bad_usage(fmt::format("there is no flag {}", options.command.front()));
  }
  return checked(std::move(options), flags, output_is_terminal);
}

}  // namespace holdfast::cli
