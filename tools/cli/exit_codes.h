// What it is: what holdfast-cli exits with, after sysexits.h where that has a word for it.
#pragma once

#include <sysexits.h>

namespace holdfast::cli::exit_code {

inline constexpr int done = EX_OK;
inline constexpr int error_reply = 1;
inline constexpr int bad_usage = EX_USAGE;            // 64
inline constexpr int no_connection = EX_UNAVAILABLE;  // 69: none, or none that lets us in, or it broke off

}  // namespace holdfast::cli::exit_code
