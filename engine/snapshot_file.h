// What it is: a snapshot as a file: a header, records of entries (see snapshot_codec.h), each with a checksum and
// chained to the one before, and behind the last one nothing. What is not exactly that is damaged.
// Threads: whoever has the states; it may run beside a server, for the file does not change any more once it has its
// name. Time: O(bytes). Limits: keeps a few MiB of the file in memory.
#pragma once

#include <span>
#include <string>

#include "engine/disk.h"
#include "engine/give_way.h"
#include "engine/journal_files.h"
#include "engine/journal_reader.h"
#include "engine/snapshot_codec.h"

namespace holdfast {

// Writes all that `state` knows as coming_snapshot_name and syncs it. `snapshot` says where it stands (end, last_us,
// anchor, anchored_us, made_us, tombstone_ttl_us) and is told the rest. An errno; ECANCELED: it was to end.
int write_snapshot(Disk& disk, const State& state, Snapshot& snapshot, GiveWay& manners);

struct SnapshotReport {
  Verdict verdict = Verdict::whole;  // or damaged, failed; the states are not to be used then
  Snapshot snapshot;
  int error = 0;     // failed: the errno
  std::string text;  // one line: what is wrong, where, and what to run
};

// Reads the snapshot of that number into the states of all shards, which are empty. `manners`: failed with ECANCELED
// once it is to end; null: at full speed to the end.
SnapshotReport load_snapshot(Disk& disk, const Manifest& manifest, Seq seq, std::span<State* const> states,
                             GiveWay* manners = nullptr);

// Whether the states, fresh from the file, are what was written. For those who have the time: the checksums say as much
// of the file.
bool is_what_was_written(const Snapshot& snapshot, std::span<const State* const> states);

}  // namespace holdfast
