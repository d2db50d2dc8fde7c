// What it is: one listening socket, TCP or Unix. Accepts on its loop's thread and gives each socket to `deliver`.
// Threads: its loop's, but for tcp() and local(), before that runs. Errors: when descriptors run out it rests for a
// moment instead of spinning, and says so at most once a second.
// Limits: max-new-connections-per-cycle at once; then others have their turn.
#pragma once

#include <asio/generic/stream_protocol.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "protocol/event_loop.h"
#include "protocol/line_budget.h"
#include "protocol/settings.h"

namespace holdfast {

class Listener final : private Watcher {
 public:
  // Takes the non-blocking descriptor of an accepted connection, and its address family.
  using Deliver = std::function<void(int fd, int family)>;

  // `settings` are looked at as long as it listens.
  static std::unique_ptr<Listener> tcp(EventLoop& loop, const std::string& address, int64_t port,
                                       const Settings& settings, Deliver deliver, std::string& error);
  static std::unique_ptr<Listener> local(EventLoop& loop, const std::string& path, const Settings& settings,
                                         Deliver deliver, std::string& error);
  ~Listener() { close(); }

  void close();
  int64_t port() const;  // 0 for a Unix socket

 private:
  using Endpoint = asio::generic::stream_protocol::endpoint;

  Listener(EventLoop& loop, const Settings& settings, Deliver deliver);
  asio::error_code open(const Endpoint& endpoint);
  void on_ready(Readiness ready) override;
  void take_a_rest(int error);

  EventLoop& loop_;
  const Settings& settings_;
  Deliver deliver_;
  EventLoop::Alarm rest_;
  int fd_ = -1;
  int family_ = 0;
  std::string path_;  // of a Unix socket
  LineBudget budget_;
};

}  // namespace holdfast
