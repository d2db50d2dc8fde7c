#include "protocol/admission.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <asio/ip/tcp.hpp>
#include <cstring>
#include <sstream>
#include <string>

namespace holdfast {
namespace {

constexpr std::string_view no_place = "-ERR max number of clients reached\r\n";
constexpr std::string_view denied =
    "-DENIED Holdfast is running in protected mode because protected mode is enabled and no password is set for the "
    "default user. In this mode connections are only accepted from the loopback interface. If you want to connect from "
    "external computers to Holdfast you may adopt one of the following solutions: 1) Just disable protected mode "
    "sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Holdfast from the "
    "same host the server is running, however MAKE SURE Holdfast is not publicly accessible from internet if you do "
    "so. "
    "2) Alternatively you can just disable the protected mode by editing the configuration file, and setting the "
    "protected-mode option to 'no', and then restarting the server. 3) If you started the server manually just for "
    "testing, restart it with the '--protected-mode no' option. 4) Set up an authentication password for the default "
    "user (--requirepass), or users (--users). NOTE: You only need to do one of the above things in order for the "
    "server to start accepting connections from the outside.\r\n";

asio::ip::tcp::endpoint endpoint_of(const sockaddr* address) {
  const bool is_v6 = address->sa_family == AF_INET6;
  asio::ip::tcp::endpoint endpoint(is_v6 ? asio::ip::tcp::v6() : asio::ip::tcp::v4(), 0);
  std::memcpy(endpoint.data(), address, endpoint.size());
  return endpoint;
}

bool is_loopback(const asio::ip::address& ip) {
  const bool is_mapped = ip.is_v6() && ip.to_v6().is_v4_mapped();
  return is_mapped ? asio::ip::make_address_v4(asio::ip::v4_mapped, ip.to_v6()).is_loopback() : ip.is_loopback();
}

// Whoever comes may do something without a password.
bool is_open(const Settings& settings) {
  return settings.user_table->initial() != nullptr;
}

template <class Name>
std::string text_of(int fd, Name name) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (name(fd, reinterpret_cast<sockaddr*>(&address), &size) != 0) return "";
  return address_text(reinterpret_cast<const sockaddr*>(&address));
}

template <class Value>
void set(int fd, int option, Value value) {
  ::setsockopt(fd, IPPROTO_TCP, option, &value, sizeof value);
}

}  // namespace

std::string address_text(const sockaddr* address) {
  if (address->sa_family != AF_INET && address->sa_family != AF_INET6) return "unix";
  const auto endpoint = endpoint_of(address);
  const std::string ip = endpoint.address().to_string();
  if (endpoint.address().is_v6()) return fmt::format("[{}]:{}", ip, endpoint.port());
  return fmt::format("{}:{}", ip, endpoint.port());
}

std::string peer_text(int fd) {
  return text_of(fd, ::getpeername);
}

std::string local_text(int fd) {
  return text_of(fd, ::getsockname);
}

Visitor visitor_of(int fd, int family) {
  if (family == AF_UNIX) return {.is_unix_socket = true, .is_loopback = false};
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool known = ::getpeername(fd, generic, &size) == 0;
  return {.is_unix_socket = false, .is_loopback = known && is_loopback(endpoint_of(generic).address())};
}

Admission admit(const Settings& settings, int64_t connections, const Visitor& visitor) {
  const int64_t places = settings.maxclients + (visitor.is_unix_socket ? settings.places_for_unix_sockets : 0);
  if (connections >= places) return Admission::no_place;
  if (visitor.is_unix_socket || visitor.is_loopback) return Admission::welcome;
  return settings.protected_mode == "yes" && is_open(settings) ? Admission::denied : Admission::welcome;
}

ParserLimits request_limits(const Settings& settings, bool logged_in) {
  const int64_t bytes = logged_in ? settings.request_bytes : settings.stranger_request_bytes;
  return {.request_bytes = static_cast<size_t>(bytes),
          .args = logged_in ? ParserLimits{}.args : stranger_args,
          .logged_in = logged_in};
}

std::string_view refusal_line(Admission admission) {
  if (admission == Admission::welcome) return {};
  return admission == Admission::no_place ? no_place : denied;
}

// What the client has sent already is taken away: a socket that is closed before it was read from resets the
// connection, and the line might not be read.
void turn_away(int fd, std::string_view line) {
  std::array<char, 4096> unread;
  [[maybe_unused]] ssize_t bytes = ::send(fd, line.data(), line.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  ::shutdown(fd, SHUT_WR);
  bytes = ::recv(fd, unread.data(), unread.size(), MSG_DONTWAIT);
  ::close(fd);
}

void set_tcp_options(int fd, const Settings& settings) {
  const auto idle_s = static_cast<int>(std::max<TimeUs>(1, settings.tcp_keepalive_us / 1'000'000));
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  set(fd, TCP_KEEPIDLE, idle_s);
  set(fd, TCP_KEEPINTVL, std::max(1, idle_s / 3));  // as Redis: three of them
  set(fd, TCP_KEEPCNT, 3);
  set(fd, TCP_USER_TIMEOUT, static_cast<unsigned>(settings.tcp_user_timeout_us / 1000));
}

bool protects_open_door(const Settings& settings) {
  if (settings.protected_mode != "yes" || !is_open(settings)) return false;
  std::istringstream addresses(settings.bind);
  for (std::string address; addresses >> address;) {
    asio::error_code error;
    if (!asio::ip::make_address(address, error).is_loopback() && !error) return true;
  }
  return false;
}

}  // namespace holdfast
