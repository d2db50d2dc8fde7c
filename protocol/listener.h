// What it is: one listening socket, TCP or Unix. Accepts on its context's thread and gives each socket to `deliver`.
// Threads: its context's, but for open(), before that runs. Errors: when descriptors run out it rests for a moment
// instead of spinning, and says so at most once a second.
#pragma once

#include <asio.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace holdfast {

class Listener {
 public:
  // Takes the descriptor of an accepted connection, and its address family.
  using Deliver = std::function<void(int fd, int family)>;

  virtual ~Listener() = default;
  virtual void close() = 0;
  virtual int64_t port() const = 0;  // 0 for a Unix socket

  static std::unique_ptr<Listener> tcp(asio::io_context& context, const std::string& address, int64_t port,
                                       int64_t backlog, Deliver deliver, std::string& error);
  static std::unique_ptr<Listener> local(asio::io_context& context, const std::string& path, int64_t backlog,
                                         Deliver deliver, std::string& error);
};

}  // namespace holdfast
