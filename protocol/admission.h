// What it is: who is let in at the door, before anything is made for a connection: as many as there are places, and
// while no password is needed only this machine (Redis's protected mode); how much it may say, and the options of a TCP
// socket that is.
// Threads: pure functions, but for the socket's options.
// Limits: maxclients for TCP; unixsocket-clients more for Unix sockets, so that an operator gets in when nobody else
// does.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/resp_parser.h"
#include "protocol/settings.h"

namespace holdfast {

enum class Admission : uint8_t { welcome, no_place, denied };

struct Visitor {
  bool is_unix_socket = false;
  bool is_loopback = false;
};
Visitor visitor_of(int fd, int family);

// "10.1.2.3:5000", "[2001:db8::1]:5000", "unix".
std::string address_text(const sockaddr* address);
std::string peer_text(int fd);   // of its other end; empty where there is none any more
std::string local_text(int fd);  // of this end

Admission admit(const Settings& settings, int64_t connections, const Visitor& visitor);

// How much a client may say in one request.
ParserLimits request_limits(const Settings& settings, bool logged_in);

// The line that who is not let in reads, with its end.
std::string_view refusal_line(Admission admission);

// Says it and closes the socket, without waiting.
void turn_away(int fd, std::string_view line);

// Dead peers are noticed: one that is silent by keepalive, one that takes nothing by TCP_USER_TIMEOUT.
void set_tcp_options(int fd, const Settings& settings);

// Does it listen for other machines, which protected mode turns away?
bool protects_open_door(const Settings& settings);

}  // namespace holdfast
