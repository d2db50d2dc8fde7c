#include "protocol/escape.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "protocol/utf8.h"

namespace holdfast {
namespace {

constexpr size_t quoted_bytes_at_most(size_t size) {
  return 2 + 4 * size;
}

char* put_escaped(char c, char* at) {
  constexpr char hex[] = "0123456789abcdef";
  const auto pair = [&at](char letter) {
    *at++ = '\\';
    *at++ = letter;
    return at;
  };
  switch (c) {
    case '"':
    case '\\':
      return pair(c);
    case '\n':
      return pair('n');
    case '\r':
      return pair('r');
    case '\t':
      return pair('t');
    case '\a':
      return pair('a');
    case '\b':
      return pair('b');
    default:
      break;
  }
  if (c >= ' ' && c <= '~') {
    *at++ = c;
    return at;
  }
  const auto byte = static_cast<unsigned char>(c);
  pair('x');
  *at++ = hex[byte >> 4];
  *at++ = hex[byte & 15];
  return at;
}

// REQUIRES: room for quoted_bytes_at_most(text.size()). Returns the number of bytes written.
size_t put_quoted(std::string_view text, char* out) {
  char* at = out;
  *at++ = '"';
  for (const char c : text) at = put_escaped(c, at);
  *at++ = '"';
  return static_cast<size_t>(at - out);
}

bool stands_raw(char c) {
  return c > ' ' && c <= '~' && c != '"' && c != '\\';
}

}  // namespace

void append_field_value(Buffer& out, std::string_view value) {
  if (!value.empty() && std::all_of(value.begin(), value.end(), stands_raw)) return out.append(value);
  out.commit(put_quoted(value, out.prepare(quoted_bytes_at_most(value.size()))));
}

std::string in_quotes(std::string_view text) {
  std::string result(quoted_bytes_at_most(text.size()), '\0');
  result.resize(put_quoted(text, result.data()));
  return result;
}

std::string in_json(std::string_view text) {
  const bool is_binary = !is_utf8(text);
  std::string result = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      result += {'\\', c};
    } else if (c == '\n') {
      result += "\\n";
    } else if (c == '\r') {
      result += "\\r";
    } else if (c == '\t') {
      result += "\\t";
    } else if (byte < 0x20 || byte == 0x7f || (is_binary && byte >= 0x80)) {
      fmt::format_to(std::back_inserter(result), "\\u{:04x}", byte);
    } else {
      result += c;
    }
  }
  return result += '"';
}

}  // namespace holdfast
