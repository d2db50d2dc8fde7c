// What it is: a reply as a scenario writes it (README.md in this folder), compared byte for byte with what a connection
// got. One notation stands for both encodings: the same pattern is another sequence of bytes in RESP2 and in RESP3.
// Threads: values. Limits: patterns are a few lines of text; nesting is as deep as the text says.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

// What a name stands for: an id (a bulk string) or a sequence number (an integer).
struct Variable {
  bool is_integer = false;
  std::string text;
};
using Variables = std::map<std::string, Variable, std::less<>>;

// $name and $name+n replaced by what they stand for. Nothing where a name stands for nothing.
std::optional<std::string> substituted(std::string_view text, const Variables& variables);

struct ReplyPattern {
  enum class Kind : uint8_t { line, integer, bulk, nil, array, map, variable, anything };

  Kind kind = Kind::nil;
  std::string text;     // line: with its + or -; bulk: the bytes; integer: its digits; variable: its name, maybe +n
  bool open = false;    // line: `...` at its end, any text may follow
  bool is_new = false;  // variable: learned here
  std::string above;    // variable learned here: the name of one that it is greater than
  std::vector<ReplyPattern> elements;  // array: each; map: name, value, name, value, `anything` alone
};

// Reads one pattern, which must be all of the text. What is wrong with it is put into `wrong`.
std::optional<ReplyPattern> parse_reply_pattern(std::string_view text, std::string& wrong);

// Takes one reply off the front of `bytes` and learns the new names in it. Returns what differs, or none.
std::optional<std::string> match_reply(const ReplyPattern& pattern, int resp, std::string_view& bytes,
                                       Variables& variables);

}  // namespace holdfast
