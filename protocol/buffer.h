// What it is: a growable run of bytes for socket input and output: written at the back, consumed from the front.
// Never fills with zeros; costs nothing until the first byte and can give its memory back when empty.
// Threads: one owner at a time. Time: prepare and append O(1) amortised a byte, consume O(1).
// Invariant: begin_ <= end_ <= capacity_; the bytes [begin_, end_) are the content; begin_ == end_ only where both are
// 0. Limits: none of its own; the callers bound what they put in. Out of memory stops the process.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <utility>

#include "engine/check.h"

namespace holdfast {

class Buffer {
 public:
  Buffer() = default;
  ~Buffer() { std::free(bytes_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  Buffer(Buffer&& other) noexcept { swap(other); }
  Buffer& operator=(Buffer&& other) noexcept {
    Buffer taken(std::move(other));
    swap(taken);
    return *this;
  }

  // Room for n more bytes behind the content; undefined bytes, to be written and then committed. May move the content.
  char* prepare(size_t n) {
    if (capacity_ - end_ < n) [[unlikely]]
      make_room(n);
    return bytes_ + end_;
  }

  // REQUIRES: n <= what the last prepare made room for.
  void commit(size_t n) {
    DCHECK(n <= capacity_ - end_);
    end_ += n;
  }

  // REQUIRES: the bytes are not this buffer's own.
  void append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::memcpy(prepare(bytes.size()), bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  void append(char byte) {
    *prepare(1) = byte;
    ++end_;
  }

  // The content. A pointer stays good until the next prepare, append, or release; nullptr is possible when empty.
  const char* data() const { return bytes_ + begin_; }
  size_t size() const { return end_ - begin_; }
  bool empty() const { return begin_ == end_; }
  std::string_view view() const { return {data(), size()}; }

  // Forgets the first n bytes. REQUIRES: n <= size().
  void consume(size_t n) {
    DCHECK(n <= size());
    begin_ += n;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  void clear() { begin_ = end_ = 0; }

  // Bytes of memory held.
  size_t capacity() const { return capacity_; }

  // Gives the memory back where there is no content: an idle connection must cost very little.
  void release_if_empty() {
    if (!empty()) return;
    std::free(std::exchange(bytes_, nullptr));
    begin_ = end_ = capacity_ = 0;
  }

 private:
  static constexpr size_t smallest_bytes = 256;
  static constexpr size_t shrink_above_bytes = size_t{64} << 10;

  // The content moves to the front of at least 1.5 times its size, so each move is paid for by half as many new bytes.
  // A buffer that never runs empty would stay as large as it has ever been: what is far too large is given back here.
  [[gnu::noinline]] void make_room(size_t n) {
    const size_t live = size();
    CHECK(n <= SIZE_MAX / 4 && live <= SIZE_MAX / 4);
    const size_t wanted = std::max(smallest_bytes, std::bit_ceil(live + n + live / 2));
    const bool wasteful = capacity_ > shrink_above_bytes && capacity_ / 8 > wanted;
    if (wanted <= capacity_ && !wasteful) {
      std::memmove(bytes_, bytes_ + begin_, live);
    } else if (begin_ == 0) {
      bytes_ = static_cast<char*>(std::realloc(bytes_, wanted));
      CHECK(bytes_ != nullptr);
      capacity_ = wanted;
    } else {
      char* moved = static_cast<char*>(std::malloc(wanted));
      CHECK(moved != nullptr);
      std::memcpy(moved, bytes_ + begin_, live);
      std::free(std::exchange(bytes_, moved));
      capacity_ = wanted;
    }
    begin_ = 0;
    end_ = live;
  }

  void swap(Buffer& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(begin_, other.begin_);
    std::swap(end_, other.end_);
    std::swap(capacity_, other.capacity_);
  }

  char* bytes_ = nullptr;
  size_t begin_ = 0;
  size_t end_ = 0;
  size_t capacity_ = 0;
};

}  // namespace holdfast
