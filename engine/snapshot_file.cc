#include "engine/snapshot_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

#include "engine/digest.h"
#include "engine/record.h"

namespace holdfast {
namespace {

constexpr size_t entries_in_a_record = size_t{32} << 10;  // bytes of them; one more may make it longer
constexpr size_t read_piece_bytes = size_t{4} << 20;
// Written at a time, and synced: all of it at the end would be a flood, behind which the journal's syncs wait.
constexpr size_t written_piece_bytes = size_t{1} << 20;

FileHeader header_of(const Snapshot& snapshot) {
  return {.kind = FileKind::snapshot,
          .identity = snapshot.end.manifest.identity,
          .number = snapshot.end.segment,
          .last_seq = snapshot.end.last,
          .next_seq = snapshot.end.next,
          .chain = snapshot.end.chain,
          .hash_seed = snapshot.end.manifest.hash_seed,
          .file_bytes = 0,  // nobody knows yet; the last entry says that it is the last
          .time_us = snapshot.end.time_us};
}

class SnapshotWriter {
 public:
  SnapshotWriter(File& file, Snapshot& snapshot, GiveWay& manners)
      : file_(file), snapshot_(snapshot), manners_(manners) {}

  int run(const State& state) {
    const FileHeader header = header_of(snapshot_);
    buffer_.resize(file_header_bytes);
    chain_ = write_file_header(header, buffer_.data());
    seed_ = record_seed(header);
    snapshot_.entries = 0;
    put_begin(entries_, snapshot_);
    if (!entry_done() || !put_state(entries_, state, [this] { return entry_done(); })) return error_;
    const State* const states[] = {&state};
    snapshot_.digest = digest_of(states, snapshot_.end.time_us, snapshot_.tombstone_ttl_us);
    put_end(entries_, snapshot_);
    add_record();
    if (!write_buffer()) return error_;
    snapshot_.bytes = written_;
    return 0;
  }

 private:
  bool entry_done() {
    ++snapshot_.entries;
    if (entries_.size() < entries_in_a_record) return true;
    add_record();
    return buffer_.size() < written_piece_bytes || write_buffer();
  }

  void add_record() {
    const size_t at = buffer_.size();
    buffer_.resize(at + record_bytes(entries_.size()));
    const Record record{.type = RecordType::entry,
                        .seq = snapshot_.end.last,
                        .time_us = snapshot_.end.time_us,
                        .durable = snapshot_.end.last,
                        .previous = chain_,
                        .payload = entries_};
    chain_ = write_record(record, seed_, buffer_.data() + at);
    entries_.clear();
  }

  bool write_buffer() {
    error_ = manners_.goes_on() ? file_.write(buffer_, written_) : ECANCELED;
    if (error_ == 0) error_ = file_.sync();
    written_ += buffer_.size();
    buffer_.clear();
    return error_ == 0;
  }

  File& file_;
  Snapshot& snapshot_;
  GiveWay& manners_;
  std::string entries_;  // of the next record
  std::string buffer_;   // records that are to be written
  uint64_t written_ = 0;
  uint64_t chain_ = 0;
  uint64_t seed_ = 0;
  int error_ = 0;
};

class SnapshotReader {
 public:
  SnapshotReader(Disk& disk, const Manifest& manifest, Seq seq, std::span<State* const> states, GiveWay* manners)
      : disk_(disk), manifest_(manifest), seq_(seq), loader_(states), manners_(manners) {}

  SnapshotReport run() {
    if (open() && read_header() && read_entries()) {
      const JournalEnd end = report_.snapshot.end;
      const uint64_t bytes = report_.snapshot.bytes;
      report_.snapshot = loader_.snapshot();
      const TimeUs time_us = report_.snapshot.end.time_us;
      report_.snapshot.end = end;
      report_.snapshot.end.time_us = time_us;
      report_.snapshot.bytes = bytes;
    }
    return std::move(report_);
  }

 private:
  bool damaged(const std::string& what) {
    report_.verdict = Verdict::damaged;
    report_.text =
        disk_.name() + "/" + snapshot_name(seq_) + ": " + what + "; nothing was changed. Restore it from a " +
        "copy, or go on from what is before it, which loses nothing: holdfast-journal forget-snapshot " + disk_.name();
    return false;
  }
  bool failed(int error) {
    report_.verdict = Verdict::failed;
    report_.error = error;
    report_.text = disk_.name() + "/" + snapshot_name(seq_) + ": cannot be read: " + std::strerror(error);
    return false;
  }

  bool open() {
    const int error = disk_.open(snapshot_name(seq_), Disk::Open::read, file_);
    if (error == ENOENT) return damaged("is missing");
    if (error != 0) return failed(error);
    if (const int unknown = file_->size(report_.snapshot.bytes)) return failed(unknown);
    return true;
  }

  // What is left to be looked at goes to the front, and more behind it.
  bool refill() {
    if (manners_ && !manners_->goes_on()) return failed(ECANCELED);
    buffer_.erase(0, used_);
    used_ = 0;
    const size_t left = buffer_.size();
    const uint64_t at = offset_ + left;
    buffer_.resize(left + std::min<uint64_t>(read_piece_bytes, report_.snapshot.bytes - at));
    size_t got = 0;
    if (const int error = file_->read(std::span(buffer_).subspan(left), at, got)) return failed(error);
    return got == buffer_.size() - left || failed(EIO);
  }
  bool is_all_read() const { return offset_ + (buffer_.size() - used_) == report_.snapshot.bytes; }
  void use(size_t bytes) {
    used_ += bytes;
    offset_ += bytes;
  }

  bool read_header() {
    if (!refill()) return false;
    FileHeader header;
    const HeaderFault fault = read_file_header(buffer_, header, chain_);
    if (fault == HeaderFault::other_version) return damaged("is of another version of Holdfast");
    if (fault != HeaderFault::none) return damaged("its header is damaged");
    const bool is_ours = header.identity == manifest_.identity && header.hash_seed == manifest_.hash_seed;
    if (header.kind != FileKind::snapshot || !is_ours) return damaged("belongs to another journal");
    if (header.last_seq != seq_) return damaged("is snapshot " + std::to_string(header.last_seq) + " under this name");
    report_.snapshot.end = {.manifest = manifest_,
                            .segment = header.number,
                            .chain = header.chain,
                            .last = header.last_seq,
                            .next = header.next_seq,
                            .durable = header.last_seq,
                            .time_us = header.time_us};
    seed_ = record_seed(header);
    use(file_header_bytes);
    return true;
  }

  bool read_entries() {
    Record record;
    uint64_t checksum = 0;
    while (!loader_.is_complete()) {
      if (buffer_.size() - used_ < record_bytes(max_payload_bytes) && !is_all_read() && !refill()) return false;
      const std::string_view rest = std::string_view(buffer_).substr(used_);
      if (!read_record(rest, seed_, record, checksum) || record.type != RecordType::entry ||
          record.previous != chain_ || record.seq != seq_ || !loader_.take(record.payload)) {
        return damaged("is damaged at offset " + std::to_string(offset_));
      }
      chain_ = checksum;
      use(record_bytes(record.payload.size()));
    }
    return offset_ == report_.snapshot.bytes || damaged("goes on behind its end at offset " + std::to_string(offset_));
  }

  Disk& disk_;
  const Manifest& manifest_;
  const Seq seq_;
  SnapshotLoader loader_;
  GiveWay* const manners_;
  SnapshotReport report_;
  std::unique_ptr<File> file_;
  std::string buffer_;
  size_t used_ = 0;      // of it
  uint64_t offset_ = 0;  // in the file, of what is looked at next
  uint64_t chain_ = 0;
  uint64_t seed_ = 0;
};

}  // namespace

int write_snapshot(Disk& disk, const State& state, Snapshot& snapshot, GiveWay& manners) {
  if (const int error = disk.remove(coming_snapshot_name); error != 0 && error != ENOENT) return error;
  std::unique_ptr<File> file;
  if (const int error = disk.open(coming_snapshot_name, Disk::Open::create, file)) return error;
  return SnapshotWriter(*file, snapshot, manners).run(state);
}

SnapshotReport load_snapshot(Disk& disk, const Manifest& manifest, Seq seq, std::span<State* const> states,
                             GiveWay* manners) {
  return SnapshotReader(disk, manifest, seq, states, manners).run();
}

bool is_what_was_written(const Snapshot& snapshot, std::span<const State* const> states) {
  return digest_of(states, snapshot.end.time_us, snapshot.tombstone_ttl_us) == snapshot.digest;
}

}  // namespace holdfast
