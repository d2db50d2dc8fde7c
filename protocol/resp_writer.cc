#include "protocol/resp_writer.h"

#include <cmath>

namespace holdfast {
namespace {

constexpr double exact_integers = 9007199254740992.0;  // 2^53
constexpr size_t real_bytes = 32;                      // the longest shortest form is 24: -2.2250738585072014e-308

std::string_view format_real(double value, char* out) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const bool whole = value == std::trunc(value) && std::abs(value) < exact_integers;
  const bool minus_zero = value == 0 && std::signbit(value);
  // Left to itself, to_chars would write 100000 as 1e+05.
  const char* end = whole && !minus_zero ? std::to_chars(out, out + real_bytes, static_cast<int64_t>(value)).ptr
                                         : std::to_chars(out, out + real_bytes, value).ptr;
  return {out, static_cast<size_t>(end - out)};
}

}  // namespace

void RespWriter::line(char type, std::string_view text) {
  char* at = out_.prepare(1 + text.size() + 2);
  *at++ = type;
  for (const char c : text) *at++ = c == '\r' || c == '\n' ? ' ' : c;
  commit_to(put_crlf(at));
}

void RespWriter::real(double value) {
  char digits[real_bytes];
  const std::string_view text = format_real(value, digits);
  if (version_ == 2) return bulk(text);
  out_.append(',');
  out_.append(text);
  out_.append("\r\n");
}

void RespWriter::verbatim(std::string_view text) {
  if (version_ == 2) return bulk(text);
  constexpr std::string_view kind = "txt:";
  char* at = out_.prepare(number_line_bytes + kind.size() + text.size() + 2);
  at = put_number('=', kind.size() + text.size(), at);
  commit_to(put_crlf(put(text, put(kind, at))));
}

}  // namespace holdfast
