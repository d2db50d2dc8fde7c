// What it is: what holdfast-journal exits with, after sysexits.h.
#pragma once

#include <sysexits.h>

namespace holdfast::journal::exit_code {

inline constexpr int done = EX_OK;
inline constexpr int bad_usage = EX_USAGE;     // 64
inline constexpr int damaged = EX_DATAERR;     // 65: or it cannot be cut there
inline constexpr int no_journal = EX_NOINPUT;  // 66: no such directory, or none that a journal is in
inline constexpr int disk = EX_IOERR;          // 74: the system would not read or write it
inline constexpr int in_use = EX_TEMPFAIL;     // 75: a server has the directory

}  // namespace holdfast::journal::exit_code
