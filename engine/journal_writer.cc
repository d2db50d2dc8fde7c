#include "engine/journal_writer.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "engine/check.h"

namespace holdfast {
namespace {

constexpr size_t buffer_limit = size_t{1} << 20;         // append writes by itself past it
constexpr size_t facts_payload_limit = size_t{4} << 10;  // of several facts: what a damaged byte makes unreadable
constexpr uint64_t longest_record = record_bytes(max_fact_bytes + max_frame_overhead);
constexpr uint64_t zeros_piece = uint64_t{64} << 10;  // fewer are not worth a call
constexpr uint64_t zeros_a_write = uint64_t{1} << 20;
constexpr uint64_t rewrite_piece = uint64_t{1} << 20;

static_assert(longest_record <= buffer_limit && max_fact_bytes + max_frame_overhead <= max_payload_bytes);

bool is_full(int error) {
  return error == ENOSPC || error == EDQUOT;
}

}  // namespace

int create_journal(Disk& disk, const Identity& identity, uint64_t hash_seed, JournalEnd& end) {
  end = {};
  end.manifest.identity = identity;
  end.manifest.hash_seed = hash_seed;
  return create_manifest(disk, end.manifest);
}

JournalWriter::JournalWriter(Disk& disk, const JournalOptions& options)
    : disk_(disk), options_(options), buffer_(std::make_unique<char[]>(buffer_limit)) {
  CHECK(options.segment_bytes % record_alignment == 0 && options.ceiling_step > 1);
}

int JournalWriter::open(const JournalEnd& end, TimeUs now) {
  manifest_ = end.manifest;
  last_ = durable_ = end.last;
  next_ = end.next;
  if (const int error = remove_leftovers()) return fail(error);
  if (const int error = disk_.sync_directory()) return fail(error);
  if (end.segment != 0) {
    if (const int error = reopen(end)) return fail(error);
  } else if (const int error = next_segment(now)) {
    return fail(error);
  }
  const bool is_new = manifest_.ceiling == 0;
  const Seq first = is_new ? std::max(options_.first_seq, next_) : std::max(manifest_.ceiling + 1, next_);
  if (const int error = raise_ceiling(first + options_.ceiling_step)) return fail(error);
  if (first != next_) {
    const std::array<char, 8> payload = to_bytes(first);
    if (const int error = add(RecordType::jump, now, {payload.data(), payload.size()})) {
      return error;
    }
    next_ = first;
  }
  return sync();
}

// What a process that is gone has written, and not synced, may be in the system's cache and nowhere else, and after a
// sync that failed the system takes it for written. So it is written again. (For names, open has synced the directory.)
int JournalWriter::reopen(const JournalEnd& end) {
  if (const int error = disk_.open(segment_name(end.segment), Disk::Open::write, file_)) return error;
  const FileHeader header{.identity = manifest_.identity, .number = end.segment};
  number_ = end.segment;
  bytes_ = end.segment_bytes;
  offset_ = end.offset;
  chain_ = end.chain;
  seed_ = record_seed(header);
  std::vector<char> piece;
  for (uint64_t at = end.unsure_offset; at < end.offset; at += piece.size()) {
    piece.resize(std::min(rewrite_piece, end.offset - at));
    size_t got = 0;
    if (const int error = file_->read(piece, at, got)) return error;
    if (got != piece.size()) return EIO;
    if (const int error = file_->write({piece.data(), piece.size()}, at)) return error;
  }
  if (const int error = file_->sync()) return error;
  if (manifest_.newest_segment == number_) return 0;
  // It was made, and the process ended before the manifest said so.
  manifest_.newest_segment = number_;
  manifest_.durable = durable_;
  return write_manifest(disk_, manifest_);
}

int JournalWriter::remove_leftovers() {
  if (const int error = remove_what_is_covered(disk_, manifest_)) return error;
  std::vector<std::string> names;
  if (const int error = disk_.list(names)) return error;
  for (const std::string& name : names) {
    const bool is_coming = name == coming_snapshot_name || name == coming_segment_name;
    if (!is_coming && !is_prepared_name(name)) continue;
    if (const int error = disk_.remove(name)) return error;
  }
  return 0;
}

int JournalWriter::append(Seq seq, TimeUs time_us, std::string_view fact) {
  if (error_ != 0) return error_;
  CHECK(seq == next_ && fact.size() <= max_fact_bytes);
  if (seq + options_.ceiling_step / 2 > manifest_.ceiling) {
    if (const int error = raise_ceiling(seq + options_.ceiling_step)) return fail(error);
  }
  if (!fits_the_open_record(fact.size() + max_frame_overhead)) {
    close_record();
    if (const int error = make_room(fact.size() + max_frame_overhead, time_us)) return error;
    open_seq_ = seq;
    open_us_ = open_last_us_ = time_us;
  }
  char* const payload = buffer_.get() + buffered_ + record_header_bytes;
  open_bytes_ = static_cast<size_t>(put_frame(time_us, open_last_us_, fact, payload + open_bytes_) - payload);
  open_last_us_ = time_us;
  last_ = seq;
  next_ = seq + 1;
  return 0;
}

bool JournalWriter::fits_the_open_record(size_t bytes) const {
  const size_t size = open_bytes_ + bytes;
  return open_bytes_ != 0 && size <= facts_payload_limit && buffered_ + record_bytes(size) <= buffer_limit &&
         offset_ + record_bytes(size) <= bytes_;
}

void JournalWriter::close_record() {
  if (open_bytes_ == 0) return;
  const char* const payload = buffer_.get() + buffered_ + record_header_bytes;
  write_record_here({.type = RecordType::facts,
                     .seq = open_seq_,
                     .time_us = open_us_,
                     .durable = durable_,
                     .previous = chain_,
                     .payload = {payload, std::exchange(open_bytes_, 0)}});
}

int JournalWriter::add(RecordType type, TimeUs time_us, std::string_view payload) {
  if (error_ != 0) return error_;
  close_record();
  if (const int error = make_room(payload.size(), time_us)) return error;
  write_record_here(
      {.type = type, .seq = last_, .time_us = time_us, .durable = durable_, .previous = chain_, .payload = payload});
  return 0;
}

// For a record, in the buffer. It is never split: where it does not fit, the next segment begins.
int JournalWriter::make_room(size_t payload_bytes, TimeUs now) {
  const size_t size = record_bytes(payload_bytes);
  if (offset_ + size > bytes_) {
    if (const int error = next_segment(now)) return fail(error);
  } else if (buffered_ + size > buffer_limit) {
    if (const int error = write()) return error;
  }
  CHECK(offset_ + size <= bytes_);
  return 0;
}

void JournalWriter::write_record_here(const Record& record) {
  chain_ = write_record(record, seed_, buffer_.get() + buffered_);
  buffered_ += record_bytes(record.payload.size());
  offset_ += record_bytes(record.payload.size());
}

int JournalWriter::write() {
  if (error_ != 0) return error_;
  close_record();
  if (buffered_ != 0) {
    if (const int error = file_->write({buffer_.get(), buffered_}, offset_ - buffered_)) return fail(error);
    unsynced_ = true;
  }
  buffered_ = 0;
  if (const int error = prepare()) return fail(error);
  if (const int error = write_zeros_ahead()) return fail(error);
  return 0;
}

// The next segment has all its zeros when half of this one is full, a piece at a time: they are to disturb nobody.
int JournalWriter::write_zeros_ahead() {
  if (prepared_.empty() || !options_.fills_segments) return 0;
  Prepared& coming = prepared_.front();
  const uint64_t due = std::min(options_.segment_bytes, 2 * offset_);
  if (due < coming.zeroed + zeros_piece && due != options_.segment_bytes) return 0;
  if (due == coming.zeroed) return 0;
  const uint64_t zeros = std::min(due - coming.zeroed, zeros_a_write);
  if (const int error = coming.file->write_zeros(coming.zeroed, zeros)) return error;
  coming.zeroed += zeros;
  return 0;
}

int JournalWriter::sync() {
  if (const int error = write()) return error;
  if (!unsynced_) return 0;
  if (const int error = file_->sync()) return fail(error);
  unsynced_ = false;
  durable_ = last_;
  return 0;
}

int JournalWriter::mark(TimeUs now, const Anchor& anchor) {
  if (const int error = sync()) return error;
  if (offset_ + record_bytes(anchor_bytes) > bytes_ && prepared_.empty()) return 0;  // a full disk: facts go first
  const std::array<char, anchor_bytes> payload = to_bytes(anchor);
  if (const int error = add(RecordType::mark, now, {payload.data(), payload.size()})) {
    return error;
  }
  return sync();
}

// The order matters. What is in the current segment is on disk before there is a next one; its header before it has its
// name; its name before the manifest asks for it; and that before anything in it is acknowledged.
int JournalWriter::next_segment(TimeUs now) {
  const bool is_first = !file_;
  if (!is_first) {
    if (const int error = sync()) return error;
  }
  if (prepared_.empty()) {
    if (const int error = prepare_one()) return error;
  }
  Prepared coming = std::move(prepared_.front());
  prepared_.pop_front();
  if (is_first && options_.fills_segments) {
    if (const int error = coming.file->write_zeros(0, options_.segment_bytes)) return error;
  }
  const FileHeader header{.identity = manifest_.identity,
                          .number = number_ + 1,
                          .last_seq = last_,
                          .next_seq = next_,
                          .chain = chain_,
                          .hash_seed = manifest_.hash_seed,
                          .file_bytes = options_.segment_bytes,
                          .time_us = now};
  std::array<char, file_header_bytes> bytes;
  const uint64_t checksum = write_file_header(header, bytes.data());
  if (const int error = coming.file->write({bytes.data(), bytes.size()}, 0)) return error;
  if (const int error = coming.file->sync()) return error;
  if (const int error = disk_.rename(coming.name, segment_name(header.number))) return error;
  if (const int error = disk_.sync_directory()) return error;
  manifest_.newest_segment = header.number;
  manifest_.durable = durable_;
  if (const int error = write_manifest(disk_, manifest_)) return error;
  file_ = std::move(coming.file);
  number_ = header.number;
  bytes_ = header.file_bytes;
  offset_ = file_header_bytes;
  chain_ = checksum;
  seed_ = record_seed(header);
  return 0;
}

int JournalWriter::raise_ceiling(Seq seq) {
  manifest_.ceiling = seq;
  manifest_.durable = durable_;
  return write_manifest(disk_, manifest_);
}

// As many segments as the reserve needs, and one.
int JournalWriter::prepare() {
  const uint64_t wanted = (reserve_ + usable_bytes() - 1) / usable_bytes() + 1;
  while (prepared_.size() < wanted) {
    if (disk_full_) {
      uint64_t free = 0;
      if (const int error = disk_.free_bytes(free)) return error;
      if (free < options_.segment_bytes) return 0;
    }
    const int error = prepare_one();
    disk_full_ = is_full(error);
    if (error != 0) return disk_full_ ? 0 : error;
  }
  return 0;
}

int JournalWriter::prepare_one() {
  Prepared coming{.file = nullptr, .name = prepared_name(number_ + 1 + prepared_.size())};
  if (const int error = disk_.open(coming.name, Disk::Open::create, coming.file)) return error;
  if (const int error = coming.file->allocate(options_.segment_bytes)) {
    coming.file.reset();
    if (const int removed = disk_.remove(coming.name)) return removed;
    return error;
  }
  prepared_.push_back(std::move(coming));
  return 0;
}

// Of a prepared segment: its end may be too short for the record that comes there.
uint64_t JournalWriter::usable_bytes() const {
  const uint64_t rest = std::min<uint64_t>(longest_record, options_.segment_bytes / 4);
  return options_.segment_bytes - file_header_bytes - rest;
}

uint64_t JournalWriter::room() const {
  const uint64_t rest = std::min<uint64_t>(longest_record, bytes_ / 4);
  const uint64_t left = bytes_ - segment_offset();
  return (left > rest ? left - rest : 0) + prepared_.size() * usable_bytes();
}

// A full disk keeps what is left of the current segment for facts.
int JournalWriter::close_segment(TimeUs now) {
  if (error_ != 0) return error_;
  if (segment_offset() == file_header_bytes) return 0;
  if (const int error = write()) return error;
  if (prepared_.size() * usable_bytes() < reserve_ + usable_bytes()) return EBUSY;
  if (const int error = next_segment(now)) return fail(error);
  return 0;
}

int JournalWriter::adopt_snapshot(Seq snapshot, uint64_t oldest_kept) {
  if (error_ != 0) return error_;
  CHECK(oldest_kept <= number_ && snapshot > manifest_.newest_snapshot);
  if (const int error = disk_.rename(coming_snapshot_name, snapshot_name(snapshot))) return fail(error);
  if (const int error = disk_.sync_directory()) return fail(error);
  manifest_.oldest_segment = std::max(manifest_.oldest_segment, oldest_kept);
  manifest_.newest_snapshot = snapshot;
  manifest_.durable = durable_;
  if (const int error = write_manifest(disk_, manifest_)) return fail(error);
  return 0;
}

}  // namespace holdfast
