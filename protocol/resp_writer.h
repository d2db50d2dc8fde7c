// What it is: the writer of replies, RESP2 and RESP3, into a Buffer. Each function appends one element; an aggregate
// is its header followed by that many elements. Where RESP2 has no such type, it gets what Redis 7 sends it instead.
// Threads: one owner; made for one reply or for many, it holds no state but the version. Time: O(bytes written).
// Invariant: what it writes is well-formed whatever the text says: error and simple let no CR or LF through.
// Limits: none; the caller bounds the buffer.
#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "engine/check.h"
#include "protocol/buffer.h"

namespace holdfast {

class RespWriter {
 public:
  // REQUIRES: version is 2 or 3.
  RespWriter(Buffer& out, int version) : out_(out), version_(version) { DCHECK(version == 2 || version == 3); }

  int version() const { return version_; }

  // HELLO answers in the version that it has just chosen. REQUIRES: 2 or 3.
  void set_version(int version) {
    DCHECK(version == 2 || version == 3);
    version_ = version;
  }

  void simple(std::string_view text) { line('+', text); }

  // The text without the '-': "ERR syntax error", "NOHOLD id=...".
  void error(std::string_view text) { line('-', text); }

  // Any integer but bool. REQUIRES: at most 2^63-1, RESP knows no more.
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) void integer(Integer value) { number_line(':', value); }

  void bulk(std::string_view text) {
    char* at = put_number('$', text.size(), out_.prepare(number_line_bytes + text.size() + 2));
    at = put_crlf(put(text, at));
    commit_to(at);
  }

  // A reply that another writer of the same version wrote.
  void written(std::string_view reply) { out_.append(reply); }

  void nil() { out_.append(version_ == 2 ? std::string_view("$-1\r\n") : std::string_view("_\r\n")); }
  void nil_array() { out_.append(version_ == 2 ? std::string_view("*-1\r\n") : std::string_view("_\r\n")); }

  // n elements follow.
  void array(size_t n) { number_line('*', n); }
  void set(size_t n) { number_line(version_ == 2 ? '*' : '~', n); }
  void push(size_t n) { number_line(version_ == 2 ? '*' : '>', n); }

  // n keys and values follow, in turns.
  void map(size_t n) { number_line(version_ == 2 ? '*' : '%', version_ == 2 ? 2 * n : n); }

  void boolean(bool value) {
    if (version_ == 2) return out_.append(value ? std::string_view(":1\r\n") : std::string_view(":0\r\n"));
    out_.append(value ? std::string_view("#t\r\n") : std::string_view("#f\r\n"));
  }

  // The shortest decimal that reads back as the same double; whole numbers as integers; inf, -inf, nan.
  void real(double value);

  // Text for people, RESP3 says so ("txt"); a bulk string in RESP2.
  void verbatim(std::string_view text);

 private:
  static constexpr size_t number_line_bytes = 1 + 20 + 2;  // type, -2^63 or 2^64-1, CRLF

  static char* put(std::string_view text, char* at) {
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    return at + text.size();
  }

  static char* put_crlf(char* at) {
    *at++ = '\r';
    *at++ = '\n';
    return at;
  }

  // Most numbers of a reply are lengths and counts of one digit.
  template <std::integral Integer>
  static char* put_number(char type, Integer value, char* at) {
    *at++ = type;
    if (value >= 0 && value <= 9) {
      *at++ = static_cast<char>('0' + static_cast<char>(value));
    } else {
      at = std::to_chars(at, at + 20, value).ptr;
    }
    return put_crlf(at);
  }

  template <std::integral Integer>
  void number_line(char type, Integer value) {
    commit_to(put_number(type, value, out_.prepare(number_line_bytes)));
  }

  void commit_to(const char* end) { out_.commit(static_cast<size_t>(end - (out_.data() + out_.size()))); }

  void line(char type, std::string_view text);

  Buffer& out_;
  int version_;
};

}  // namespace holdfast
