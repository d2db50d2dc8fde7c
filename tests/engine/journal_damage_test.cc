// A journal that somebody damaged: found, never believed. What was above the last mark may be cut; nothing else may go.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/crash_disk.h"
#include "tests/support/flipped_bits.h"
#include "tests/support/journal_world.h"

namespace holdfast {
namespace {

// Two segments or more, of records of one to three facts, marked; and facts more that were written, each by itself, and
// not synced, of more than one sector: some of them are left, to tell of the mark, where its own sector is lost.
class MarkedJournal {
 public:
  explicit MarkedJournal(size_t facts, const Identity& identity = test_identity) {
    const StartedJournal started = start_journal(disk, small_journal, identity);
    for (size_t left = facts, next = 1; left > 0; next = next % 3 + 1) {
      const size_t now = std::min(left, next);
      write_together(*started.writer, now);
      left -= now;
    }
    EXPECT_EQ(started.writer->mark(some_time_us, {}), 0);
    marked = started.writer->last();
    for (size_t i = 0; i < 9; ++i) write_together(*started.writer, 1);
    last = started.writer->last();
    segments = started.writer->segment();
  }

  // That nothing that was marked is gone without a word.
  testing::AssertionResult is_found() {
    const JournalContents contents = read_all(disk);
    const JournalReport& report = contents.report;
    verdict = report.verdict;
    if (report.verdict == Verdict::damaged) {
      const bool names_what = report.text.find(report.file) != std::string::npos && !report.file.empty();
      return names_what ? testing::AssertionSuccess() : testing::AssertionFailure() << report.text;
    }
    const bool has_lost_its_end = may_end_early && report.verdict == Verdict::whole && report.end.last < last;
    if (report.verdict != Verdict::torn && !has_lost_its_end) return testing::AssertionFailure() << "accepted";
    if (report.end.last < marked) return testing::AssertionFailure() << "cut below the mark: " << report.text;
    if (contents.facts.size() != report.end.last || !are_small_facts(contents.facts)) {
      return testing::AssertionFailure() << "not what was written";
    }
    return testing::AssertionSuccess();
  }

  static void write_together(JournalWriter& writer, size_t facts) {
    EXPECT_EQ(append_facts(writer, facts), 0);
    EXPECT_EQ(writer.write(), 0);
  }

  CrashDisk disk;
  Seq marked = 0;
  Seq last = 0;
  uint64_t segments = 0;
  bool may_end_early = false;       // a lost sector that begins with a record, above the mark: what is left ends there
  Verdict verdict = Verdict::none;  // of the last look
};

constexpr size_t two_segments = 60;

TEST(DamagedJournal, IsFoundByEverySingleBit) {
  const size_t segments = bytes_to_flip() / small_journal.segment_bytes;
  size_t facts = two_segments;
  while (MarkedJournal(facts).segments < segments) facts += two_segments / 2;
  MarkedJournal journal(facts);
  ASSERT_EQ(read_all(journal.disk).report.verdict, Verdict::whole);
  size_t cut = 0;
  for (uint64_t segment = 1; segment <= journal.segments; ++segment) {
    ASSERT_TRUE(is_every_bit_found(journal.disk.bytes(segment_name(segment)),
                                   [&] {
                                     const testing::AssertionResult found = journal.is_found();
                                     cut += journal.verdict == Verdict::torn;
                                     return found;
                                   }))
        << "segment " << segment;
  }
  EXPECT_GT(cut, 0u);
}

TEST(DamagedJournal, IsFoundWhereverAFileEnds) {
  MarkedJournal journal(two_segments);
  for (uint64_t segment = 1; segment <= 2; ++segment) {
    std::string& bytes = journal.disk.bytes(segment_name(segment));
    const std::string whole = bytes;
    for (size_t size = 0; size < whole.size(); ++size) {
      bytes.resize(size);
      ASSERT_EQ(read_all(journal.disk).report.verdict, Verdict::damaged) << "segment " << segment << " size " << size;
      bytes = whole;
    }
    bytes += '\0';
    EXPECT_EQ(read_all(journal.disk).report.verdict, Verdict::damaged);
    bytes = whole;
  }
  EXPECT_EQ(read_all(journal.disk).report.verdict, Verdict::whole);
}

TEST(DamagedJournal, IsFoundWhereSectorsAreLost) {
  MarkedJournal journal(two_segments);
  journal.may_end_early = true;
  for (uint64_t segment = 1; segment <= 2; ++segment) {
    std::string& bytes = journal.disk.bytes(segment_name(segment));
    const std::string whole = bytes;
    for (size_t sector = 0; sector < whole.size() / 512; ++sector) {
      for (const char filled : {'\0', 'x'}) {
        bytes.replace(sector * 512, 512, 512, filled);
        if (bytes != whole) {
          ASSERT_TRUE(journal.is_found()) << segment << ' ' << sector;
        }
        bytes = whole;
      }
    }
  }
}

// One copy may be damaged: then the other one says the same.
TEST(DamagedJournal, IsFoundByItsManifestOrNothingIsLost) {
  MarkedJournal journal(two_segments);
  std::string& bytes = journal.disk.bytes(manifest_name);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    const JournalContents contents = read_all(journal.disk);
    ASSERT_EQ(contents.report.verdict, Verdict::whole) << bit;
    ASSERT_EQ(contents.report.end.last, journal.last);
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
  }
  const std::string whole = bytes;
  for (size_t size = 0; size < whole.size(); ++size) {
    bytes.resize(size);
    const JournalContents contents = read_all(journal.disk);
    const bool is_found = contents.report.verdict == Verdict::damaged;
    ASSERT_TRUE(is_found || contents.report.end.last == journal.last) << size;
    bytes = whole;
  }
  bytes[20] ^= 1;  // both copies
  bytes[4096 + 20] ^= 1;
  EXPECT_EQ(read_all(journal.disk).report.verdict, Verdict::damaged);
  EXPECT_FALSE(start_journal(journal.disk).writer);
}

TEST(DamagedJournal, IsFoundWithoutItsManifest) {
  MarkedJournal journal(two_segments);
  ASSERT_EQ(journal.disk.remove(manifest_name), 0);
  EXPECT_EQ(read_all(journal.disk).report.verdict, Verdict::damaged);
}

TEST(DamagedJournal, IsFoundByAManifestOfBefore) {
  CrashDisk disk;
  const StartedJournal started = start_journal(disk);
  const std::string before = disk.bytes(manifest_name);
  ASSERT_EQ(append_facts(*started.writer, 300), 0);
  ASSERT_EQ(started.writer->sync(), 0);
  ASSERT_GT(started.writer->segment(), 3u);
  disk.bytes(manifest_name) = before;
  EXPECT_EQ(read_all(disk).report.verdict, Verdict::damaged);
}

TEST(DamagedJournal, IsFoundWithASegmentDeletedSwappedDoubledOrForeign) {
  MarkedJournal journal(300);
  MarkedJournal other(300, {9, 9, 9});
  ASSERT_GT(journal.segments, 4u);
  for (uint64_t one = 1; one <= journal.segments; ++one) {
    const std::string bytes = journal.disk.bytes(segment_name(one));
    ASSERT_EQ(journal.disk.remove(segment_name(one)), 0);
    EXPECT_TRUE(journal.is_found()) << "deleted " << one;
    journal.disk.put(segment_name(one), other.disk.bytes(segment_name(one)));
    EXPECT_TRUE(journal.is_found()) << "foreign " << one;
    journal.disk.put(segment_name(one), bytes);
    for (uint64_t two = 1; two <= journal.segments + 2; ++two) {
      if (one == two) continue;
      const bool exists = journal.disk.has(segment_name(two));
      const std::string bytes_of_two = exists ? journal.disk.bytes(segment_name(two)) : "";
      journal.disk.put(segment_name(two), bytes);
      EXPECT_TRUE(journal.is_found()) << "doubled " << one << " as " << two;
      if (exists) {
        journal.disk.put(segment_name(one), bytes_of_two);
        EXPECT_TRUE(journal.is_found()) << "swapped " << one << " with " << two;
        journal.disk.put(segment_name(one), bytes);
        journal.disk.put(segment_name(two), bytes_of_two);
      } else {
        ASSERT_EQ(journal.disk.remove(segment_name(two)), 0);
      }
    }
  }
  EXPECT_EQ(read_all(journal.disk).report.verdict, Verdict::whole);
}

TEST(DamagedJournal, IsFoundWhereItsOnlySegmentIsForeign) {
  MarkedJournal journal(5);
  MarkedJournal other(5, {9, 9, 9});
  ASSERT_EQ(journal.segments, 1u);
  journal.disk.put(segment_name(1), other.disk.bytes(segment_name(1)));
  EXPECT_TRUE(journal.is_found());
  EXPECT_NE(read_all(journal.disk).report.text.find("belongs to another journal"), std::string::npos);
}

TEST(DamagedJournal, IsFoundWithASegmentUnderANameThatNoSegmentHas) {
  for (const std::string name :
       {"journal-2.hfj", "journal-00000000000000000002-copy.hfj", "journal-+0000000000000000002.hfj"}) {
    MarkedJournal journal(two_segments);
    ASSERT_EQ(journal.disk.rename(segment_name(2), name), 0);
    EXPECT_TRUE(journal.is_found()) << name;
    EXPECT_EQ(read_all(journal.disk).report.file, name);
  }
}

// The records of a segment, from the first on.
std::vector<std::string_view> records_of(std::string_view segment, uint64_t number) {
  std::vector<std::string_view> records;
  const FileHeader header{.identity = test_identity, .number = number};
  Record record;
  uint64_t checksum = 0;
  for (size_t at = file_header_bytes; read_record(segment.substr(at), record_seed(header), record, checksum);) {
    records.push_back(segment.substr(at, record_bytes(record.payload.size())));
    at += records.back().size();
  }
  return records;
}

// Records with good checksums that do not stand behind the right one.
TEST(DamagedJournal, IsFoundWithRecordsSwappedLeftOutOrDoubled) {
  MarkedJournal journal(two_segments);
  std::string& bytes = journal.disk.bytes(segment_name(1));
  const std::string whole = bytes;
  const std::vector<std::string_view> records = records_of(whole, 1);
  ASSERT_GT(records.size(), 10u);
  for (size_t i = 0; i + 1 < records.size(); ++i) {
    const size_t at = static_cast<size_t>(records[i].data() - whole.data());
    bytes.replace(at, records[i].size() + records[i + 1].size(), std::string(records[i + 1]) + std::string(records[i]));
    ASSERT_TRUE(journal.is_found()) << "swapped " << i;
    bytes = whole;
    bytes.erase(at, records[i].size()).append(records[i].size(), '\0');
    ASSERT_TRUE(journal.is_found()) << "left out " << i;
    bytes = whole;
    bytes.insert(at, records[i]).resize(whole.size());
    ASSERT_TRUE(journal.is_found()) << "doubled " << i;
    bytes = whole;
  }
}

TEST(DamagedJournal, IsNotTouchedByAStart) {
  MarkedJournal journal(two_segments);
  journal.disk.bytes(segment_name(1))[1000] ^= 1;
  const uint64_t changes = journal.disk.changes();
  const StartedJournal started = start_journal(journal.disk);
  EXPECT_EQ(started.verdict, Verdict::damaged);
  EXPECT_FALSE(started.writer);
  EXPECT_EQ(journal.disk.changes(), changes);
}

TEST(DamagedJournal, SaysWhereAndWhatToRun) {
  MarkedJournal journal(two_segments);
  journal.disk.bytes(segment_name(1))[file_header_bytes + 60] ^= 1;
  const JournalReport report = read_all(journal.disk).report;
  EXPECT_EQ(report.file, segment_name(1));
  EXPECT_EQ(report.offset, file_header_bytes);
  EXPECT_EQ(report.seq, 1u);
  EXPECT_EQ(
      report.text,
      "disk/journal-00000000000000000001.hfj: damaged at offset 128, where fact 1 should be; nothing was changed. "
      "Restore disk from a copy, or give up fact 1 and all behind it: "
      "holdfast-journal cut disk --at 1 --i-accept-loss");
}

}  // namespace
}  // namespace holdfast
