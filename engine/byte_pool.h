// What it is: memory for small byte strings, in classes of 16, 32, 64, 128 and 256 bytes cut from 64 KiB chunks, with
// a free list a class; what is longer comes from malloc. The owner remembers the size, so nothing is stored beside
// the bytes.
// Threads: one owner. Time: O(1); one call in many takes a chunk. Invariant: memory is aligned to 16 bytes.
// Limits: chunks are given back only with the pool, what is longer than 256 bytes only by its owner.
// A released string is poisoned under AddressSanitizer, so that a reader of it is caught.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace holdfast {

class BytePool {
 public:
  BytePool() = default;
  BytePool(const BytePool&) = delete;
  BytePool& operator=(const BytePool&) = delete;

  // Room for size bytes, not initialised. Fails (CHECK) when there is no memory.
  char* allocate(size_t size);

  // REQUIRES: bytes came from allocate(size) of this pool, with this very size.
  void release(char* bytes, size_t size);

  size_t free_bytes() const { return free_bytes_; }  // released, to be used again
  // Chunks and longer strings, whether in use or free.
  size_t memory_bytes() const { return chunks_.size() * chunk_bytes + long_bytes_; }

 private:
  static constexpr size_t chunk_bytes = 64 * 1024;
  static constexpr size_t class_count = 5;
  static constexpr size_t smallest = 16;
  static constexpr size_t largest = smallest << (class_count - 1);

  struct Free {
    Free* next;
  };
  struct alignas(smallest) Chunk {
    char bytes[chunk_bytes];
  };

  static size_t class_of(size_t size);
  char* cut(size_t size);

  std::array<Free*, class_count> free_{};
  std::vector<std::unique_ptr<Chunk>> chunks_;
  size_t used_ = chunk_bytes;  // of the last chunk; the rest was never given out
  size_t long_bytes_ = 0;      // in malloc's hands
  size_t free_bytes_ = 0;
};

}  // namespace holdfast
