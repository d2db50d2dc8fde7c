// What it is: the log: one line an event, on stdout as Redis does (what keeps the server from starting goes to stderr):
//   4711:main 2024-05-31T12:00:00.123Z notice Ready to accept connections port=7379
// process:thread, UTC, level, what happened, and its figures as name=value; a value with blanks or unprintable bytes is
// quoted as in the wire contract's errors, so that no client can write a line of its own.
// Threads: any; a line is one write(2), so lines do not mix.
// Time: blocks while stdout does. Not for the path of a request.
#pragma once

#include <fmt/format.h>

#include <initializer_list>
#include <string>
#include <string_view>

#include "protocol/settings.h"

namespace holdfast {

// Below this level nothing is written; notice at start.
void set_log_level(LogLevel level);
bool log_wanted(LogLevel level);

// What this thread is called in its lines: "main" until it says otherwise.
void set_log_thread(std::string name);

struct LogField {
  template <class T>
  LogField(std::string_view field_name, const T& field_value)
      : name(field_name), value(fmt::format("{}", field_value)) {}

  std::string_view name;
  std::string value;
};

void log_event(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});

// The line without its end, as log_event writes it. `unix_us` is the wall clock's time.
std::string log_line(int64_t process, std::string_view thread, int64_t unix_us, LogLevel level,
                     std::string_view message, std::initializer_list<LogField> fields);

}  // namespace holdfast
