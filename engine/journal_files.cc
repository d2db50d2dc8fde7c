#include "engine/journal_files.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <vector>

namespace holdfast {
namespace {

constexpr std::string_view segment_prefix = "journal-";
constexpr std::string_view prepared_prefix = "prepared-";
constexpr std::string_view snapshot_prefix = "snapshot-";
constexpr std::string_view segment_suffix = ".hfj";
constexpr std::string_view snapshot_suffix = ".hfs";
constexpr size_t number_digits = 20;

std::string numbered(std::string_view prefix, uint64_t number, std::string_view suffix) {
  const std::string digits = std::to_string(number);
  return std::string(prefix) + std::string(number_digits - digits.size(), '0') + digits + std::string(suffix);
}

// Of a name that is exactly what numbered() makes.
std::optional<uint64_t> number_in(std::string_view name, std::string_view prefix, std::string_view suffix) {
  if (name.size() != prefix.size() + number_digits + suffix.size()) return std::nullopt;
  uint64_t number = 0;
  const char* const digits = name.data() + prefix.size();
  const auto [end, error] = std::from_chars(digits, digits + number_digits, number);
  if (error != std::errc{} || end != digits + number_digits || name != numbered(prefix, number, suffix)) {
    return std::nullopt;
  }
  return number;
}

// What the manifest's one record holds.
struct ManifestEntry {
  uint64_t oldest_segment;
  uint64_t newest_segment;
  uint64_t newest_snapshot;
  uint64_t durable;
  uint64_t ceiling;
};

constexpr size_t copy_bytes = 4096;  // a block of its own, of which the end is empty
constexpr size_t copies = 2;

struct Copy {
  ManifestFault fault = ManifestFault::damaged;
  Manifest manifest;
  uint64_t generation = 0;
};

Copy read_copy(std::string_view bytes) {
  Copy copy;
  FileHeader header;
  uint64_t chain = 0;
  const HeaderFault fault = read_file_header(bytes, header, chain);
  if (fault == HeaderFault::other_version) copy.fault = ManifestFault::other_version;
  if (fault != HeaderFault::none || header.kind != FileKind::manifest) return copy;
  Record record;
  uint64_t checksum = 0;
  if (!read_record(bytes.substr(file_header_bytes), record_seed(header), record, checksum) ||
      record.type != RecordType::entry || record.previous != chain || record.payload.size() != sizeof(ManifestEntry)) {
    return copy;
  }
  ManifestEntry entry;
  std::memcpy(&entry, record.payload.data(), sizeof entry);
  if (entry.oldest_segment == 0 || entry.newest_segment + 1 < entry.oldest_segment) return copy;
  copy.fault = ManifestFault::none;
  copy.generation = header.number;
  copy.manifest = {.identity = header.identity,
                   .hash_seed = header.hash_seed,
                   .oldest_segment = entry.oldest_segment,
                   .newest_segment = entry.newest_segment,
                   .newest_snapshot = entry.newest_snapshot,
                   .durable = entry.durable,
                   .ceiling = entry.ceiling};
  return copy;
}

void write_copy(const Manifest& manifest, uint64_t generation, char* out) {
  const FileHeader header{.kind = FileKind::manifest,
                          .identity = manifest.identity,
                          .number = generation,
                          .hash_seed = manifest.hash_seed,
                          .file_bytes = copies * copy_bytes};
  const ManifestEntry entry{.oldest_segment = manifest.oldest_segment,
                            .newest_segment = manifest.newest_segment,
                            .newest_snapshot = manifest.newest_snapshot,
                            .durable = manifest.durable,
                            .ceiling = manifest.ceiling};
  const uint64_t chain = write_file_header(header, out);
  const Record record{
      .type = RecordType::entry, .previous = chain, .payload = {reinterpret_cast<const char*>(&entry), sizeof entry}};
  write_record(record, record_seed(header), out + file_header_bytes);
}

struct Copies {
  std::array<Copy, copies> all;
  size_t newest = 0;  // of those that are good
};

int read_copies(Disk& disk, Copies& found) {
  std::string bytes;
  if (const int error = read_file(disk, manifest_name, copies * copy_bytes, bytes)) return error;
  bytes.resize(copies * copy_bytes);
  for (size_t i = 0; i < copies; ++i) {
    Copy& copy = found.all[i] = read_copy(std::string_view(bytes).substr(i * copy_bytes, copy_bytes));
    const Copy& newest = found.all[found.newest];
    const bool is_good = copy.fault == ManifestFault::none;
    if (is_good && (newest.fault != ManifestFault::none || copy.generation > newest.generation)) found.newest = i;
  }
  return 0;
}

}  // namespace

std::string segment_name(uint64_t number) {
  return numbered(segment_prefix, number, segment_suffix);
}

std::string prepared_name(uint64_t number) {
  return numbered(prepared_prefix, number, segment_suffix);
}

std::string snapshot_name(Seq seq) {
  return numbered(snapshot_prefix, seq, snapshot_suffix);
}

bool is_segment_name(std::string_view name) {
  return name.starts_with(segment_prefix) && name.ends_with(segment_suffix);
}

bool is_prepared_name(std::string_view name) {
  return name.starts_with(prepared_prefix) && name.ends_with(segment_suffix);
}

std::optional<uint64_t> segment_number(std::string_view name) {
  return number_in(name, segment_prefix, segment_suffix);
}

std::optional<Seq> snapshot_seq(std::string_view name) {
  return number_in(name, snapshot_prefix, snapshot_suffix);
}

int find_snapshot_below(Disk& disk, Seq seq, Seq& found) {
  std::vector<std::string> names;
  found = 0;
  if (const int error = disk.list(names)) return error;
  for (const std::string& name : names) {
    const std::optional<Seq> other = snapshot_seq(name);
    if (other && *other < seq) found = std::max(found, *other);
  }
  return 0;
}

int remove_what_is_covered(Disk& disk, const Manifest& manifest) {
  std::vector<std::string> names;
  Seq older = 0;
  if (const int error = disk.list(names)) return error;
  if (const int error = find_snapshot_below(disk, manifest.newest_snapshot, older)) return error;
  for (const std::string& name : names) {
    const std::optional<uint64_t> segment = segment_number(name);
    const std::optional<Seq> snapshot = snapshot_seq(name);
    const bool is_old_segment = segment && *segment < manifest.oldest_segment;
    const bool is_old_snapshot = snapshot && *snapshot != manifest.newest_snapshot && *snapshot != older;
    if (!is_old_segment && !is_old_snapshot) continue;
    if (const int error = disk.remove(name); error != 0 && error != ENOENT) return error;
  }
  return 0;
}

ManifestFault read_manifest(Disk& disk, Manifest& manifest, int& error) {
  Copies found;
  error = read_copies(disk, found);
  if (error != 0) return error == ENOENT ? ManifestFault::missing : ManifestFault::unreadable;
  manifest = found.all[found.newest].manifest;
  return found.all[found.newest].fault;
}

int create_manifest(Disk& disk, const Manifest& manifest) {
  std::string bytes(copies * copy_bytes, '\0');
  for (size_t i = 0; i < copies; ++i) write_copy(manifest, 1, bytes.data() + i * copy_bytes);
  return replace_file(disk, manifest_name, bytes);
}

// The other copy first: the newest good one stays until there is a newer one.
int write_manifest(Disk& disk, const Manifest& manifest) {
  Copies found;
  if (const int error = read_copies(disk, found)) return error;
  std::unique_ptr<File> file;
  if (const int error = disk.open(manifest_name, Disk::Open::write, file)) return error;
  std::string bytes(copy_bytes, '\0');
  write_copy(manifest, found.all[found.newest].generation + 1, bytes.data());
  for (const size_t copy : {copies - 1 - found.newest, found.newest}) {
    if (const int error = file->write(bytes, copy * copy_bytes)) return error;
    if (const int error = file->sync()) return error;
  }
  return 0;
}

}  // namespace holdfast
