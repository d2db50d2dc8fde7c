// What it is: how journeys get to a shard: one moodycamel queue, a producer token for each sender. A sender collects
//  what one turn has for another shard and pushes it in bulk, with at most one wake-up a batch.
// Threads: each producer token belongs to one sending shard; one shard receives.
// Order: kept for each sender, and for no more than that.
// Limits: every journey is in one place at a time, so a mailbox never holds more than all journeys that exist; room for
// them is found when they are made, and a push does not block.
#pragma once

#include <concurrentqueue/concurrentqueue.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "engine/check.h"
#include "engine/journey.h"
#include "engine/types.h"

namespace holdfast {

class Mailbox {
 public:
  explicit Mailbox(uint32_t senders) : queue_(initial_capacity, senders, 0), consumer_(queue_) {
    producers_.reserve(senders);
    for (uint32_t i = 0; i < senders; ++i) producers_.emplace_back(queue_);
  }

  void push(ShardIndex from, std::span<Journey* const> batch) {
    CHECK(queue_.enqueue_bulk(producers_[from], batch.data(), batch.size()));
  }

  size_t take(std::span<Journey*> room) { return queue_.try_dequeue_bulk(consumer_, room.data(), room.size()); }

  // May be wrong while others push: to decide about sleep, announce it first (see ShardActor::may_sleep).
  bool seems_empty() const { return queue_.size_approx() == 0; }

 private:
  using Queue = moodycamel::ConcurrentQueue<Journey*>;
  static constexpr size_t initial_capacity = 4096;

  Queue queue_;
  std::vector<moodycamel::ProducerToken> producers_;
  moodycamel::ConsumerToken consumer_;
};

}  // namespace holdfast
