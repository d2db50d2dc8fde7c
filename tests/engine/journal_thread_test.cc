// The journal's thread: who waits for the disk is told, whenever it asks; and what its marks say of time.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <random>
#include <thread>

#include "engine/clock.h"
#include "engine/journal.h"
#include "tests/support/crash_disk.h"
#include "tests/support/journal_world.h"

namespace holdfast {
namespace {

class JournalThread : public testing::TestWithParam<SyncPolicy> {
 protected:
  JournalThread()
      : journal_(disk_, 1, {.policy = GetParam(), .files = {}, .on_failure = [](int error) { FAIL() << error; }}) {
    JournalEnd end;
    EXPECT_EQ(create_journal(disk_, test_identity, test_hash_seed, end), 0);
    EXPECT_EQ(journal_.open(end, some_time_us), 0);
    journal_.start([this](ShardIndex) { woken_.fetch_add(1); });
  }

  Seq publish() {
    const Seq seq = next_seq_++;
    Item item{.sku = "a"};
    FactStream& stream = journal_.stream(0);
    stream.reserve();
    stream.publish({.type = FactType::unlocked, .seq = seq, .at_us = some_time_us, .items = {&item, 1}});
    journal_.published();
    return seq;
  }

  CrashDisk disk_;
  Journal journal_;
  std::atomic<int> woken_{0};
  Seq next_seq_ = 1;
};

// At any moment of its thread's round: while it writes, while it gathers, when it is about to sleep and when it does.
TEST_P(JournalThread, WakesWhoWaitsForTheDiskWheneverItAsks) {
  std::mt19937 random{1};
  for (int i = 0; i < 300; ++i) {
    const Seq seq = publish();
    const int before = woken_.load();
    for (uint64_t pause = random() % 3000; pause > 0; --pause) std::this_thread::yield();
    journal_.await_durable(0);
    if (journal_.durable() >= seq) continue;  // it looks again after it has asked
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (woken_.load() == before && std::chrono::steady_clock::now() < end) std::this_thread::yield();
    ASSERT_GT(woken_.load(), before) << "request " << i;
    ASSERT_GE(journal_.durable(), seq);
  }
}

// The ends of many holds more need room all at once, after a start, say: it is looked for before anybody is refused.
TEST(JournalRoom, IsMadeBeforeGrowthIsRefused) {
  for (const bool is_full : {false, true}) {
    constexpr uint64_t segment_bytes = uint64_t{1} << 20;
    CrashDisk disk(is_full ? 4 * segment_bytes : UINT64_MAX);
    JournalEnd end;
    ASSERT_EQ(create_journal(disk, test_identity, test_hash_seed, end), 0);
    Journal journal(
        disk, 1, {.policy = SyncPolicy::always, .files = {.segment_bytes = segment_bytes}, .on_failure = [](int error) {
                    FAIL() << error;
                  }});
    ASSERT_EQ(journal.open(end, some_time_us), 0);
    journal.start([](ShardIndex) {});
    EXPECT_TRUE(journal.may_grow());
    const Item item{.sku = "a"};
    FactStream& stream = journal.stream(0);
    journal.set_end_bytes(0, 20 * segment_bytes);
    bool was_refused = false;
    for (Seq seq = 1; seq <= 2; ++seq) {
      stream.reserve();
      stream.publish({.type = FactType::unlocked, .seq = seq, .at_us = some_time_us, .items = {&item, 1}});
      journal.published();
      while (journal.figures().written < seq) was_refused |= !journal.may_grow();
    }
    EXPECT_EQ(was_refused, is_full);
    EXPECT_EQ(journal.may_grow(), !is_full);
  }
}

// A start takes its time (zeros for a segment); a deadline must not be later for it after the next one.
TEST(JournalMark, SaysHowEngineTimeIsReadWhenItIsWritten) {
  CrashDisk disk;
  JournalEnd end;
  ASSERT_EQ(create_journal(disk, test_identity, test_hash_seed, end), 0);
  Journal journal(disk, 1,
                  {.policy = SyncPolicy::always, .files = {}, .on_failure = [](int error) { FAIL() << error; }});
  ASSERT_EQ(journal.open(end, engine_now() - 1'000'000), 0);
  int marks = 0;
  read_journal(disk, 0, [&](const Record& record) {
    Anchor anchor;
    if (record.type != RecordType::mark || !read_anchor(record.payload, anchor)) return true;
    EXPECT_EQ(record.time_us - anchor.boot_us, engine_offset());
    return ++marks > 0;
  });
  EXPECT_EQ(marks, 1);
}

INSTANTIATE_TEST_SUITE_P(Policies, JournalThread, testing::Values(SyncPolicy::always, SyncPolicy::no));

}  // namespace
}  // namespace holdfast
