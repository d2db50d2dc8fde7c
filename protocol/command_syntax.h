// What it is: the arguments of a command as structure, read from the syntax text of its row, so that the row stays the
// only source. The text is what the reference page shows:
//   cart                a value; its type follows from its name (sku: key, glob: pattern, qty, s, ms ...: integer)
//   EX s                a word in capitals is a token; it takes the values behind it
//   [PAUSED yes|no]     in brackets: optional; joined by | without blanks: one of these words
//   EX s | PX ms        joined by | with blanks: one of these two; <...> keeps together what belongs together
//   [sku ...]           any number of them; right behind the same names, it says that those may be repeated
// Threads: pure functions. Time: O(bytes), at each call; for documentation, not for reading requests.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

struct Argument {
  enum class Type { string, integer, key, pattern, pure_token, oneof, block };

  std::string name;
  Type type = Type::string;
  std::string token;  // empty where none; what a pure_token says
  bool optional = false;
  bool multiple = false;            // may be repeated, without its token
  std::vector<Argument> arguments;  // oneof: the choices; block: the sequence
};

// As COMMAND DOCS calls it.
std::string_view type_name(Argument::Type type);

// None where brackets do not match, or a | or ... has nothing to refer to.
std::optional<std::vector<Argument>> parse_syntax(std::string_view syntax);

// Where the SKUs of a command are among its arguments.
struct KeySpec {
  bool exists = false;
  std::string keyword;  // they begin behind this word; empty: at `first`
  int first = 0;        // index among the request's words
  int last = 0;         // relative to the first one as found; -1: to the end
  int step = 1;
  bool optional = false;
};
KeySpec key_spec(std::span<const Argument> arguments);

}  // namespace holdfast
