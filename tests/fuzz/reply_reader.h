// What it is: replies read once more, for tests that trust nothing of ours: where one ends, and that it is well-formed
// RESP2, or RESP3 where the client may have asked for that. It shares nothing with protocol/resp_writer.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/check.h"

namespace holdfast {

inline int64_t number_in_reply(std::string_view digits) {
  const std::string text(digits);
  const bool negative = text.starts_with('-');
  CHECK(text.size() > (negative ? 1 : 0) && text.size() <= 20);
  CHECK(text.find_first_not_of("0123456789", negative ? 1 : 0) == std::string::npos);
  return std::strtoll(text.c_str(), nullptr, 10);
}

// An error begins with its code, in capitals.
inline void check_error(std::string_view text) {
  const size_t code = text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  CHECK(code != 0 && (code == std::string_view::npos || text[code] == ' '));
}

// How many bytes the first reply has; 0 where it is not all there. CHECKs that it is well-formed.
inline size_t reply_size(std::string_view bytes, bool may_be_resp3) {
  constexpr int64_t most = 1'000'000;
  size_t at = 0;
  for (int64_t left = 1; left > 0; --left) {
    const size_t end = bytes.find_first_of("\r\n", at);
    if (end == std::string_view::npos || end + 1 == bytes.size()) return 0;
    CHECK(end > at && bytes.substr(end, 2) == "\r\n");
    const char type = bytes[at];
    const std::string_view text = bytes.substr(at + 1, end - at - 1);
    at = end + 2;
    CHECK(std::string_view("+-:$*").find(type) != std::string_view::npos ||
          (may_be_resp3 && std::string_view("%~>_#,=").find(type) != std::string_view::npos));
    if (type == '-') check_error(text);
    if (type == '_') CHECK(text.empty());
    if (type == '#') CHECK(text == "t" || text == "f");
    if (type == ',') CHECK(!text.empty());
    if (std::string_view("+-_#,").find(type) != std::string_view::npos) continue;
    const int64_t number = number_in_reply(text);
    if (type == ':') continue;
    CHECK(number >= (type == '$' || type == '*' ? -1 : 0) && number <= most);
    if (type == '$' || type == '=') {
      if (number < 0) continue;
      const auto size = static_cast<size_t>(number);
      if (bytes.size() - at < size + 2) return 0;
      CHECK(bytes.substr(at + size, 2) == "\r\n" && (type == '$' || bytes.substr(at, 4) == "txt:"));
      at += size + 2;
    } else if (number > 0) {
      left += type == '%' ? 2 * number : number;
    }
  }
  return at;
}

}  // namespace holdfast
