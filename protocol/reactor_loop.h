// What it is: the loop of one shard's thread: its share of the sockets, its mailbox, its shard, turn by turn:
// receive what has arrived, read the clock, end what is due, take the mail, execute what was received, send replies and
// mail, sleep until something comes or the next deadline.
// Threads: run() is the thread; adopt, stop, drain, wake and finish_login may be called from any, as they only post.
// Time: the clock is read once a turn, after the bytes of the turn were received and before they are decided.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/engine.h"
#include "protocol/client_memory.h"
#include "protocol/command_monitor.h"
#include "protocol/connection.h"
#include "protocol/event_loop.h"
#include "protocol/newcomers.h"
#include "protocol/services.h"
#include "protocol/session.h"

namespace holdfast {

class ReactorLoop final : public Reactor, public SessionHost {
 public:
  // `connections` and `buffer_bytes` count those of all reactors.
  ReactorLoop(ShardActor& actor, Services& services, std::atomic<int64_t>& connections,
              std::atomic<int64_t>& buffer_bytes);

  void run();
  void stop();                                               // run() returns at the end of the turn
  void drain();                                              // every connection answers what it has received and closes
  void finish_login(uint64_t client, LoginOutcome outcome);  // from any thread, as the others
  void adopt(int fd, uint64_t id, int family, bool tls);

  EventLoop& events() { return events_; }
  ShardIndex index() const { return actor_.index(); }

  // For connections.
  void give_turn(Connection& connection);
  // With `appendfsync always` a reply waits until all that was decided anywhere before it was ready is on disk: that
  // is all that it may speak of.
  bool replies_wait_for_disk() const { return gates_replies_; }
  Seq last_seq() const { return last_seq_; }
  Seq durable() const { return services_.journal()->durable(); }
  void await_disk(Connection& connection);  // has a turn when more is on disk
  void forget(Connection& connection);
  // For what its client does, which the log tells.
  void close(Connection& connection, std::string_view why);
  void close_for_output(Connection& connection);
  void note_closed(Connection& connection, std::string_view why);

  // SessionHost
  Shard& shard() override { return actor_.shard(); }
  Services& services() override { return services_; }
  ReactorStats& counters() override { return stats_; }
  TimeUs now() const override { return now_; }
  void equip(Buffer& buffer) override;
  void reclaim(Buffer& buffer) override;

  // Both
  CommandMonitor& monitor() override { return monitor_; }

  // Reactor
  const ReactorStats& stats() const override { return stats_; }
  void reset_stats() override;
  void for_each_client(const std::function<void(Client&)>& visit) override;
  void kill(Client& client) override;
  void wake() override;
  void follow_settings() override;

 private:
  using Connections = std::unordered_map<uint64_t, std::shared_ptr<Connection>>;

  using ConnectionList = std::vector<std::shared_ptr<Connection>>;

  void turn();
  void receive();
  bool may_sleep();
  TimeUs next_wake() const;
  void look_at_disk();  // who waits for it may go on
  void serve();         // what was received
  void hand_back();     // journeys that are back, to their sessions
  void write_out();
  TimeUs idle_timeout_us() const;
  void close_idle();
  void close_late();     // see Newcomers
  void close_largest();  // see ClientMemory
  void note_memory(Connection& connection);
  TimeUs authentication_timeout_us() const;
  bool buffers_are_full() const;

  ShardActor& actor_;
  Services& services_;
  std::atomic<int64_t>& all_connections_;
  EventLoop events_;
  Connections connections_;
  ConnectionList turns_;       // have something to execute or to send
  ConnectionList serving_;     // scratch
  ConnectionList await_disk_;  // replies or WAITDURABLE
  const bool gates_replies_;
  Seq last_seq_ = 0;  // taken by anybody, at the end of the turn
  Seq seen_durable_ = 0;
  std::vector<Journey*> back_;
  std::vector<Buffer> spare_;
  ReactorStats stats_;
  ClientMemory memory_;
  Newcomers newcomers_;
  CommandMonitor monitor_;
  TimeUs now_;
  TimeUs next_idle_check_us_ = 0;
  bool stopped_ = false;
};

}  // namespace holdfast
