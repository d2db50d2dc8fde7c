// What it is: writes requests as arrays of bulk strings, without any copy between.
// Threads: one owner of the buffer. Time: O(bytes).
#pragma once

#include <charconv>
#include <cstdint>
#include <string_view>

#include "protocol/buffer.h"

namespace holdfast::load {

class RequestWriter {
 public:
  RequestWriter(Buffer& out, size_t words) : out_(out) { head('*', words); }

  RequestWriter& word(std::string_view text) {
    head('$', text.size());
    out_.append(text);
    out_.append("\r\n");
    return *this;
  }
  RequestWriter& number(int64_t value) {
    char text[24];
    const auto end = std::to_chars(text, text + sizeof text, value).ptr;
    return word({text, static_cast<size_t>(end - text)});
  }

 private:
  void head(char type, size_t value) {
    constexpr size_t most = 24;
    char* const at = out_.prepare(most);
    *at = type;
    char* end = std::to_chars(at + 1, at + most, value).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out_.commit(static_cast<size_t>(end - at));
  }

  Buffer& out_;
};

}  // namespace holdfast::load
