// What it is: tells whether all who had begun by some moment have ended since, without knowing them: who begins joins
// the current generation, which is closed when nobody of the one before it is left; so two are alive at most. Threads:
// any. Time: O(1), a few atomic operations. Guarantee: who has joined keeps the generation after his own from being
// closed, until he leaves.
#pragma once

#include <atomic>
#include <cstdint>

namespace holdfast {

class Generations {
 public:
  // The number is to be given back to leave().
  uint64_t join() {
    for (;;) {
      const uint64_t generation = current_.load();
      members(generation).fetch_add(1);
      if (current_.load() == generation) return generation;
      members(generation).fetch_sub(1);  // it was closed in between
    }
  }
  void leave(uint64_t generation) { members(generation).fetch_sub(1); }

  // The current one, which is another one from now on if nobody of the one before it is left.
  uint64_t advance() {
    uint64_t generation = current_.load();
    if (members(generation + 1).load() == 0) current_.compare_exchange_strong(generation, generation + 1);
    return current_.load();
  }
  uint64_t current() const { return current_.load(); }

  // All who had joined when `generation` was the current one have left.
  static bool is_over(uint64_t generation, uint64_t current) { return current >= generation + 2; }

 private:
  std::atomic<int64_t>& members(uint64_t generation) { return members_[generation % 2]; }

  std::atomic<uint64_t> current_{1};
  std::atomic<int64_t> members_[2]{};
};

}  // namespace holdfast
