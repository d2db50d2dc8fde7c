#include "engine/journal_reader.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "engine/fact_frames.h"

namespace holdfast {
namespace {

constexpr uint64_t segment_bytes_limit = uint64_t{16} << 30;  // of a header that says more nothing is believed

bool has_facts(const Record& record) {
  return record.type == RecordType::fact || record.type == RecordType::facts;
}

// Of the facts up to its end.
Seq last_seq(const Record& record) {
  if (record.type != RecordType::facts) return record.seq;
  Seq last = record.seq;
  for (FactFrames frames(record); const Record* fact = frames.next();) last = fact->seq;
  return last;
}

class Reading {
 public:
  Reading(Disk& disk, Seq from, Seq until, const VisitRecord& visit)
      : disk_(disk), from_(from), until_(until), visit_(visit) {
    report_.verdict = Verdict::whole;
  }

  void begin_behind(const JournalEnd& behind) {
    end_ = behind;
    end_.durable = behind.last;
    first_ = behind.segment + 1;
    is_behind_ = behind.segment != 0;
  }

  JournalReport run() {
    if (find_files()) {
      uint64_t number = first_ = is_behind_ ? first_ : end_.manifest.oldest_segment;
      while (number <= newest_ && read_segment(number)) ++number;
      if (number > newest_ && missing_ != 0) judge_missing();
    }
    return std::move(report_);
  }

  JournalReport run_closed(uint64_t last_segment) {
    newest_ = last_segment;
    missing_ = last_segment + 1;  // none of these is the journal's end
    uint64_t number = first_ = is_behind_ ? first_ : end_.manifest.oldest_segment;
    while (number <= newest_ && read_segment(number)) ++number;
    return std::move(report_);
  }

 private:
  // Each of these says whether to go on; where not, the report says why.
  bool find_files();
  bool judge_manifest(ManifestFault fault, int error, bool is_empty);
  bool check_segments(const std::vector<uint64_t>& numbers);
  bool judge_missing();
  bool read_segment(uint64_t number);
  bool load(uint64_t number);
  bool check_header(uint64_t number);
  bool accept(const Record& record);
  bool accept_fact(const Record& fact);
  bool accept_facts(const Record& record);
  bool judge_end(bool is_last);
  bool judge_tail(uint64_t end_of_bytes);

  uint64_t last_byte() const;
  void find_unsure();

  bool damaged(const std::string& what);
  bool failed(const std::string& file, int error);
  std::string where(std::string_view because = "") const;

  Disk& disk_;
  const Seq from_;
  const Seq until_;
  const VisitRecord& visit_;
  JournalReport report_;
  JournalEnd& end_ = report_.end;
  uint64_t first_ = 0;      // the first segment that is read
  bool is_behind_ = false;  // behind a snapshot: what the first one goes on from is known
  uint64_t newest_ = 0;     // the last segment that is there, with all before it
  uint64_t missing_ = 0;    // the first that is not and should be; 0: none
  bool stopped_ = false;    // at `until`
  std::string bytes_;       // of one segment
  uint64_t seed_ = 0;
  const char* misunderstood_ = nullptr;  // a good record that cannot be: why
};

bool Reading::damaged(const std::string& what) {
  report_.verdict = Verdict::damaged;
  report_.text = disk_.name() + "/" + report_.file + ": " + what;
  return false;
}

bool Reading::failed(const std::string& file, int error) {
  report_.verdict = Verdict::failed;
  report_.error = error;
  report_.file = file;
  report_.text = disk_.name() + (file.empty() ? "" : "/" + file) + ": cannot be read: " + std::strerror(error);
  return false;
}

// What a human needs to decide.
std::string Reading::where(std::string_view because) const {
  const std::string seq = std::to_string(report_.seq);
  return " at offset " + std::to_string(report_.offset) + ", where fact " + seq + " should be" + std::string(because) +
         "; nothing was changed. Restore " + disk_.name() + " from a copy, or give up fact " + seq +
         " and all behind it: holdfast-journal cut " + disk_.name() + " --at " + seq + " --i-accept-loss";
}

bool Reading::find_files() {
  std::vector<std::string> names;
  if (const int error = disk_.list(names)) return failed("", error);
  std::vector<uint64_t> numbers;
  std::optional<std::string> foreign;
  for (const std::string& name : names) {
    if (!is_segment_name(name)) continue;
    const std::optional<uint64_t> number = segment_number(name);
    number ? numbers.push_back(*number) : void(foreign = name);
  }
  int error = 0;
  const ManifestFault fault = read_manifest(disk_, end_.manifest, error);
  if (!judge_manifest(fault, error, numbers.empty() && !foreign)) return false;
  end_.durable = std::max(end_.durable, end_.manifest.durable);
  if (foreign) {
    report_.file = *foreign;
    return damaged("is not a name that a segment has; it was renamed or does not belong here");
  }
  std::sort(numbers.begin(), numbers.end());
  return check_segments(numbers);
}

bool Reading::judge_manifest(ManifestFault fault, int error, bool is_empty) {
  report_.file = manifest_name;
  switch (fault) {
    case ManifestFault::none:
      report_.file.clear();
      return true;
    case ManifestFault::missing:
      if (!is_empty) return damaged("is missing, and there are segments; restore it from a copy");
      report_.verdict = Verdict::none;
      return false;
    case ManifestFault::unreadable:
      return failed(manifest_name, error);
    case ManifestFault::other_version:
      return damaged("is of another version of Holdfast");
    default:
      return damaged("is damaged; restore it from a copy");
  }
}

// All from the oldest to the newest that the manifest names, and perhaps one more.
bool Reading::check_segments(const std::vector<uint64_t>& numbers) {
  const Manifest& manifest = end_.manifest;
  uint64_t expected = manifest.oldest_segment;
  for (const uint64_t number : numbers) {
    if (number < manifest.oldest_segment) continue;  // the manifest has forgotten it
    if (number != expected) break;
    newest_ = expected++;
  }
  const bool goes_on = !numbers.empty() && numbers.back() >= expected;
  if (newest_ < manifest.newest_segment || goes_on) missing_ = expected;
  if (newest_ > manifest.newest_segment + 1) {
    report_.file = segment_name(newest_);
    return damaged("is newer than the manifest, which knows of segment " + std::to_string(manifest.newest_segment) +
                   " and allows one more; one of the two does not belong here");
  }
  return true;
}

bool Reading::judge_missing() {
  report_.file = segment_name(missing_);
  report_.offset = 0;
  report_.seq = end_.next;
  return damaged("is missing" + where());
}

bool Reading::load(uint64_t number) {
  std::unique_ptr<File> file;
  report_.file = segment_name(number);
  report_.offset = 0;
  report_.seq = end_.next;
  if (const int error = disk_.open(report_.file, Disk::Open::read, file)) return failed(report_.file, error);
  uint64_t size = 0;
  if (const int error = file->size(size)) return failed(report_.file, error);
  if (size > segment_bytes_limit) return damaged("is longer than any segment");
  bytes_.resize(size);
  size_t got = 0;
  if (const int error = file->read(bytes_, 0, got)) return failed(report_.file, error);
  if (got != size) return failed(report_.file, EIO);
  return true;
}

bool Reading::check_header(uint64_t number) {
  FileHeader header;
  uint64_t checksum = 0;
  const HeaderFault fault = read_file_header(bytes_, header, checksum);
  if (fault == HeaderFault::other_version) return damaged("is of another version of Holdfast");
  if (fault != HeaderFault::none) return damaged("its header is damaged" + where());
  const bool is_ours = header.identity == end_.manifest.identity && header.hash_seed == end_.manifest.hash_seed;
  if (header.kind != FileKind::segment || !is_ours) return damaged("belongs to another journal" + where());
  if (header.number != number) {
    return damaged("is segment " + std::to_string(header.number) + " under another name" + where());
  }
  if (number == first_ && !is_behind_) {
    if (from_ != 0 && header.next_seq > from_) {
      return damaged("begins with fact " + std::to_string(header.next_seq) + "; facts from " + std::to_string(from_) +
                     " on are missing");
    }
    end_.next = header.next_seq;
    end_.last = header.last_seq;
  } else if (header.chain != end_.chain || header.next_seq != end_.next || header.last_seq != end_.last) {
    return damaged("does not go on where the segment before it ends" + where());
  }
  end_.durable = std::max(end_.durable, end_.last);
  end_.segment = number;
  end_.segment_bytes = header.file_bytes;
  end_.chain = checksum;
  end_.offset = file_header_bytes;
  end_.time_us = std::max(end_.time_us, header.time_us);
  seed_ = record_seed(header);
  return true;
}

bool Reading::read_segment(uint64_t number) {
  if (!load(number) || !check_header(number)) return false;
  Record record;
  uint64_t checksum = 0;
  const std::string_view all = bytes_;
  while (read_record(all.substr(end_.offset), seed_, record, checksum) && accept(record)) {
    end_.chain = checksum;
    end_.offset += record_bytes(record.payload.size());
  }
  if (stopped_) return false;
  return judge_end(number == newest_ && missing_ == 0);
}

// Takes what a good record says, if it can stand here.
bool Reading::accept(const Record& record) {
  if (record.previous != end_.chain || record.seq != (has_facts(record) ? end_.next : end_.last)) return false;
  uint64_t next = 0;
  Anchor anchor;
  switch (record.type) {
    case RecordType::fact:
      if (!accept_fact(record)) return false;
      break;
    case RecordType::facts:
      if (!accept_facts(record)) return false;
      break;
    case RecordType::jump:
      if (!read_number(record.payload, next) || next <= end_.last) return misunderstood_ = "a jump backwards", false;
      end_.next = next;
      [[fallthrough]];
    case RecordType::mark:
      if (record.type == RecordType::mark && !read_anchor(record.payload, anchor)) {
        return misunderstood_ = "a mark of another length", false;
      }
      if (!visit_(record)) return misunderstood_ = "this version does not know such a record", false;
      break;
    default:
      return misunderstood_ = "no record of a journal", false;
  }
  end_.durable = std::max(end_.durable, record.durable);
  end_.time_us = std::max(end_.time_us, record.time_us);
  return true;
}

bool Reading::accept_fact(const Record& fact) {
  if (fact.seq >= until_) return stopped_ = true, false;
  if (fact.seq >= from_ && !visit_(fact)) return misunderstood_ = "this version does not know such a fact", false;
  end_.last = fact.seq;
  end_.next = fact.seq + 1;
  end_.time_us = std::max(end_.time_us, fact.time_us);
  return true;
}

bool Reading::accept_facts(const Record& record) {
  report_.kept_bytes = 0;
  FactFrames frames(record);
  do {
    const Record* const fact = frames.next();
    if (!fact) return misunderstood_ = "facts that are none", false;
    if (!accept_fact(*fact)) return false;
    report_.kept_bytes = frames.bytes();
  } while (!frames.at_end());
  report_.kept_bytes = 0;
  return true;
}

// Where the bytes end that are not 0.
uint64_t Reading::last_byte() const {
  const size_t last = bytes_.find_last_not_of('\0');
  return last == std::string::npos ? 0 : last + 1;
}

bool Reading::judge_end(bool is_last) {
  report_.offset = end_.offset;
  report_.seq = end_.next;
  if (bytes_.size() != end_.segment_bytes) {
    return damaged("has " + std::to_string(bytes_.size()) + " bytes and had " + std::to_string(end_.segment_bytes) +
                   "; what is left of it is good up to the fact before the one" + where());
  }
  if (misunderstood_) return damaged(std::string(misunderstood_) + where());
  const uint64_t end_of_bytes = last_byte();
  if (is_last) return judge_tail(end_of_bytes);
  // What has a next one was on disk as a whole.
  return end_of_bytes <= end_.offset || damaged("damaged" + where());
}

// A good record behind a bad one proves nothing by being there: only what it says was on disk counts.
bool Reading::judge_tail(uint64_t end_of_bytes) {
  const std::string_view all = bytes_;
  Record record;
  uint64_t checksum = 0;
  Seq durable = end_.durable;
  for (uint64_t at = end_.offset; at + record_header_bytes <= end_of_bytes; at += record_alignment) {
    if (read_record(all.substr(at), seed_, record, checksum)) durable = std::max(durable, record.durable);
  }
  if (durable > end_.last) {
    return damaged("damaged" + where(", and facts up to " + std::to_string(durable) + " were on disk"));
  }
  find_unsure();
  if (end_of_bytes <= end_.offset) return true;
  report_.verdict = Verdict::torn;
  report_.torn_bytes = end_of_bytes - end_.offset;
  report_.text = disk_.name() + "/" + report_.file + ": a torn tail of " + std::to_string(report_.torn_bytes) +
                 " bytes at offset " + std::to_string(end_.offset) + ", behind fact " + std::to_string(end_.last) +
                 "; none of it was on disk for certain";
  return true;
}

// Behind the last fact in this segment of which something says that it was on disk.
void Reading::find_unsure() {
  const std::string_view all = bytes_;
  Record record;
  uint64_t checksum = 0;
  end_.unsure_offset = file_header_bytes;
  uint64_t at = file_header_bytes;
  while (at < end_.offset && read_record(all.substr(at), seed_, record, checksum) && last_seq(record) <= end_.durable) {
    at += record_bytes(record.payload.size());
    if (has_facts(record)) end_.unsure_offset = at;
  }
}

}  // namespace

JournalReport read_journal(Disk& disk, Seq from, const VisitRecord& visit, Seq until) {
  return Reading(disk, from, until, visit).run();
}

JournalReport read_journal_behind(Disk& disk, const JournalEnd& behind, const VisitRecord& visit) {
  Reading reading(disk, 0, UINT64_MAX, visit);
  reading.begin_behind(behind);
  return reading.run();
}

JournalReport read_closed_segments(Disk& disk, const JournalEnd& behind, uint64_t last_segment,
                                   const VisitRecord& visit) {
  Reading reading(disk, 0, UINT64_MAX, visit);
  reading.begin_behind(behind);
  return reading.run_closed(last_segment);
}

}  // namespace holdfast
