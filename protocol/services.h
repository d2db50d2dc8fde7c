// What it is: what a command that runs in a connection may know and touch: the client itself, the settings, and the
// server's reactors (one a shard) when it visits them on a Tour. The server implements these; commands see only this.
// Threads: Client and Reactor belong to the thread of their shard: touch another shard's only inside Tour::visit.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "engine/hash.h"
#include "engine/journal.h"
#include "engine/journey.h"
#include "engine/types.h"
#include "protocol/login_judge.h"
#include "protocol/resp_writer.h"
#include "protocol/security_log.h"
#include "protocol/settings.h"

namespace holdfast {

class Snapshotter;
class Storage;
class CommandMonitor;

enum class ReplyMode : uint8_t { on, off, skip_next, skip_this };

// WAITDURABLE: until all up to this number is on disk, or the time is up.
struct DurableWait {
  Seq seq = 0;
  TimeUs until_us = never_us;
};

// AUTH or HELLO ... AUTH, while the password is being checked.
struct Login {
  std::string_view command;  // a row's name: static storage
  std::string username;      // as it was said
  UserPointer user;          // null: there is none of that name
  std::string password;
  std::optional<int> resp;  // of HELLO
  std::optional<std::string> name;
};

// One connection as its commands see it.
struct Client {
  uint64_t id = 0;
  ShardIndex shard = 0;
  int fd = -1;
  int resp = 2;
  UserPointer user;              // null: nobody has logged in yet
  std::unique_ptr<Login> login;  // under way
  bool has_logged_in = false;    // once, whoever it is now
  int failed_logins = 0;
  ReplyMode reply_mode = ReplyMode::on;
  bool no_evict = false;
  bool close_after_reply = false;           // QUIT, CLIENT KILL of oneself, a protocol error
  Seq last_seq = 0;                         // LASTSEQ: of the last request that changed something
  Seq highest_seq = 0;                      // WAITDURABLE: shards may have numbered later requests of a pipeline lower
  std::optional<DurableWait> durable_wait;  // WAITDURABLE, under way
  TimeUs connected_us = 0;                  // engine time
  TimeUs active_us = 0;                     // of the last command
  std::string name, lib_name, lib_version, address, local_address;
  std::string_view last_command;  // a row's name: static storage
  size_t input_bytes = 0;         // waiting to be read by us
  size_t input_room = 0;          // behind them, in the same buffer
  size_t output_bytes = 0;        // waiting to be read by the client
  size_t memory_bytes = 0;        // of all its buffers
  size_t in_flight = 0;           // commands begun and not answered

  // The next request in order has made the change with this number.
  void note_change(Seq seq) {
    last_seq = seq;
    highest_seq = std::max(highest_seq, seq);
  }
};

// Who has not logged in is shown as `default`, as in Redis.
inline std::string_view user_name(const Client& client) {
  return client.user ? std::string_view(client.user->name) : default_user;
}

// A connection that we close for what its client does; `why` in a word or two.
inline SecurityEvent closed_event(std::string_view why, const Client& client) {
  return {.reason = SecurityReason::closed,
          .object = std::string(why),
          .username = std::string(user_name(client)),
          .address = client.address,
          .client = {}};
}

// What a reactor counts. Summed over all by INFO.
struct ReactorStats {
  uint64_t connections_received = 0;
  uint64_t connections_rejected = 0;
  uint64_t commands = 0;
  uint64_t bytes_in = 0;
  uint64_t bytes_out = 0;
  uint64_t clients = 0;
  uint64_t blocked_clients = 0;
  uint64_t protocol_errors = 0;
  uint64_t idle_closed = 0;    // timeout
  uint64_t output_closed = 0;  // output-limit-*
  uint64_t evicted = 0;        // maxmemory-clients
  uint64_t late_closed = 0;    // authentication-timeout
  int64_t buffer_bytes = 0;    // of all its clients

  ReactorStats& operator+=(const ReactorStats& other) {
    connections_received += other.connections_received;
    connections_rejected += other.connections_rejected;
    commands += other.commands;
    bytes_in += other.bytes_in;
    bytes_out += other.bytes_out;
    clients += other.clients;
    blocked_clients += other.blocked_clients;
    protocol_errors += other.protocol_errors;
    idle_closed += other.idle_closed;
    output_closed += other.output_closed;
    evicted += other.evicted;
    late_closed += other.late_closed;
    buffer_bytes += other.buffer_bytes;
    return *this;
  }

  // All but what is so now.
  void reset() {
    const ReactorStats before = *this;
    *this = {};
    clients = before.clients;
    blocked_clients = before.blocked_clients;
    buffer_bytes = before.buffer_bytes;
  }
};

// The share of the connections that lives with one shard.
class Reactor {
 public:
  virtual ~Reactor() = default;
  virtual const ReactorStats& stats() const = 0;
  virtual void reset_stats() = 0;
  virtual void follow_settings() = 0;  // they have changed
  virtual void wake() = 0;             // from any thread: another turn, if it sleeps
  virtual CommandMonitor& monitor() = 0;
  virtual void for_each_client(const std::function<void(Client&)>& visit) = 0;
  virtual void kill(Client& client) = 0;  // closes it at once
};

class Services {
 public:
  virtual ~Services() = default;
  virtual const Settings& settings() const = 0;
  virtual Settings& settings_of(ShardIndex shard) = 0;  // each shard has its copy; for CONFIG SET on a Tour
  virtual uint32_t shards() const = 0;
  virtual Reactor& reactor(ShardIndex shard) = 0;
  virtual const Hasher& hasher() const = 0;
  virtual int64_t unix_time_us() const {  // the wall clock's; a test may have its own
    const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::floor<std::chrono::microseconds>(since_epoch).count();
  }
  int64_t unix_time_s() const { return unix_time_us() / 1'000'000; }
  virtual const Storage* storage() const { return nullptr; }  // null: everything is in memory only
  virtual Journal* journal() { return nullptr; }
  virtual Snapshotter* snapshotter() { return nullptr; }
  virtual Seq last_seq() const { return 0; }  // taken by anybody
  virtual int64_t clock_ns() const {          // for durations; a test may have its own
    return std::chrono::steady_clock::now().time_since_epoch() / std::chrono::nanoseconds(1);
  }
  uint64_t next_slow_id() { return slow_commands_.fetch_add(1, std::memory_order_relaxed); }
  virtual SecurityLog& security_log() = 0;
  // Has the client's login judged. The answer comes to its session (Session::finish_login), never before this returns.
  virtual void check_login(const Client& client) = 0;
  virtual TimeUs started_us() const = 0;        // engine time
  virtual std::string_view run_id() const = 0;  // 40 hex digits, drawn at start
  virtual void shut_down() = 0;                 // as SIGTERM does; thread-safe

 private:
  std::atomic<uint64_t> slow_commands_{0};
};

// A Tour that answers when it is back.
class ReplyTour : public Tour {
 public:
  virtual void render(RespWriter& out, Client& client) = 0;
};

}  // namespace holdfast
