#include "engine/snapshotter.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/check.h"
#include "engine/clock.h"
#include "engine/give_way.h"
#include "engine/hash.h"

namespace holdfast {
namespace {

constexpr uint64_t facts_between_looks = 4096;  // one to two milliseconds of work

// All that there is at the end of a segment.
class Making {
 public:
  Making(Disk& disk, const Manifest& manifest, const Memory& memory, const std::atomic<bool>& stopping,
         std::atomic<uint64_t>& memory_bytes)
      : disk_(disk),
        manifest_(manifest),
        memory_(memory),
        manners_(stopping),
        memory_bytes_(memory_bytes),
        hasher_(manifest.hash_seed),
        state_(0, 1, hasher_, 0) {
    snapshot_.end.manifest = manifest;
  }
  ~Making() { memory_bytes_.store(0); }
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;

  MadeSnapshot run(uint64_t last_segment) {
    made_.oldest_kept = manifest_.oldest_segment;
    if (manifest_.newest_snapshot != 0 && !load()) return std::move(made_);
    if (!replay(last_segment) || snapshot_.end.last == manifest_.newest_snapshot) return std::move(made_);
    note_memory();
    snapshot_.made_us = wall_time();
    snapshot_.tombstone_ttl_us = memory_.tombstone_ttl_us;
    if (const int error = write_snapshot(disk_, state_, snapshot_, manners_)) {
      made_.trouble = "cannot write " + disk_.name() + "/" + coming_snapshot_name + ": " + std::strerror(error);
      return std::move(made_);
    }
    made_.is_new = true;
    made_.snapshot = snapshot_;
    return std::move(made_);
  }

 private:
  bool load() {
    State* const states[] = {&state_};
    SnapshotReport report = load_snapshot(disk_, manifest_, manifest_.newest_snapshot, states, &manners_);
    if (report.verdict != Verdict::whole) return made_.trouble = report.text, false;
    const State* const loaded[] = {&state_};
    if (!is_what_was_written(report.snapshot, loaded)) {
      made_.trouble = disk_.name() + "/" + snapshot_name(manifest_.newest_snapshot) + ": is not what was written";
      return false;
    }
    snapshot_ = report.snapshot;
    made_.oldest_kept = snapshot_.end.segment + 1;
    return true;
  }

  bool replay(uint64_t last_segment) {
    Replay replay({&state_}, hasher_, memory_);
    replay.go_on_from(snapshot_.end.last, snapshot_.last_us);
    uint64_t facts = 0;
    bool is_stopped = false;
    const JournalReport report = read_closed_segments(disk_, snapshot_.end, last_segment, [&](const Record& record) {
      if (record.type == RecordType::mark) {
        snapshot_.anchored_us = record.time_us;
        return read_anchor(record.payload, snapshot_.anchor);
      }
      if (record.type != RecordType::fact) return true;
      if (facts++ % facts_between_looks == 0) {
        if (!manners_.goes_on()) return is_stopped = true, false;
        note_memory();
      }
      return replay.take(record.seq, record.time_us, record.payload);
    });
    replay.settle();
    if (is_stopped) {
      made_.trouble = "the server stopped";
      return false;
    }
    if (report.verdict != Verdict::whole) return made_.trouble = report.text, false;
    snapshot_.end = report.end;
    snapshot_.last_us = replay.last_us();
    return true;
  }

  void note_memory() {
    memory_bytes_.store(state_.stocks.memory_bytes() + state_.holds.memory_bytes() + state_.guards.memory_bytes() +
                        state_.locks.memory_bytes());
  }

  Disk& disk_;
  const Manifest& manifest_;
  const Memory memory_;
  GiveWay manners_;
  std::atomic<uint64_t>& memory_bytes_;
  const Hasher hasher_;
  State state_;
  Snapshot snapshot_;
  MadeSnapshot made_;
};

}  // namespace

MadeSnapshot make_snapshot(Disk& disk, const Manifest& manifest, uint64_t last_segment, const Memory& memory,
                           const std::atomic<bool>& stopping, std::atomic<uint64_t>& memory_bytes) {
  return Making(disk, manifest, memory, stopping, memory_bytes).run(last_segment);
}

Snapshotter::Snapshotter(Disk& disk, Journal& journal, const Options& options)
    : disk_(disk), journal_(journal), options_(options) {}

void Snapshotter::set_newest(const Snapshot& snapshot) {
  const std::lock_guard lock(mutex_);
  covered_segment_ = snapshot.end.segment;
  figures_.seq = snapshot.end.last;
  figures_.bytes = snapshot.bytes;
  figures_.entries = snapshot.entries;
  figures_.made_us = snapshot.made_us;
  figures_.digest = snapshot.digest.text();
}

void Snapshotter::start() {
  thread_ = std::thread([this] { run(); });
}

void Snapshotter::stop() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_.store(true);
    changed_.notify_one();
  }
  thread_.join();
}

bool Snapshotter::ask() {
  const std::lock_guard lock(mutex_);
  if (asked_ || figures_.in_progress) return false;
  asked_ = figures_.in_progress = true;
  changed_.notify_one();
  return true;
}

void Snapshotter::look(uint64_t segment) {
  const std::lock_guard lock(mutex_);
  newest_segment_ = segment;
  if (is_due()) changed_.notify_one();
}

Snapshotter::Figures Snapshotter::figures() const {
  const std::lock_guard lock(mutex_);
  Figures figures = figures_;
  figures.memory_bytes = memory_bytes_.load();
  return figures;
}

// After one that failed, not before the next segment is closed.
bool Snapshotter::is_due() const {
  if (options_.after_bytes == 0 || newest_segment_ <= std::max(covered_segment_ + 1, tried_segment_)) return false;
  return (newest_segment_ - 1 - covered_segment_) * options_.segment_bytes > options_.after_bytes;
}

void Snapshotter::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return stopping_.load() || asked_ || is_due(); });
    if (stopping_.load()) return;
    const bool is_asked = std::exchange(asked_, false);
    tried_segment_ = newest_segment_;
    figures_.in_progress = true;
    lock.unlock();
    attempt(is_asked);
    lock.lock();
  }
}

void Snapshotter::attempt(bool is_asked) {
  const TimeUs began_us = steady_time();
  std::string trouble = make_and_adopt(is_asked);
  Figures figures;
  {
    const std::lock_guard lock(mutex_);
    figures_.in_progress = false;
    figures_.took_us = steady_time() - began_us;
    figures_.trouble = std::move(trouble);
    figures = figures_;
  }
  if (options_.on_end) options_.on_end(figures);
}

// What came of it: why there is none, or nothing.
std::string Snapshotter::make_and_adopt(bool is_asked) {
  Manifest manifest;
  uint64_t last_segment = 0;
  const int error = journal_.on_its_thread([&](JournalWriter& writer) {
    const int closed = is_asked ? writer.close_segment(engine_now()) : 0;
    manifest = writer.manifest();
    last_segment = writer.segment() - 1;
    return closed;
  });
  if (error != 0) return "the disk has no room to begin the next segment of the journal";
  MadeSnapshot made;
  std::thread worker([&] {
    take_idle_priority();
    made = make_snapshot(disk_, manifest, last_segment, options_.memory, stopping_, memory_bytes_);
  });
  worker.join();
  if (made.is_new) adopt(made, manifest);
  if (made.is_new || made.trouble.empty()) return {};
  disk_.remove(coming_snapshot_name);  // there may be none; the next start removes it too
  return made.trouble;
}

void Snapshotter::adopt(const MadeSnapshot& made, Manifest& manifest) {
  journal_.on_its_thread([&](JournalWriter& writer) {
    const int error = writer.adopt_snapshot(made.snapshot.end.last, made.oldest_kept);
    manifest = writer.manifest();
    return error;
  });
  set_newest(made.snapshot);
  // What is left lying, the next start removes.
  [[maybe_unused]] const int error = remove_what_is_covered(disk_, manifest);
}

}  // namespace holdfast
