// What it is: what holdfast-server exits with, after sysexits.h. 0: stopped by SIGTERM, SIGINT or SHUTDOWN.
#pragma once

#include <sysexits.h>

namespace holdfast::exit_code {

inline constexpr int stopped = EX_OK;
inline constexpr int bad_usage = EX_USAGE;               // 64: a flag or a HOLDFAST_ variable
inline constexpr int damaged_data = EX_DATAERR;          // 65: what is in --dir is not what was kept there
inline constexpr int no_config_file = EX_NOINPUT;        // 66: it cannot be read
inline constexpr int no_secret = EX_NOINPUT;             // 66: nor can the challenge's secret, users, certificates
inline constexpr int cannot_listen = EX_UNAVAILABLE;     // 69: an address or a port
inline constexpr int no_descriptors = EX_OSERR;          // 71: not one client fits into RLIMIT_NOFILE
inline constexpr int cannot_make_socket = EX_CANTCREAT;  // 73: the Unix socket
inline constexpr int disk_failed = EX_IOERR;             // 74: a write or sync of the journal
inline constexpr int bad_config = EX_CONFIG;             // 78: a line of the configuration file

}  // namespace holdfast::exit_code
