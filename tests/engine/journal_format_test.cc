// What is on disk, byte for byte; how what older versions wrote is read; several facts in one record.
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <functional>

#include "engine/fact_frames.h"
#include "engine/hash.h"
#include "tests/support/crash_disk.h"
#include "tests/support/journal_world.h"

namespace holdfast {
namespace {

// One fact of a journal that begins with number 5, and a mark.
std::unique_ptr<CrashDisk> known_journal() {
  auto disk = std::make_unique<CrashDisk>();
  JournalOptions options = small_journal;
  options.first_seq = 5;
  const StartedJournal started = start_journal(*disk, options);
  const std::array items = {Item{.sku = "PS5", .quantity = 2, .change = {.held = 2}}};
  Fact fact;
  fact.type = FactType::held;
  fact.seq = 5;
  fact.at_us = some_time_us;
  fact.items = items;
  fact.id = {.high = 0x0102030405060708, .low = 0x090a0b0c0d0e0f00};
  fact.cart = "cart";
  fact.key = "key";
  fact.fingerprint = {1, 2};
  fact.deadline_us = some_time_us + 1000;
  std::string bytes(encoded_bytes(fact), '\0');
  encode_fact(fact, bytes.data());
  EXPECT_EQ(bytes, std::string("\x03\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x04"
                               "cart\x02\x03"
                               "key\x01\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\xd0\x0f\x01\x03PS5\x02",
                               50));
  EXPECT_EQ(started.writer->append(5, some_time_us, bytes), 0);
  const Anchor anchor{.boot_id = {9}, .wall_us = 1'700'000'000'000'000, .boot_us = 77};
  EXPECT_EQ(started.writer->mark(some_time_us, anchor), 0);
  return disk;
}

// Whoever changes what is on disk changes format_version, and says how the old one is read.
TEST(JournalFormat, IsThatOfVersion2) {
  EXPECT_EQ(format_version, 2u);
  const auto disk = known_journal();
  EXPECT_EQ(hash_bytes(disk->bytes(segment_name(1)), 0), 6131523727200093356u);
  EXPECT_EQ(hash_bytes(disk->bytes(manifest_name), 0), 8225319320635733798u);
}

// A file as version 1 wrote it: its number in the header, and a record for each fact.
std::string as_version_1(std::string_view bytes, size_t length) {
  std::string old(length, '\0');
  FileHeader header;
  uint64_t checksum = 0;
  EXPECT_EQ(read_file_header(bytes, header, checksum), HeaderFault::none);
  write_file_header(header, old.data());
  old[8] = 1;
  uint64_t chain = hash_bytes(std::string_view(old).substr(0, 120), 0);
  std::memcpy(old.data() + 120, &chain, sizeof chain);
  const uint64_t seed = record_seed(header);
  Record record;
  size_t to = file_header_bytes;
  for (size_t from = to; read_record(bytes.substr(from), seed, record, checksum);) {
    from += record_bytes(record.payload.size());
    FactFrames frames(record);
    do {
      Record one = record.type == RecordType::facts ? *frames.next() : record;
      one.previous = chain;
      chain = write_record(one, seed, old.data() + to);
      to += record_bytes(one.payload.size());
    } while (record.type == RecordType::facts && !frames.at_end());
  }
  return old;
}

void make_version_1(CrashDisk& disk) {
  const std::string manifest = disk.bytes(manifest_name);
  disk.put(manifest_name,
           as_version_1(manifest, manifest.size() / 2) +
               as_version_1(std::string_view(manifest).substr(manifest.size() / 2), manifest.size() / 2));
  for (uint64_t number = 1; disk.has(segment_name(number)); ++number) {
    disk.put(segment_name(number), as_version_1(disk.bytes(segment_name(number)), small_journal.segment_bytes));
  }
}

// The figures are those of the last commit that wrote it.
TEST(JournalFormat, OfVersion1IsReadAndGoneOnWith) {
  const auto disk = known_journal();
  make_version_1(*disk);
  EXPECT_EQ(hash_bytes(disk->bytes(segment_name(1)), 0), 4432651788657024128u);
  EXPECT_EQ(hash_bytes(disk->bytes(manifest_name), 0), 10193865893563042559u);
  EXPECT_EQ(read_all(*disk).facts.size(), 1u);
  CrashDisk small;
  {
    const StartedJournal started = start_journal(small);
    ASSERT_EQ(append_facts(*started.writer, 20), 0);
    ASSERT_EQ(started.writer->mark(some_time_us, {}), 0);
  }
  make_version_1(small);
  Seq first_new = 0;
  {
    const StartedJournal started = start_journal(small);
    ASSERT_TRUE(started.writer) << started.contents.report.text;
    EXPECT_EQ(started.contents.facts.size(), 20u);
    first_new = started.writer->next();
    ASSERT_EQ(append_facts(*started.writer, 100), 0);
    ASSERT_EQ(started.writer->sync(), 0);
  }
  EXPECT_EQ(small.bytes(manifest_name)[8], 2);  // who knows version 1 only does not take this for damage
  EXPECT_EQ(small.bytes(segment_name(1))[8], 1);
  EXPECT_EQ(small.bytes(segment_name(2))[8], 2);
  const JournalContents contents = read_all(small);
  EXPECT_EQ(contents.report.verdict, Verdict::whole) << contents.report.text;
  EXPECT_EQ(contents.facts.size(), 120u);
  EXPECT_TRUE(contents.facts.contains(first_new));
  EXPECT_TRUE(are_small_facts(contents.facts));
}

constexpr Seq together = 40;

TimeUs time_of(Seq seq) {
  return some_time_us + static_cast<TimeUs>(seq % 7) * 1'000'000 - static_cast<TimeUs>(seq);
}

// Facts that are written at once, each with a time of its own, as shards have them.
std::unique_ptr<CrashDisk> facts_together() {
  auto disk = std::make_unique<CrashDisk>();
  const StartedJournal started = start_journal(*disk);
  for (Seq seq = 1; seq <= together; ++seq) {
    EXPECT_EQ(started.writer->append(seq, time_of(seq), small_fact(seq)), 0);
  }
  EXPECT_EQ(started.writer->mark(some_time_us, {}), 0);
  return disk;
}

TEST(JournalFormat, HasSeveralFactsInARecordAndTellsThemOneByOne) {
  const auto disk = facts_together();
  const std::string& bytes = disk->bytes(segment_name(1));
  size_t of_facts = 0;
  for (Seq seq = 1; seq <= together; ++seq) of_facts += small_fact(seq).size();
  EXPECT_LT(bytes.find_last_not_of('\0'),
            file_header_bytes + 4 * record_bytes(anchor_bytes) + of_facts + 10 * together);
  for (const Seq from : {Seq{0}, Seq{1}, Seq{17}, together}) {
    Seq expected = std::max<Seq>(from, 1);
    const JournalReport report = read_journal(*disk, from, [&](const Record& record) {
      if (record.type != RecordType::fact) return true;
      EXPECT_EQ(record.seq, expected++);
      EXPECT_EQ(record.time_us, time_of(record.seq));
      EXPECT_EQ(record.payload, small_fact(record.seq));
      return true;
    });
    EXPECT_EQ(report.verdict, Verdict::whole) << report.text;
    EXPECT_EQ(expected, together + 1);
    EXPECT_EQ(report.end.last, together);
    EXPECT_EQ(report.end.time_us, time_of(6));
  }
}

TEST(JournalFormat, NamesTheFactOfARecordThatNobodyUnderstands) {
  const auto disk = facts_together();
  const JournalReport report =
      read_journal(*disk, 0, [](const Record& record) { return record.type != RecordType::fact || record.seq != 23; });
  EXPECT_EQ(report.verdict, Verdict::damaged);
  EXPECT_EQ(report.seq, 23u);
}

TEST(JournalFormat, RefusesARecordOfFactsThatIsNotExactlyThat) {
  const std::string& fact = small_fact(1);
  char frame[300];
  const std::string good(frame, put_frame(some_time_us, some_time_us, fact, frame));
  for (const auto& [payload, is_good] : std::vector<std::pair<std::string, bool>>{
           {good, true},
           {"", false},
           {good + '\0', false},
           {good.substr(0, good.size() - 1), false},
           {good + good, true},
           {std::string(2, '\0'), false},
           {std::string("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10) + good.substr(1), true}}) {
    CrashDisk disk;
    start_journal(disk);
    std::string& bytes = disk.bytes(segment_name(1));
    const JournalEnd end = read_all(disk).report.end;
    const uint64_t seed = record_seed({.identity = test_identity, .number = 1});
    write_record(
        {.type = RecordType::facts, .seq = 1, .time_us = some_time_us, .previous = end.chain, .payload = payload}, seed,
        bytes.data() + end.offset);
    const JournalContents contents = read_all(disk);
    EXPECT_EQ(contents.report.verdict == Verdict::whole, is_good) << testing::PrintToString(payload);
    EXPECT_EQ(contents.report.verdict == Verdict::damaged, !is_good) << contents.report.text;
  }
}

// Wherever the power goes while a journal is cut inside of a record: what is below is there, and the cut may be done
// again.
void cut_and_interrupt(const std::function<std::unique_ptr<CrashDisk>()>& make, Seq at) {
  for (uint64_t nth = 1;; ++nth) {
    bool is_done = false;
    for (uint64_t seed = 0; seed < 6; ++seed) {
      const auto disk = make();
      disk->fail(nth, CrashDisk::Fault::stop);
      JournalReport report;
      is_done = cut_journal(*disk, at, report) == 0;
      const auto cut = seed == 0   ? CrashDisk::Cut::nothing_unsynced
                       : seed == 1 ? CrashDisk::Cut::everything
                                   : CrashDisk::Cut::any;
      const auto after = disk->after_power_cut(cut, nth * 100 + seed);
      const JournalContents between = read_all(*after);
      ASSERT_NE(between.report.verdict, Verdict::torn) << at << ' ' << nth << ' ' << seed;
      ASSERT_GE(between.facts.size(), at - 1);
      ASSERT_EQ(cut_journal(*after, at, report), 0);
      ASSERT_EQ(report.verdict, Verdict::whole) << at << ' ' << nth << ' ' << seed << ' ' << report.text;
      const StartedJournal started = start_journal(*after);
      ASSERT_TRUE(started.writer) << started.contents.report.text;
      EXPECT_EQ(started.contents.facts.size(), at - 1);
      EXPECT_TRUE(are_small_facts(started.contents.facts));
      EXPECT_FALSE(after->has(coming_segment_name));
    }
    if (is_done) break;
    ASSERT_LT(nth, 100u);
  }
}

TEST(JournalFormat, IsCutAtAnyFactOfARecordAlsoWhereThatIsInterrupted) {
  for (const Seq at : {Seq{2}, Seq{9}, Seq{24}, together}) cut_and_interrupt(facts_together, at);
}

TEST(JournalFormat, IsCutInAnySegmentAlsoWhereThatIsInterrupted) {
  const auto make = [] {
    auto disk = std::make_unique<CrashDisk>();
    const StartedJournal started = start_journal(*disk);
    EXPECT_EQ(append_facts(*started.writer, 300), 0);
    EXPECT_EQ(started.writer->mark(some_time_us, {}), 0);
    EXPECT_GT(started.writer->segment(), 3u);
    return disk;
  };
  for (const Seq at : {Seq{5}, Seq{100}, Seq{299}}) cut_and_interrupt(make, at);
}

// What is cut off is shorter than the zeros behind a record, and nothing follows it.
TEST(JournalFormat, IsCutBeforeTheShortestFact) {
  for (size_t length = 8; length < 24; ++length) {
    CrashDisk disk;
    const StartedJournal started = start_journal(disk);
    for (Seq seq = 1; seq <= 2; ++seq) {
      const std::string name(seq == 1 ? length : 1, 'x');
      const Item item{.sku = name};
      const Fact fact{.type = FactType::unlocked, .seq = seq, .at_us = some_time_us, .items = {&item, 1}};
      std::string bytes(encoded_bytes(fact), '\0');
      encode_fact(fact, bytes.data());
      ASSERT_EQ(started.writer->append(seq, some_time_us, bytes), 0);
    }
    ASSERT_EQ(started.writer->sync(), 0);
    JournalReport report;
    ASSERT_EQ(cut_journal(disk, 2, report), 0);
    EXPECT_EQ(report.verdict, Verdict::whole) << report.text;
    EXPECT_EQ(disk.bytes(segment_name(1)).size(), small_journal.segment_bytes);
    EXPECT_EQ(read_all(disk).facts.size(), 1u);
  }
}

TEST(JournalFormat, CountsTheRecordThatIsStillOpen) {
  CrashDisk disk;
  const StartedJournal started = start_journal(disk);
  JournalWriter& writer = *started.writer;
  const uint64_t room = writer.room();
  const uint64_t offset = writer.segment_offset();
  ASSERT_EQ(append_facts(writer, 3), 0);
  EXPECT_EQ(room - writer.room(), writer.segment_offset() - offset);
  EXPECT_GT(writer.segment_offset(), offset + record_header_bytes);
  ASSERT_EQ(writer.close_segment(some_time_us), 0);
  ASSERT_EQ(writer.segment(), 2u);
  ASSERT_EQ(append_facts(writer, 1), 0);
  ASSERT_EQ(writer.close_segment(some_time_us), 0);
  EXPECT_EQ(writer.segment(), 3u);
  EXPECT_EQ(read_all(disk).facts.size(), 4u);
}

}  // namespace
}  // namespace holdfast
