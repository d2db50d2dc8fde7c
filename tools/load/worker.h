// What it is: one thread of the load: its share of the connections and of the rate. One turn: send what is due on
// connections that have room, write it out, sleep until a reply comes or the next request is due.
//   open loop    requests are due by the Schedule; where no connection has room they leave later, and their latency
//                counts from when they were due
//   closed loop  a request is due as soon as its connection has room
// Threads: run() is the thread; the rest before it begins or after it has ended; stop() from any.
// Fails: failure() is not empty; the run is over then.
#pragma once

#include <asio.hpp>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "tools/load/connection.h"
#include "tools/load/dialect.h"
#include "tools/load/options.h"
#include "tools/load/schedule.h"
#include "tools/load/statistics.h"
#include "tools/load/workload.h"

namespace holdfast::load {

class Worker final : public ConnectionOwner {
 public:
  Worker(const Options& options, const Dialect& dialect, uint32_t index);

  cli::LinkError connect();
  void run(const Timeline& timeline, Seconds& seconds);
  void stop() { stop_.store(true, std::memory_order_relaxed); }  // as if the time were up

  const Tally& tally() const { return tally_; }
  const std::string& failure() const { return failure_; }

  void on_reply(Connection& connection, const Exchange& exchange, const RespReader& reply, TimeNs now) override;
  void on_failure(std::string text) override;

 private:
  void turn(TimeNs now);
  void send_due(TimeNs now);
  void send_follow_ups(TimeNs now);
  bool send_buyer(TimeNs due, TimeNs now);
  void send(Connection& connection, const Exchange& exchange, TimeNs now);
  Connection* with_room();
  void give_room(Connection& connection);
  void flush();
  void sleep(TimeNs now);
  TimeNs next_event(TimeNs now) const;
  void end_sending(TimeNs now);
  bool is_drained(TimeNs now) const;
  void count_cpu(TimeNs now);
  void begin_second(TimeNs now);

  const Options& options_;
  asio::io_context context_{1};
  asio::steady_timer timer_{context_};
  TimeNs timer_at_ = 0;  // what it is set to
  std::vector<std::unique_ptr<Connection>> connections_;
  std::unique_ptr<Connection> till_;  // for what follows, where the others may be held up in a line
  std::deque<Connection*> free_;      // those that have room, longest unused first
  std::vector<Connection*> dirty_;
  std::deque<FollowUp> follow_ups_;
  Workload workload_;
  Schedule schedule_;
  uint32_t index_;
  Timeline timeline_;
  Seconds* seconds_ = nullptr;
  size_t second_index_ = 0;
  Second second_;
  TimeNs drain_until_ = 0;  // 0: still sending
  TimeNs cpu_from_ = -1;
  bool cpu_counted_ = false;
  bool caught_up_ = true;  // the last turn left nothing behind that was due
  std::atomic<bool> stop_{false};
  Tally tally_;
  std::string failure_;
};

}  // namespace holdfast::load
