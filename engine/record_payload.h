// What it is: the parts of which the payloads of records are made, written and read: names are a length byte and bytes;
// numbers are LEB128, the shortest form only; numbers that may be negative are zigzag; an id is 15 bytes, big end
// first; a word is 8 bytes. Threads: values. Time: O(bytes). Errors: a source that once had something wrong answers 0
// to everything, and is not good() any more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/check.h"
#include "engine/limits.h"
#include "engine/types.h"

namespace holdfast {

inline constexpr size_t hold_id_bytes = 15;

inline uint64_t zigzag(int64_t value) {
  return static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63);
}

inline int64_t unzigzag(uint64_t value) {
  return static_cast<int64_t>(value >> 1 ^ (~(value & 1) + 1));
}

// Counts what PayloadWriter would write.
class PayloadCounter {
 public:
  void byte(uint8_t) { ++size_; }
  void raw(const void*, size_t size) { size_ += size; }
  void number(uint64_t value) {
    do ++size_;
    while (value >>= 7);
  }
  size_t size() const { return size_; }

 private:
  size_t size_ = 0;
};

class PayloadWriter {
 public:
  explicit PayloadWriter(char* out) : at_(out) {}
  void byte(uint8_t value) { *at_++ = static_cast<char>(value); }
  void raw(const void* bytes, size_t size) {
    std::memcpy(at_, bytes, size);
    at_ += size;
  }
  void number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<uint8_t>(value | 0x80));
    byte(static_cast<uint8_t>(value));
  }
  char* end() const { return at_; }

 private:
  char* at_;
};

// Appends to a text.
class PayloadAppender {
 public:
  explicit PayloadAppender(std::string& out) : out_(out) {}
  void byte(uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void raw(const void* bytes, size_t size) { out_.append(static_cast<const char*>(bytes), size); }
  void number(uint64_t value) {
    for (; value >= 0x80; value >>= 7) byte(static_cast<uint8_t>(value | 0x80));
    byte(static_cast<uint8_t>(value));
  }

 private:
  std::string& out_;
};

template <class Out>
void put_name(Out& out, std::string_view name) {
  CHECK(name.size() <= limits::name_bytes);
  out.byte(static_cast<uint8_t>(name.size()));
  if (!name.empty()) out.raw(name.data(), name.size());
}

template <class Out>
void put_id(Out& out, const HoldId& id) {
  // Each word by itself: bytes that come from two stores are loaded together only when both are in the cache.
  const uint64_t high = __builtin_bswap64(id.high);
  const uint64_t low = __builtin_bswap64(id.low);
  out.raw(&high, sizeof high);
  out.raw(&low, hold_id_bytes - sizeof high);
}

template <class Out>
void put_word(Out& out, uint64_t word) {
  out.raw(&word, sizeof word);
}

// Reads from the front; once something was wrong, everything is.
class PayloadSource {
 public:
  explicit PayloadSource(std::string_view bytes) : rest_(bytes) {}

  bool good() const { return good_; }
  bool used_up() const { return good_ && rest_.empty(); }

  std::string_view raw(size_t size) {
    if (!good_ || size > rest_.size()) return good_ = false, std::string_view{};
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  uint8_t byte() {
    const std::string_view bytes = raw(1);
    return good_ ? static_cast<uint8_t>(bytes[0]) : uint8_t{0};
  }
  // Of these bits only.
  uint8_t flags(uint8_t known) {
    const uint8_t value = byte();
    if ((value & ~known) != 0) good_ = false;
    return value;
  }
  uint64_t number(uint64_t limit) {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t digit = byte();
      value |= uint64_t{digit & 0x7fu} << shift;
      if (shift == 63 && digit > 1) break;
      if ((digit & 0x80) != 0) continue;
      if ((digit == 0 && shift > 0) || value > limit) break;
      return value;
    }
    good_ = false;
    return 0;
  }
  int64_t signed_number() { return unzigzag(number(UINT64_MAX)); }
  std::string_view name(size_t at_least = 1) {
    const std::string_view text = raw(byte());
    if (text.size() < at_least) good_ = false;
    return text;
  }
  HoldId id() {
    const std::string_view bytes = raw(hold_id_bytes);
    HoldId id;
    if (!good_) return id;
    for (size_t i = 0; i < 8; ++i) id.high = id.high << 8 | static_cast<uint8_t>(bytes[i]);
    for (size_t i = 8; i < hold_id_bytes; ++i) id.low = id.low << 8 | static_cast<uint8_t>(bytes[i]);
    id.low <<= 8;
    return id;
  }
  uint64_t word() {
    const std::string_view bytes = raw(sizeof(uint64_t));
    uint64_t word = 0;
    if (good_) std::memcpy(&word, bytes.data(), sizeof word);
    return word;
  }
  TimeUs deadline(TimeUs at_us) {
    TimeUs deadline_us = 0;
    if (__builtin_add_overflow(at_us, signed_number(), &deadline_us)) good_ = false;
    return deadline_us;
  }
  void refuse() { good_ = false; }

 private:
  std::string_view rest_;
  bool good_ = true;
};

}  // namespace holdfast
