// What takes something away from a journal: the torn tail that a start finds, and what a human gives up.
#include <algorithm>
#include <cerrno>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/check.h"
#include "engine/journal_reader.h"

namespace holdfast {
namespace {

constexpr uint64_t copy_piece = uint64_t{1} << 20;

// A name that nothing has yet, also not the rest of a repair that was interrupted.
int free_name(Disk& disk, uint64_t segment, uint64_t offset, std::string& name) {
  std::vector<std::string> names;
  if (const int error = disk.list(names)) return error;
  const std::string segment_file = segment_name(segment);
  const std::string stem = segment_file.substr(0, segment_file.find('.')) + "-" + std::to_string(offset);
  name = stem + ".torn";
  for (int copy = 2; std::find(names.begin(), names.end(), name) != names.end(); ++copy) {
    name = stem + "-" + std::to_string(copy) + ".torn";
  }
  return 0;
}

// A part of a file as one of its own.
int copy_part(Disk& disk, File& from, uint64_t offset, uint64_t end, const std::string& name,
              std::unique_ptr<File>& to) {
  if (const int error = disk.open(name, Disk::Open::create, to)) return error;
  std::vector<char> piece;
  for (uint64_t at = offset; at < end; at += piece.size()) {
    piece.resize(std::min(copy_piece, end - at));
    size_t got = 0;
    if (const int error = from.read(piece, at, got)) return error;
    if (got != piece.size()) return EIO;
    if (const int error = to->write({piece.data(), piece.size()}, at - offset)) return error;
  }
  return 0;
}

int copy_aside(Disk& disk, File& from, uint64_t offset, uint64_t end, const std::string& name) {
  std::unique_ptr<File> to;
  if (const int error = copy_part(disk, from, offset, end, name, to)) return error;
  if (const int error = to->sync()) return error;
  return disk.sync_directory();
}

// Where the bytes from `offset` on end that are not 0.
int find_end(File& file, uint64_t offset, uint64_t size, uint64_t& end) {
  end = offset;
  std::vector<char> piece;
  for (uint64_t at = offset; at < size; at += piece.size()) {
    piece.resize(std::min(copy_piece, size - at));
    size_t got = 0;
    if (const int error = file.read(piece, at, got)) return error;
    if (got != piece.size()) return EIO;
    const size_t last = std::string_view(piece.data(), piece.size()).find_last_not_of('\0');
    if (last != std::string_view::npos) end = at + last + 1;
  }
  return 0;
}

int zero(File& file, uint64_t offset, uint64_t end) {
  if (const int error = file.write_zeros(offset, end - offset)) return error;
  return file.sync();
}

}  // namespace

int repair_tail(Disk& disk, JournalReport& report) {
  CHECK(report.verdict == Verdict::torn);
  const JournalEnd& end = report.end;
  const uint64_t end_of_bytes = end.offset + report.torn_bytes;
  std::unique_ptr<File> file;
  std::string name;
  if (const int error = disk.open(segment_name(end.segment), Disk::Open::write, file)) return error;
  if (const int error = free_name(disk, end.segment, end.offset, name)) return error;
  if (const int error = copy_aside(disk, *file, end.offset, end_of_bytes, name)) return error;
  if (const int error = zero(*file, end.offset, end_of_bytes)) return error;
  report.verdict = Verdict::whole;
  report.text += "; cut off and kept as " + name;
  return 0;
}

namespace {

bool refuse(JournalReport& report, const std::string& why) {
  report.text = why;
  if (report.verdict == Verdict::whole || report.verdict == Verdict::torn) report.verdict = Verdict::damaged;
  return false;
}

// What lies below `at` has to be good.
bool may_cut(Seq at, JournalReport& report) {
  if (report.verdict == Verdict::none || report.verdict == Verdict::failed) return false;
  if (report.end.segment == 0) return refuse(report, "there is no good segment to cut: " + report.text);
  if (report.verdict == Verdict::damaged && report.seq < at) {
    return refuse(report, "what is below is damaged too; cut it at " + std::to_string(report.seq) + ": " + report.text);
  }
  if (report.verdict != Verdict::damaged && report.end.next < at) {
    return refuse(report, "there is no such fact: the next one would be " + std::to_string(report.end.next));
  }
  if (report.end.manifest.newest_snapshot >= at) {
    return refuse(report, "the newest snapshot goes up to fact " + std::to_string(report.end.manifest.newest_snapshot));
  }
  return true;
}

// Of the record that the cut goes through what lies before it, as a record.
int shorten_record(File& file, const JournalReport& report, std::string& shorter) {
  const JournalEnd& end = report.end;
  std::string bytes(record_bytes(max_payload_bytes), '\0');
  size_t got = 0;
  if (const int error = file.read(bytes, end.offset, got)) return error;
  const uint64_t seed = record_seed({.identity = end.manifest.identity, .number = end.segment});
  Record record;
  uint64_t checksum = 0;
  if (!read_record(std::string_view(bytes).substr(0, got), seed, record, checksum)) return EIO;
  record.payload = record.payload.substr(0, report.kept_bytes);
  shorter.resize(record_bytes(record.payload.size()));
  write_record(record, seed, shorter.data());
  return 0;
}

// The last segment that stays is written anew up to the cut, under another name for now.
int write_coming_segment(Disk& disk, File& file, const JournalReport& report) {
  const JournalEnd& end = report.end;
  std::unique_ptr<File> coming;
  std::string shorter;
  if (report.kept_bytes != 0) {
    if (const int error = shorten_record(file, report, shorter)) return error;
  }
  if (const int error = disk.remove(coming_segment_name); error != 0 && error != ENOENT) return error;
  if (const int error = copy_part(disk, file, 0, end.offset, coming_segment_name, coming)) return error;
  if (const int error = coming->write(shorter, end.offset)) return error;
  if (const int error = coming->allocate(end.segment_bytes)) return error;
  return coming->sync();
}

// What goes is kept under another name, the newest first: at any moment those that are left follow one another.
int put_aside_segments(Disk& disk, uint64_t newest, std::string& text) {
  std::vector<std::string> names;
  if (const int error = disk.list(names)) return error;
  std::sort(names.begin(), names.end(), std::greater<>());
  for (const std::string& segment : names) {
    const std::optional<uint64_t> number = segment_number(segment);
    if (!number || *number <= newest) continue;
    std::string name;
    if (const int error = free_name(disk, *number, 0, name)) return error;
    if (const int error = disk.rename(segment, name)) return error;
    text += ", " + name;
  }
  return disk.sync_directory();
}

}  // namespace

// What is below the cut stays whole at every moment. The manifest asks for less only when there is less: interrupted, a
// start finds that something is missing, if anything has happened yet.
int cut_journal(Disk& disk, Seq at, JournalReport& report) {
  report = read_journal(
      disk, 0, [](const Record&) { return true; }, at);
  if (!may_cut(at, report)) return 0;
  const JournalEnd& end = report.end;
  const std::string segment = segment_name(end.segment);
  std::unique_ptr<File> file;
  if (const int error = disk.open(segment, Disk::Open::read, file)) return error;
  uint64_t size = 0;
  uint64_t end_of_bytes = 0;
  if (const int error = file->size(size)) return error;
  if (const int error = find_end(*file, end.offset, size, end_of_bytes)) return error;
  std::string text = "cut behind fact " + std::to_string(end.last) + "; kept";
  if (end_of_bytes > end.offset) {
    std::string name;
    if (const int error = free_name(disk, end.segment, end.offset, name)) return error;
    if (const int error = copy_aside(disk, *file, end.offset, end_of_bytes, name)) return error;
    text += " " + name;
  }
  if (const int error = write_coming_segment(disk, *file, report)) return error;
  if (const int error = put_aside_segments(disk, end.segment, text)) return error;
  if (const int error = disk.rename(coming_segment_name, segment)) return error;
  if (const int error = disk.sync_directory()) return error;
  Manifest manifest = end.manifest;
  manifest.newest_segment = end.segment;
  manifest.durable = std::min(manifest.durable, end.last);
  if (const int error = write_manifest(disk, manifest)) return error;
  report.verdict = Verdict::whole;
  report.end.manifest = manifest;
  report.text = text;
  return 0;
}

// The manifest asks for less before there is less. The file may be missing: that may be why.
int forget_newest_snapshot(Disk& disk, Manifest& manifest) {
  int error = 0;
  const ManifestFault fault = read_manifest(disk, manifest, error);
  if (fault == ManifestFault::unreadable) return error;
  if (fault != ManifestFault::none || manifest.newest_snapshot == 0) return ENOENT;
  const std::string name = snapshot_name(manifest.newest_snapshot);
  if (const int unknown = find_snapshot_below(disk, manifest.newest_snapshot, manifest.newest_snapshot)) return unknown;
  if (manifest.newest_snapshot == 0 && manifest.oldest_segment > 1) return ENOENT;
  if (const int unwritten = write_manifest(disk, manifest)) return unwritten;
  const int renamed = disk.rename(name, name.substr(0, name.find('.')) + ".torn");
  if (renamed != 0 && renamed != ENOENT) return renamed;
  return disk.sync_directory();
}

}  // namespace holdfast
