// What it is: the memory of the buffers of all connections together (what was received and is not a whole request yet,
// and replies that are not taken), against maxmemory-clients. Each shard knows what its own hold; while all are over
// the limit, a shard whose connections hold more than its share closes those that hold most, until it does not or all
// are under it. So whoever fills memory pays for it, on whatever shard, and who holds little is left alone (as Redis's
// client eviction).
// Threads: the shard's; the total is shared, and learns of a shard's changes when that publishes them, once a turn. Who
// has taken it over the limit and is not above its share itself has to wake the others.
// Limits: buffers may be above the limit by what one turn brings: 16 KiB a connection that is read from, and one slice
// of replies of the connection that reached it.
#pragma once

#include <atomic>
#include <cstdint>
#include <vector>

namespace holdfast {

class ClientMemory {
 public:
  // `all`: bytes of all shards.
  ClientMemory(std::atomic<int64_t>& all, uint32_t shards) : all_(all), shards_(shards) {}

  // A connection holds `now` bytes, and held `noted` when it was last noted.
  void note(int64_t& noted, size_t now) {
    own_ += static_cast<int64_t>(now) - noted;
    noted = static_cast<int64_t>(now);
  }

  // Returns whether this shard's connections hold more than it told before.
  bool publish() {
    const int64_t grown = own_ - published_;
    if (grown == 0) return false;
    all_.fetch_add(grown, std::memory_order_relaxed);
    published_ = own_;
    return grown > 0;
  }

  int64_t own() const { return own_; }

  // Bytes above the limit of all shards together.
  int64_t over(int64_t limit) const { return all_.load(std::memory_order_relaxed) + own_ - published_ - limit; }

  // Bytes that this shard has to give back now; 0 or less: none.
  int64_t excess(int64_t limit) const {
    const int64_t over = this->over(limit);
    const int64_t over_share = own_ - limit / static_cast<int64_t>(shards_);
    return over < over_share ? over : over_share;
  }

 private:
  std::atomic<int64_t>& all_;
  const uint32_t shards_;
  int64_t own_ = 0;
  int64_t published_ = 0;
};

struct MemoryHolder {
  uint64_t client = 0;
  int64_t bytes = 0;
};

// Who has to go so that `excess` bytes come back: those that hold most, as few as are enough.
std::vector<uint64_t> largest_holders(std::vector<MemoryHolder> holders, int64_t excess);

}  // namespace holdfast
