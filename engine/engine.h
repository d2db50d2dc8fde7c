// What it is: all shards of one process, their mailboxes, and the global sequence. An actor is a shard with its mailbox
// and its outboxes; a thread of the host (the server's reactor, or a test) calls it turn by turn.
// Threads: Engine is set up by one; then each actor belongs to the thread that runs it. request_wake is called by any.
// Time: engine_now(), CLOCK_BOOTTIME.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/hash.h"
#include "engine/limits.h"
#include "engine/mailbox.h"
#include "engine/shard.h"

namespace holdfast {

// CLOCK_BOOTTIME in microseconds: monotonic, and it goes on while the machine sleeps.
TimeUs engine_now();

// Fills from the kernel's generator (getrandom).
void random_bytes(void* out, size_t size);

class Engine;

class ShardActor final : private ShardPort {
 public:
  ShardActor(Engine& engine, ShardIndex index, TimeUs start_us);

  // What the host does with a journey that is back, and how another thread ends this actor's sleep.
  void connect(std::function<void(Journey*)> complete, std::function<void()> request_wake);

  Shard& shard() { return shard_; }
  ShardIndex index() const { return index_; }

  // A turn: begin(now), then submit to shard() at will, then flush(). take_mail() in between, once.
  void begin_turn(TimeUs now) { shard_.begin_turn(now); }
  void take_mail();
  void flush();  // sends what this turn had for the others

  // Announces sleep. False: there is mail or work; do another turn. True: sleep until shard().next_wake() or a wake-up,
  // then call woke_up().
  bool may_sleep();
  void woke_up() { asleep_.store(false, std::memory_order_relaxed); }

 private:
  friend class Engine;
  Seq next_seq() override;
  Seq last_seq() override;
  uint32_t secret() override;
  void send(ShardIndex to, Journey* journey) override;
  void complete(Journey* journey) override { complete_(journey); }
  void wake_if_asleep();

  Engine& engine_;
  ShardIndex index_;
  Shard shard_;
  Mailbox mailbox_;
  std::vector<std::vector<Journey*>> outboxes_;  // [to]
  std::vector<ShardIndex> letters_for_;          // outboxes that are not empty
  bool mail_left_ = false;
  std::vector<uint32_t> secrets_;  // unused random words
  std::function<void(Journey*)> complete_;
  std::function<void()> request_wake_;
  alignas(64) std::atomic<bool> asleep_{false};
};

struct EngineOptions {
  uint32_t shards = 1;
  uint64_t hash_seed = 0;
  Seq first_seq = 1;  // numbers begin here
};

class Engine {
 public:
  explicit Engine(const EngineOptions& options);

  uint32_t shards() const { return shards_; }
  ShardActor& actor(ShardIndex index) { return *actors_[index]; }
  const Hasher& hasher() const { return hasher_; }
  Seq last_seq() const { return next_seq_.load(std::memory_order_relaxed) - 1; }

 private:
  friend class ShardActor;
  uint32_t shards_;
  Hasher hasher_;
  TombstoneLedger ledger_;
  std::vector<std::unique_ptr<ShardActor>> actors_;
  alignas(64) std::atomic<Seq> next_seq_;
};

}  // namespace holdfast
