// What it is: a store of records of one type, each addressed by a 32-bit Index, that never move.
// Chunks of some thousand records come straight from the kernel, so pages that no record has touched cost nothing; a
// released record is given out again first (LIFO: its cache line is the warmest), and the link to the next free
// one lies inside it. One bit a record, kept beside the records, says whether it is live, so that an owner may
// walk 0 .. limit()-1 and so that a double release is noticed. Records that are looked up at random may ask for huge
// pages, which spare most of the walks through the page tables: from the second chunk on, so that few records stay
// cheap. Threads: one owner. Time: allocate and release are O(1); one in some thousand new records maps a chunk.
// Invariant: a reference to a live record stays good until that record is released.
// Limits: 2^31-1 records (the top bit of an Index belongs to the timer wheel); memory goes back to the kernel only
// with the pool.
#pragma once

#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include "engine/check.h"
#include "engine/types.h"

namespace holdfast {

enum class Pages : uint8_t { normal, huge };

template <class T, Pages pages = Pages::normal>
class Pool {
 public:
  static constexpr size_t cache_line = 64;
  static constexpr size_t huge_page = size_t{2} << 20;
  static constexpr Index chunk_records = pages == Pages::huge ? std::bit_floor(huge_page / sizeof(T)) : 4096;
  static constexpr Index max_records = (Index{1} << 31) - 1;

  Pool() = default;
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  ~Pool() {
    if constexpr (!std::is_trivially_destructible_v<T>) {
      for (Index index = 0; index < limit_; ++index) {
        if (live(index)) (*this)[index].~T();
      }
    }
    for (Chunk& chunk : chunks_) {
      ASAN_UNPOISON_MEMORY_REGION(chunk.records, chunk_bytes);
      munmap(chunk.records, chunk_bytes);
    }
  }

  // A record equal to T{}. Fails (CHECK) past max_records or when the kernel gives no memory.
  Index allocate() {
    Index index = first_free_;
    if (index != no_index) {
      ASAN_UNPOISON_MEMORY_REGION(address(index), sizeof(T));
      std::memcpy(&first_free_, address(index), sizeof(Index));
    } else {
      CHECK(limit_ < max_records);
      if (limit_ / chunk_records == chunks_.size()) add_chunk();
      index = limit_++;
    }
    ::new (static_cast<void*>(address(index))) T{};
    live_word(index) |= live_bit(index);
    ++size_;
    return index;
  }

  // What allocate() will answer.
  Index next() const { return first_free_ != no_index ? first_free_ : limit_; }

  // REQUIRES: the record is live. It is destroyed; its index may be given out again at once.
  void release(Index index) {
    CHECK(live(index));
    (*this)[index].~T();
    live_word(index) &= ~live_bit(index);
    std::memcpy(address(index), &first_free_, sizeof(Index));
    ASAN_POISON_MEMORY_REGION(address(index), sizeof(T));
    first_free_ = index;
    --size_;
  }

  // REQUIRES: the record is live.
  T& operator[](Index index) {
    DCHECK(live(index));
    return *std::launder(reinterpret_cast<T*>(address(index)));
  }
  const T& operator[](Index index) const {
    DCHECK(live(index));
    return *std::launder(reinterpret_cast<const T*>(address(index)));
  }

  // Brings the record's cache lines. REQUIRES: index < limit().
  [[gnu::always_inline]] void prefetch(Index index) const {
    for (size_t at = 0; at < sizeof(T); at += cache_line) __builtin_prefetch(address(index) + at, 1);
  }

  // Any index may be asked about.
  bool live(Index index) const { return index < limit_ && (live_word(index) & live_bit(index)) != 0; }

  size_t size() const { return size_; }   // live records
  Index limit() const { return limit_; }  // 1 + the highest index ever given

  // What the records have touched so far, live or free, and the tables beside them.
  size_t free_bytes() const { return (size_t{limit_} - size_) * sizeof(T); }  // of those below, to be used again
  size_t memory_bytes() const {
    return size_t{limit_} * sizeof(T) + chunks_.size() * live_words * sizeof(uint64_t) +
           chunks_.capacity() * sizeof(Chunk);
  }

 private:
  static constexpr size_t chunk_bytes = size_t{chunk_records} * sizeof(T);
  static constexpr size_t live_words = chunk_records / 64;
  static_assert(sizeof(T) >= sizeof(Index), "a free record holds the index of the next free one");
  static_assert(alignof(T) <= 4096, "chunks are aligned to a page");

  struct Chunk {
    std::byte* records;
    std::unique_ptr<uint64_t[]> live;  // one bit a record
  };

  void add_chunk() {
    std::byte* memory = map(pages == Pages::huge ? chunk_bytes + huge_page : chunk_bytes);
    if constexpr (pages == Pages::huge) {
      // Aligned to a huge page; what is mapped around it goes back.
      const size_t before = -reinterpret_cast<uintptr_t>(memory) % huge_page;
      if (before > 0) munmap(memory, before);
      memory += before;
      munmap(memory + chunk_bytes, huge_page - before);
      if (!chunks_.empty()) madvise(memory, chunk_bytes, MADV_HUGEPAGE);  // where there are none, nothing is lost
    }
    chunks_.push_back({memory, std::make_unique<uint64_t[]>(live_words)});
  }

  static std::byte* map(size_t bytes) {
    void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    CHECK(memory != MAP_FAILED);
    return static_cast<std::byte*>(memory);
  }

  std::byte* address(Index index) const {
    return chunks_[index / chunk_records].records + size_t{index % chunk_records} * sizeof(T);
  }
  uint64_t& live_word(Index index) const { return chunks_[index / chunk_records].live[index % chunk_records / 64]; }
  static uint64_t live_bit(Index index) { return uint64_t{1} << (index % 64); }

  std::vector<Chunk> chunks_;
  Index first_free_ = no_index;
  Index limit_ = 0;
  size_t size_ = 0;
};

}  // namespace holdfast
