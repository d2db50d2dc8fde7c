// What it is: what holdfast-load exits with, after sysexits.h where that has a word for it.
#pragma once

#include <sysexits.h>

namespace holdfast::load::exit_code {

inline constexpr int done = EX_OK;
inline constexpr int audit_failed = 1;                // units are missing or too many, or replies never came
inline constexpr int bad_usage = EX_USAGE;            // 64
inline constexpr int no_connection = EX_UNAVAILABLE;  // 69: none, or it broke off, or the server is no such server
inline constexpr int cannot_write = EX_CANTCREAT;     // 73: a file that was asked for

}  // namespace holdfast::load::exit_code
