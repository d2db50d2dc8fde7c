// What it is: the locks of one shard: names that somebody has until a deadline. Who has one is known by its token
// alone, the number of the fact that made it: it only grows, so whatever the lock protects can refuse a late holder.
// Threads: owned by one shard. Time: microseconds of engine time, always an argument.
// Invariant: every lock has a deadline and stands in the wheel; a name has at most one lock. A lock whose time is over
// may still be here: that it is free for everybody is the shard's business (shard_locks.cc).
// Limits: 2^31-1 locks.
#pragma once

#include <cstdint>
#include <string_view>

#include "engine/byte_pool.h"
#include "engine/hash_index.h"
#include "engine/pool.h"
#include "engine/short_string.h"
#include "engine/timer_wheel.h"

namespace holdfast {

struct Lock {
  TimerNode timer;  // the deadline
  Seq token = 0;
  uint64_t hash = 0;
  ShortString<24> name;
};

class LockTable {
 public:
  struct Nodes {
    Pool<Lock>* pool;
    TimerNode& operator()(Index index) const { return (*pool)[index].timer; }
  };
  using Wheel = TimerWheel<Nodes>;

  explicit LockTable(TimeUs start) : wheel_(Nodes{&pool_}, start) {}

  // The lock of that name, or no_index.
  Index find(std::string_view name, uint64_t hash) const;

  // REQUIRES: none of that name.
  void create(std::string_view name, uint64_t hash, Seq token, TimeUs deadline_us);
  void set_deadline(Index index, TimeUs deadline_us);
  void remove(Index index);

  const Lock& operator[](Index index) const { return pool_[index]; }
  Wheel& wheel() { return wheel_; }
  const Wheel& wheel() const { return wheel_; }

  // Calls visit(index) for each.
  template <class Visit>
  void for_each(Visit visit) const {
    for (Index index = 0; index < pool_.limit(); ++index) {
      if (pool_.live(index)) visit(index);
    }
  }

  size_t size() const { return pool_.size(); }
  // What the journal's records of their ends take at most, in bytes.
  uint64_t end_bytes() const { return size() * 512; }
  size_t free_bytes() const { return pool_.free_bytes() + names_.free_bytes(); }
  size_t memory_bytes() const { return pool_.memory_bytes() + index_.memory_bytes() + names_.memory_bytes(); }

 private:
  Pool<Lock> pool_;
  HashIndex index_;
  BytePool names_;
  Wheel wheel_;
};

}  // namespace holdfast
