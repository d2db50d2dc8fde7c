// What it is: how the arguments of data commands are read: strict integers, names, options that stand in any order,
// each once, TTLs, lists of versions and of items. What is wrong is told as the text of an error line (commands.h,
// ReadError). Threads: pure functions and values. Time: O(bytes of the arguments). Limits: limits.h, each refused with
// an error that names it. Allocates only for an error's text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/facts.h"
#include "engine/hash.h"
#include "engine/types.h"
#include "protocol/commands.h"

namespace holdfast {

// The integer that the text is the only decimal form of: no blanks, '+', fraction, leading zeros or "-0" (string2ll of
// Redis). None also where it does not fit.
std::optional<int64_t> parse_integer(std::string_view text);

// Does the text say the word, in any case? REQUIRES: the word is of lower case letters.
bool says(std::string_view text, std::string_view word);

// "ERR wrong number of arguments for 'x' command". The name is that of a row.
std::string arity_error(std::string_view name);

// "NOHOLD id=..." with the id as it was sent: of an id that cannot be one.
std::string no_such_hold(std::string_view id);

// Reads an integer of low..high. An error names `what`.
ReadError read_integer(std::string_view text, std::string_view what, int64_t low, int64_t high, int64_t& value);

// None where the name is 1..limits::name_bytes long, else "ERR sku must be 1 to 255 bytes".
ReadError check_name(std::string_view name, std::string_view what);

enum class Option : uint8_t {
  ex,
  px,
  ifver,
  items,
  key,
  proof,
  partial,
  wait,
  ref,
  late,
  oversell,
  percart,
  paused,
  challenge,
};

// The options behind a request's fixed arguments, one after the other.
class OptionReader {
 public:
  // REQUIRES: first <= args.size(); what `allowed` points to outlives the reader.
  OptionReader(Args args, size_t first, std::span<const Option> allowed) : args_(args), at_(first), allowed_(allowed) {}

  bool at_end() const { return at_ == args_.size(); }

  // The next word as an option. Errors: not one that the command has; a second time; EX and PX together.
  // REQUIRES: !at_end().
  ReadError take(Option& option);

  // The next word as the value of the option just taken.
  ReadError take_value(std::string_view& value);

  // All words up to the next one that is an option of the command: the values of a list.
  Args take_list();

  // All words that are left.
  Args take_rest();

 private:
  std::optional<Option> option_of(std::string_view word) const;

  Args args_;
  size_t at_;
  std::span<const Option> allowed_;
  Option current_{};
  uint32_t seen_ = 0;  // a bit an option
};

// The value of EX or PX (as `option` says), 1 ms..max_ttl_us. Errors name the command and the limit.
ReadError read_ttl(Option option, std::string_view text, std::string_view command, TimeUs max_ttl_us, TimeUs& ttl_us);

// Pairs of SKU and quantity into the distinct SKUs in order of first mention, with hashes and quantities added up.
// REQUIRES: items is empty.
ReadError read_items(Args pairs, const Hasher& hasher, std::vector<Item>& items);

// The versions of IFVER, one for each item.
ReadError read_versions(Args versions, std::span<Item> items);

}  // namespace holdfast
