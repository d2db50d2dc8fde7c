// What it is: how fast each cart reserves, at the slot of the cart: when its RESERVEs of the last minute were granted
// or went to stand in line. While one of them is being decided, the others of that cart wait in its queue: so what they
// are judged by cannot change under them. Empty while no limit is set.
// Threads: owned by one shard. Time: microseconds of engine time, always an argument.
// Invariant: a quota is pending, or remembers a time; one that remembers some stands in the wheel.
// Limits: it remembers at most max-reserves-per-minute-per-cart times of a cart.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "engine/byte_pool.h"
#include "engine/hash_index.h"
#include "engine/journey.h"
#include "engine/pool.h"
#include "engine/short_string.h"
#include "engine/timer_wheel.h"

namespace holdfast {

struct Quota {
  TimerNode timer;  // when the oldest of its times is a minute old
  ShortString<16> cart;
  uint64_t cart_hash = 0;
  const Journey* pending = nullptr;  // decides now
  JourneyQueue queue;
  std::vector<TimeUs> times;  // ascending
};

class QuotaTable {
 public:
  static constexpr TimeUs minute_us = 60'000'000;

  explicit QuotaTable(TimeUs start) : wheel_(Nodes{&pool_}, start) {}

  // The quota of that cart, or no_index.
  Index find(std::string_view cart, uint64_t hash) const;
  // REQUIRES: none of that cart.
  Index create(std::string_view cart, uint64_t hash);

  // How many times of the last minute it remembers; older ones are forgotten.
  size_t count(Index index, TimeUs now);
  void remember(Index index, TimeUs now);
  // One time less, as remembered; nothing where that is a minute old by now.
  void take_back(Index index, TimeUs then);
  // Goes away where it is neither pending nor remembers anything. REQUIRES: who waited in its queue has gone on.
  void drop_if_idle(Index index);

  // Forgets what is old. A slice: false when the budget was used up first.
  bool forget(TimeUs now, size_t& budget);
  TimeUs next_wake() const { return wheel_.next_wake(); }

  Quota& operator[](Index index) { return pool_[index]; }
  size_t size() const { return pool_.size(); }
  size_t memory_bytes() const { return pool_.memory_bytes() + index_.memory_bytes() + bytes_.memory_bytes(); }

 private:
  struct Nodes {
    Pool<Quota>* pool;
    TimerNode& operator()(Index index) const { return (*pool)[index].timer; }
  };
  using Wheel = TimerWheel<Nodes>;

  void schedule(Index index);

  Pool<Quota> pool_;
  HashIndex index_;
  BytePool bytes_;
  Wheel wheel_;
};

}  // namespace holdfast
