// What it is: libFuzzer target for the readers of files: any bytes in any file of a journal's directory are whole,
// torn, damaged or nothing, and never a crash; of a journal that was written and then changed nothing is believed that
// was not written; records with good checksums that say anything are read or refused. After a repair all is whole.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/check.h"
#include "engine/fact_frames.h"
#include "tests/support/crash_disk.h"
#include "tests/support/journal_world.h"

namespace {

using namespace holdfast;

// The input, from the front; 0 where there is no more.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  bool empty() const { return rest_.empty(); }
  uint8_t byte() { return static_cast<uint8_t>(bytes(1).empty() ? '\0' : last_[0]); }
  uint16_t pair() { return static_cast<uint16_t>(byte() << 8 | byte()); }
  std::string_view bytes(size_t size) {
    last_ = rest_.substr(0, size);
    rest_.remove_prefix(last_.size());
    return last_;
  }

 private:
  std::string_view rest_;
  std::string_view last_;
};

struct Written {
  std::unique_ptr<CrashDisk> disk;
  std::map<Seq, std::string> facts;
};

const Written& written() {
  static const Written made = [] {
    Written journal{.disk = std::make_unique<CrashDisk>(), .facts = {}};
    const StartedJournal started = start_journal(*journal.disk);
    CHECK(append_facts(*started.writer, 120) == 0 && started.writer->mark(some_time_us, {}) == 0);
    CHECK(append_facts(*started.writer, 5) == 0 && started.writer->write() == 0);
    journal.facts = read_all(*journal.disk).facts;
    return journal;
  }();
  return made;
}

// What is cut at its last fact has all before that one.
void cut_last(const CrashDisk& disk, const JournalContents& contents) {
  if (contents.facts.empty()) return;
  const Seq last = contents.facts.rbegin()->first;
  const auto cut = disk.copy();
  JournalReport report;
  CHECK(cut_journal(*cut, last, report) == 0);
  if (report.verdict != Verdict::whole) return;
  std::map<Seq, std::string> expected = contents.facts;
  expected.erase(last);
  CHECK(read_all(*cut).facts == expected);
}

JournalContents read_and_repair(CrashDisk& disk) {
  JournalContents contents = read_all(disk);
  cut_last(disk, contents);
  if (contents.report.verdict != Verdict::torn) return contents;
  JournalReport repaired = contents.report;
  CHECK(repair_tail(disk, repaired) == 0);
  const JournalContents again = read_all(disk);
  CHECK(again.report.verdict == Verdict::whole && again.facts == contents.facts);
  return contents;
}

void any_bytes(Input& input) {
  CrashDisk disk;
  const std::string first(input.bytes(input.pair()));
  disk.put(manifest_name, input.byte() % 2 == 0 ? written().disk->bytes(manifest_name) : first);
  disk.put(segment_name(1), std::string(input.bytes(input.pair())));
  disk.put(segment_name(2), std::string(input.bytes(SIZE_MAX)));
  read_and_repair(disk);
}

void changed_bytes(Input& input) {
  const auto disk = written().disk->copy();
  while (!input.empty()) {
    std::string& bytes = disk->bytes(segment_name(1 + input.byte() % 2));
    const size_t at = input.pair() % (bytes.size() + 1);
    switch (input.byte() % 4) {
      case 0:
        bytes.resize(at);
        break;
      case 1: {  // a piece of it at another place
        const std::string piece = bytes.substr(at, input.byte() * size_t{8});
        bytes.replace(std::min<size_t>(input.pair() / 8 * 8, bytes.size()), piece.size(), piece);
        break;
      }
      default:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ input.byte());
    }
    if (bytes.empty()) bytes.resize(1);
  }
  const JournalContents contents = read_and_repair(*disk);
  if (contents.report.verdict == Verdict::damaged) return;
  // Whoever destroys everything behind a fact, all marks included, leaves what looks torn there.
  for (const auto& [seq, bytes] : contents.facts) CHECK(written().facts.at(seq) == bytes);
}

// So many facts from this number on; it becomes that of the last one.
std::string good_frames(Seq& seq, size_t count) {
  std::string frames;
  for (size_t i = 0; i < count; ++i) {
    const std::string& fact = small_fact(seq + i);
    const size_t at = frames.size();
    frames.resize(at + fact.size() + max_frame_overhead);
    frames.resize(static_cast<size_t>(put_frame(0, 0, fact, frames.data() + at) - frames.data()));
  }
  if (count > 0) seq += count - 1;
  return frames;
}

void any_records(Input& input) {
  CrashDisk disk;
  disk.put(manifest_name, written().disk->bytes(manifest_name));
  std::string bytes(small_journal.segment_bytes, '\0');
  FileHeader header;
  uint64_t chain = 0;
  CHECK(read_file_header(written().disk->bytes(segment_name(1)), header, chain) == HeaderFault::none);
  write_file_header(header, bytes.data());
  Seq seq = 0;
  for (size_t at = file_header_bytes; !input.empty();) {
    Record record;
    record.type = static_cast<RecordType>(1 + input.byte() % 5);
    record.seq = seq += input.byte() % 2;
    record.time_us = input.byte();
    record.durable = input.byte();
    record.previous = chain;
    std::string payload;
    if (record.type == RecordType::facts && seq > 0) payload = good_frames(seq, input.byte() % 8);
    payload += input.bytes(input.byte());
    record.payload = payload;
    if (at + record_bytes(record.payload.size()) > bytes.size()) break;
    chain = write_record(record, record_seed(header), bytes.data() + at);
    at += record_bytes(record.payload.size());
  }
  disk.put(segment_name(1), bytes);
  read_and_repair(disk);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {  // NOLINT(readability-identifier-naming)
  Input input(data, size);
  switch (input.byte() % 3) {
    case 0:
      any_bytes(input);
      break;
    case 1:
      changed_bytes(input);
      break;
    default:
      any_records(input);
  }
  return 0;
}
