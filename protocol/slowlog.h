// What it is: SLOWLOG: the slow commands of one reactor, and how the words of a request are kept for it: cut as Redis
// cuts them, secrets blotted out, packed into one string, so that a command on its way to other shards can take them
// along. Threads: its reactor's; SLOWLOG merges those of all on a tour. Time: pack_words O(bytes kept), add O(1).
// Limits: 32 words of 128 bytes a command; slowlog-max-len commands.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "protocol/commands.h"
#include "protocol/resp_writer.h"

namespace holdfast {

// Each word kept is a byte that says its length, and its bytes. Replaces what `packed` was, keeps its memory.
void pack_words(Args words, std::string& packed);

// An array of the words.
void write_packed_words(std::string_view packed, RespWriter& out);

struct SlowCommand {
  uint64_t id = 0;  // grows over all shards, and is never reused
  int64_t unix_s = 0;
  int64_t duration_us = 0;
  std::string words;  // packed
  std::string address, name;
};

class Slowlog {
 public:
  void add(SlowCommand command, size_t most) {
    commands_.push_back(std::move(command));
    while (commands_.size() > most) commands_.pop_front();
  }
  void clear() { commands_.clear(); }
  const std::deque<SlowCommand>& commands() const { return commands_; }  // oldest first

 private:
  std::deque<SlowCommand> commands_;
};

}  // namespace holdfast
