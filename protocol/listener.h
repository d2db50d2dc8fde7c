// What it is: one listening socket, TCP or Unix. Accepts on its loop's thread and gives each socket to `deliver`.
// Threads: its loop's, but for tcp() and local(), before that runs. Errors: when descriptors run out it rests for a
// moment instead of spinning, and says so at most once a second.
// Limits: limits::accepts_a_turn.
#pragma once

#include <asio/generic/stream_protocol.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "protocol/event_loop.h"

namespace holdfast {

class Listener final : private Watcher {
 public:
  // Takes the non-blocking descriptor of an accepted connection, and its address family.
  using Deliver = std::function<void(int fd, int family)>;

  static std::unique_ptr<Listener> tcp(EventLoop& loop, const std::string& address, int64_t port, int64_t backlog,
                                       Deliver deliver, std::string& error);
  static std::unique_ptr<Listener> local(EventLoop& loop, const std::string& path, int64_t backlog, Deliver deliver,
                                         std::string& error);
  ~Listener() { close(); }

  void close();
  int64_t port() const;  // 0 for a Unix socket

 private:
  using Endpoint = asio::generic::stream_protocol::endpoint;

  Listener(EventLoop& loop, Deliver deliver);
  asio::error_code open(const Endpoint& endpoint, int backlog);
  void on_ready(Readiness ready) override;
  void take_a_rest(int error);

  EventLoop& loop_;
  Deliver deliver_;
  EventLoop::Alarm rest_;
  int fd_ = -1;
  int family_ = 0;
  std::string path_;  // of a Unix socket
  TimeUs last_line_us_ = 0;
};

}  // namespace holdfast
