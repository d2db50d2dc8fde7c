#include "tools/cli/resp_reader.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace holdfast {
namespace {

std::optional<int64_t> integer_of(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

constexpr std::string_view crlf = "\r\n";

}  // namespace

ParseStatus RespReader::read(const char* data, size_t size) {
  if (!error_.empty()) return ParseStatus::error;
  if (finished_) {
    reset();
    levels_.push_back({.left = 1, .begin = 0, .attribute = false});
    finished_ = false;
  }
  data_ = data;
  for (;;) {
    const size_t nodes = nodes_.size();
    const size_t levels = levels_.size();
    const ParseStatus status = read_element(size);
    if (status != ParseStatus::complete) return status;
    const bool opened = levels_.size() > levels;
    const bool nothing = nodes_.size() == nodes;  // an empty attribute
    if (opened || nothing) continue;
    if (element_ends()) {
      finished_ = true;
      return ParseStatus::complete;
    }
  }
}

void RespReader::reset() {
  at_ = 0;
  scanned_ = 0;
  finished_ = true;
  nodes_.clear();
  levels_.clear();
  error_.clear();
}

// Takes note that an element is complete, and with it maybe what it is in. True at the end of the reply.
bool RespReader::element_ends() {
  for (;;) {
    const Level level = levels_.back();
    if (level.left > 1) {
      --levels_.back().left;
      return false;
    }
    levels_.pop_back();
    if (level.attribute) {  // what it is about comes behind it
      nodes_.resize(level.begin);
      return false;
    }
    if (levels_.empty()) return true;
  }
}

ParseStatus RespReader::read_element(size_t size) {
  if (scanned_ < at_) scanned_ = at_;
  const void* const found = scanned_ < size ? std::memchr(data_ + scanned_, '\n', size - scanned_) : nullptr;
  const size_t end = found ? static_cast<size_t>(static_cast<const char*>(found) - data_) : size;
  if (end - at_ > limits_.line_bytes) return fail("line too long");
  if (!found) {
    scanned_ = size;
    return ParseStatus::incomplete;
  }
  if (end - at_ < 2 || data_[end - 1] != '\r') return fail("line without type or CR");
  const char type = data_[at_];
  const std::string_view line(data_ + at_ + 1, end - at_ - 2);
  if (type == '$' || type == '=' || type == '!') return read_string(type, line, size);
  at_ = end + 1;
  return read_line_of(type, line);
}

ParseStatus RespReader::read_line_of(char type, std::string_view line) {
  switch (type) {
    case '+':
      add(ReplyKind::status, 0, line);
      return ParseStatus::complete;
    case '-':
      add(ReplyKind::error, 0, line);
      return ParseStatus::complete;
    case ':': {
      const auto value = integer_of(line);
      if (!value) return fail("bad integer");
      add(ReplyKind::integer, *value);
      return ParseStatus::complete;
    }
    case '_':
      if (!line.empty()) return fail("bad nil");
      add(ReplyKind::nil);
      return ParseStatus::complete;
    case '#':
      if (line != "t" && line != "f") return fail("bad boolean");
      add(ReplyKind::boolean, line == "t" ? 1 : 0);
      return ParseStatus::complete;
    case ',':
      add(ReplyKind::decimal, 0, line);
      return ParseStatus::complete;
    case '(':
      add(ReplyKind::big_number, 0, line);
      return ParseStatus::complete;
    default:
      return read_aggregate(type, line);
  }
}

ParseStatus RespReader::read_string(char type, std::string_view line, size_t size) {
  const auto length = integer_of(line);
  const size_t begin = at_ + 1 + line.size() + crlf.size();
  if (type == '$' && length == -1) {
    add(ReplyKind::nil);
    at_ = begin;
    return ParseStatus::complete;
  }
  if (!length || *length < 0 || static_cast<uint64_t>(*length) > limits_.bulk_bytes) return fail("bad length");
  const auto bytes = static_cast<size_t>(*length);
  if (size - begin < bytes + crlf.size()) return ParseStatus::incomplete;
  if (std::string_view(data_ + begin + bytes, crlf.size()) != crlf) return fail("string without CRLF");
  std::string_view text(data_ + begin, bytes);
  if (type == '=') {
    if (bytes < 4 || text[3] != ':') return fail("bad verbatim string");
    text.remove_prefix(4);
  }
  add(type == '$' ? ReplyKind::text : type == '=' ? ReplyKind::verbatim : ReplyKind::error, 0, text);
  at_ = begin + bytes + crlf.size();
  return ParseStatus::complete;
}

ParseStatus RespReader::read_aggregate(char type, std::string_view line) {
  constexpr int64_t most_elements = INT32_MAX;
  const bool pairs = type == '%' || type == '|';
  if (!pairs && type != '*' && type != '~' && type != '>') return fail("unknown type");
  const auto announced = integer_of(line);
  if (type == '*' && announced == -1) {
    add(ReplyKind::nil);
    return ParseStatus::complete;
  }
  if (!announced || *announced < 0 || *announced > most_elements) return fail("bad count");
  const int64_t count = pairs ? *announced * 2 : *announced;
  if (count > 0 && levels_.size() > limits_.depth) return fail("too deep");
  if (count > 0) levels_.push_back({.left = count, .begin = nodes_.size(), .attribute = type == '|'});
  if (type == '|') return ParseStatus::complete;
  add(type == '%'   ? ReplyKind::map
      : type == '~' ? ReplyKind::set
      : type == '>' ? ReplyKind::push
                    : ReplyKind::array,
      count);
  return ParseStatus::complete;
}

void RespReader::add(ReplyKind kind, int64_t number, std::string_view text) {
  const size_t offset = text.data() ? static_cast<size_t>(text.data() - data_) : 0;
  nodes_.push_back({.kind = kind, .number = number, .offset = offset, .size = text.size()});
}

ParseStatus RespReader::fail(std::string_view what) {
  error_ = what;
  return ParseStatus::error;
}

}  // namespace holdfast
