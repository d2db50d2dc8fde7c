// What it is: what all shards count together. How many ended holds they remember, and where the oldest of them is: each
// shard publishes its own figures; a shard that ends a hold asks whether one too many is kept, and whose oldest must
// go. How many carts stand in line, and in which order they came. And how much memory they use. Threads: any; each
// shard writes its own line only. Invariant: RELEASED, EXPIRED and REVOKED are forgotten before COMMITTED, oldest
// first, as numbered when they ended.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "engine/generations.h"
#include "engine/types.h"

namespace holdfast {

class TombstoneLedger {
 public:
  explicit TombstoneLedger(uint32_t shards) : lines_(std::make_unique<Line[]>(shards)), shards_(shards) {}

  static constexpr Seq none = UINT64_MAX;

  // Of `limit` that all may keep together. While no shard keeps more than its equal part, the sum cannot exceed it, and
  // nobody needs to look at the others' lines.
  void set_count(ShardIndex shard, uint64_t count, uint64_t limit) {
    Line& line = lines_[shard];
    line.count.store(count, std::memory_order_relaxed);
    const bool is_crowded = count > limit / shards_;
    if (is_crowded == line.crowded) return;
    line.crowded = is_crowded;
    crowded_.fetch_add(is_crowded ? 1 : -1, std::memory_order_relaxed);
  }
  void set_keyed(ShardIndex shard, uint64_t count) { lines_[shard].keyed.store(count, std::memory_order_relaxed); }
  uint64_t keyed() const {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < shards_; ++i) sum += lines_[i].keyed.load(std::memory_order_relaxed);
    return sum;
  }
  void set_memory(ShardIndex shard, uint64_t bytes) { lines_[shard].memory.store(bytes, std::memory_order_relaxed); }
  uint64_t memory() const {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < shards_; ++i) sum += lines_[i].memory.load(std::memory_order_relaxed);
    return sum;
  }
  bool crowded() const { return crowded_.load(std::memory_order_relaxed) > 0; }

  // The number of the fact that ended the oldest one there, `none` where there is none.
  void set_oldest(ShardIndex shard, bool committed, Seq end_seq) {
    lines_[shard].oldest[committed].store(end_seq, std::memory_order_relaxed);
  }

  uint64_t total() const {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < shards_; ++i) sum += lines_[i].count.load(std::memory_order_relaxed);
    return sum;
  }

  // Places in lines, in order of asking, from 1 on.
  uint64_t next_arrival() { return arrivals_.fetch_add(1, std::memory_order_acq_rel) + 1; }
  uint64_t last_arrival() const { return arrivals_.load(std::memory_order_acquire); }
  // Of those who have got a place, from before that until their command is over.
  Generations& stays() { return stays_; }
  // How many wait in all lines, after this change.
  int64_t add_waiters(int64_t difference) {
    return waiters_.fetch_add(difference, std::memory_order_relaxed) + difference;
  }

  // The shard whose oldest tombstone is to be forgotten next. REQUIRES: there is one.
  ShardIndex shard_of_oldest() const {
    for (const bool committed : {false, true}) {
      Seq oldest = none;
      uint32_t at = 0;
      for (uint32_t i = 0; i < shards_; ++i) {
        const Seq seq = lines_[i].oldest[committed].load(std::memory_order_relaxed);
        if (seq < oldest) oldest = seq, at = i;
      }
      if (oldest != none) return static_cast<ShardIndex>(at);
    }
    return 0;
  }

 private:
  struct alignas(64) Line {
    std::atomic<uint64_t> count{0};
    std::atomic<uint64_t> keyed{0};
    std::atomic<uint64_t> memory{0};
    std::atomic<Seq> oldest[2]{none, none};
    bool crowded = false;  // its own shard's
  };
  std::unique_ptr<Line[]> lines_;
  uint32_t shards_;
  alignas(64) std::atomic<int32_t> crowded_{0};
  alignas(64) std::atomic<uint64_t> arrivals_{0};
  std::atomic<int64_t> waiters_{0};
  Generations stays_;
};

}  // namespace holdfast
