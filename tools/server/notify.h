// What it is: sd_notify: tells the service manager how far we are, by one datagram to the socket that NOTIFY_SOCKET
// names (a path, or @name for an abstract one). Without the variable, and where nobody listens, nothing happens.
#pragma once

#include <string_view>

namespace holdfast {

// E.g. "READY=1", "STOPPING=1". Returns whether it was sent.
bool notify_service_manager(std::string_view state);

}  // namespace holdfast
