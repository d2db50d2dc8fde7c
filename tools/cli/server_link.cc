#include "tools/cli/server_link.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <asio/error.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

#include "tools/cli/signals.h"

namespace holdfast::cli {
namespace {

constexpr size_t input_bytes = 64 * 1024;

// As recv(2) says it.
ssize_t result_of(size_t bytes, const asio::error_code& error) {
  if (!error) return static_cast<ssize_t>(bytes);
  if (error == asio::error::eof) return 0;
  errno = error == asio::error::would_block ? EAGAIN : error.value();
  return -1;
}

}  // namespace

std::string address_text(const Address& address) {
  if (!address.socket.empty()) return address.socket;
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", address.host, address.port) : fmt::format("{}:{}", address.host, address.port);
}

std::string request_of(std::span<const std::string_view> words) {
  std::string request = fmt::format("*{}\r\n", words.size());
  for (const std::string_view word : words) {
    request += fmt::format("${}\r\n", word.size());
    request += word;
    request += "\r\n";
  }
  return request;
}

LinkError ServerLink::connect() {
  close();
  LinkError error = address_.socket.empty() ? connect_to_host() : connect_to_path();
  if (!error && address_.tls) error = shake_hands();
  if (error) return closed_with(*std::move(error));
  return std::nullopt;
}

LinkError ServerLink::shake_hands() {
  std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes without MSG_NOSIGNAL
  tls_ = std::make_unique<TlsStream>(*address_.tls, fd_);
  for (;;) {
    asio::error_code error;
    tls_->shake_hands(error);
    if (!error) return std::nullopt;
    if (error != asio::error::would_block) {
      const std::string trouble = tls_->trouble();
      return "TLS: " + (trouble.empty() ? "the server closed the connection" : trouble);
    }
    if (!wait_for(fd_, tls_->wants_write() ? POLLOUT : POLLIN) && (interrupted() || told_to_end()))
      return "interrupted";
  }
}

ssize_t ServerLink::send_some(std::string_view bytes) {
  if (!tls_) return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  asio::error_code error;
  const size_t sent = tls_->send(bytes.data(), bytes.size(), error);
  return result_of(sent, error);
}

ssize_t ServerLink::receive_some(char* at, size_t room) {
  if (!tls_) return ::recv(fd_, at, room, 0);
  asio::error_code error;
  const size_t got = tls_->receive(at, room, error);
  return result_of(got, error);
}

LinkError ServerLink::connect_to_path() {
  sockaddr_un path{};
  path.sun_family = AF_UNIX;
  if (address_.socket.size() >= sizeof path.sun_path) return "the path of the socket is too long";
  address_.socket.copy(path.sun_path, address_.socket.size());
  fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0 || ::connect(fd_, reinterpret_cast<const sockaddr*>(&path), sizeof path) != 0) {
    return std::strerror(errno);
  }
  ::fcntl(fd_, F_SETFL, O_NONBLOCK);
  return std::nullopt;
}

LinkError ServerLink::connect_to_host() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int failed = ::getaddrinfo(address_.host.c_str(), std::to_string(address_.port).c_str(), &hints, &list);
  if (failed != 0) return ::gai_strerror(failed);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, ::freeaddrinfo);
  LinkError reason = "no address";
  for (const addrinfo* at = list; at != nullptr && reason; at = at->ai_next) {
    close();
    fd_ = ::socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, at->ai_protocol);
    const bool connected = fd_ >= 0 && ::connect(fd_, at->ai_addr, at->ai_addrlen) == 0;
    reason = connected ? std::nullopt : errno == EINPROGRESS ? finish_connecting() : std::strerror(errno);
    if (interrupted() || told_to_end()) break;
  }
  const int on = 1;
  if (!reason) ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return reason;
}

LinkError ServerLink::finish_connecting() {
  while (!wait_for(fd_, POLLOUT)) {
    if (interrupted() || told_to_end()) return "interrupted";
  }
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) return std::strerror(error);
  return std::nullopt;
}

void ServerLink::close() {
  if (tls_) tls_->say_goodbye();
  tls_.reset();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  input_.consume(input_.size());
  used_ = 0;
  reader_.reset();
}

bool ServerLink::is_open() {
  if (fd_ < 0) return false;
  char byte = 0;
  const ssize_t got = ::recv(fd_, &byte, 1, MSG_PEEK);
  const bool has_goodbye = tls_ && got > 0;  // nobody asked, so nothing else can have come
  if ((got > 0 && !has_goodbye) || (got < 0 && (errno == EAGAIN || errno == EINTR))) return true;
  close();
  return false;
}

LinkError ServerLink::send(std::string_view bytes) {
  while (!bytes.empty()) {
    if (!wait_for(fd_, POLLOUT)) {
      if (interrupted() || told_to_end()) return closed_with("interrupted");
      continue;
    }
    const ssize_t sent = send_some(bytes);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EAGAIN && errno != EINTR) {
      return closed_with(std::strerror(errno));
    }
  }
  return std::nullopt;
}

LinkError ServerLink::receive() {
  input_.consume(used_);
  used_ = 0;
  for (;;) {
    const ParseStatus status = reader_.read(input_.data(), input_.size());
    if (status == ParseStatus::error) return closed_with(fmt::format("this is no reply: {}", reader_.error()));
    if (status == ParseStatus::incomplete) {
      if (LinkError error = receive_more()) return error;
    } else if (reader_.first().kind == ReplyKind::push) {
      input_.consume(reader_.consumed());
    } else {
      used_ = reader_.consumed();
      return std::nullopt;
    }
  }
}

LinkError ServerLink::receive_more() {
  for (;;) {
    if (!wait_for(fd_, POLLIN)) {
      if (interrupted() || told_to_end()) return closed_with("interrupted");
      continue;
    }
    const ssize_t got = receive_some(input_.prepare(input_bytes), input_bytes);
    if (got > 0) {
      input_.commit(static_cast<size_t>(got));
      return std::nullopt;
    }
    if (got == 0) return closed_with("the server closed the connection");
    if (errno != EAGAIN && errno != EINTR) return closed_with(std::strerror(errno));
  }
}

LinkError ServerLink::closed_with(std::string text) {
  close();
  return text;
}

}  // namespace holdfast::cli
