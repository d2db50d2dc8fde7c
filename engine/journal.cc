#include "engine/journal.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "engine/check.h"
#include "engine/clock.h"

namespace holdfast {
namespace {

constexpr uint64_t batch_bytes = uint64_t{4} << 20;
constexpr int64_t sync_every_us = 1'000'000;
constexpr int64_t gather_us = 1'000;  // nobody waits for `everysec` and `no`: fewer and larger writes, fewer wake-ups
constexpr uint64_t gathered_bytes = uint64_t{256} << 10;  // enough: it goes on at once
constexpr int64_t mark_after_us = 5'000;    // with nothing to do: who writes one by one is not held up by marks
constexpr int64_t look_again_us = 500'000;  // whether a full disk has space again

}  // namespace

Journal::Journal(Disk& disk, uint32_t shards, const Options& options)
    : options_(options), writer_(disk, options.files), lines_(std::make_unique<Line[]>(shards)) {
  CHECK(options_.on_failure);
  for (uint32_t i = 0; i < shards; ++i) streams_.push_back(std::make_unique<FactStream>());
  anchor_.boot_id = read_boot_id();
}

Journal::~Journal() {
  stop();
}

int Journal::open(const JournalEnd& end, TimeUs now) {
  if (const int error = writer_.open(end, now)) return error;
  if (const int error = write_mark()) return error;
  durable_.store(writer_.next() - 1);
  note_room();
  return 0;
}

void Journal::start(std::function<void(ShardIndex)> wake, std::function<void(uint64_t)> new_segment) {
  wake_ = std::move(wake);
  new_segment_ = std::move(new_segment);
  synced_at_us_ = busy_at_us_ = steady_time();
  thread_ = std::thread([this] { run(); });
}

void Journal::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  published();
  thread_.join();
}

void Journal::run() {
  for (;;) {
    const bool is_last = stopping_.load();  // before the look: what was published before it is found
    run_task();
    const uint64_t taken = take_facts();
    if (taken > 0) {
      busy_at_us_ = steady_time();
      is_marked_ = false;
      check(writer_.write());
    } else if (is_last) {
      break;
    } else {
      keep_up();
      sleep();
    }
    if (must_sync()) put_on_disk();
    note_room();
    if (taken > 0 && taken < gathered_bytes && options_.policy != SyncPolicy::always) {
      std::this_thread::sleep_for(std::chrono::microseconds(gather_us));
    }
  }
  is_marked_ = false;  // the last mark tells when the process ended
  mark();
}

// The next number is at the front of one of the streams, or its shard is about to publish it.
uint64_t Journal::take_facts() {
  uint64_t taken = 0;
  FactStream::Entry entry;
  for (size_t looked_at = 0; looked_at < streams_.size() && taken < batch_bytes;) {
    FactStream& stream = *streams_[next_stream_];
    if (!stream.front(entry) || entry.seq != writer_.next()) {
      next_stream_ = (next_stream_ + 1) % streams_.size();
      ++looked_at;
      continue;
    }
    check(writer_.append(entry.seq, entry.at_us, entry.bytes));
    taken += entry.bytes.size();
    stream.pop();
    looked_at = 0;
  }
  return taken;
}

bool Journal::must_sync() const {
  switch (options_.policy) {
    case SyncPolicy::always:
      return true;
    case SyncPolicy::everysec:
      return steady_time() - synced_at_us_ >= sync_every_us;
    case SyncPolicy::no:
      break;
  }
  return somebody_waits();
}

// With `no` it is they alone who ask for a sync.
bool Journal::somebody_waits() const {
  if (options_.policy != SyncPolicy::no || !is_behind()) return false;
  return std::any_of(&lines_[0], &lines_[0] + streams_.size(), [](const Line& line) { return line.waits.load(); });
}

void Journal::put_on_disk() {
  const int64_t before_us = steady_time();
  synced_at_us_ = before_us;
  if (!is_behind()) return;
  check(writer_.sync());
  durable_.store(writer_.next() - 1);
  for (size_t shard = 0; shard < streams_.size(); ++shard) {
    if (lines_[shard].waits.exchange(false)) wake_(static_cast<ShardIndex>(shard));
  }
  const std::lock_guard lock(figures_mutex_);
  ++figures_.syncs;
  figures_.last_sync_us = steady_time() - before_us;
}

// With nothing to write.
void Journal::keep_up() {
  const int64_t now_us = steady_time();
  const bool syncs = options_.policy != SyncPolicy::no;
  if (syncs && !is_marked_ && !is_behind() && now_us - busy_at_us_ >= mark_after_us) mark();
}

void Journal::mark() {
  if (is_marked_) return;
  check(write_mark());
  durable_.store(writer_.next() - 1);
}

// All its clocks are read together: what lies between two readings, the next start would lose.
int Journal::write_mark() {
  anchor_.boot_us = boot_time();
  anchor_.wall_us = wall_time();
  marked_us_ = anchor_.boot_us + engine_offset();
  is_marked_ = true;
  return writer_.mark(marked_us_, anchor_);
}

void Journal::check(int error) {
  if (error == 0) return;
  options_.on_failure(error);
  CHECK(false);
}

int Journal::on_its_thread(std::function<int(JournalWriter&)> task) {
  std::unique_lock lock(task_mutex_);
  task_ = std::move(task);
  has_task_.store(true);
  published();
  task_done_.wait(lock, [this] { return !has_task_.load(); });
  return task_result_;
}

void Journal::run_task() {
  if (!has_task_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(task_mutex_);
  task_result_ = std::exchange(task_, nullptr)(writer_);
  check(writer_.error());
  has_task_.store(false);
  task_done_.notify_one();
}

bool Journal::any_published() {
  FactStream::Entry entry;
  return std::any_of(streams_.begin(), streams_.end(), [&](const auto& stream) { return stream->front(entry); });
}

// The sleeper says that it sleeps and looks once more; who publishes does it first and then asks (Dekker's pattern, as
// in ShardActor::wake_if_asleep).
void Journal::sleep() {
  int64_t for_us = INT64_MAX;
  if (options_.policy == SyncPolicy::everysec && is_behind()) for_us = synced_at_us_ + sync_every_us - steady_time();
  if (!is_marked_ && !is_behind()) for_us = std::min(for_us, busy_at_us_ + mark_after_us - steady_time());
  if (!may_grow()) for_us = std::min(for_us, look_again_us);
  if (for_us <= 0) return;
  asleep_.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!any_published() && !somebody_waits() && !stopping_.load() && !has_task_.load()) {
    std::unique_lock lock(mutex_);
    const auto is_awake = [this] { return !asleep_.load(std::memory_order_relaxed); };
    if (for_us == INT64_MAX) {
      changed_.wait(lock, is_awake);
    } else {
      changed_.wait_for(lock, std::chrono::microseconds(for_us), is_awake);
    }
  }
  asleep_.store(false, std::memory_order_relaxed);
}

void Journal::published() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!asleep_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  asleep_.store(false, std::memory_order_relaxed);
  changed_.notify_one();
}

// What makes the state grow is refused before the room for the ends of all that lives is touched: so much as may be
// decided before the shards hear of it stays free besides.
void Journal::note_room() {
  uint64_t reserve = 0;
  for (size_t shard = 0; shard < streams_.size(); ++shard) {
    reserve += lines_[shard].end_bytes.load(std::memory_order_relaxed);
  }
  writer_.set_reserve(reserve);
  const uint64_t besides = options_.files.segment_bytes / 8;
  if (!writer_.has_room(besides)) check(writer_.write());  // it looks for space
  may_grow_.store(writer_.has_room(besides), std::memory_order_relaxed);
  if (new_segment_ && writer_.segment() != told_segment_) new_segment_(told_segment_ = writer_.segment());
  const std::lock_guard lock(figures_mutex_);
  figures_.durable = durable_.load();
  figures_.written = writer_.next() - 1;
  figures_.segments = writer_.segment() + 1 - writer_.manifest().oldest_segment;
  figures_.segment_offset = writer_.segment_offset();
  figures_.journal_bytes = (figures_.segments - 1) * options_.files.segment_bytes + writer_.segment_offset();
}

Journal::Figures Journal::figures() const {
  const std::lock_guard lock(figures_mutex_);
  return figures_;
}

}  // namespace holdfast
