// What it is: the reader of a server's replies, RESP2 and RESP3, for clients: holdfast-cli, load generators, tests.
// A reply is a run of nodes in the order of its bytes: an array is followed by its elements, a map by its keys and
// values in turn. The run is used again for the next reply, so once warm nothing is allocated.
// Threads: one owner. Time: O(bytes received), however they are cut into pieces; only the first line of an unfinished
// string is read again.
// Invariant: between calls it keeps offsets, never pointers, so the caller's buffer may move while a reply is
// unfinished. What a stream of bytes means does not depend on how it was cut.
// Limits: ReplyLimits; nothing is allocated for what is only announced. Attributes (`|`) are read and dropped. Streamed
// strings and aggregates (`$?`, `*?`) are refused: no server sends them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/resp_parser.h"

namespace holdfast {

enum class ReplyKind : uint8_t {
  status,
  error,  // also the long form, `!`
  integer,
  text,      // a bulk string
  verbatim,  // without its "txt:"
  nil,       // of any form
  boolean,
  decimal,     // `,`: the text as sent, "inf" and "nan" included
  big_number,  // `(`: the text as sent
  array,
  map,
  set,
  push,  // comes when the server likes, and answers nothing
};

struct ReplyNode {
  ReplyKind kind = ReplyKind::nil;
  int64_t number = 0;  // integer, boolean: the value; aggregates: nodes right below it (of a map: keys and values)
  size_t offset = 0;   // of the text, from the first byte of the reply
  size_t size = 0;
};

struct ReplyLimits {
  size_t depth = 64;                    // aggregates inside each other
  size_t bulk_bytes = size_t{1} << 29;  // 512 MiB, as in Redis
  size_t line_bytes = size_t{1} << 20;  // a line of any kind
};

class RespReader {
 public:
  explicit RespReader(ReplyLimits limits = {}) : limits_(limits) {}

  // Reads on in the unfinished reply that starts at data; size counts all that has arrived from there on.
  //   complete: nodes(), text() and consumed() tell it. The caller drops the consumed bytes, and calls again.
  //   incomplete: nothing is consumed; call again with the same bytes and more behind them.
  //   error: these are no replies; error() tells why, and so does every further call until reset().
  ParseStatus read(const char* data, size_t size);

  // After complete. Never empty.
  std::span<const ReplyNode> nodes() const { return nodes_; }
  const ReplyNode& first() const { return nodes_.front(); }
  // Of status, error, text, verbatim, decimal, big_number; a view into data. Good until the next read.
  std::string_view text(const ReplyNode& node) const { return {data_ + node.offset, node.size}; }
  size_t consumed() const { return at_; }

  const std::string& error() const { return error_; }
  void reset();  // forgets the unfinished reply and the error

 private:
  struct Level {
    int64_t left;  // elements still to come
    size_t begin;  // of its nodes
    bool attribute;
  };

  ParseStatus read_element(size_t size);
  ParseStatus read_line_of(char type, std::string_view line);
  ParseStatus read_string(char type, std::string_view line, size_t size);
  ParseStatus read_aggregate(char type, std::string_view line);
  void add(ReplyKind kind, int64_t number = 0, std::string_view text = {});
  bool element_ends();
  ParseStatus fail(std::string_view what);

  ReplyLimits limits_;
  const char* data_ = nullptr;  // of the call under way, or that just ended
  size_t at_ = 0;               // where the next element begins
  size_t scanned_ = 0;          // no end of line between at_ and here
  bool finished_ = true;        // the next call begins a reply
  std::vector<ReplyNode> nodes_;
  std::vector<Level> levels_;  // the lowest one stands for the reply
  std::string error_;
};

}  // namespace holdfast
