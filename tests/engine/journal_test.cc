// A journal that nothing happens to: what was appended is read back, over segments and starts; numbers, room, marks.
#include <gtest/gtest.h>

#include "tests/support/crash_disk.h"
#include "tests/support/journal_world.h"

namespace holdfast {
namespace {

void append(JournalWriter& writer, size_t count) {
  ASSERT_EQ(append_facts(writer, count), 0);
}

void expect_facts(const JournalContents& contents, const std::vector<Seq>& expected) {
  std::vector<Seq> found;
  for (const auto& [seq, bytes] : contents.facts) found.push_back(seq);
  EXPECT_EQ(found, expected);
  EXPECT_TRUE(are_small_facts(contents.facts));
}

std::vector<Seq> numbers(Seq first, Seq last) {
  std::vector<Seq> all;
  for (Seq seq = first; seq <= last; ++seq) all.push_back(seq);
  return all;
}

TEST(Journal, OfAnEmptyDirectoryIsNone) {
  CrashDisk disk;
  EXPECT_EQ(read_all(disk).report.verdict, Verdict::none);
  disk.put("LOCK", "");
  EXPECT_EQ(read_all(disk).report.verdict, Verdict::none);
}

TEST(Journal, GivesBackWhatWasAppendedOverManySegments) {
  CrashDisk disk;
  const StartedJournal started = start_journal(disk);
  ASSERT_TRUE(started.writer);
  append(*started.writer, 500);
  EXPECT_EQ(started.writer->last(), 500u);
  EXPECT_LT(started.writer->durable(), 500u);
  ASSERT_EQ(started.writer->sync(), 0);
  EXPECT_EQ(started.writer->durable(), 500u);
  EXPECT_GT(started.writer->segment(), 5u);
  const JournalContents contents = read_all(disk);
  EXPECT_EQ(contents.report.verdict, Verdict::whole) << contents.report.text;
  expect_facts(contents, numbers(1, 500));
  EXPECT_EQ(contents.report.end.last, 500u);
  EXPECT_EQ(contents.report.end.segment, started.writer->segment());
  EXPECT_EQ(contents.report.end.offset, started.writer->segment_offset());
}

TEST(Journal, BeginsAtTheNumberThatIsAskedFor) {
  CrashDisk disk;
  const StartedJournal started = start_journal(disk);
  append(*started.writer, 100);
  ASSERT_EQ(started.writer->sync(), 0);
  Seq first = 0;
  const JournalReport report = read_journal(disk, 60, [&](const Record& record) {
    if (record.type == RecordType::fact && first == 0) first = record.seq;
    return true;
  });
  EXPECT_EQ(report.verdict, Verdict::whole);
  EXPECT_EQ(first, 60u);
}

TEST(Journal, GoesOnAboveEveryNumberThatMayHaveBeenGiven) {
  CrashDisk disk;
  std::vector<Seq> expected;
  Seq highest = 0;
  for (int start = 0; start < 5; ++start) {
    const StartedJournal started = start_journal(disk);
    ASSERT_TRUE(started.writer) << started.contents.report.text;
    EXPECT_EQ(started.verdict, start == 0 ? Verdict::none : Verdict::whole);
    expect_facts(started.contents, expected);
    EXPECT_GT(started.writer->next(), highest);
    for (int i = 0; i < 70; ++i) {
      expected.push_back(started.writer->next());
      append(*started.writer, 1);
      ASSERT_GE(started.writer->ceiling(), started.writer->last() + small_journal.ceiling_step / 2);
    }
    highest = started.writer->ceiling();
    ASSERT_EQ(started.writer->sync(), 0);
  }
  expect_facts(read_all(disk), expected);
}

TEST(Journal, BeginsWithTheNumberThatItIsTold) {
  CrashDisk disk;
  JournalOptions options = small_journal;
  options.first_seq = 1'000'000;
  {
    const StartedJournal started = start_journal(disk, options);
    ASSERT_TRUE(started.writer);
    EXPECT_EQ(started.writer->next(), 1'000'000u);
    append(*started.writer, 3);
    ASSERT_EQ(started.writer->sync(), 0);
  }
  const StartedJournal started = start_journal(disk, options);
  expect_facts(started.contents, {1'000'000, 1'000'001, 1'000'002});
  EXPECT_EQ(started.writer->next(), 1'000'101u);
}

TEST(Journal, SaysInAMarkWhatIsOnDiskAndHowTimeWasRead) {
  CrashDisk disk;
  const StartedJournal started = start_journal(disk);
  append(*started.writer, 3);
  const Anchor anchor{.boot_id = {1, 2, 3}, .wall_us = 1'700'000'000'000'000};
  ASSERT_EQ(started.writer->mark(2 * some_time_us, anchor), 0);
  EXPECT_EQ(started.writer->durable(), 3u);
  Record last;
  Anchor found;
  const JournalReport report = read_journal(disk, 0, [&](const Record& record) {
    last = record;
    return record.type == RecordType::fact || read_anchor(record.payload, found);
  });
  EXPECT_EQ(report.verdict, Verdict::whole);
  EXPECT_EQ(report.end.durable, 3u);
  EXPECT_EQ(report.end.time_us, 2 * some_time_us);
  EXPECT_EQ(last.type, RecordType::mark);
  EXPECT_EQ(last.durable, 3u);
  EXPECT_EQ(found.boot_id, anchor.boot_id);
  EXPECT_EQ(found.wall_us, anchor.wall_us);
}

TEST(Journal, KnowsThatTheDiskIsFullBeforeTheSegmentIs) {
  CrashDisk disk(8192 + 3 * small_journal.segment_bytes);
  const StartedJournal started = start_journal(disk);
  ASSERT_TRUE(started.writer);
  JournalWriter& writer = *started.writer;
  const uint64_t a_fact = JournalWriter::room_of(200);
  size_t appended = 0;
  for (; writer.has_room(a_fact); ++appended) {
    append(writer, 1);
    ASSERT_EQ(writer.mark(some_time_us, {}), 0);
  }
  EXPECT_GT(appended, 20u);
  EXPECT_EQ(writer.error(), 0);
  EXPECT_EQ(read_all(disk).facts.size(), appended);
  disk.set_capacity(UINT64_MAX);
  ASSERT_EQ(writer.write(), 0);
  EXPECT_TRUE(writer.has_room(a_fact));
  append(writer, 100);
  ASSERT_EQ(writer.sync(), 0);
  EXPECT_EQ(read_all(disk).facts.size(), appended + 100);
}

TEST(Journal, KeepsTheReserveFreeOnAFullDisk) {
  CrashDisk disk(8192 + 20 * small_journal.segment_bytes);
  const StartedJournal started = start_journal(disk);
  JournalWriter& writer = *started.writer;
  const uint64_t a_fact = JournalWriter::room_of(200);
  const uint64_t reserve = 100 * a_fact;
  writer.set_reserve(reserve);
  ASSERT_EQ(writer.write(), 0);
  while (writer.has_room(a_fact)) {
    append(writer, 1);
    ASSERT_EQ(writer.sync(), 0);
  }
  EXPECT_GE(writer.room(), reserve);
  disk.set_capacity(0);  // even if others take all the rest
  for (int i = 0; i < 100; ++i) {
    append(writer, 1);
    ASSERT_EQ(writer.mark(some_time_us, {}), 0);
  }
  EXPECT_EQ(read_all(disk).facts.size(), writer.last());
}

// Zeros are as many bytes as facts.
TEST(Journal, WritesZerosAheadOnlyWhereItIsToFillSegments) {
  uint64_t changes[2] = {};
  for (const bool fills : {false, true}) {
    CrashDisk disk;
    JournalOptions options = small_journal;
    options.segment_bytes = uint64_t{1} << 20;
    options.fills_segments = fills;
    const StartedJournal started = start_journal(disk, options);
    ASSERT_TRUE(started.writer);
    const uint64_t before = disk.changes();
    while (started.writer->segment_offset() < options.segment_bytes / 2) {
      append(*started.writer, 100);
      ASSERT_EQ(started.writer->write(), 0);
    }
    changes[fills] = disk.changes() - before;
    EXPECT_EQ(read_all(disk).report.verdict, Verdict::whole);
  }
  EXPECT_GE(changes[true], changes[false] + 10);
}

TEST(Journal, ForgetsSegmentsThatASnapshotHas) {
  CrashDisk disk;
  {
    const StartedJournal started = start_journal(disk);
    append(*started.writer, 300);
    ASSERT_EQ(started.writer->sync(), 0);
    ASSERT_GT(started.writer->segment(), 3u);
    disk.put(coming_snapshot_name, "of no interest here");
    ASSERT_EQ(started.writer->adopt_snapshot(20, 3), 0);
    ASSERT_EQ(remove_what_is_covered(disk, started.writer->manifest()), 0);
    EXPECT_FALSE(disk.has(segment_name(2)));
    EXPECT_TRUE(disk.has(snapshot_name(20)));
  }
  const JournalContents contents = read_all(disk);
  EXPECT_EQ(contents.report.verdict, Verdict::whole) << contents.report.text;
  EXPECT_EQ(contents.report.end.manifest.newest_snapshot, 20u);
  EXPECT_EQ(contents.facts.rbegin()->first, 300u);
  const Seq first = contents.facts.begin()->first;
  EXPECT_GT(first, 20u);
  const auto all = [](const Record&) { return true; };
  EXPECT_EQ(read_journal(disk, first, all).verdict, Verdict::whole);
  EXPECT_EQ(read_journal(disk, first - 1, all).verdict, Verdict::damaged);
  EXPECT_TRUE(start_journal(disk).writer);
}

}  // namespace
}  // namespace holdfast
