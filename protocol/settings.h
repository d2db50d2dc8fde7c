// What it is: what the operator may choose: one plain struct, and the one table that knows each setting's name, kind,
// default text and help. Flags, the configuration file, HOLDFAST_* and CONFIG GET|SET all come out of that table.
// Threads: plain values. Each shard has its own copy of Settings.
// Time: durations are whole microseconds.
// Invariant: default_ttl_us <= max_ttl_us <= max_hold_life_us once check_settings has answered none.
#pragma once

#include <cstdint>
#include <string>

#include "engine/types.h"

namespace holdfast {

enum class LogLevel : uint8_t { debug, verbose, notice, warning };

struct Settings {
  // Where it listens.
  int64_t port = 7379;             // 0: the kernel chooses, and the start line says which
  std::string bind = "127.0.0.1";  // addresses, blank separated
  std::string unixsocket;          // a path; empty: none
  int64_t tcp_backlog = 511;
  int64_t maxclients = 10000;

  // How it is cut.
  int64_t shards = 0;  // 0: as many as there are cores; resolved before the server sees it

  // Holds and their time.
  TimeUs default_ttl_us = TimeUs{300} * 1'000'000;
  TimeUs max_ttl_us = TimeUs{3600} * 1'000'000;
  TimeUs max_hold_life_us = TimeUs{7200} * 1'000'000;
  TimeUs tombstone_ttl_us = TimeUs{600} * 1'000'000;
  int64_t max_tombstones = 4'000'000;

  // What it says.
  LogLevel loglevel = LogLevel::notice;
};

}  // namespace holdfast
