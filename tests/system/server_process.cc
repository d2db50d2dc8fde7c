#include "tests/system/server_process.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "engine/check.h"

namespace holdfast {
namespace {

constexpr int usual_patience_ms = 10'000;

void close_fd(int& fd) {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

}  // namespace

std::string ServerProcess::logged(std::string_view name) const {
  const std::string beginning = " " + std::string(name) + "=";
  const size_t at = output().find(beginning);
  if (at == std::string::npos) return "";
  const size_t value = at + beginning.size();
  return output().substr(value, output().find_first_of(" \n", value) - value);
}

uint16_t ServerProcess::port() const {
  return static_cast<uint16_t>(std::atoi(logged("port").c_str()));
}

uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  CHECK(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

TestClient::TestClient(uint16_t port) : TestClient("127.0.0.1", port) {}

TestClient::TestClient(const std::string& to, uint16_t port, const std::string& from)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto address_of = [](const std::string& ip, uint16_t number) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(number);
    CHECK(::inet_pton(AF_INET, ip.c_str(), &address.sin_addr) == 1);
    return address;
  };
  const sockaddr_in here = address_of(from.empty() ? "0.0.0.0" : from, 0);
  const sockaddr_in there = address_of(to, port);
  connected_ = ::bind(fd_, reinterpret_cast<const sockaddr*>(&here), sizeof here) == 0 &&
               ::connect(fd_, reinterpret_cast<const sockaddr*>(&there), sizeof there) == 0;
}

TestClient::TestClient(const std::string& unix_path) : fd_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  CHECK(unix_path.size() < sizeof address.sun_path);
  unix_path.copy(address.sun_path, unix_path.size());
  connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

TestClient::~TestClient() {
  close_fd(fd_);
}

void TestClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      ADD_FAILURE() << "cannot send";
      return;
    }
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
}

std::string TestClient::receive_some(int patience_ms) {
  std::array<char, 16384> buffer{};
  pollfd readable{fd_, POLLIN, 0};
  if (::poll(&readable, 1, patience_ms) <= 0) {
    ADD_FAILURE() << "no answer in " << patience_ms << " ms";
    return "";
  }
  const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  return {buffer.data(), static_cast<size_t>(std::max<ssize_t>(got, 0))};
}

bool TestClient::has_bytes() const {
  pollfd readable{fd_, POLLIN, 0};
  return ::poll(&readable, 1, 0) > 0;
}

void TestClient::close_sending_side() {
  ::shutdown(fd_, SHUT_WR);
}

std::string TestClient::receive(size_t bytes) {
  std::string received;
  std::array<char, 4096> buffer{};
  while (received.size() < bytes) {
    pollfd readable{fd_, POLLIN, 0};
    if (::poll(&readable, 1, usual_patience_ms) <= 0) {
      ADD_FAILURE() << "no answer; so far: " << received;
      break;
    }
    const ssize_t got = ::recv(fd_, buffer.data(), std::min(buffer.size(), bytes - received.size()), 0);
    if (got <= 0) break;
    received.append(buffer.data(), static_cast<size_t>(got));
  }
  return received;
}

std::string TestClient::receive_all() {
  return receive(std::string().max_size());
}

std::string TestClient::ask(std::string_view request, std::string_view expected) {
  send(request);
  return receive(expected.size());
}

}  // namespace holdfast
