// What it is: all shards of one process, their mailboxes, and the global sequence. An actor is a shard with its mailbox
// and its outboxes; a thread of the host (the server's reactor, or a test) calls it turn by turn.
// Threads: Engine is set up by one; then each actor belongs to the thread that runs it. request_wake is called by any.
// Time: the host's (see clock.h).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "engine/clock.h"
#include "engine/hash.h"
#include "engine/journal.h"
#include "engine/limits.h"
#include "engine/mailbox.h"
#include "engine/random.h"
#include "engine/shard.h"

namespace holdfast {

class Engine;

class ShardActor final : private ShardPort {
 public:
  ShardActor(Engine& engine, ShardIndex index, TimeUs start_us);

  // What the host does with a journey that is back, and how another thread ends this actor's sleep.
  void connect(std::function<void(Journey*)> complete, std::function<void()> request_wake);

  Shard& shard() { return shard_; }
  ShardIndex index() const { return index_; }

  // A turn: begin(now), then submit to shard() at will, then flush(). take_mail() in between, once.
  void begin_turn(TimeUs now);
  void take_mail();
  void flush();  // sends what this turn had for the others

  Seq last_taken() const;  // the last number taken by anybody
  // The journal is behind: begin nothing new for now.
  bool is_backed_up() const { return journal_ && journal_->is_backed_up(index_); }

  // Announces sleep. False: there is mail or work; do another turn. True: sleep until shard().next_wake() or a wake-up,
  // then call woke_up().
  bool may_sleep();
  void woke_up() { asleep_.store(false, std::memory_order_relaxed); }

 private:
  friend class Engine;
  Seq next_seq() override;
  Seq last_seq() override;
  void record(const Fact& fact) override;
  std::string_view shortage() override;
  uint32_t secret() override;
  void send(ShardIndex to, Journey* journey) override;
  void complete(Journey* journey) override { complete_(journey); }
  void wake_if_asleep();

  Engine& engine_;
  Journal* journal_;            // null: nothing is kept
  FactStream* stream_;          // of the journal, this shard's
  bool has_published_ = false;  // since the last flush
  ShardIndex index_;
  Shard shard_;
  Mailbox mailbox_;
  std::vector<std::vector<Journey*>> outboxes_;  // [to]
  std::vector<ShardIndex> letters_for_;          // outboxes that are not empty
  bool mail_left_ = false;
  bool is_over_memory_ = false;    // all shards together
  TimeUs measured_us_ = 0;         // when that was
  std::vector<uint32_t> secrets_;  // unused random words
  std::function<void(Journey*)> complete_;
  std::function<void()> request_wake_;
  alignas(64) std::atomic<bool> asleep_{false};
};

struct EngineOptions {
  uint32_t shards = 1;
  uint64_t hash_seed = 0;
  Seq first_seq = 1;               // numbers begin here
  TimeUs start_us = engine_now();  // no deadline of what will be in it is before this
  Journal* journal = nullptr;      // keeps what is decided; it outlives the engine. Null: nothing is kept
};

class Engine {
 public:
  explicit Engine(const EngineOptions& options);

  uint32_t shards() const { return shards_; }
  ShardActor& actor(ShardIndex index) { return *actors_[index]; }
  const Hasher& hasher() const { return hasher_; }
  Journal* journal() const { return journal_; }
  // Numbers go on from here. REQUIRES: nothing runs yet.
  void go_on_from(Seq next_seq) { next_seq_.store(next_seq); }
  Seq last_seq() const { return next_seq_.load(std::memory_order_relaxed) - 1; }

 private:
  friend class ShardActor;
  uint32_t shards_;
  Journal* journal_;
  Hasher hasher_;
  TombstoneLedger ledger_;
  std::vector<std::unique_ptr<ShardActor>> actors_;
  alignas(64) std::atomic<Seq> next_seq_;
};

}  // namespace holdfast
