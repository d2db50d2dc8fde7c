// What it is: a string of 0 to 255 bytes in a record of N bytes: up to N-1 bytes lie inside, longer ones in a
// BytePool. Most SKU and cart names are short, so most lookups touch the record's own cache line only.
// It is trivially copyable: a copy is the same string and not another one. By convention one of them owns it, and
// that one is cleared before it is forgotten.
// Threads: the BytePool's owner. Time: O(1) and a copy of the bytes.
// Invariant: the last byte is the size of an inside string, or 255 for an outside one ({pointer, size} in front).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/byte_pool.h"
#include "engine/check.h"

namespace holdfast {

template <size_t N>
class ShortString {
 public:
  static constexpr size_t inside_bytes = N - 1;
  static constexpr size_t max_bytes = 255;

  std::string_view view() const {
    if (!outside()) return {bytes_, last()};
    return {pointer(), outside_size()};
  }

  // Gives up what it held. REQUIRES: text.size() <= 255; text is not this string's own view.
  void assign(BytePool& pool, std::string_view text) {
    CHECK(text.size() <= max_bytes);
    clear(pool);
    char* target = bytes_;
    if (text.size() > inside_bytes) {
      target = pool.allocate(text.size());
      std::memcpy(bytes_, &target, sizeof(target));
      bytes_[sizeof(target)] = static_cast<char>(text.size());
      bytes_[N - 1] = static_cast<char>(outside_mark);
    } else {
      bytes_[N - 1] = static_cast<char>(text.size());
    }
    if (!text.empty()) std::memcpy(target, text.data(), text.size());
  }

  // Empty, and its memory is back in the pool. REQUIRES: the pool that it was assigned from.
  void clear(BytePool& pool) {
    if (outside()) pool.release(pointer(), outside_size());
    bytes_[N - 1] = 0;
  }

 private:
  static constexpr uint8_t outside_mark = 255;
  static_assert(N >= 16 && N <= 248 && N % 8 == 0);

  uint8_t last() const { return static_cast<uint8_t>(bytes_[N - 1]); }
  bool outside() const { return last() == outside_mark; }
  size_t outside_size() const { return static_cast<uint8_t>(bytes_[sizeof(char*)]); }
  char* pointer() const {
    char* pointer;
    std::memcpy(&pointer, bytes_, sizeof(pointer));
    return pointer;
  }

  alignas(8) char bytes_[N] = {};
};

}  // namespace holdfast
