#include "protocol/listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asio/ip/tcp.hpp>
#include <asio/local/stream_protocol.hpp>
#include <cerrno>
#include <utility>

#include "engine/clock.h"
#include "protocol/log.h"

namespace holdfast {
namespace {

constexpr TimeUs rest_us = 100'000;

void switch_on(int fd, int level, int option) {
  const int on = 1;
  ::setsockopt(fd, level, option, &on, sizeof on);
}

asio::error_code error_of(int number) {
  return {number, asio::system_category()};
}

// What is wrong with this connection alone, or with nothing: the next one may be had (accept(2)).
bool may_go_on(int error) {
  return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN || error == ENOPROTOOPT ||
         error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH || error == EOPNOTSUPP || error == ENETUNREACH;
}

}  // namespace

Listener::Listener(EventLoop& loop, const Settings& settings, Deliver deliver)
    : loop_(loop),
      settings_(settings),
      deliver_(std::move(deliver)),
      rest_(loop, [this] { loop_.change(fd_, *this, Interest::read); }) {}

asio::error_code Listener::open(const Endpoint& endpoint) {
  family_ = endpoint.protocol().family();
  fd_ = ::socket(family_, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return error_of(errno);
  if (family_ != AF_UNIX) switch_on(fd_, SOL_SOCKET, SO_REUSEADDR);
  if (family_ == AF_INET6) switch_on(fd_, IPPROTO_IPV6, IPV6_V6ONLY);
  if (::bind(fd_, endpoint.data(), static_cast<socklen_t>(endpoint.size())) != 0) return error_of(errno);
  if (::listen(fd_, static_cast<int>(settings_.tcp_backlog)) != 0) return error_of(errno);
  loop_.watch(fd_, *this);
  return {};
}

void Listener::close() {
  if (fd_ < 0) return;
  rest_.cancel();
  ::close(std::exchange(fd_, -1));
  if (!path_.empty()) ::unlink(path_.c_str());
}

int64_t Listener::port() const {
  if (family_ == AF_UNIX) return 0;
  asio::ip::tcp::endpoint endpoint;
  auto size = static_cast<socklen_t>(endpoint.capacity());
  return ::getsockname(fd_, endpoint.data(), &size) == 0 ? endpoint.port() : 0;
}

// The rest of them in the next turn: to change what one is told of tells it again what is ready.
void Listener::on_ready(Readiness) {
  for (int64_t taken = 0; taken < settings_.accepts_a_turn; ++taken) {
    const int fd = ::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      deliver_(fd, family_);
    } else if (errno == EAGAIN) {
      return;
    } else if (!may_go_on(errno)) {
      return take_a_rest(errno);
    }
  }
  loop_.change(fd_, *this, Interest::read);
}

void Listener::take_a_rest(int error) {
  const TimeUs now = engine_now();
  if (budget_.take(now)) {
    log_event(LogLevel::warning, "Cannot accept connections",
              {{"error", error_of(error).message()}, {"left_out", budget_.take_left_out()}});
  }
  rest_.set(now + rest_us);
}

std::unique_ptr<Listener> Listener::tcp(EventLoop& loop, const std::string& address, int64_t port,
                                        const Settings& settings, Deliver deliver, std::string& error) {
  asio::error_code code;
  const auto ip = asio::ip::make_address(address, code);
  std::unique_ptr<Listener> listener(new Listener(loop, settings, std::move(deliver)));
  const asio::ip::tcp::endpoint endpoint(ip, static_cast<uint16_t>(port));
  if (!code) code = listener->open(endpoint);
  if (!code) return listener;
  error = fmt::format("cannot listen on {}:{}: {}", address, port, code.message());
  return nullptr;
}

std::unique_ptr<Listener> Listener::local(EventLoop& loop, const std::string& path, const Settings& settings,
                                          Deliver deliver, std::string& error) {
  std::unique_ptr<Listener> listener(new Listener(loop, settings, std::move(deliver)));
  const asio::error_code code = listener->open(asio::local::stream_protocol::endpoint(path));
  if (code) {
    error = fmt::format("cannot listen on unix socket {}: {}", path, code.message());
    return nullptr;
  }
  listener->path_ = path;
  return listener;
}

}  // namespace holdfast
