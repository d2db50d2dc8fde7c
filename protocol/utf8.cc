#include "protocol/utf8.h"

#include <algorithm>

namespace holdfast {
namespace {

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U;
}

// The length of the well-formed sequence at the front, 0 where there is none. REQUIRES: not empty.
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t at) { return static_cast<unsigned char>(text[at]); };
  if (byte(0) < 0x80) return 1;
  const size_t length = byte(0) < 0xc2 ? 0 : byte(0) < 0xe0 ? 2 : byte(0) < 0xf0 ? 3 : byte(0) < 0xf5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  const std::string_view tail = text.substr(1, length - 1);
  if (!std::all_of(tail.begin(), tail.end(), continues)) return 0;
  if (byte(0) == 0xe0 && byte(1) < 0xa0) return 0;   // overlong
  if (byte(0) == 0xed && byte(1) >= 0xa0) return 0;  // a surrogate
  if (byte(0) == 0xf0 && byte(1) < 0x90) return 0;   // overlong
  if (byte(0) == 0xf4 && byte(1) >= 0x90) return 0;  // above U+10FFFF
  return length;
}

}  // namespace

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const size_t length = sequence_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

size_t columns_of(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

}  // namespace holdfast
