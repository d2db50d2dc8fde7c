// A disk that fails, and machines that stop: at each single change that a run makes to the disk, one after the other.
// What was acknowledged is there afterwards, what is there is a beginning of what was written, no number comes twice.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/support/crash_disk.h"
#include "tests/support/journal_world.h"

namespace holdfast {
namespace {

using Facts = std::map<Seq, std::string>;

// What a run did before the disk failed, or before it was done.
struct Life {
  Verdict found = Verdict::none;
  Facts recovered;
  Seq acknowledged = 0;
  Facts written;  // recovered and appended
  Seq highest_given = 0;
  bool finished = false;
};

// Starts, appends in batches, syncs some of them, marks some; segments change on the way.
Life live(Disk& disk, uint64_t seed, size_t batches) {
  std::mt19937_64 random(seed);
  Life life;
  JournalOptions options = small_journal;
  options.fills_segments = seed % 2 == 1;  // with `everysec` they are not
  StartedJournal started = start_journal(disk, options);
  life.found = started.verdict;
  life.recovered = life.written = started.contents.facts;
  if (!started.writer) return life;
  JournalWriter& writer = *started.writer;
  // A recovered fact may be relied on from here on.
  life.acknowledged = writer.durable();
  int error = 0;
  for (size_t batch = 0; batch < batches && error == 0; ++batch) {
    for (uint64_t i = 1 + random() % 8; i > 0 && error == 0; --i) {
      const Seq seq = life.highest_given = writer.next();
      error = writer.append(seq, some_time_us, small_fact(seq));
      life.written[seq] = small_fact(seq);
    }
    const uint64_t choice = random() % 4;
    if (error == 0 && choice == 0) error = writer.write();
    if (error == 0 && choice == 1) error = writer.mark(some_time_us, {});
    if (error == 0 && choice >= 2) error = writer.sync();
    life.acknowledged = writer.durable();
  }
  life.finished = error == 0;
  if (error != 0) {
    const Seq seq = writer.next();
    EXPECT_EQ(writer.append(seq, some_time_us, small_fact(seq)), error);
    EXPECT_EQ(writer.sync(), error);
    EXPECT_EQ(writer.mark(some_time_us, {}), error);
    EXPECT_EQ(writer.durable(), life.acknowledged);
  }
  return life;
}

testing::AssertionResult is_honest(const Life& before, const Life& after) {
  if (after.found == Verdict::damaged) return testing::AssertionFailure() << "refused to start";
  const Facts& found = after.recovered;
  const Seq last = found.empty() ? 0 : found.rbegin()->first;
  if (last < before.acknowledged) {
    return testing::AssertionFailure() << "lost " << last + 1 << " to " << before.acknowledged;
  }
  Facts expected = before.written;
  expected.erase(expected.upper_bound(last), expected.end());
  if (found != expected) return testing::AssertionFailure() << "not a beginning of what was written";
  if (after.highest_given != 0 && !after.written.empty()) {
    const auto first_new = after.written.upper_bound(last);
    if (first_new != after.written.end() && first_new->first <= before.highest_given) {
      return testing::AssertionFailure() << "number " << first_new->first << " was given twice";
    }
  }
  return testing::AssertionSuccess();
}

constexpr size_t batches = 14;

class FaultyDisk : public testing::TestWithParam<CrashDisk::Fault> {};

// The process ends; the next one finds all that the system knows, and then the power goes.
void expect_survived(const Life& first, CrashDisk& disk, const std::string& where) {
  const Life second = live(disk, 1, 3);
  ASSERT_TRUE(is_honest(first, second)) << where;
  ASSERT_TRUE(second.finished) << where;
  const auto after_cut = disk.after_power_cut(CrashDisk::Cut::nothing_unsynced, 0);
  ASSERT_TRUE(is_honest(second, live(*after_cut, 2, 3))) << where << ", then a power cut";
}

TEST_P(FaultyDisk, LosesNothingThatWasAcknowledged) {
  uint64_t nth = 1;
  for (;; ++nth) {
    CrashDisk disk;
    disk.fail(nth, GetParam());
    const Life first = live(disk, 7, batches);
    if (!disk.has_failed()) {
      ASSERT_TRUE(first.finished);
      break;
    }
    disk.fail(UINT64_MAX / 2, GetParam());
    expect_survived(first, disk, "change " + std::to_string(nth));
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(nth, 60u);
}

// A disk with a torn tail that a start has to repair; the same one for the same seed.
std::unique_ptr<CrashDisk> torn_disk(Life& before) {
  for (uint64_t seed = 1;; ++seed) {
    CrashDisk disk;
    before = live(disk, seed, batches);
    auto torn = disk.after_power_cut(CrashDisk::Cut::any, seed);
    if (read_all(*torn).report.verdict == Verdict::torn) return torn;
  }
}

TEST_P(FaultyDisk, LosesNothingDuringARepair) {
  Life before;
  const auto torn = torn_disk(before);
  uint64_t nth = 1;
  for (;; ++nth) {
    const auto disk = torn->copy();
    disk->fail(nth, GetParam());
    const Life first = live(*disk, 8, 2);
    ASSERT_EQ(first.found, Verdict::torn);
    ASSERT_TRUE(is_honest(before, first)) << nth;
    if (!disk->has_failed()) {
      ASSERT_TRUE(first.finished);
      break;
    }
    disk->fail(UINT64_MAX / 2, GetParam());
    Life kept = first;
    kept.acknowledged = std::max(first.acknowledged, before.acknowledged);
    kept.highest_given = std::max(first.highest_given, before.highest_given);
    expect_survived(kept, *disk, "change " + std::to_string(nth));
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(nth, 15u);
}

std::string name_of(const testing::TestParamInfo<CrashDisk::Fault>& info) {
  static const std::vector<std::string> names = {"Io", "Full", "ShortWrite"};
  return names[static_cast<size_t>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Journal, FaultyDisk,
                         testing::Values(CrashDisk::Fault::io, CrashDisk::Fault::full, CrashDisk::Fault::short_write),
                         name_of);

TEST(TornJournal, KeepsAsideWhatItCuts) {
  Life before;
  const auto disk = torn_disk(before);
  const JournalReport report = read_all(*disk).report;
  const std::string segment = disk->bytes(report.file);
  JournalReport repaired = report;
  ASSERT_EQ(repair_tail(*disk, repaired), 0);
  EXPECT_EQ(repaired.verdict, Verdict::whole);
  const std::string name =
      segment_name(report.end.segment).substr(0, 28) + "-" + std::to_string(report.end.offset) + ".torn";
  EXPECT_EQ(repaired.text, "disk/" + report.file + ": a torn tail of " + std::to_string(report.torn_bytes) +
                               " bytes at offset " + std::to_string(report.end.offset) + ", behind fact " +
                               std::to_string(report.end.last) +
                               "; none of it was on disk for certain; cut off and kept as " + name);
  EXPECT_EQ(disk->bytes(name), segment.substr(report.end.offset, report.torn_bytes));
  EXPECT_EQ(disk->bytes(report.file).substr(0, report.end.offset), segment.substr(0, report.end.offset));
  EXPECT_EQ(disk->bytes(report.file).size(), segment.size());
  EXPECT_EQ(read_all(*disk).report.verdict, Verdict::whole);
}

// Even where one of its copies is damaged already, whichever it is.
TEST(Manifest, IsTheOldOrTheNewOneWheneverThePowerGoes) {
  const Manifest before{.identity = test_identity, .durable = 1, .ceiling = 100};
  const Manifest after{.identity = test_identity, .durable = 2, .ceiling = 200};
  for (int damaged_copy = -1; damaged_copy < 2; ++damaged_copy) {
    for (uint64_t nth = 1; nth <= 5; ++nth) {
      for (uint64_t seed = 0; seed < 20; ++seed) {
        CrashDisk disk;
        ASSERT_EQ(create_manifest(disk, before), 0);
        if (damaged_copy >= 0) disk.bytes(manifest_name)[static_cast<size_t>(damaged_copy) * 4096 + 30] ^= 1;
        const auto damaged = disk.copy();
        damaged->fail(nth, CrashDisk::Fault::stop);
        const bool is_done = write_manifest(*damaged, after) == 0;
        EXPECT_EQ(is_done, nth == 5);
        // What was not synced is there, or not, or a broken piece of it.
        const auto cut = damaged->after_power_cut(CrashDisk::Cut::any, seed);
        std::string& bytes = cut->bytes(manifest_name);
        const std::string synced = damaged->after_power_cut(CrashDisk::Cut::nothing_unsynced, 0)->bytes(manifest_name);
        for (size_t i = 0; i < bytes.size(); ++i) {
          if (bytes[i] != synced[i] && i % 3 == seed % 3) bytes[i] = 'x';
        }
        Manifest found;
        int error = 0;
        ASSERT_EQ(read_manifest(*cut, found, error), ManifestFault::none) << damaged_copy << ' ' << nth;
        ASSERT_TRUE(found.ceiling == after.ceiling || (!is_done && found.ceiling == before.ceiling));
        ASSERT_EQ(found.durable, found.ceiling / 100);
      }
    }
  }
}

// The power goes before each change of a run, and again during the recovery from it.
void cut_power_everywhere(uint64_t seed) {
  for (uint64_t nth = 1;; ++nth) {
    CrashDisk disk;
    disk.fail(nth, CrashDisk::Fault::stop);
    const Life first = live(disk, seed, batches);
    if (!disk.has_failed()) return;
    uint64_t variant = 0;
    for (const auto cut : {CrashDisk::Cut::nothing_unsynced, CrashDisk::Cut::everything, CrashDisk::Cut::any,
                           CrashDisk::Cut::any, CrashDisk::Cut::any}) {
      const std::string where =
          "seed " + std::to_string(seed) + " change " + std::to_string(nth) + " variant " + std::to_string(variant);
      const auto second_disk = disk.after_power_cut(cut, seed + nth + variant++);
      second_disk->fail(1 + (seed * 31 + nth * 7 + variant) % 40, CrashDisk::Fault::stop);
      Life second = live(*second_disk, seed + 1, batches);
      ASSERT_TRUE(is_honest(first, second)) << where;
      second.acknowledged = std::max(first.acknowledged, second.acknowledged);
      second.highest_given = std::max(first.highest_given, second.highest_given);
      const auto third_disk = second_disk->after_power_cut(CrashDisk::Cut::any, seed + nth);
      const Life third = live(*third_disk, seed + 2, 2);
      ASSERT_TRUE(is_honest(second, third)) << where << ", second cut";
      ASSERT_TRUE(third.finished) << where;
    }
  }
}

TEST(PowerCut, LosesNothingThatWasAcknowledgedAndLeavesABeginning) {
  const char* const seeds = std::getenv("HOLDFAST_POWER_CUT_SEEDS");
  for (uint64_t seed = 1; seed <= (seeds != nullptr ? std::stoul(seeds) : 25); ++seed) {
    cut_power_everywhere(seed);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace holdfast
