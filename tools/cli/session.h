// What it is: commands one after the other over one connection that is made anew where it was lost, each with its
// answer printed.
// Threads: one. Time: run waits for the reply, or until interrupted().
// Fails: told by Outcome; the reason goes to stderr. A command whose connection breaks off is never sent a second
// time: it may have taken effect.
#pragma once

#include <span>
#include <string_view>

#include "tools/cli/options.h"
#include "tools/cli/server_link.h"

namespace holdfast::cli {

class Session {
 public:
  explicit Session(const Options& options);

  enum class Outcome { done, error_reply, no_connection };

  // Connects and logs in where there is no connection. False: it said why.
  bool connect();
  // Sends the words, prints the reply. REQUIRES: at least one word.
  Outcome run(std::span<const std::string_view> words);

  bool is_connected() { return link_.is_open(); }
  ServerLink& link() { return link_; }

 private:
  LinkError log_in();
  Outcome lost(const LinkError& error, std::string_view command);
  bool is_answered(std::span<const std::string_view> words);

  Options options_;
  ServerLink link_;
  bool was_connected_ = false;
  bool silent_ = false;  // after CLIENT REPLY OFF
  int unanswered_ = 0;   // commands from here on, after CLIENT REPLY SKIP
};

}  // namespace holdfast::cli
