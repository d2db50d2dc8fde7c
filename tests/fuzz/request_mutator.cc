#include "tests/fuzz/request_mutator.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/check.h"
#include "protocol/settings.h"
#include "tests/fuzz/session_script.h"
#include "tests/protocol/naive_request_parser.h"
#include "tests/support/proof_token.h"

namespace holdfast {
namespace {

using namespace std::string_view_literals;

// Of two shards a, b and e live with the first, c, d and f with the second.
constexpr std::array skus = {"a"sv, "a"sv, "b"sv, "c"sv, "c"sv, "d"sv, "e"sv, "f"sv};
constexpr std::array carts = {"kate"sv, "kate"sv, "leo"sv, "ann"sv};
constexpr std::array small = {"1"sv, "1"sv, "2"sv, "3"sv, "5"sv, "10"sv, "100"sv, "1000"sv, "60000"sv};
constexpr std::array edges = {"-1"sv,
                              "0"sv,
                              "1"sv,
                              "2147483647"sv,
                              "2147483648"sv,
                              "9007199254740991"sv,
                              "9007199254740992"sv,
                              "9223372036854775807"sv,
                              "9223372036854775808"sv,
                              "18446744073709551616"sv,
                              "+1"sv,
                              " 1"sv,
                              "1.0"sv,
                              "1e3"sv,
                              ""sv,
                              "\0"sv,
                              "01"sv,
                              "-5"sv};
constexpr std::array odd_words = {""sv,        "\0"sv,     "\r\n"sv, "\xff\xfe"sv, "*"sv,   "a*"sv,
                                  "[a-c]"sv,   "\"'\\"sv,  "yes"sv,  "no"sv,       "sku"sv, "held"sv,
                                  "default"sv, "sesame"sv, "3"sv,    "on"sv,       "off"sv, "skip"sv,
                                  "HELP"sv,    "ITEMS"sv,  "WAIT"sv, "PARTIAL"sv};
constexpr std::array stage = {"@1\n"sv,    "@2\n"sv,      "@2\n"sv,       "@3\n"sv,    "@+1\n"sv,   "@+1000\n"sv,
                              "@+999\n"sv, "@+60000\n"sv, "@+600000\n"sv, "@ends\n"sv, "@gone\n"sv, "@hasty\n"sv};

std::string numbered(std::string_view name, size_t number) {
  return std::string(name) + static_cast<char>('0' + number / 10 % 10) + static_cast<char>('0' + number % 10);
}

std::vector<std::string> split(std::string_view text, char mark) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == mark) {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

bool is_plain(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(),
                                      [](char c) { return c > ' ' && c < 0x7f && c != '"' && c != '\'' && c != '\\'; });
}

std::string quoted(std::string_view word) {
  if (is_plain(word)) return std::string(word);
  std::string text = "\"";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    text += {'\\', 'x', "0123456789abcdef"[byte >> 4], "0123456789abcdef"[byte & 15]};
  }
  return text + '"';
}

}  // namespace

std::vector<RequestMutator::Part> RequestMutator::read(std::string_view stream) {
  std::vector<Part> parts;
  while (!stream.empty()) {
    size_t line = std::min(stream.find('\n'), stream.size() - 1) + 1;
    Part part;
    if (!is_of_stage(stream.substr(0, line))) {
      naive::Request request = naive::parse(std::string(stream));
      if (request.status == ParseStatus::complete && !request.args.empty()) {
        part = {.words = std::move(request.args), .is_inline = request.is_inline, .bytes = {}};
        line = request.consumed;
      }
    }
    if (part.words.empty()) part.bytes = stream.substr(0, line);
    stream.remove_prefix(line);
    parts.push_back(std::move(part));
  }
  return parts;
}

std::string RequestMutator::written(const Part& part) {
  if (part.words.empty()) return part.bytes;
  std::string text;
  if (part.is_inline) {
    for (const std::string& word : part.words) text += (text.empty() ? "" : " ") + quoted(word);
    return text + "\n";
  }
  text = "*" + std::to_string(part.words.size()) + "\r\n";
  for (const std::string& word : part.words) text += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return text;
}

std::string RequestMutator::integer(std::string_view name) {
  if (name == "token") return numbered(token_name, below(8));
  if (one_in(4)) return std::string(pick(edges));
  return std::string(pick(small));
}

std::string RequestMutator::any_word() {
  switch (below(9)) {
    case 0:
      return std::string(pick(skus));
    case 1:
      return std::string(pick(carts));
    case 2:
      return integer({});
    case 3:
      return numbered(hold_name, below(8));
    case 4:
      return numbered(token_name, below(8));
    case 5:
      return pick(split(pick(command_table()).syntax, ' '));
    case 6:
      return std::string(pick(all_commands()).name);
    case 7: {  // files are nobody's to read here, and a password takes its time
      const SettingRow& row = pick(settings_table());
      return row.kind == SettingKind::text ? "default-ttl" : std::string(row.name);
    }
    default:
      return std::string(pick(odd_words));
  }
}

std::string RequestMutator::value(const Argument& argument) {
  if (one_in(20)) return any_word();
  const std::string& name = argument.name;
  if (argument.type == Argument::Type::integer) return integer(name);
  if (argument.type == Argument::Type::key) return std::string(pick(skus));
  if (name == "cart") return std::string(pick(carts));
  if (name == "id") return numbered(hold_name, below(6));
  if (name == "key" || name == "ref" || name == "name") return std::string(pick(std::array{"k"sv, "l"sv}));
  if (name == "token") {
    const std::string cart(pick(carts));
    const std::string sku(pick(skus));
    return proof_token(std::string(script_secret), cart, sku, script_time_s + 60);
  }
  return any_word();
}

void RequestMutator::put_values(const Argument& argument, std::vector<std::string>& words) {
  switch (argument.type) {
    case Argument::Type::pure_token:
      words.push_back(argument.token);
      break;
    case Argument::Type::oneof:
      put(pick(argument.arguments), words);
      break;
    case Argument::Type::block:
      for (const Argument& inner : argument.arguments) put(inner, words);
      break;
    default:
      words.push_back(value(argument));
  }
}

void RequestMutator::put(const Argument& argument, std::vector<std::string>& words) {
  if (argument.optional && !one_in(4)) return;
  if (!argument.token.empty() && argument.type != Argument::Type::pure_token) words.push_back(argument.token);
  do {
    put_values(argument, words);
  } while (argument.multiple && one_in(2));
}

std::vector<std::string> RequestMutator::request_of(const CommandRow& row) {
  std::vector<std::string> words = split(row.name, '|');
  const auto arguments = parse_syntax(row.syntax);
  CHECK(arguments);
  for (const Argument& argument : *arguments) put(argument, words);
  return words;
}

RequestMutator::Part RequestMutator::new_part() {
  if (one_in(6)) return {.words = {}, .bytes = std::string(pick(stage))};
  // Four in five are about stock, holds and locks.
  const CommandRow* row = &pick(all_commands());
  while (!row->read && !one_in(8)) row = &pick(all_commands());
  return {.words = request_of(*row), .is_inline = one_in(2), .bytes = {}};
}

void RequestMutator::change_words(Part& part) {
  std::vector<std::string>& words = part.words;
  const size_t at = below(words.size());
  const auto place = words.begin() + static_cast<ptrdiff_t>(at);
  switch (below(8)) {
    case 0:
      if (words.size() > 1) words.erase(place);
      break;
    case 1:
      words.insert(place, std::string(words[at]));
      break;
    case 2:
      std::swap(words[at], words[below(words.size())]);
      break;
    case 3:
      words.insert(place + 1, any_word());
      break;
    case 4:
      part.is_inline = !part.is_inline;
      break;
    case 5:
      for (char& c : words[at]) {
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) c = static_cast<char>(c ^ 0x20);
      }
      break;
    case 6:
      words[at] = integer({});
      break;
    default:
      words[at] = any_word();
  }
}

void RequestMutator::change_parts(std::vector<Part>& parts) {
  const size_t at = below(parts.size());
  const auto place = parts.begin() + static_cast<ptrdiff_t>(at);
  switch (below(8)) {
    case 0:
      parts.erase(place);
      break;
    case 1:
      parts.insert(place, Part(parts[at]));
      break;
    case 2:
      std::swap(parts[at], parts[below(parts.size())]);
      break;
    case 3:
    case 4:
      if (parts[at].words.empty()) {
        parts[at] = new_part();
      } else {
        change_words(parts[at]);
      }
      break;
    default:
      parts.insert(place + static_cast<ptrdiff_t>(below(2)), new_part());
  }
}

std::string RequestMutator::mutate(std::string_view stream) {
  std::vector<Part> parts = read(stream);
  for (size_t changes = 1 + below(4); changes > 0; --changes) {
    if (parts.empty()) parts.push_back(new_part());
    change_parts(parts);
  }
  std::string result;
  for (const Part& part : parts) result += written(part);
  return result;
}

}  // namespace holdfast
