// What it is: one connection without its socket: bytes in, replies out, in the order of the requests whichever shard
// answers first. Requests are read from the input as long as the session may go on: it stops for a command that must
// wait for one under way (footprint.h), for too many replies that are due, and for a client that does not take them.
// Threads: its shard's. Time: the turn's, given by the host. Nothing here blocks.
// Invariant: every request that was read gets exactly one reply (but for CLIENT REPLY OFF and SKIP), in order.
// Limits: limits::pending_replies, limits::output_bytes, limits::request_bytes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/shard.h"
#include "protocol/access.h"
#include "protocol/buffer.h"
#include "protocol/command_monitor.h"
#include "protocol/commands.h"
#include "protocol/footprint.h"
#include "protocol/resp_parser.h"
#include "protocol/services.h"

namespace holdfast {

// What a session needs of the reactor that it lives with.
class SessionHost {
 public:
  virtual ~SessionHost() = default;
  virtual Shard& shard() = 0;
  virtual Services& services() = 0;
  virtual ReactorStats& counters() = 0;
  virtual CommandMonitor& monitor() = 0;
  virtual TimeUs now() const = 0;
  // Buffers go from hand to hand: whoever has bytes gets one, whoever has none left gives it back.
  virtual void equip(Buffer& buffer) = 0;
  virtual void reclaim(Buffer& buffer) = 0;
};

class Session {
 public:
  Session(SessionHost& host, uint64_t id);

  // Bytes that arrived are put here; process() consumes them.
  Buffer& input() { return input_; }
  // Replies to be sent, from the front.
  Buffer& output() { return output_; }
  Client& client() { return client_; }

  // Reads and executes requests, at most `budget` of them.
  void process(size_t budget);

  // A journey of this session is back, with its reply. It stays the caller's.
  void complete(Journey& journey);

  // The client's login has been judged.
  void finish_login(LoginOutcome outcome);

  // The client will send no more: what was received is still answered.
  void end_of_input();
  // Nothing more is read, not even what was received (CLIENT KILL, a broken connection).
  void abandon();

  // A WAITDURABLE is under way: when it is to be looked at again without that more is on disk.
  bool awaits_disk() const { return client_.durable_wait.has_value(); }
  TimeUs next_wake() const { return awaits_disk() ? client_.durable_wait->until_us : never_us; }
  // All up to `durable` is on disk.
  void look_at_disk(Seq durable);

  // Requests may be left that process() could execute now.
  bool wants_turn() const { return more_input_ && may_execute(); }
  // The client may be read from.
  bool may_read() const;
  // Of the buffers of what was received and what is not sent yet, in bytes.
  size_t memory() const {
    return input_.capacity() + output_.capacity() + held_back_bytes_ + slots_.capacity() * sizeof(Slot) +
           parser_.storage_bytes();
  }
  // Takes the limits that the settings say now.
  void follow_settings();
  // Brings the figures in client() up to date.
  void refresh_client();
  // Nothing of it is under way or due, and it has asked for nothing since then.
  bool is_idle_since(TimeUs then) const { return client_.active_us <= then && !under_way() && output_.empty(); }
  // The client is gone: it stands in no line any more.
  void leave_lines();
  // All that is due has been written to output(): when that has been sent, close.
  bool finished() const;

 private:
  enum class State : uint8_t { open, finishing };

  // A command under way, or the finished text of those that came after one.
  struct Slot {
    bool done = false;
    bool muted = false;
    int resp = 2;
    Seq seq = 0;
    const CommandRow* row = nullptr;
    Buffer text;
  };

  // Requests that are read before the first of them is executed.
  struct Batch {
    struct Request {
      const CommandRow* row;
      Args args;
      size_t bytes;
    };
    size_t size = 0;
    std::array<Request, limits::looks_ahead> requests;
    std::array<Journey*, limits::looks_ahead> journeys;
    std::array<std::string_view, limits::looks_ahead * 10> words;  // of all of them
  };

  bool may_execute() const;
  size_t unsent_bytes() const { return output_.size() + held_back_bytes_; }
  bool execute(Args args);  // false: it must wait; nothing was done
  bool execute_one(size_t& budget);
  bool execute_together(size_t& budget);
  void read_ahead(Batch& batch, size_t budget);
  bool run_connection_command(const CommandRow& row, Args args);
  bool run_data_command(const CommandRow& row, Args args);
  bool run(const CommandRow& row, Args args, Journey& journey, const ReadError& error);
  bool start(const CommandRow& row, Args args, Journey& journey);  // true: finished at once
  bool admits(const CommandRow& row);                              // false: refused, and said so
  ReadError judge(const CommandRow& row, Journey& journey, ReadError error);
  std::string deny(Denial denial, std::string_view object, const CommandRow& row);
  void render(const CommandRow& row, const Journey& journey, RespWriter& out);
  bool may_do_everything() const { return client_.user && client_.user->may_do_everything(); }
  void wait_for_login(const CommandRow& row);
  bool under_way() const { return first_slot_ != next_slot_; }
  Slot& slot(uint64_t number) { return slots_[number & (slots_.size() - 1)]; }
  Slot& add_slot();
  void grow_slots();
  Buffer& tail();  // where the next reply goes
  void flush_slots();
  template <class Write>
  void write_reply(Buffer& text, int resp, Write write);  // and notes it where it is an error
  template <class Write>
  void write_to(Buffer& text, int resp, Write write);  // the output, or a text in the ring
  template <class Write>
  void reply(Write write);  // writes one whole reply now
  void fail(std::string_view error);
  void begin_command(const CommandRow& row);
  void wait_for_disk();
  void end_command();
  bool muted() const { return client_.reply_mode != ReplyMode::on; }

  SessionHost& host_;
  CommandMonitor& monitor_;
  Client client_;
  Buffer input_;
  Buffer output_;
  RequestParser parser_;
  Footprint footprint_;
  std::vector<Slot> slots_;  // a ring, its size a power of two; empty until a command is under way
  uint64_t first_slot_ = 0;
  uint64_t next_slot_ = 0;
  size_t held_back_bytes_ = 0;  // replies in the ring: they wait for one under way
  State state_ = State::open;
  bool input_ended_ = false;
  bool more_input_ = false;  // process() stopped before the input was used up
  bool in_line_ = false;     // a RESERVE ... WAIT is under way
  bool waiting_ = false;     // the next command waits for one under way
};

}  // namespace holdfast
