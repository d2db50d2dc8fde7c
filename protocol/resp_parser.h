// What it is: the reader of client requests: RESP arrays of bulk strings, and inline lines, as Redis 7 reads them
// (processMultibulkBuffer, processInlineBuffer, sdssplitargs), but strict: every CRLF of an array must be there.
// Threads: one owner. Time: O(bytes received), however they are cut into pieces; a request that is in the buffer as a
// whole is read in one pass, one that comes in pieces in two: a resumable check first, the one pass at its end.
// Invariant: between calls it keeps offsets, never pointers, so the caller's buffer may move while a request is
// unfinished. What a stream of bytes means does not depend on how it was cut.
// Limits: ParserLimits. Allocates only for more args than it has seen so far; what an enormous request needed is given
// back at the next one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/limits.h"
#include "protocol/buffer.h"

namespace holdfast {

enum class ParseStatus : uint8_t { complete, incomplete, error };

struct ParserLimits {
  size_t request_bytes =
      limits::request_bytes;      // one request, framing included; an inline line also 64 KiB, as in Redis
  size_t args = size_t{1} << 20;  // what an array may announce; inline words are bounded by the line alone
  bool logged_in = true;          // else the errors say, as Redis's, that more may be sent after logging in
};

// Before somebody has logged in (Redis: authRequired in processMultibulkBuffer).
inline constexpr size_t stranger_args = 10;

class RequestParser {
 public:
  explicit RequestParser(ParserLimits limits = {}) : limits_(limits) {}

  // Reads on in the unfinished request that starts at data; size counts all that has arrived from there on.
  //   complete: args() and consumed() tell it. The caller drops the consumed bytes and calls again for the next one.
  //     Nothing was asked (a blank line, *0, a negative count): complete without args.
  //   incomplete: nothing is consumed; call again with the same bytes and more behind them.
  //   error: error() tells it, and every further call answers error until reset().
  // Never incomplete once size reaches limits.request_bytes, so a caller can bound its buffer.
  ParseStatus parse(const char* data, size_t size) {
    if (state_ == State::start) [[likely]] {
      if (swollen_) [[unlikely]]
        release_if_idle();
      if (take_array(data, size < limits_.request_bytes ? size : limits_.request_bytes) && arg_count_ <= limits_.args)
          [[likely]] {
        return ParseStatus::complete;
      }
    }
    return resume(data, size);
  }

  // After complete: views into data, or into the parser for quoted inline words; good until the next call of parse,
  // reset or release_if_idle, and as long as the caller leaves the bytes where they are.
  std::span<const std::string_view> args() const { return {args_.data(), arg_count_}; }

  // After complete: the bytes of the request, framing included.
  size_t consumed() const { return consumed_; }

  // After complete: it came as a line, not as an array.
  bool is_inline() const { return inline_; }

  // After error: the text that goes behind "-ERR ". May hold a raw byte of the client's (RespWriter::error tames it).
  std::string_view error() const { return error_; }

  // For what has not been judged yet; a request under way is held to the new limits from here on.
  void set_limits(ParserLimits limits) { limits_ = limits; }

  // Forgets the unfinished request and the error.
  void reset();

  // Memory held for words.
  size_t storage_bytes() const { return args_.capacity() * sizeof(std::string_view) + scratch_.capacity(); }

  // Gives all storage back, unless a request is unfinished. args() is empty then.
  void release_if_idle();

 private:
  enum class State : uint8_t { start, count_line, length_line, payload, inline_line, failed };

  bool take_array(const char* data, size_t size);
  ParseStatus resume(const char* data, size_t size);
  ParseStatus advance(const char* data, size_t size);
  ParseStatus read_count(const char* data, size_t size);
  ParseStatus read_length(const char* data, size_t size);
  ParseStatus read_payload(const char* data, size_t size);
  ParseStatus find_length_end(const char* data, size_t size);
  ParseStatus read_inline(const char* data, size_t size);
  bool split_words(const char* at, const char* end);
  const char* take_quoted(const char* word, const char* quote, const char* end);
  void make_room_for_args(size_t count);
  void add_arg(const char* data, size_t size);
  ParseStatus finish();
  ParseStatus fail(std::string_view what);
  ParseStatus fail_too_large();

  State state_ = State::start;
  bool inline_ = false;
  bool swollen_ = false;  // storage is larger than what is worth keeping
  size_t pos_ = 0;        // where the line or payload that is being read starts
  size_t scanned_ = 0;    // no end of line before here; meaningful in a line
  size_t count_ = 0;      // announced by the array
  size_t left_ = 0;       // of these, not yet begun
  size_t length_ = 0;     // announced for the payload
  size_t consumed_ = 0;
  size_t arg_count_ = 0;
  std::vector<std::string_view> args_;  // as long as the largest request so far; the first arg_count_ are the request's
  Buffer scratch_;                      // quoted inline words, decoded
  std::string error_;
  ParserLimits limits_;
};

}  // namespace holdfast
