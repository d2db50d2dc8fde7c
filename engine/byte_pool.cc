#include "engine/byte_pool.h"

#include <sanitizer/asan_interface.h>

#include <bit>
#include <cstdlib>
#include <new>

#include "engine/check.h"

namespace holdfast {

size_t BytePool::class_of(size_t size) {
  return size <= smallest ? 0 : static_cast<size_t>(std::bit_width((size - 1) / smallest));
}

char* BytePool::allocate(size_t size) {
  if (size > largest) {
    char* bytes = static_cast<char*>(std::malloc(size));
    CHECK(bytes != nullptr);
    long_bytes_ += size;
    return bytes;
  }
  Free*& first = free_[class_of(size)];
  if (first == nullptr) return cut(smallest << class_of(size));
  Free* taken = first;
  ASAN_UNPOISON_MEMORY_REGION(taken, smallest << class_of(size));
  first = taken->next;
  free_bytes_ -= smallest << class_of(size);
  return reinterpret_cast<char*>(taken);
}

void BytePool::release(char* bytes, size_t size) {
  if (size > largest) {
    DCHECK(long_bytes_ >= size);
    long_bytes_ -= size;
    std::free(bytes);
    return;
  }
  Free*& first = free_[class_of(size)];
  first = ::new (static_cast<void*>(bytes)) Free{first};
  free_bytes_ += smallest << class_of(size);
  ASAN_POISON_MEMORY_REGION(bytes, smallest << class_of(size));
}

// The end of a chunk that is too short for this size stays unused: under 256 bytes of 64 KiB.
char* BytePool::cut(size_t size) {
  if (chunk_bytes - used_ < size) {
    chunks_.emplace_back(new Chunk);
    used_ = 0;
  }
  char* bytes = chunks_.back()->bytes + used_;
  used_ += size;
  return bytes;
}

}  // namespace holdfast
