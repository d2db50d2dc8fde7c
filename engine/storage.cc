#include "engine/storage.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "engine/clock.h"
#include "engine/random.h"

namespace holdfast {
namespace {

Storage::Fault system_fault(const Disk& disk, std::string_view doing, int error) {
  std::string text = "cannot ";
  text.append(doing).append(" ").append(disk.name()).append(": ").append(std::strerror(error));
  return {.trouble = Storage::Trouble::disk, .text = std::move(text)};
}

}  // namespace

Storage::Storage(std::unique_ptr<Disk> disk, const StorageOptions& options)
    : disk_(std::move(disk)),
      options_(options),
      journal_(
          std::make_unique<Journal>(*disk_, options.shards,
                                    Journal::Options{.policy = options.policy,
                                                     .files = {.segment_bytes = options.segment_bytes,
                                                               .first_seq = options.first_seq,
                                                               .fills_segments = options.policy == SyncPolicy::always},
                                                     .on_failure = options.on_failure})),
      snapshotter_(std::make_unique<Snapshotter>(*disk_, *journal_,
                                                 Snapshotter::Options{.after_bytes = options.snapshot_after_bytes,
                                                                      .segment_bytes = options.segment_bytes,
                                                                      .memory = options.memory,
                                                                      .on_end = options.on_snapshot})) {}

std::unique_ptr<Storage> Storage::open(std::unique_ptr<Disk> disk, const StorageOptions& options, Fault& fault) {
  if (const int error = disk->lock(lock_name)) {
    fault = system_fault(*disk, "lock", error);
    if (error != EWOULDBLOCK) return nullptr;
    fault = {.trouble = Trouble::in_use, .text = disk->name() + " is in use by another process"};
    return nullptr;
  }
  std::unique_ptr<Storage> storage(new Storage(std::move(disk), options));
  // Names are hashed before the first is read: the seed is all that is asked for here. What else is wrong with the
  // manifest, recover() finds.
  Manifest manifest;
  int error = 0;
  storage->is_new_ = read_manifest(*storage->disk_, manifest, error) != ManifestFault::none;
  storage->hash_seed_ = manifest.hash_seed;
  if (storage->is_new_) random_bytes(&storage->hash_seed_, sizeof storage->hash_seed_);
  return storage;
}

std::optional<Storage::Fault> Storage::recover(Engine& engine) {
  const TimeUs began_us = steady_time();
  JournalReport report;
  if (auto fault = replay(engine, report)) return fault;
  set_clock(report);
  const TimeUs now = engine_now();
  recovered_.digest = last_digest_ = digest(engine, report.end.time_us);
  if (const int error = journal_->open(report.end, now)) return system_fault(*disk_, "write to", error);
  engine.go_on_from(journal_->next_seq());
  recovered_.took_us = steady_time() - began_us;
  for (uint32_t i = 0; i < engine.shards(); ++i) {
    engine.actor(static_cast<ShardIndex>(i)).shard().go_on(now, now + options_.restart_grace_us);
  }
  return std::nullopt;
}

// Where there is a manifest that can be read; what else is wrong with it, the reader of the journal finds.
std::optional<Storage::Fault> Storage::load(std::span<State* const> states, Snapshot& snapshot) {
  Manifest manifest;
  int error = 0;
  const ManifestFault fault = read_manifest(*disk_, manifest, error);
  if (fault != ManifestFault::none || manifest.newest_snapshot == 0) return std::nullopt;
  SnapshotReport report = load_snapshot(*disk_, manifest, manifest.newest_snapshot, states);
  if (report.verdict == Verdict::damaged) return Fault{.trouble = Trouble::damaged, .text = report.text};
  if (report.verdict != Verdict::whole) return Fault{.trouble = Trouble::disk, .text = report.text};
  snapshot = report.snapshot;
  snapshotter_->set_newest(snapshot);
  anchor_ = snapshot.anchor;
  anchored_us_ = snapshot.anchored_us;
  recovered_.entries = snapshot.entries;
  return std::nullopt;
}

std::optional<Storage::Fault> Storage::replay(Engine& engine, JournalReport& report) {
  std::vector<State*> states;
  for (uint32_t i = 0; i < engine.shards(); ++i) {
    states.push_back(&engine.actor(static_cast<ShardIndex>(i)).shard().state());
  }
  Snapshot snapshot;
  if (auto fault = load(states, snapshot)) return fault;
  Replay replay(std::move(states), engine.hasher(), options_.memory);
  replay.go_on_from(snapshot.end.last, snapshot.last_us);
  report = read_journal_behind(*disk_, snapshot.end, [&](const Record& record) {
    if (record.type == RecordType::mark) {
      anchored_us_ = record.time_us;
      return read_anchor(record.payload, anchor_);
    }
    if (record.type != RecordType::fact) return true;
    ++recovered_.facts;
    return replay.take(record.seq, record.time_us, record.payload);
  });
  replay.settle();
  return judge(report);
}

std::optional<Storage::Fault> Storage::judge(JournalReport& report) {
  switch (report.verdict) {
    case Verdict::whole:
      return std::nullopt;
    case Verdict::torn: {
      if (const int error = repair_tail(*disk_, report)) return system_fault(*disk_, "cut the torn tail in", error);
      recovered_.torn = report.text;
      return std::nullopt;
    }
    case Verdict::none: {
      Identity identity;
      random_bytes(identity.data(), identity.size());
      const int error = create_journal(*disk_, identity, hash_seed_, report.end);
      if (error != 0) return system_fault(*disk_, "make a journal in", error);
      return std::nullopt;
    }
    case Verdict::damaged:
      return Fault{.trouble = Trouble::damaged, .text = report.text};
    case Verdict::failed:
      break;
  }
  return Fault{.trouble = Trouble::disk, .text = report.text};
}

// Within one start of the machine the offset stays what it was. After another, the wall clock says how much time has
// passed since the last mark; if it went backwards none has, and engine time goes on where it was.
void Storage::set_clock(const JournalReport& report) {
  if (report.end.time_us == 0) return;  // a new journal
  TimeUs passed_us = 0;
  if (anchored_us_ != 0) {
    const auto boot_id = read_boot_id();
    const bool is_same_start = anchor_.boot_id == boot_id && boot_id != std::array<uint8_t, 16>{};
    passed_us = is_same_start ? boot_time() - anchor_.boot_us : std::max<int64_t>(wall_time() - anchor_.wall_us, 0);
  }
  set_engine_offset(std::max(anchored_us_ + passed_us, report.end.time_us) - boot_time());
}

void Storage::start(std::function<void(ShardIndex)> wake) {
  journal_->start(std::move(wake), [this](uint64_t segment) { snapshotter_->look(segment); });
  snapshotter_->start();
}

void Storage::stop(Engine& engine) {
  snapshotter_->stop();
  journal_->stop();
  last_digest_ = digest(engine, journal_->marked_us());
}

std::string Storage::digest(Engine& engine, TimeUs at_us) const {
  std::vector<const State*> states;
  for (uint32_t i = 0; i < engine.shards(); ++i) {
    states.push_back(&engine.actor(static_cast<ShardIndex>(i)).shard().state());
  }
  return digest_of(states, at_us, options_.memory.tombstone_ttl_us).text();
}

}  // namespace holdfast
