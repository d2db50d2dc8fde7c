#include "engine/engine.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace holdfast {
namespace {

constexpr TimeUs measure_every_us = 10'000;

}  // namespace

ShardActor::ShardActor(Engine& engine, ShardIndex index, TimeUs start_us)
    : engine_(engine),
      journal_(engine.journal_),
      stream_(journal_ ? &journal_->stream(index) : nullptr),
      index_(index),
      shard_({.index = index, .shards = engine.shards_, .start_us = start_us}, engine.hasher_, engine.ledger_, *this),
      mailbox_(engine.shards_),
      outboxes_(engine.shards_) {}

void ShardActor::connect(std::function<void(Journey*)> complete, std::function<void()> request_wake) {
  complete_ = std::move(complete);
  request_wake_ = std::move(request_wake);
}

void ShardActor::begin_turn(TimeUs now) {
  if (now - measured_us_ >= measure_every_us) {
    measured_us_ = now;
    engine_.ledger_.set_memory(index_, shard_.used_bytes());
    is_over_memory_ = engine_.ledger_.memory() > shard_.settings().max_memory;
  }
  shard_.begin_turn(now);
}

std::string_view ShardActor::shortage() {
  if (is_over_memory_) return "memory";
  return journal_ && !journal_->may_grow() ? "disk" : std::string_view{};
}

void ShardActor::take_mail() {
  std::array<Journey*, limits::deliveries_a_turn> batch;
  const size_t taken = mailbox_.take(batch);
  for (size_t begin = 0; begin < taken; begin += limits::looks_ahead) {
    const auto next = std::span(batch).first(taken).subspan(begin, std::min(limits::looks_ahead, taken - begin));
    shard_.foresee(next);
    for (Journey* journey : next) shard_.deliver(journey);
  }
  mail_left_ = taken == batch.size();
}

void ShardActor::send(ShardIndex to, Journey* journey) {
  DCHECK(to != index_);
  if (outboxes_[to].empty()) letters_for_.push_back(to);
  outboxes_[to].push_back(journey);
}

void ShardActor::flush() {
  if (has_published_) {
    has_published_ = false;
    journal_->set_end_bytes(index_, shard_.state().holds.end_bytes() + shard_.state().locks.end_bytes());
    journal_->published();
  }
  for (const ShardIndex to : letters_for_) {
    ShardActor& other = engine_.actor(to);
    other.mailbox_.push(index_, outboxes_[to]);
    outboxes_[to].clear();
    other.wake_if_asleep();
  }
  letters_for_.clear();
}

// The sleeper says that it sleeps and looks once more; the sender pushes and then asks. Sequential consistency makes
// one of them see the other (Dekker's pattern).
void ShardActor::wake_if_asleep() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (asleep_.load(std::memory_order_relaxed) && asleep_.exchange(false)) request_wake_();
}

bool ShardActor::may_sleep() {
  if (mail_left_) return false;
  asleep_.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (mailbox_.seems_empty()) return true;
  woke_up();
  return false;
}

Seq ShardActor::next_seq() {
  if (stream_) stream_->reserve();
  return engine_.next_seq_.fetch_add(1, std::memory_order_relaxed);
}

void ShardActor::record(const Fact& fact) {
  if (!stream_) return;
  stream_->publish(fact);
  has_published_ = true;
}

Seq ShardActor::last_seq() {
  return engine_.last_seq();
}

Seq ShardActor::last_taken() const {
  return engine_.last_seq();
}

uint32_t ShardActor::secret() {
  if (secrets_.empty()) {
    secrets_.resize(1024);
    random_bytes(secrets_.data(), secrets_.size() * sizeof(uint32_t));
  }
  const uint32_t secret = secrets_.back();
  secrets_.pop_back();
  return secret;
}

Engine::Engine(const EngineOptions& options)
    : shards_(options.shards),
      journal_(options.journal),
      hasher_(options.hash_seed),
      ledger_(options.shards),
      next_seq_(options.first_seq) {
  CHECK(options.shards >= 1 && options.shards <= limits::shards && options.first_seq > 0);
  for (uint32_t i = 0; i < shards_; ++i) {
    actors_.push_back(std::make_unique<ShardActor>(*this, static_cast<ShardIndex>(i), options.start_us));
  }
}

}  // namespace holdfast
