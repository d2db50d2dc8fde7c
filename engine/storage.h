// What it is: a directory in which an engine keeps what it decides, from the outside: it is opened, the engine learns
// from it what was, and from then on its journal keeps what comes.
//
//   Storage::open(disk)      takes the directory (LOCK); is it a journal's? else makes one
//   Engine({.hash_seed = storage.hash_seed(), .journal = &storage.journal() ...})
//   recover(engine)          loads the newest snapshot and replays what is behind it; a torn tail is cut; time and
//                            numbers go on behind all that was
//   start()                  the threads of the journal and of the snapshots
//
// Threads: the host's, before the shards run; afterwards see journal.h. Time: sets the engine's clock (clock.h): within
// one start of the machine it goes on as it went; after another one by as much as the wall clock says has passed, never
// backwards.
// Fails: with a Fault; nothing is modified then, but by cutting a torn tail, which is kept aside.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/digest.h"
#include "engine/disk.h"
#include "engine/engine.h"
#include "engine/journal.h"
#include "engine/journal_reader.h"
#include "engine/replay.h"
#include "engine/snapshotter.h"

namespace holdfast {

struct StorageOptions {
  SyncPolicy policy = SyncPolicy::always;
  uint64_t segment_bytes = uint64_t{64} << 20;
  uint32_t shards = 1;
  Memory memory;
  TimeUs restart_grace_us = 0;                // every live hold has at least so long after the start
  Seq first_seq = 1;                          // of a new directory
  std::function<void(int error)> on_failure;  // see Journal::Options
  uint64_t snapshot_after_bytes = 0;          // of closed segments; 0: only when it is asked for
  std::function<void(const Snapshotter::Figures&)> on_snapshot;
};

class Storage {
 public:
  enum class Trouble : uint8_t {
    damaged,  // what was acknowledged is not there any more: only a human may go on without it
    in_use,   // by another process
    disk,     // the system would not do it
  };
  struct Fault {
    Trouble trouble = Trouble::disk;
    std::string text;  // one line
  };

  ~Storage() {
    snapshotter_->stop();
    journal_->stop();
  }

  static std::unique_ptr<Storage> open(std::unique_ptr<Disk> disk, const StorageOptions& options, Fault& fault);

  uint64_t hash_seed() const { return hash_seed_; }
  Journal& journal() { return *journal_; }
  Snapshotter& snapshotter() { return *snapshotter_; }
  const Snapshotter& snapshotter() const { return *snapshotter_; }

  // REQUIRES: the engine is fresh, with start_us 0, and nothing runs yet.
  std::optional<Fault> recover(Engine& engine);
  void start(std::function<void(ShardIndex)> wake);
  // When the shards have stopped: all is on disk, and the digest of it known.
  void stop(Engine& engine);

  // What recovery came to.
  struct Recovered {
    uint64_t entries = 0;  // of the snapshot
    uint64_t facts = 0;    // behind it
    TimeUs took_us = 0;
    std::string torn;    // what was said of a torn tail; empty: there was none
    std::string digest;  // of all that was recovered
  };
  const Recovered& recovered() const { return recovered_; }
  const std::string& last_digest() const { return last_digest_; }  // the newest that was taken

 private:
  Storage(std::unique_ptr<Disk> disk, const StorageOptions& options);
  std::optional<Fault> load(std::span<State* const> states, Snapshot& snapshot);
  std::optional<Fault> replay(Engine& engine, JournalReport& report);
  std::optional<Fault> judge(JournalReport& report);
  void set_clock(const JournalReport& report);
  std::string digest(Engine& engine, TimeUs at_us) const;

  std::unique_ptr<Disk> disk_;
  StorageOptions options_;
  std::unique_ptr<Journal> journal_;
  std::unique_ptr<Snapshotter> snapshotter_;
  uint64_t hash_seed_ = 0;
  bool is_new_ = false;
  Anchor anchor_;           // the last one read
  TimeUs anchored_us_ = 0;  // its engine time
  Recovered recovered_;
  std::string last_digest_;
};

}  // namespace holdfast
