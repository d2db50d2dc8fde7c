// What it is: the thread that keeps what the shards decide. It takes their facts, puts them in the order of the one
// sequence, writes and syncs them (see journal_writer.h), and says up to which number all is on disk. A batch is what
// came while the last one was synced: nobody waits for company.
// Threads: its own; each shard writes its own stream; the figures are read by any. Time: engine time for the records,
// CLOCK_MONOTONIC for its own pace.
// Invariant: durable() only grows, and everything up to it survives.
// Fails: the first write or sync that fails ends the process, by way of on_failure: nobody knows what is on disk then,
// so nothing more may be promised and nothing tried again.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/fact_stream.h"
#include "engine/journal_writer.h"
#include "engine/types.h"

namespace holdfast {

enum class SyncPolicy : uint8_t {
  always,    // a reply leaves when all that it may speak of is on disk
  everysec,  // what is written is synced once a second
  no,        // when the system likes
};

class Journal {
 public:
  struct Options {
    SyncPolicy policy = SyncPolicy::always;
    JournalOptions files{};
    std::function<void(int error)> on_failure;  // must not return
  };

  Journal(Disk& disk, uint32_t shards, const Options& options);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Goes on behind `end`; an errno. The next number is next_seq() then.
  int open(const JournalEnd& end, TimeUs now);
  Seq next_seq() const { return writer_.next(); }
  TimeUs marked_us() const { return marked_us_; }  // engine time of the last mark. After stop().
  // `wake`: ends the sleep of a shard that waits for durable() to grow.
  // `new_segment`: is told, on the journal's thread, that another one has begun.
  void start(std::function<void(ShardIndex)> wake, std::function<void(uint64_t segment)> new_segment = {});
  // When the shards have stopped: all that they published is written, synced and marked.
  void stop();

  // ---- by the shards
  FactStream& stream(ShardIndex shard) { return *streams_[shard]; }
  // Something was published since the last call.
  void published();
  bool is_backed_up(ShardIndex shard) const { return streams_[shard]->backlog_bytes() > most_backlog_bytes; }
  // There is room for what makes the state grow, and for the end of all that lives.
  bool may_grow() const { return may_grow_.load(std::memory_order_relaxed); }
  // What the ends of all live holds of a shard would take.
  void set_end_bytes(ShardIndex shard, uint64_t bytes) {
    lines_[shard].end_bytes.store(bytes, std::memory_order_relaxed);
  }
  // The shard is woken when durable() has grown. Look at it again after this.
  void await_durable(ShardIndex shard) {
    lines_[shard].waits.store(true);
    if (policy() == SyncPolicy::no) published();  // it is synced for who asks only
  }

  // ---- by one at a time, while the journal's thread runs
  // Runs the task on the journal's thread and gives its result. An error of the writer ends the process as usual.
  int on_its_thread(std::function<int(JournalWriter&)> task);

  // ---- by anybody
  SyncPolicy policy() const { return options_.policy; }
  Seq durable() const { return durable_.load(); }  // or never given
  struct Figures {
    Seq durable = 0;
    Seq written = 0;
    uint64_t segments = 0;        // that are kept
    uint64_t segment_offset = 0;  // used of the newest, in bytes
    uint64_t journal_bytes = 0;   // used of all
    uint64_t syncs = 0;
    int64_t last_sync_us = 0;  // how long the last one took
  };
  Figures figures() const;

 private:
  static constexpr uint64_t most_backlog_bytes = uint64_t{16} << 20;

  void run();
  uint64_t take_facts();  // a batch; the bytes of it, 0 where there was none
  bool is_behind() const { return durable_.load() != writer_.next() - 1; }  // something is not on disk yet
  bool must_sync() const;
  bool somebody_waits() const;
  void put_on_disk();
  void keep_up();
  void mark();
  int write_mark();
  void check(int error);
  void sleep();
  bool any_published();
  void run_task();
  void note_room();

  struct alignas(64) Line {
    std::atomic<uint64_t> end_bytes{0};
    std::atomic<bool> waits{false};
  };

  const Options options_;
  JournalWriter writer_;
  std::vector<std::unique_ptr<FactStream>> streams_;
  std::unique_ptr<Line[]> lines_;
  std::function<void(ShardIndex)> wake_;
  std::function<void(uint64_t)> new_segment_;
  uint64_t told_segment_ = 0;
  size_t next_stream_ = 0;  // where the last fact came from: the next one is likely to

  std::thread thread_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> asleep_{false};
  std::atomic<bool> stopping_{false};

  std::mutex task_mutex_;
  std::condition_variable task_done_;
  std::function<int(JournalWriter&)> task_;
  int task_result_ = 0;
  std::atomic<bool> has_task_{false};

  int64_t synced_at_us_ = 0;  // CLOCK_MONOTONIC
  int64_t busy_at_us_ = 0;
  bool is_marked_ = true;  // a mark says all that is on disk
  Anchor anchor_;
  TimeUs marked_us_ = 0;

  alignas(64) std::atomic<Seq> durable_{0};
  std::atomic<bool> may_grow_{true};
  mutable std::mutex figures_mutex_;
  Figures figures_;
};

}  // namespace holdfast
