// What it is: a client that reads whole replies (RESP2), and what they say.
// Threads: one. Time: a reply that does not come in time is a failed test and a WireReply without a type: nothing
// hangs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/system/server_process.h"

namespace holdfast {

struct WireReply {
  char type = 0;       // + - : $ *; 0 where none came
  std::string text;    // of + - $
  int64_t number = 0;  // of :
  std::vector<WireReply> items;
  bool is_nil = false;

  bool is_error() const { return type == '-'; }
  // A RESERVE that was granted.
  bool is_hold() const { return type == '*' && items.size() == 2; }
  // A figure of a stock map; -1, and a failed test, where it is not there.
  int64_t figure(std::string_view name) const;
  // For messages: on one line.
  std::string shown() const;
};

class ReplyClient {
 public:
  explicit ReplyClient(uint16_t port, int patience_ms = 10'000) : client_(port), patience_ms_(patience_ms) {}

  bool connected() const { return client_.connected(); }
  void send(std::string_view bytes) { client_.send(bytes); }
  WireReply next();
  // Sends the line, and reads its reply.
  WireReply ask(const std::string& line);
  // A byte of a reply is there already.
  bool has_answer() const { return at_ < received_.size() || client_.has_bytes(); }

 private:
  bool take(WireReply& reply, size_t& at) const;  // false: it is not all there

  TestClient client_;
  int patience_ms_;
  std::string received_;
  size_t at_ = 0;
};

}  // namespace holdfast
