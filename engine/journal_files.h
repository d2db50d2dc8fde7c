// What it is: the files of a journal's directory: what they are called, and the manifest, which says what has to be
// there. A segment that the manifest names and that is missing is a loss, not a shorter journal.
//
//   manifest                            identity, hash seed, which segments, what is durable, which numbers are used
//   journal-<number, 20 digits>.hfj     a segment
//   snapshot-<number, 20 digits>.hfs    all that was known when the fact of that number was applied
//   prepared-<number, 20 digits>.hfj    space for one to come; holds nothing
//   journal-<number>-<offset>.torn      what a segment had from that record on before a cut, for whoever looks
//   LOCK                                whoever has the directory has a lock on it
//
// Threads: whoever has the directory. Invariant: of the manifest's two copies one is good at any moment, and both are
// the same when write_manifest returns; it is written in place, so that a full disk cannot stop it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/disk.h"
#include "engine/record.h"
#include "engine/types.h"

namespace holdfast {

inline constexpr const char* manifest_name = "manifest";
inline constexpr const char* lock_name = "LOCK";

std::string segment_name(uint64_t number);
std::string prepared_name(uint64_t number);
std::string snapshot_name(Seq seq);
// Not yet a snapshot: it gets its name when it is wholly on disk.
inline constexpr const char* coming_snapshot_name = "snapshot.new";
inline constexpr const char* coming_segment_name = "segment.new";  // of a cut, in the same way
bool is_segment_name(std::string_view name);                       // or meant to be one
bool is_prepared_name(std::string_view name);
// None where it is not exactly what segment_name says.
std::optional<uint64_t> segment_number(std::string_view name);
std::optional<Seq> snapshot_seq(std::string_view name);

struct Manifest {
  Identity identity{};
  uint64_t hash_seed = 0;
  uint64_t oldest_segment = 1;
  uint64_t newest_segment = 0;  // the one after it may be there too, with nothing in it that was acknowledged
  Seq newest_snapshot = 0;      // the number up to which it goes; 0: there is none
  Seq durable = 0;              // facts up to this number were on disk when this was written
  Seq ceiling = 0;              // numbers up to this one may have been given
};

enum class ManifestFault : uint8_t { none, missing, damaged, other_version, unreadable };

// The newest snapshot below this number, 0 where there is none. An errno.
int find_snapshot_below(Disk& disk, Seq seq, Seq& found);

// Segments before the oldest that the manifest names; snapshots but the one that it names and the one before that. An
// errno.
int remove_what_is_covered(Disk& disk, const Manifest& manifest);

// `error`: the errno of `unreadable`.
ManifestFault read_manifest(Disk& disk, Manifest& manifest, int& error);
int create_manifest(Disk& disk, const Manifest& manifest);
int write_manifest(Disk& disk, const Manifest& manifest);

}  // namespace holdfast
