// What it is: the facts of one shard on their way to the journal: encoded, in the order of their numbers, in chunks
// that one thread fills and another empties. There is always room: it is reserved before a fact takes its number, so
// that between number and publishing nothing can fail, and every number becomes exactly one fact of the journal.
// Threads: one writes (reserve, publish), one reads (front, pop). Time: O(bytes); a new chunk every mebibyte.
// Invariant: the reader sees whole facts only, each once, in the order written.
// Limits: none of its own: the writer's host stops beginning new work when backlog_bytes() is too much.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "engine/fact_codec.h"
#include "engine/types.h"

namespace holdfast {

class FactStream {
 public:
  FactStream() : writing_(new Chunk), reading_(writing_) {}
  FactStream(const FactStream&) = delete;
  FactStream& operator=(const FactStream&) = delete;
  ~FactStream();

  // Room for any one fact. Before its number is taken.
  void reserve() {
    if (chunk_bytes - writing_->filled.load(std::memory_order_relaxed) < sizeof(Head) + max_fact_bytes) add_chunk();
  }
  // REQUIRES: reserve() since the last one.
  void publish(const Fact& fact);

  struct Entry {
    Seq seq = 0;
    TimeUs at_us = 0;
    std::string_view bytes{};  // see fact_codec.h
  };
  // The oldest entry that is there; false where there is none for now. It stays until pop().
  bool front(Entry& entry);
  void pop();

  // Published and not yet popped; by any thread, a moment late.
  uint64_t backlog_bytes() const {
    return published_bytes_.load(std::memory_order_relaxed) - popped_bytes_.load(std::memory_order_relaxed);
  }

 private:
  static constexpr size_t chunk_bytes = size_t{1} << 20;

  struct Head {
    Seq seq = 0;
    TimeUs at_us = 0;
    uint64_t size = 0;
  };
  struct Chunk {
    std::atomic<size_t> filled{0};
    std::atomic<Chunk*> next{nullptr};
    char bytes[chunk_bytes];
  };

  void add_chunk();

  Chunk* writing_;
  alignas(64) std::atomic<uint64_t> published_bytes_{0};
  alignas(64) Chunk* reading_;
  size_t read_ = 0;  // of reading_
  std::atomic<uint64_t> popped_bytes_{0};
  std::atomic<Chunk*> spare_{nullptr};  // an emptied chunk for the writer to fill again
};

}  // namespace holdfast
