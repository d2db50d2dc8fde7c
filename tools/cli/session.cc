#include "tools/cli/session.h"

#include <fmt/format.h>

#include <cstdio>
#include <vector>

#include "protocol/subcommands.h"

namespace holdfast::cli {
namespace {

using Words = std::span<const std::string_view>;

bool names(Words words, std::string_view command, std::string_view subcommand) {
  return words.size() > 1 && same_word(words[0], command) && same_word(words[1], subcommand);
}

// Replies that are lines for people.
bool is_plain_text(Words words) {
  return same_word(words[0], "INFO") || names(words, "CLIENT", "LIST") || names(words, "CLIENT", "INFO");
}

int resp_of(const Options& options) {
  if (options.resp != 0) return options.resp;
  return options.format == OutputFormat::raw ? 2 : 3;
}

void complain(std::string_view text) {
  std::fflush(stdout);
  fmt::print(stderr, "{}\n", text);
}

}  // namespace

Session::Session(const Options& options) : options_(options), link_(options.address) {}

bool Session::connect() {
  if (link_.is_open()) return true;
  silent_ = false;
  unanswered_ = 0;
  const std::string where = address_text(options_.address);
  if (const LinkError error = link_.connect()) {
    complain(fmt::format("Could not connect to Holdfast at {}: {}", where, *error));
    return false;
  }
  if (const LinkError error = log_in()) {
    link_.close();
    complain(fmt::format("Could not log in to Holdfast at {}: {}", where, *error));
    return false;
  }
  if (was_connected_) complain(fmt::format("Connected again to {}; this is a new connection.", where));
  was_connected_ = true;
  return true;
}

LinkError Session::log_in() {
  const bool resp3 = resp_of(options_) == 3;
  if (!resp3 && options_.password.empty()) return std::nullopt;
  std::vector<std::string_view> words;
  if (resp3) words = {"HELLO", "3"};
  if (!options_.password.empty()) {
    const std::string_view user = options_.user.empty() ? default_user : std::string_view(options_.user);
    words.insert(words.end(), {"AUTH", user, options_.password});
  }
  if (LinkError error = link_.send(request_of(words))) return error;
  if (LinkError error = link_.receive()) return error;
  const ReplyNode& reply = link_.reply().first();
  if (reply.kind == ReplyKind::error) return std::string(link_.reply().text(reply));
  return std::nullopt;
}

Session::Outcome Session::run(Words words) {
  if (!connect()) return Outcome::no_connection;
  if (const LinkError error = link_.send(request_of(words))) return lost(error, words[0]);
  if (!is_answered(words)) return Outcome::done;
  if (const LinkError error = link_.receive()) return lost(error, words[0]);
  const RespReader& reply = link_.reply();
  fmt::print("{}", formatted(reply, options_.format, is_plain_text(words)));
  std::fflush(stdout);
  return reply.first().kind == ReplyKind::error ? Outcome::error_reply : Outcome::done;
}

Session::Outcome Session::lost(const LinkError& error, std::string_view command) {
  if (same_word(command, "SHUTDOWN")) return Outcome::done;  // that is its answer
  complain(fmt::format("Lost the connection to {}: {}. {} may have taken effect.", address_text(options_.address),
                       *error, command));
  return Outcome::no_connection;
}

// What CLIENT REPLY said about this command, and about those after it.
bool Session::is_answered(Words words) {
  const bool answered = !silent_ && unanswered_ == 0;
  if (unanswered_ > 0) --unanswered_;
  if (!names(words, "CLIENT", "REPLY") || words.size() != 3) return answered;
  if (same_word(words[2], "ON")) {
    silent_ = false;
    return true;
  }
  if (same_word(words[2], "OFF")) silent_ = true;
  if (same_word(words[2], "SKIP")) unanswered_ = 1;
  return answered && !same_word(words[2], "OFF") && !same_word(words[2], "SKIP");
}

}  // namespace holdfast::cli
