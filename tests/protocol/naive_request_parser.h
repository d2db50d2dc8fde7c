// What it is: the request grammar once more, for tests: from a whole string, by copying, with no thought for speed.
// It follows Redis 7 and the wire contract line by line and shares nothing with protocol/resp_parser.cc.
#pragma once

#include <cctype>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "protocol/resp_parser.h"

namespace holdfast::naive {

struct Request {
  ParseStatus status = ParseStatus::incomplete;
  std::vector<std::string> args = {};
  size_t consumed = 0;
  bool is_inline = false;
  std::string error = {};

  friend bool operator==(const Request&, const Request&) = default;
};

// What gtest prints of a request.
inline void PrintTo(const Request& request, std::ostream* out) {  // NOLINT: gtest's name
  *out << "{status " << static_cast<int>(request.status) << ", " << request.args.size() << " args, " << request.consumed
       << " bytes, " << request.error << "}";
}

inline Request failed(const std::string& what) {
  return {.status = ParseStatus::error, .error = "Protocol error: " + what};
}

// nullopt: not a number. Saturates far above every limit.
inline std::optional<long long> number(const std::string& text) {
  const bool negative = !text.empty() && text[0] == '-';
  const std::string digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  if (digits[0] == '0' && (negative || digits.size() > 1)) return std::nullopt;
  const std::string largest = negative ? "9223372036854775808" : "9223372036854775807";
  if (digits.size() > largest.size() || (digits.size() == largest.size() && digits > largest)) return std::nullopt;
  const long long size = digits.size() > 15 ? 1'000'000'000'000'000 : std::stoll(digits);
  return negative ? -size : size;
}

inline bool blank(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

inline std::optional<std::vector<std::string>> split(const std::string& line) {
  std::vector<std::string> words;
  const std::string bare_end = " \t\r\n";
  size_t i = 0;
  while (true) {
    while (i < line.size() && blank(line[i])) ++i;
    if (i == line.size()) return words;
    std::string word;
    char mark = 0;
    for (;; ++i) {
      const std::string rest = line.substr(i, 4);
      if (mark == 0) {
        if (rest.empty() || bare_end.find(rest[0]) != std::string::npos) break;
        if (rest[0] == '"' || rest[0] == '\'') {
          mark = rest[0];
        } else {
          word += rest[0];
        }
        continue;
      }
      if (rest.empty()) return std::nullopt;
      if (rest[0] == mark) {
        if (rest.size() > 1 && !blank(rest[1])) return std::nullopt;
        ++i;
        break;
      }
      if (mark == '"' && rest.size() == 4 && rest[0] == '\\' && rest[1] == 'x' &&
          std::isxdigit(static_cast<unsigned char>(rest[2])) && std::isxdigit(static_cast<unsigned char>(rest[3]))) {
        word += static_cast<char>(std::stoi(rest.substr(2), nullptr, 16));
        i += 3;
      } else if (mark == '"' && rest.size() > 1 && rest[0] == '\\') {
        const std::string letters = "nrtba", bytes = "\n\r\t\b\a";
        const size_t which = letters.find(rest[1]);
        word += which == std::string::npos ? rest[1] : bytes[which];
        ++i;
      } else if (mark == '\'' && rest.size() > 1 && rest[0] == '\\' && rest[1] == '\'') {
        word += '\'';
        ++i;
      } else {
        word += rest[0];
      }
    }
    words.push_back(word);
  }
}

// The line behind the type byte at `at`, its CRLF found and passed; or a status in `refusal`.
inline std::optional<std::string> length_line(const std::string& bytes, size_t& at, const std::string& name,
                                              const std::string& short_name, Request& refusal) {
  const size_t end = bytes.find_first_of("\r\n", at);
  const bool too_big = end == std::string::npos ? bytes.size() - at > 65536 : end - at > 65536;
  if (too_big) {
    refusal = failed("too big " + short_name + " count string");
  } else if (end == std::string::npos || (bytes[end] == '\r' && end + 1 == bytes.size())) {
    refusal = {};
  } else if (bytes.substr(end, 2) != "\r\n") {
    refusal = failed("expected CRLF after " + name + " length");
  } else {
    const std::string text = bytes.substr(at + 1, end - at - 1);
    at = end + 2;
    return text;
  }
  return std::nullopt;
}

inline Request parse_array(const std::string& bytes, ParserLimits limits) {
  Request too_large = failed("request larger than " + std::to_string(limits.request_bytes) + " bytes");
  Request request;
  size_t at = 0;
  const auto count_text = length_line(bytes, at, "multibulk", "mbulk", request);
  if (!count_text) return request;
  const auto count = number(*count_text);
  if (!count || *count > static_cast<long long>(limits.args)) return failed("invalid multibulk length");
  for (long long left = *count; left > 0; --left) {
    if (at + static_cast<size_t>(left) * 6 > limits.request_bytes) return too_large;
    if (at == bytes.size()) return {};
    if (bytes[at] != '$') return failed(std::string("expected '$', got '") + bytes[at] + "'");
    const auto length_text = length_line(bytes, at, "bulk", "bulk", request);
    if (!length_text) return request;
    const auto length = number(*length_text);
    if (!length || *length < 0) return failed("invalid bulk length");
    const auto size = static_cast<size_t>(*length);
    if (at + size + 2 + static_cast<size_t>(left - 1) * 6 > limits.request_bytes) return too_large;
    const std::string tail = bytes.substr(std::min(bytes.size(), at + size), 2);
    if (!std::string("\r\n").starts_with(tail)) return failed("expected CRLF after bulk");
    if (tail.size() < 2) return {};
    request.args.push_back(bytes.substr(at, size));
    at += size + 2;
  }
  request.status = ParseStatus::complete;
  request.consumed = at;
  return request;
}

inline Request parse_line(const std::string& bytes) {
  const size_t newline = bytes.find('\n');
  if (newline == std::string::npos ? bytes.size() > 65536 : newline > 65536) return failed("too big inline request");
  if (newline == std::string::npos) return {};
  std::string line = bytes.substr(0, newline);
  if (line.ends_with('\r')) line.pop_back();
  const auto words = split(line);
  if (!words) return failed("unbalanced quotes in request");
  return {.status = ParseStatus::complete, .args = *words, .consumed = newline + 1, .is_inline = true};
}

// The first request of `stream`.
inline Request parse(const std::string& stream, ParserLimits limits = {}) {
  if (stream.empty()) return {};
  const std::string visible = stream.substr(0, limits.request_bytes);
  Request request = visible[0] == '*' ? parse_array(visible, limits) : parse_line(visible);
  if (request.status == ParseStatus::incomplete && stream.size() >= limits.request_bytes) {
    return failed("request larger than " + std::to_string(limits.request_bytes) + " bytes");
  }
  return request;
}

// All requests of `stream`; the last one says how it ends (incomplete, without bytes of its own, or error).
inline std::vector<Request> parse_all(std::string stream, ParserLimits limits = {}) {
  std::vector<Request> requests;
  do {
    requests.push_back(parse(stream, limits));
    stream.erase(0, requests.back().consumed);
  } while (requests.back().status == ParseStatus::complete);
  return requests;
}

}  // namespace holdfast::naive
