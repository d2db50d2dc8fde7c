#include "protocol/log.h"

#include <fmt/chrono.h>
#include <sys/types.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <ctime>

#include "protocol/escape.h"

namespace holdfast {
namespace {

std::atomic<LogLevel> least_level{LogLevel::notice};
thread_local std::string thread_name = "main";

// Stands raw unless it could be taken for something else: the rule of the wire contract's error fields.
void append_value(std::string& line, std::string_view value) {
  const bool raw = !value.empty() && std::all_of(value.begin(), value.end(),
                                                 [](char c) { return c > ' ' && c <= '~' && c != '"' && c != '\\'; });
  line += raw ? std::string(value) : in_quotes(value);
}

// A line that stdout takes in part only is finished, so that lines stay lines; one that it refuses is lost: a server
// does not stop selling because nobody reads its log.
void write_all(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

void set_log_level(LogLevel level) {
  least_level.store(level, std::memory_order_relaxed);
}

bool log_wanted(LogLevel level) {
  return level >= least_level.load(std::memory_order_relaxed);
}

void set_log_thread(std::string name) {
  thread_name = std::move(name);
}

std::string log_line(int64_t process, std::string_view thread, int64_t unix_us, LogLevel level,
                     std::string_view message, std::initializer_list<LogField> fields) {
  const auto seconds = static_cast<std::time_t>(unix_us / 1'000'000);
  std::string line = fmt::format("{}:{} {:%Y-%m-%dT%H:%M:%S}.{:03}Z {} {}", process, thread, fmt::gmtime(seconds),
                                 unix_us / 1'000 % 1'000, log_level_text(level), message);
  for (const LogField& field : fields) {
    line += fmt::format(" {}=", field.name);
    append_value(line, field.value);
  }
  return line;
}

void log_event(LogLevel level, std::string_view message, std::initializer_list<LogField> fields) {
  if (!log_wanted(level)) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const int64_t unix_us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
  std::string line = log_line(::getpid(), thread_name, unix_us, level, message, fields);
  line += '\n';
  write_all(line);
}

}  // namespace holdfast
