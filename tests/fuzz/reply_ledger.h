// What it is: what one client may expect to hear for the bytes that it sent: one reply a request, in order, read with
// the naive parser and the rules of CLIENT REPLY, QUIT and the end of a connection, and with nothing of the session.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/protocol/naive_request_parser.h"

namespace holdfast {

using Words = std::vector<std::string>;

// Without regard to case: "client reply off" fits CLIENT REPLY OFF. Whole words; there may be more of them.
bool begins_with(const Words& words, std::string_view beginning);

class ReplyLedger {
 public:
  void sent(std::string_view bytes);
  // More was heard. Calls answered(request, reply) for each that is whole; a protocol error answers a request without
  // words. CHECKs that somebody asked for it.
  void heard(std::string_view bytes, const std::function<void(const Words&, std::string_view)>& answered);

  bool all_answered() const { return due_.empty() && unread_.empty(); }
  bool has_silent_changes() const { return silent_changes_; }  // of stock: asked for by who wanted no reply
  void forget_silent_changes() { silent_changes_ = false; }
  bool said_goodbye() const { return state_ == State::over; }  // QUIT, a protocol error, another protocol
  // Something was said whose replies cannot be told from here (SHUTDOWN, logins): only their form is looked at.
  bool is_loose() const { return loose_; }
  void loosen() { loose_ = lost_ = true; }
  bool spoke_of_kills() const { return kills_; }

 private:
  enum class State { open, over };
  enum class Mode { on, off, skip_next, skip_this };

  void note(Words words);

  std::string unparsed_;
  std::string unread_;
  std::deque<Words> due_;
  State state_ = State::open;
  Mode mode_ = Mode::on;
  bool loose_ = false;
  bool lost_ = false;  // which request the next reply belongs to
  bool kills_ = false;
  bool silent_changes_ = false;
  bool resp3_ = false;
};

}  // namespace holdfast
