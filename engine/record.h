// What it is: records with a checksum, one after the other in a file behind a header: the form of the journal's
// segments, of its manifest, and of every file that must not be believed when it is damaged. Written down in README.md,
// "The journal's format". Numbers are little-endian. A record is good by itself: length, type and the seed of its file
// are under its checksum, so one that lies behind a broken one is found and known to belong there; `previous` says what
// came before it, so none can be left out, doubled or moved unseen. Threads: pure functions. Time: O(bytes), XXH3 (Yann
// Collet). Invariant: a record starts at a multiple of record_alignment, and the bytes up to the next one are 0.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/types.h"

namespace holdfast {

static_assert(std::endian::native == std::endian::little, "what is in memory is what is on disk");

inline constexpr uint32_t format_version = 2;
inline constexpr uint32_t oldest_format_version = 1;  // that is read, and gone on with: facts stood alone there

using Identity = std::array<uint8_t, 16>;  // of one directory, drawn when it is made

enum class FileKind : uint32_t { segment = 1, manifest = 2, snapshot = 3 };

struct FileHeader {
  FileKind kind = FileKind::segment;
  Identity identity{};
  uint64_t number = 0;      // segment: 1, 2, 3 ...
  Seq last_seq = 0;         // the last fact before this file
  Seq next_seq = 0;         // the number that the first fact in it has, unless a jump says otherwise
  uint64_t chain = 0;       // segment: the checksum of the last record of the one before, 0 for the first
  uint64_t hash_seed = 0;   // what names are hashed with: it decides where they live
  uint64_t file_bytes = 0;  // the length of the whole file: one that is shorter has lost something
  TimeUs time_us = 0;       // when it was made
};

inline constexpr size_t file_header_bytes = 128;

// Writes file_header_bytes. Returns its checksum: the first record's `previous`.
uint64_t write_file_header(const FileHeader& header, char* out);

enum class HeaderFault : uint8_t { none, damaged, other_version };
HeaderFault read_file_header(std::string_view bytes, FileHeader& header, uint64_t& checksum);

// What the checksums of a file's records are seeded with, so that a record of another file is never taken for its own.
uint64_t record_seed(const FileHeader& header);

enum class RecordType : uint8_t {
  fact = 1,   // one alone, see fact_codec.h: of version 1, and what a reader makes of each of `facts`
  mark = 2,   // `durable` says what is on disk; payload: an Anchor
  jump = 3,   // the next fact has a number that is not the next one; payload: that number
  entry = 4,  // of a manifest or a snapshot
  facts = 5,  // see fact_frames.h
};

struct Record {
  RecordType type = RecordType::fact;
  Seq seq = 0;            // facts: the first one's number; else that of the last fact before it
  TimeUs time_us = 0;     // engine time
  Seq durable = 0;        // facts up to this number were on disk when the record was written
  uint64_t previous = 0;  // checksum of the record before, or of the file's header
  std::string_view payload{};
};

inline constexpr size_t record_header_bytes = 48;
inline constexpr size_t record_alignment = 8;
inline constexpr size_t max_payload_bytes = size_t{1} << 20;

constexpr size_t record_bytes(size_t payload_bytes) {
  return (record_header_bytes + payload_bytes + record_alignment - 1) / record_alignment * record_alignment;
}

// Writes record_bytes(payload). Returns the checksum. The payload may already be at its place.
uint64_t write_record(const Record& record, uint64_t seed, char* out);

// The record at the beginning of `bytes`, and its checksum; false where there is no good one.
bool read_record(std::string_view bytes, uint64_t seed, Record& record, uint64_t& checksum);

// How engine time was to be read when a mark was written.
struct Anchor {
  std::array<uint8_t, 16> boot_id{};
  int64_t wall_us = 0;  // unix time, microseconds
  TimeUs boot_us = 0;   // CLOCK_BOOTTIME
};

inline constexpr size_t anchor_bytes = 32;
std::array<char, anchor_bytes> to_bytes(const Anchor& anchor);
bool read_anchor(std::string_view bytes, Anchor& anchor);

std::array<char, 8> to_bytes(uint64_t number);
bool read_number(std::string_view bytes, uint64_t& number);

}  // namespace holdfast
