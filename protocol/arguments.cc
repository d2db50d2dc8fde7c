#include "protocol/arguments.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "engine/check.h"
#include "engine/limits.h"
#include "protocol/buffer.h"
#include "protocol/escape.h"

namespace holdfast {
namespace {

// By number of the Option.
constexpr std::array<std::string_view, 14> option_words = {
    "ex",   "px",  "ifver", "items",    "key",     "proof",  "partial",
    "wait", "ref", "late",  "oversell", "percart", "paused", "challenge",
};
static_assert(option_words.size() == static_cast<size_t>(Option::challenge) + 1);

constexpr uint32_t bit(Option option) {
  return uint32_t{1} << static_cast<unsigned>(option);
}

std::string upper_word(Option option) {
  std::string word(option_words[static_cast<size_t>(option)]);
  for (char& c : word) c = static_cast<char>(c - 'a' + 'A');
  return word;
}

constexpr TimeUs us_a_ms = 1000;
constexpr TimeUs us_a_second = 1'000'000;

// parse_integer() for those who are in a hurry: an optional comes back by way of memory, in pieces that a CPU cannot
// forward from store to load.
bool parse(std::string_view text, int64_t& value) {
  const bool is_negative = text.starts_with('-');
  const std::string_view digits = text.substr(is_negative ? 1 : 0);
  constexpr size_t sure_to_fit = 18;
  if (digits.empty() || (digits.front() == '0' && text.size() > 1)) return false;
  if (digits.size() > sure_to_fit) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size();
  }
  int64_t sum = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return false;
    sum = sum * 10 + (c - '0');
  }
  value = is_negative ? -sum : sum;
  return true;
}

}  // namespace

std::optional<int64_t> parse_integer(std::string_view text) {
  int64_t value = 0;
  return parse(text, value) ? std::optional(value) : std::nullopt;
}

bool says(std::string_view text, std::string_view word) {
  // Of all bytes, only the two forms of a letter become that letter by this bit.
  return text.size() == word.size() &&
         std::equal(text.begin(), text.end(), word.begin(), [](char a, char b) { return (a | 0x20) == b; });
}

std::string arity_error(std::string_view name) {
  return "ERR wrong number of arguments for '" + std::string(name) + "' command";
}

std::string no_such_hold(std::string_view id) {
  Buffer line;
  line.append("NOHOLD id=");
  append_field_value(line, id);
  return std::string(line.view());
}

ReadError read_integer(std::string_view text, std::string_view what, int64_t low, int64_t high, int64_t& value) {
  int64_t number = 0;
  if (parse(text, number) && number >= low && number <= high) [[likely]] {
    value = number;
    return std::nullopt;
  }
  return "ERR " + std::string(what) + " must be an integer of " + std::to_string(low) + " to " + std::to_string(high);
}

ReadError check_name(std::string_view name, std::string_view what) {
  if (!name.empty() && name.size() <= limits::name_bytes) [[likely]]
    return std::nullopt;
  return "ERR " + std::string(what) + " must be 1 to " + std::to_string(limits::name_bytes) + " bytes";
}

std::optional<Option> OptionReader::option_of(std::string_view word) const {
  for (const Option option : allowed_) {
    if (says(word, option_words[static_cast<size_t>(option)])) return option;
  }
  return std::nullopt;
}

ReadError OptionReader::take(Option& option) {
  DCHECK(!at_end());
  const std::optional<Option> found = option_of(args_[at_]);
  if (!found) return "ERR syntax error";
  option = current_ = *found;
  ++at_;
  if (seen_ & bit(option)) return "ERR option " + upper_word(option) + " is given twice";
  seen_ |= bit(option);
  constexpr uint32_t either = bit(Option::ex) | bit(Option::px);
  if ((seen_ & either) == either) return "ERR options EX and PX exclude each other";
  return std::nullopt;
}

ReadError OptionReader::take_value(std::string_view& value) {
  if (at_end()) return "ERR option " + upper_word(current_) + " needs a value";
  value = args_[at_++];
  return std::nullopt;
}

Args OptionReader::take_list() {
  const size_t first = at_;
  while (!at_end() && !option_of(args_[at_])) ++at_;
  return args_.subspan(first, at_ - first);
}

Args OptionReader::take_rest() {
  const size_t first = at_;
  at_ = args_.size();
  return args_.subspan(first);
}

ReadError read_ttl(Option option, std::string_view text, std::string_view command, TimeUs max_ttl_us, TimeUs& ttl_us) {
  DCHECK(option == Option::ex || option == Option::px);
  int64_t number = 0;
  if (!parse(text, number)) return "ERR value is not an integer or out of range";
  const TimeUs unit_us = option == Option::ex ? us_a_second : us_a_ms;
  if (number >= 1 && number <= max_ttl_us / unit_us) [[likely]] {
    ttl_us = number * unit_us;
    return std::nullopt;
  }
  return "ERR invalid expire time in '" + std::string(command) + "' command: 1 ms to max-ttl, which is " +
         std::to_string(max_ttl_us / us_a_ms) + " ms";
}

ReadError read_items(Args pairs, const Hasher& hasher, std::vector<Item>& items) {
  DCHECK(items.empty());
  if (pairs.empty() || pairs.size() % 2 != 0) return "ERR ITEMS must be followed by pairs of sku and quantity";
  if (pairs.size() / 2 > limits::items) {
    return "ERR a request takes at most " + std::to_string(limits::items) + " items";
  }
  std::array<uint64_t, limits::items> hashes;  // side by side: the search for a repeated SKU is quick over them
  size_t distinct = 0;
  for (size_t i = 0; i < pairs.size(); i += 2) {
    const std::string_view sku = pairs[i];
    int64_t quantity = 0;
    if (ReadError error = check_name(sku, "sku")) return error;
    if (ReadError error = read_integer(pairs[i + 1], "quantity", 1, limits::quantity, quantity)) return error;
    const uint64_t hash = hasher.sku(sku);
    size_t at = 0;
    while (at < distinct && (hashes[at] != hash || items[at].sku != sku)) ++at;
    if (at == distinct) {
      hashes[distinct++] = hash;
      Item& item = items.emplace_back();
      item.sku = sku;
      item.hash = hash;
      item.quantity = static_cast<uint32_t>(quantity);
      continue;
    }
    if (items[at].quantity + quantity > limits::quantity) {
      return "ERR quantities of one sku must add up to " + std::to_string(limits::quantity) + " at most";
    }
    items[at].quantity += static_cast<uint32_t>(quantity);
  }
  return std::nullopt;
}

ReadError read_versions(Args versions, std::span<Item> items) {
  if (versions.size() != items.size()) {
    return "ERR IFVER needs one version for each item: " + std::to_string(items.size()) + ", not " +
           std::to_string(versions.size());
  }
  for (size_t i = 0; i < items.size(); ++i) {
    if (ReadError error = read_integer(versions[i], "version", 0, INT64_MAX, items[i].if_version)) return error;
  }
  return std::nullopt;
}

}  // namespace holdfast
