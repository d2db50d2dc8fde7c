// What it is: the plain counters of one shard. INFO sums them over all shards.
// Threads: read and written by the shard's own thread.
#pragma once

#include <cstdint>

namespace holdfast {

struct ShardStats {
  uint64_t skus = 0;  // gauges
  uint64_t live_holds = 0;
  uint64_t tombstones = 0;
  uint64_t locks = 0;
  uint64_t timers = 0;
  uint64_t waiting = 0;
  uint64_t journeys_under_way = 0;
  uint64_t memory_bytes = 0;
  uint64_t tombstones_forgotten = 0;  // counters since the start
  uint64_t reserves = 0;
  uint64_t reserves_refused = 0;
  uint64_t commits = 0;
  uint64_t releases = 0;
  uint64_t expiries = 0;
  uint64_t revokes = 0;
  uint64_t journeys_begun = 0;
  uint64_t mailbox_messages = 0;

  ShardStats& operator+=(const ShardStats& other) {
    skus += other.skus;
    live_holds += other.live_holds;
    tombstones += other.tombstones;
    locks += other.locks;
    timers += other.timers;
    waiting += other.waiting;
    journeys_under_way += other.journeys_under_way;
    memory_bytes += other.memory_bytes;
    tombstones_forgotten += other.tombstones_forgotten;
    reserves += other.reserves;
    reserves_refused += other.reserves_refused;
    commits += other.commits;
    releases += other.releases;
    expiries += other.expiries;
    revokes += other.revokes;
    journeys_begun += other.journeys_begun;
    mailbox_messages += other.mailbox_messages;
    return *this;
  }
};

}  // namespace holdfast
