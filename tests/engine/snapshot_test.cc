// Snapshots: what is recovered with them is what is recovered without; a damaged one is found; whatever fails while one
// is made, and whenever the power goes, nothing that was acknowledged is lost.
#include <gtest/gtest.h>

#include "tests/support/crash_disk.h"
#include "tests/support/flipped_bits.h"
#include "tests/support/journal_world.h"
#include "tests/support/snapshot_world.h"

namespace holdfast {
namespace {

constexpr JournalOptions segments{.segment_bytes = 8192, .ceiling_step = 10'000, .first_seq = 1};

int append(JournalWriter& writer, const std::vector<KeptFact>& facts, size_t from, size_t to) {
  for (size_t i = from; i < to; ++i) {
    if (const int error = writer.append(facts[i].seq, facts[i].at_us, facts[i].bytes)) return error;
  }
  return writer.sync();
}

// Keeps the facts and so many snapshots between them. The numbers of those are in `made`.
void keep(CrashDisk& disk, const std::vector<KeptFact>& facts, size_t snapshots, std::vector<Seq>* made = nullptr) {
  const StartedJournal started = start_journal(disk, segments);
  ASSERT_TRUE(started.writer);
  size_t done = 0;
  for (size_t i = 1; i <= snapshots; ++i) {
    const size_t to = facts.size() * i / (snapshots + 1);
    ASSERT_EQ(append(*started.writer, facts, done, to), 0);
    ASSERT_EQ(take_snapshot(disk, *started.writer), "");
    if (made) made->push_back(started.writer->manifest().newest_snapshot);
    done = to;
  }
  ASSERT_EQ(append(*started.writer, facts, done, facts.size()), 0);
  ASSERT_EQ(started.writer->mark(facts.back().at_us, {}), 0);
}

TEST(Snapshot, BringsBackWhatTheFactsSay) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const std::vector<KeptFact> facts = random_history(seed, 300);
    const Known expected = known_by(facts, facts.back().seq);
    CrashDisk disk;
    std::vector<Seq> made;
    keep(disk, facts, 3, &made);
    if (HasFatalFailure()) return;
    ASSERT_EQ(made, (std::vector<Seq>{facts[facts.size() / 4 - 1].seq, facts[facts.size() / 2 - 1].seq,
                                      facts[facts.size() * 3 / 4 - 1].seq}));
    for (const uint32_t shards : {1u, 2u, 5u}) {
      const Known found = recover(disk, shards);
      ASSERT_EQ(found.verdict, Verdict::whole) << found.text;
      ASSERT_EQ(found.last, facts.back().seq);
      ASSERT_EQ(found.facts, facts.back().seq - made.back());
      ASSERT_EQ(found.digest, expected.digest) << "seed " << seed << ", " << shards << " shards";
      if (shards == 1) {
        ASSERT_EQ(found.order, expected.order) << "seed " << seed;
      }
    }
  }
}

TEST(Snapshot, KeepsTwoAndTheSegmentsThatTheOlderNeeds) {
  const std::vector<KeptFact> facts = random_history(1, 600);
  CrashDisk disk;
  std::vector<Seq> made;
  keep(disk, facts, 3, &made);
  ASSERT_EQ(made.size(), 3u);
  EXPECT_FALSE(disk.has(snapshot_name(made[0])));
  EXPECT_TRUE(disk.has(snapshot_name(made[1])));
  EXPECT_TRUE(disk.has(snapshot_name(made[2])));
  Manifest manifest;
  int error = 0;
  ASSERT_EQ(read_manifest(disk, manifest, error), ManifestFault::none);
  EXPECT_EQ(manifest.newest_snapshot, made[2]);
  EXPECT_GT(manifest.oldest_segment, 1u);
  EXPECT_FALSE(disk.has(segment_name(manifest.oldest_segment - 1)));
  EXPECT_EQ(read_journal(disk, made[1] + 1, [](const Record&) { return true; }).verdict, Verdict::whole);
  // Without the newer one, the older one leads to the same.
  const Known expected = recover(disk);
  ASSERT_EQ(forget_newest_snapshot(disk, manifest), 0);
  EXPECT_EQ(manifest.newest_snapshot, made[1]);
  const Known found = recover(disk);
  EXPECT_EQ(found.verdict, Verdict::whole) << found.text;
  EXPECT_EQ(found.digest, expected.digest);
  EXPECT_EQ(found.facts, facts.back().seq - made[1]);
}

TEST(Snapshot, IsNotMadeAgainWhenNothingHasHappened) {
  const std::vector<KeptFact> facts = random_history(2, 50);
  CrashDisk disk;
  const StartedJournal started = start_journal(disk, segments);
  ASSERT_TRUE(started.writer);
  EXPECT_EQ(take_snapshot(disk, *started.writer), "");
  EXPECT_EQ(started.writer->manifest().newest_snapshot, 0u) << "of nothing";
  ASSERT_EQ(append(*started.writer, facts, 0, facts.size()), 0);
  EXPECT_EQ(take_snapshot(disk, *started.writer), "");
  EXPECT_EQ(started.writer->manifest().newest_snapshot, facts.back().seq);
  const uint64_t changes = disk.changes();
  const uint64_t segment = started.writer->segment();
  EXPECT_EQ(take_snapshot(disk, *started.writer), "");
  EXPECT_EQ(disk.changes(), changes);
  EXPECT_EQ(started.writer->segment(), segment);
}

// A small one, alone with what is behind it.
class DamagedSnapshot : public testing::Test {
 protected:
  void SetUp() override { begin(25, true); }

  void begin(size_t requests, bool is_forgotten) {
    disk_ = CrashDisk();
    made_.clear();
    const std::vector<KeptFact> facts = random_history(3, requests, is_forgotten);
    keep(disk_, facts, 1, &made_);
    ASSERT_EQ(made_.size(), 1u);
    name_ = snapshot_name(made_[0]);
    ASSERT_EQ(recover(disk_).verdict, Verdict::whole);
  }

  testing::AssertionResult is_found() {
    const Known known = recover(disk_);
    if (known.verdict != Verdict::damaged) return testing::AssertionFailure() << "believed";
    const bool says_all = known.text.find(name_) != std::string::npos &&
                          known.text.find("holdfast-journal forget-snapshot disk") != std::string::npos;
    return says_all ? testing::AssertionSuccess() : testing::AssertionFailure() << known.text;
  }

  CrashDisk disk_;
  std::vector<Seq> made_;
  std::string name_;
};

TEST_F(DamagedSnapshot, IsFoundByEverySingleBit) {
  for (size_t requests = 100; disk_.bytes(name_).size() < bytes_to_flip(); requests += 100) begin(requests, false);
  EXPECT_TRUE(is_every_bit_found(disk_.bytes(name_), [this] { return is_found(); }));
  EXPECT_EQ(recover(disk_).verdict, Verdict::whole);
}

TEST_F(DamagedSnapshot, IsFoundWhereverItEnds) {
  std::string& bytes = disk_.bytes(name_);
  const std::string whole = bytes;
  for (size_t size = 0; size < whole.size(); ++size) {
    bytes.resize(size);
    ASSERT_TRUE(is_found()) << "size " << size;
    bytes = whole;
  }
  bytes += std::string(8, '\0');
  EXPECT_TRUE(is_found()) << "longer";
}

TEST_F(DamagedSnapshot, IsFoundUnderAnotherNameOrMissing) {
  ASSERT_EQ(disk_.rename(name_, snapshot_name(made_[0] - 1)), 0);
  EXPECT_TRUE(is_found()) << "missing";
  disk_.put(name_, disk_.bytes(segment_name(1)));
  EXPECT_TRUE(is_found()) << "a segment";
}

TEST_F(DamagedSnapshot, LosesNothingBecauseWhatIsBeforeItIsThere) {
  const Digest expected = recover(disk_).digest;
  disk_.bytes(name_)[200] ^= 1;
  ASSERT_TRUE(is_found());
  Manifest manifest;
  ASSERT_EQ(forget_newest_snapshot(disk_, manifest), 0);
  EXPECT_EQ(manifest.newest_snapshot, 0u);
  EXPECT_EQ(recover(disk_).verdict, Verdict::whole);
  EXPECT_EQ(recover(disk_).digest, expected);
}

// A run with two snapshots on a disk that may fail.
struct Life {
  Seq acknowledged = 0;
  Seq appended = 0;
  bool finished = false;
};

Life live(CrashDisk& disk, const std::vector<KeptFact>& facts) {
  Life life;
  const StartedJournal started = start_journal(disk, segments);
  if (!started.writer) return life;
  JournalWriter& writer = *started.writer;
  const size_t batch = facts.size() / 6 + 1;
  for (size_t from = 0; from < facts.size(); from += batch) {
    const size_t to = std::min(from + batch, facts.size());
    life.appended = facts[to - 1].seq;
    if (append(writer, facts, from, to) != 0) return life;
    life.acknowledged = writer.durable();
    if (from / batch % 2 == 1) take_snapshot(disk, writer);  // whether it fails or not, the journal goes on
    if (writer.error() != 0) return life;
  }
  life.finished = true;
  return life;
}

testing::AssertionResult is_all_there(Disk& disk, const std::vector<KeptFact>& facts, const Life& life) {
  const Known found = recover(disk, 2);
  if (found.verdict != Verdict::whole && found.verdict != Verdict::torn && found.verdict != Verdict::none) {
    return testing::AssertionFailure() << found.text;
  }
  if (found.last < life.acknowledged || found.last > life.appended) {
    return testing::AssertionFailure() << "up to " << found.last << ", acknowledged " << life.acknowledged;
  }
  if (found.digest != known_by(facts, found.last).digest) return testing::AssertionFailure() << "something else";
  return testing::AssertionSuccess();
}

TEST(SnapshotOnAFaultyDisk, LosesNothing) {
  const std::vector<KeptFact> facts = random_history(4, 60);
  for (const auto fault : {CrashDisk::Fault::io, CrashDisk::Fault::full, CrashDisk::Fault::short_write}) {
    uint64_t nth = 1;
    size_t survived = 0;
    for (;; ++nth) {
      CrashDisk disk;
      disk.fail(nth, fault);
      const Life first = live(disk, facts);
      if (!disk.has_failed()) break;
      survived += first.finished;
      disk.fail(UINT64_MAX / 2, fault);
      const std::string where =
          "fault " + std::to_string(static_cast<int>(fault)) + " at change " + std::to_string(nth);
      ASSERT_TRUE(is_all_there(disk, facts, first)) << where;
      const StartedJournal second = start_journal(disk, segments);
      ASSERT_TRUE(second.writer) << where;
      ASSERT_EQ(take_snapshot(disk, *second.writer), "") << where;
      ASSERT_TRUE(is_all_there(disk, facts, first)) << where << ", after another snapshot";
    }
    EXPECT_GT(nth, 60u);
    EXPECT_GT(survived, 5u) << "a snapshot that fails is no reason to stop";
  }
}

TEST(SnapshotInAPowerCut, LosesNothing) {
  const std::vector<KeptFact> facts = random_history(5, 60);
  uint64_t nth = 1;
  for (;; ++nth) {
    CrashDisk disk;
    disk.fail(nth, CrashDisk::Fault::stop);
    const Life first = live(disk, facts);
    if (!disk.has_failed()) break;
    uint64_t variant = 0;
    for (const auto cut : {CrashDisk::Cut::nothing_unsynced, CrashDisk::Cut::everything, CrashDisk::Cut::any,
                           CrashDisk::Cut::any, CrashDisk::Cut::any}) {
      const std::string where = "change " + std::to_string(nth) + " variant " + std::to_string(variant);
      const auto after = disk.after_power_cut(cut, nth + 1000 * variant++);
      ASSERT_TRUE(is_all_there(*after, facts, first)) << where;
      const StartedJournal second = start_journal(*after, segments);
      ASSERT_TRUE(second.writer) << where;
      ASSERT_EQ(take_snapshot(*after, *second.writer), "") << where;
      const auto again = after->after_power_cut(CrashDisk::Cut::nothing_unsynced, 0);
      ASSERT_TRUE(is_all_there(*again, facts, first)) << where << ", after another snapshot";
    }
  }
  EXPECT_GT(nth, 60u);
}

TEST(SnapshotOnAFullDisk, IsRefusedBeforeTheJournalHasNoRoom) {
  const std::vector<KeptFact> facts = random_history(6, 40);
  CrashDisk disk(8 * segments.segment_bytes);
  const StartedJournal started = start_journal(disk, segments);
  ASSERT_TRUE(started.writer);
  ASSERT_EQ(append(*started.writer, facts, 0, facts.size()), 0);
  started.writer->set_reserve(100 * segments.segment_bytes);
  ASSERT_EQ(started.writer->write(), 0);
  const uint64_t segment = started.writer->segment();
  EXPECT_EQ(started.writer->close_segment(some_time_us), EBUSY);
  EXPECT_EQ(started.writer->segment(), segment);
  EXPECT_EQ(started.writer->error(), 0);
}

}  // namespace
}  // namespace holdfast
