#include "protocol/resp_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "engine/check.h"

namespace holdfast {
namespace {

constexpr size_t max_line_bytes = size_t{64} << 10;  // Redis: PROTO_INLINE_MAX_SIZE
constexpr size_t smallest_bulk = 6;                  // $0 CRLF CRLF
constexpr size_t kept_args = 1024;
constexpr size_t kept_scratch_bytes = 4096;
constexpr size_t first_args = 16;

// Redis: string2ll. One spelling for each number: no blanks, plus sign, leading zeros or minus zero.
bool parse_length(std::string_view text, int64_t& value) {
  const size_t first_digit = text.starts_with('-') ? 1 : 0;
  if (text.size() > 1 && text[first_digit] == '0') return false;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), value);
  return failure == std::errc() && end == text.data() + text.size();
}

bool is_line_end(const char* at) {
  return std::memcmp(at, "\r\n", 2) == 0;
}

// The number before CRLF at `at`; the place behind the line, or nullptr for whatever is not plainly right.
inline const char* take_length(const char* at, const char* end, size_t& value) {
  constexpr auto digit = [](char c) { return static_cast<size_t>(static_cast<unsigned char>(c - '0')); };
  if (end - at >= 4) {  // most are of one digit, or of two
    const size_t first = digit(at[0]);
    if (first <= 9 && is_line_end(at + 1)) {
      value = first;
      return at + 3;
    }
    if (first - 1 < 9 && digit(at[1]) <= 9 && is_line_end(at + 2)) {
      value = first * 10 + digit(at[1]);
      return at + 4;
    }
  }
  const char* const first = at;
  size_t number = 0;
  while (at != end && digit(*at) <= 9) number = number * 10 + digit(*at++);
  const auto digits = at - first;
  if (digits == 0 || digits > 18 || (*first == '0' && digits > 1)) return nullptr;
  if (end - at < 2 || !is_line_end(at)) return nullptr;
  value = number;
  return at + 2;
}

bool is_blank(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}  // isspace in the C locale
bool ends_word(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}  // so \v and \f stay in a word

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Decodes the escape whose backslash is at `at`, in double quotes; returns the place behind it.
// REQUIRES: end - at >= 2.
const char* take_escape(const char* at, const char* end, char& value) {
  if (at[1] == 'x' && end - at >= 4 && hex_value(at[2]) >= 0 && hex_value(at[3]) >= 0) {
    value = static_cast<char>(hex_value(at[2]) * 16 + hex_value(at[3]));
    return at + 4;
  }
  switch (at[1]) {
    case 'n':
      value = '\n';
      break;
    case 'r':
      value = '\r';
      break;
    case 't':
      value = '\t';
      break;
    case 'b':
      value = '\b';
      break;
    case 'a':
      value = '\a';
      break;
    default:
      value = at[1];
      break;
  }
  return at + 2;
}

}  // namespace

void RequestParser::reset() {
  state_ = State::start;
  arg_count_ = consumed_ = 0;
  error_.clear();
}

void RequestParser::release_if_idle() {
  if (state_ != State::start && state_ != State::failed) return;
  std::vector<std::string_view>().swap(args_);
  scratch_.clear();
  scratch_.release_if_empty();
  arg_count_ = 0;
  swollen_ = false;
}

// The hot path: a whole array, nothing unusual, no more args than seen before. False changes nothing that matters: then
// the resumable reader starts at the same byte and finds out what is missing, wrong, or merely new.
bool RequestParser::take_array(const char* data, size_t size) {
  if (size == 0 || *data != '*') return false;
  const char* const end = data + size;
  size_t count = 0;
  const char* at = take_length(data + 1, end, count);
  if (at == nullptr || count > args_.size()) return false;
  std::string_view* const args = args_.data();
  for (size_t i = 0; i < count; ++i) {
    if (at == end || *at != '$') return false;
    size_t length = 0;
    at = take_length(at + 1, end, length);
    if (at == nullptr) return false;
    const size_t there = static_cast<size_t>(end - at);
    if (there < 2 || length > there - 2 || !is_line_end(at + length)) return false;
    args[i] = std::string_view(at, length);
    at += length + 2;
  }
  arg_count_ = count;
  consumed_ = static_cast<size_t>(at - data);
  inline_ = false;
  return true;
}

// Looks at no byte beyond the limit: so it cannot matter whether those have arrived yet.
ParseStatus RequestParser::resume(const char* data, size_t size) {
  if (state_ == State::failed) return ParseStatus::error;
  arg_count_ = 0;
  const ParseStatus status = advance(data, std::min(size, limits_.request_bytes));
  if (status == ParseStatus::incomplete && size >= limits_.request_bytes) return fail_too_large();
  return status;
}

ParseStatus RequestParser::advance(const char* data, size_t size) {
  if (state_ == State::start) {
    if (size == 0) return ParseStatus::incomplete;
    inline_ = data[0] != '*';
    state_ = inline_ ? State::inline_line : State::count_line;
    pos_ = scanned_ = 0;
  }
  if (state_ == State::inline_line) return read_inline(data, size);
  if (state_ == State::count_line) {
    const ParseStatus status = read_count(data, size);
    if (status != ParseStatus::complete) return status;
  }
  while (left_ > 0 || state_ == State::payload) {
    const ParseStatus status = state_ == State::length_line ? read_length(data, size) : read_payload(data, size);
    if (status != ParseStatus::complete) return status;
  }
  if (count_ == 0) {
    consumed_ = pos_;
  } else {
    make_room_for_args(count_);
    CHECK(take_array(data, pos_));
  }
  return finish();
}

ParseStatus RequestParser::read_count(const char* data, size_t size) {
  const ParseStatus status = find_length_end(data, size);
  if (status != ParseStatus::complete) return status;
  int64_t count = 0;
  if (!parse_length({data + 1, scanned_ - 1}, count) || std::cmp_greater(count, limits_.args)) {
    return fail(limits_.logged_in || count <= 0 ? "invalid multibulk length" : "unauthenticated multibulk length");
  }
  pos_ = scanned_ = scanned_ + 2;
  left_ = count_ = count > 0 ? static_cast<size_t>(count) : 0;
  if (left_ > (limits_.request_bytes - pos_) / smallest_bulk) return fail_too_large();
  state_ = State::length_line;
  return ParseStatus::complete;
}

ParseStatus RequestParser::read_length(const char* data, size_t size) {
  if (pos_ >= size) return ParseStatus::incomplete;
  if (data[pos_] != '$') return fail(std::string("expected '$', got '") + data[pos_] + "'");
  const ParseStatus status = find_length_end(data, size);
  if (status != ParseStatus::complete) return status;
  int64_t length = 0;
  if (!parse_length({data + pos_ + 1, scanned_ - pos_ - 1}, length) || length < 0) return fail("invalid bulk length");
  pos_ = scanned_ + 2;
  length_ = static_cast<size_t>(length);
  --left_;
  if (!limits_.logged_in && length_ > limits_.request_bytes) return fail("unauthenticated bulk length");
  const size_t room = limits_.request_bytes - pos_;
  if (length_ > room || left_ > room / smallest_bulk || room - length_ < 2 + left_ * smallest_bulk) {
    return fail_too_large();
  }
  state_ = State::payload;
  return ParseStatus::complete;
}

ParseStatus RequestParser::read_payload(const char* data, size_t size) {
  const size_t end = pos_ + length_;
  if (size > end && data[end] != '\r') return fail("expected CRLF after bulk");
  if (size < end + 2) return ParseStatus::incomplete;
  if (data[end + 1] != '\n') return fail("expected CRLF after bulk");
  pos_ = scanned_ = end + 2;
  state_ = State::length_line;
  return ParseStatus::complete;
}

// Complete: the length line that starts at pos_ has its CRLF at scanned_.
ParseStatus RequestParser::find_length_end(const char* data, size_t size) {
  const bool counting = state_ == State::count_line;
  const size_t stop = std::min(size, pos_ + max_line_bytes + 1);
  while (scanned_ < stop && data[scanned_] != '\r' && data[scanned_] != '\n') ++scanned_;
  if (scanned_ >= stop) {
    if (stop > pos_ + max_line_bytes)
      return fail(counting ? "too big mbulk count string" : "too big bulk count string");
    return ParseStatus::incomplete;
  }
  const bool has_cr = data[scanned_] == '\r';
  if (has_cr && scanned_ + 1 >= size) return ParseStatus::incomplete;
  if (!has_cr || data[scanned_ + 1] != '\n') {
    return fail(counting ? "expected CRLF after multibulk length" : "expected CRLF after bulk length");
  }
  return ParseStatus::complete;
}

ParseStatus RequestParser::read_inline(const char* data, size_t size) {
  const size_t stop = std::min(size, max_line_bytes + 1);
  const void* newline = scanned_ < stop ? std::memchr(data + scanned_, '\n', stop - scanned_) : nullptr;
  if (newline == nullptr) {
    if (stop > max_line_bytes) return fail("too big inline request");
    scanned_ = stop;
    return ParseStatus::incomplete;
  }
  const char* end = static_cast<const char*>(newline);
  consumed_ = static_cast<size_t>(end - data) + 1;
  if (end != data && end[-1] == '\r') --end;
  if (!split_words(data, end)) return fail("unbalanced quotes in request");
  return finish();
}

// Redis: sdssplitargs; but a zero byte, which ends a C string there, is a byte of a word here.
bool RequestParser::split_words(const char* at, const char* end) {
  scratch_.clear();
  for (;;) {
    while (at != end && is_blank(*at)) ++at;
    if (at == end) return true;
    const char* const word = at;
    while (at != end && !ends_word(*at) && *at != '"' && *at != '\'') ++at;
    if (at == end || ends_word(*at)) {
      add_arg(word, static_cast<size_t>(at - word));
    } else {
      at = take_quoted(word, at, end);
      if (at == nullptr) return false;
    }
  }
}

// A word with a quoted part, which only its end can be. Returns the place behind it, nullptr where quotes do not match.
const char* RequestParser::take_quoted(const char* word, const char* quote, const char* end) {
  // Decoding never makes longer, so this moves nothing after the line's first quoted word: earlier views stay good.
  char* const decoded = scratch_.prepare(static_cast<size_t>(end - word));
  char* out = std::copy(word, quote, decoded);
  const char mark = *quote;
  const char* at = quote + 1;
  while (at != end && *at != mark) {
    const bool escape = *at == '\\' && end - at >= 2;
    if (escape && mark == '"') {
      at = take_escape(at, end, *out++);
    } else if (escape && at[1] == '\'') {
      *out++ = '\'';
      at += 2;
    } else {
      *out++ = *at++;
    }
  }
  if (at == end || (at + 1 != end && !is_blank(at[1]))) return nullptr;
  const auto size = static_cast<size_t>(out - decoded);
  scratch_.commit(size);
  if (scratch_.capacity() > kept_scratch_bytes) swollen_ = true;
  add_arg(decoded, size);
  return at + 1;
}

void RequestParser::make_room_for_args(size_t count) {
  if (count > args_.size()) args_.resize(std::max(first_args, count));
  if (count > kept_args) swollen_ = true;
}

void RequestParser::add_arg(const char* data, size_t size) {
  if (arg_count_ == args_.size()) make_room_for_args(std::max(first_args, 2 * arg_count_));
  args_[arg_count_++] = std::string_view(data, size);
}

ParseStatus RequestParser::finish() {
  state_ = State::start;
  return ParseStatus::complete;
}

ParseStatus RequestParser::fail(std::string_view what) {
  state_ = State::failed;
  arg_count_ = 0;
  error_.assign("Protocol error: ").append(what);
  return ParseStatus::error;
}

ParseStatus RequestParser::fail_too_large() {
  return fail("request larger than " + std::to_string(limits_.request_bytes) + " bytes");
}

}  // namespace holdfast
