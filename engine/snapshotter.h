// What it is: the maker of snapshots. The next one is made from the last one and the segments behind it that are
// closed, by the same replay as recovery, at the number that ends a segment: the shards take no part, and nobody stops
// for it. When it is on disk under its name, the segments go that neither it nor the one before it needs.
// Threads: one of its own, which waits, asks the journal's thread for what is the journal's (begin the next segment,
// adopt the snapshot), and starts another one at idle priority for each making: that one takes no lock that anybody in
// a hurry may want. ask, look and figures: any thread. Time: engine time only as the facts say.
// Limits: one at a time; while it is made, its memory is that of all that is known, once more.
// Fails: where the disk has no room, or what it reads is damaged, there is no new snapshot; nothing else is lost.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "engine/journal.h"
#include "engine/replay.h"
#include "engine/snapshot_file.h"

namespace holdfast {

struct MadeSnapshot {
  bool is_new = false;  // coming_snapshot_name is on disk; else there was nothing to add, or `trouble` says why not
  Snapshot snapshot;
  uint64_t oldest_kept = 0;  // segment that the snapshot before this one still needs
  std::string trouble;
};

// On the calling thread. `last_segment`: is closed. `memory_bytes` tells meanwhile what it uses.
MadeSnapshot make_snapshot(Disk& disk, const Manifest& manifest, uint64_t last_segment, const Memory& memory,
                           const std::atomic<bool>& stopping, std::atomic<uint64_t>& memory_bytes);

class Snapshotter {
 public:
  struct Figures {
    bool in_progress = false;
    uint64_t memory_bytes = 0;  // of the one that is being made
    // Of the newest; seq 0: there is none.
    Seq seq = 0;
    uint64_t bytes = 0;
    uint64_t entries = 0;
    int64_t made_us = 0;  // unix time
    std::string digest;
    // Of the last attempt.
    int64_t took_us = 0;
    std::string trouble;  // why there is none of it; empty: all is well
  };
  struct Options {
    uint64_t after_bytes = 0;  // of closed segments since the last one; 0: only when it is asked for
    uint64_t segment_bytes = 0;
    Memory memory;
    std::function<void(const Figures&)> on_end;  // of an attempt, on the thread of the snapshotter
  };

  Snapshotter(Disk& disk, Journal& journal, const Options& options);
  ~Snapshotter() { stop(); }
  Snapshotter(const Snapshotter&) = delete;
  Snapshotter& operator=(const Snapshotter&) = delete;

  // What there is already. Before start().
  void set_newest(const Snapshot& snapshot);
  // REQUIRES: the journal's thread runs.
  void start();
  // Gives up what is being made. Before the journal's stop().
  void stop();

  // One is to be made now, the current segment closed for it. False: one is under way.
  bool ask();
  // The journal has begun this segment.
  void look(uint64_t segment);
  Figures figures() const;

 private:
  void run();
  bool is_due() const;
  void attempt(bool is_asked);
  std::string make_and_adopt(bool is_asked);
  void adopt(const MadeSnapshot& made, Manifest& manifest);

  Disk& disk_;
  Journal& journal_;
  const Options options_;
  std::thread thread_;
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> memory_bytes_{0};

  mutable std::mutex mutex_;  // of all below
  std::condition_variable changed_;
  bool asked_ = false;
  uint64_t covered_segment_ = 0;  // by the newest snapshot
  uint64_t newest_segment_ = 0;
  uint64_t tried_segment_ = 0;  // newest_segment_ when the last attempt began
  Figures figures_;
};

}  // namespace holdfast
