#include "engine/fact_stream.h"

#include <cstddef>
#include <cstring>
#include <utility>

#include "engine/check.h"

namespace holdfast {

FactStream::~FactStream() {
  while (reading_) delete std::exchange(reading_, reading_->next.load());
  delete spare_.load();
}

void FactStream::add_chunk() {
  Chunk* chunk = spare_.exchange(nullptr, std::memory_order_acquire);
  if (!chunk) chunk = new Chunk;
  chunk->filled.store(0, std::memory_order_relaxed);
  chunk->next.store(nullptr, std::memory_order_relaxed);
  writing_->next.store(chunk, std::memory_order_release);
  writing_ = chunk;
}

void FactStream::publish(const Fact& fact) {
  const size_t at = writing_->filled.load(std::memory_order_relaxed);
  char* const begin = writing_->bytes + at + sizeof(Head);
  const char* const end = encode_fact(fact, begin);
  const auto size = static_cast<uint64_t>(end - begin);
  const size_t total = sizeof(Head) + size;
  DCHECK(at + total <= chunk_bytes);
  // Each field to its place: a whole Head would be loaded from the stack at once, and wait until its parts are stored.
  char* const head = writing_->bytes + at;
  std::memcpy(head + offsetof(Head, seq), &fact.seq, sizeof fact.seq);
  std::memcpy(head + offsetof(Head, at_us), &fact.at_us, sizeof fact.at_us);
  std::memcpy(head + offsetof(Head, size), &size, sizeof size);
  published_bytes_.store(published_bytes_.load(std::memory_order_relaxed) + total, std::memory_order_relaxed);
  writing_->filled.store(at + total, std::memory_order_release);
}

bool FactStream::front(Entry& entry) {
  if (read_ == reading_->filled.load(std::memory_order_acquire)) {
    Chunk* const next = reading_->next.load(std::memory_order_acquire);
    if (!next) return false;
    // A next chunk is there only when this one gets no more; but it may have got one more since we looked.
    if (read_ != reading_->filled.load(std::memory_order_acquire)) return front(entry);
    delete spare_.exchange(std::exchange(reading_, next), std::memory_order_acq_rel);
    read_ = 0;
    if (reading_->filled.load(std::memory_order_acquire) == 0) return false;
  }
  Head head;
  std::memcpy(&head, reading_->bytes + read_, sizeof(Head));
  entry = {.seq = head.seq, .at_us = head.at_us, .bytes = {reading_->bytes + read_ + sizeof(Head), head.size}};
  return true;
}

void FactStream::pop() {
  Head head;
  std::memcpy(&head, reading_->bytes + read_, sizeof(Head));
  const size_t total = sizeof(Head) + head.size;
  read_ += total;
  popped_bytes_.store(popped_bytes_.load(std::memory_order_relaxed) + total, std::memory_order_relaxed);
}

}  // namespace holdfast
