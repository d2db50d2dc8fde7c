// What it is: INFO: the figures of the whole server as text, under Redis's names where they mean the same, with "#
// Stock" and "# Shards" added. A report is gathered by a tour of all shards and then written; each shard's figures are
// of the turn in which the tour came by. Threads: plain values; InfoTour as ReplyTour says. Time: O(shards); reads
// /proc/self once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/journal.h"
#include "engine/shard_stats.h"
#include "engine/snapshotter.h"
#include "protocol/command_stats.h"
#include "protocol/settings.h"
#include "protocol/subcommands.h"

namespace holdfast {

// What the kernel says of this process.
struct ProcessFigures {
  int64_t id = 0;
  std::string executable;
  std::string system;  // "Linux 6.1.0 x86_64"
  uint64_t resident_bytes = 0;
  uint64_t anonymous_bytes = 0;  // resident and not of a file: heap, pools, stacks
  uint64_t machine_bytes = 0;
  TimeUs cpu_system_us = 0;
  TimeUs cpu_user_us = 0;
  int64_t unix_us = 0;  // the wall clock
};
ProcessFigures process_figures();

// What survives, where there is a journal.
struct PersistenceReport {
  Seq last_seq = 0;  // taken by anybody
  Journal::Figures figures;
  Snapshotter::Figures snapshot;
  uint64_t segment_bytes = 0;
  std::string digest;  // the newest that was taken
  uint64_t recovered_entries = 0;
  uint64_t recovered_facts = 0;
  TimeUs recovery_us = 0;
};

struct InfoReport {
  ProcessFigures process;
  std::optional<PersistenceReport> persistence;
  std::string run_id;
  int64_t port = 0;
  Settings settings;
  uint64_t maxmemory = 0;  // bytes
  TimeUs uptime_us = 0;
  uint64_t denied_logins = 0;
  uint64_t denied_commands = 0;
  uint64_t denied_skus = 0;
  uint64_t denied_connections = 0;     // protected mode
  std::vector<ShardStats> shards;      // by shard
  std::vector<ReactorStats> reactors;  // by shard
  CommandStats commands;               // of all
  ErrorCounts errors;
};

// The sections of these names in Redis's order; all but the statistics of commands where none is named. "default",
// "all" and "everything" as in Redis; an unknown name stands for no section.
std::string info_text(const InfoReport& report, Args sections);

TourPointer run_info(Args args, Client& client, Services& services, RespWriter& out);

}  // namespace holdfast
