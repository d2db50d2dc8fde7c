#include "protocol/command_syntax.h"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/check.h"

namespace holdfast {
namespace {

using Type = Argument::Type;
using Arguments = std::vector<Argument>;

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_token(std::string_view word) {
  return std::any_of(word.begin(), word.end(), is_upper);
}

bool is_choice(std::string_view word) {
  return word.find('|') != std::string_view::npos;
}

// EX, NO-EVICT: the words behind it belong to it.
bool begins_group(std::string_view word) {
  return is_token(word) && !is_choice(word);
}

bool is_mark(std::string_view word) {
  return word == "[" || word == "]" || word == "<" || word == ">" || word == "|" || word == "...";
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

Type type_of(std::string_view name) {
  static constexpr std::array integers = {"count",   "cursor",   "delta", "index", "ms", "n",
                                          "on_hand", "protover", "qty",   "s",     "v",  "client-id"};
  if (name == "sku") return Type::key;
  if (name == "glob") return Type::pattern;
  return std::find(integers.begin(), integers.end(), name) != integers.end() ? Type::integer : Type::string;
}

Argument pure_token(std::string_view word) {
  return {.name = lower_case(word), .type = Type::pure_token, .token = std::string(word), .arguments = {}};
}

std::string joined_names(const Arguments& arguments, std::string_view between) {
  std::string names;
  for (const Argument& argument : arguments) {
    if (!names.empty()) names += between;
    names += argument.token.empty() || argument.type == Type::pure_token ? argument.name : lower_case(argument.token);
  }
  return names;
}

// One argument that stands for the sequence.
Argument grouped(Arguments sequence) {
  if (sequence.size() == 1) return std::move(sequence.front());
  std::string name = joined_names(sequence, "_");
  return {.name = std::move(name), .type = Type::block, .token = "", .arguments = std::move(sequence)};
}

bool same_names(std::span<const Argument> a, std::span<const Argument> b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](const Argument& x, const Argument& y) { return x.name == y.name; });
}

// "sku qty [sku qty ...]": makes what stands before the bracket repeatable. False where it is something else.
bool fold_repetition(Arguments& sequence, const Arguments& repeated) {
  if (sequence.empty() || repeated.empty()) return false;
  Argument& last = sequence.back();
  const bool last_is_the_same = last.token.empty() || last.type != Type::block
                                    ? repeated.size() == 1 && last.name == repeated.front().name
                                    : same_names(last.arguments, repeated);
  if (last_is_the_same) {
    last.multiple = true;
    return true;
  }
  if (sequence.size() < repeated.size()) return false;
  const auto begin = sequence.end() - static_cast<std::ptrdiff_t>(repeated.size());
  if (!same_names({begin, sequence.end()}, repeated)) return false;
  Argument block = grouped({begin, sequence.end()});
  block.multiple = true;
  sequence.erase(begin, sequence.end());
  sequence.push_back(std::move(block));
  return true;
}

class SyntaxParser {
 public:
  explicit SyntaxParser(std::string_view syntax) {
    while (!syntax.empty()) {
      const size_t size = std::max<size_t>(1, std::min(syntax.find_first_of(" []<>"), syntax.size()));
      if (syntax[0] != ' ') words_.push_back(syntax.substr(0, size));
      syntax.remove_prefix(size);
    }
  }

  std::optional<Arguments> parse() {
    Arguments all = sequence(nullptr);
    if (failed_ || at_ != words_.size()) return std::nullopt;
    return all;
  }

 private:
  std::string_view peek() const { return at_ < words_.size() ? words_[at_] : std::string_view(); }

  // Up to a closing bracket or the end. Where `repeated` is given, a ... at the end is told there and not applied.
  Arguments sequence(bool* repeated) {
    Arguments result;
    while (!failed_ && at_ < words_.size() && peek() != "]" && peek() != ">") {
      if (peek() == "...") {
        ++at_;
        if (repeated && peek() == "]") {
          *repeated = true;
        } else if (!result.empty()) {
          result.back().multiple = true;
        }
        failed_ = failed_ || result.empty();
      } else if (peek() == "|") {
        ++at_;
        add_choice(result);
      } else {
        add_item(result);
      }
    }
    return result;
  }

  void add_choice(Arguments& sequence) {
    if (sequence.empty() || at_ == words_.size() || (is_mark(peek()) && peek() != "<")) {
      failed_ = true;
      return;
    }
    Argument next = item();
    if (sequence.back().type != Type::oneof || !sequence.back().token.empty()) {
      Argument choice{.name = "", .type = Type::oneof, .token = "", .arguments = {}};
      choice.arguments.push_back(std::move(sequence.back()));
      sequence.back() = std::move(choice);
    }
    Argument& choice = sequence.back();
    choice.arguments.push_back(std::move(next));
    choice.name = joined_names(choice.arguments, "-or-");
  }

  void add_item(Arguments& sequence) {
    if (peek() != "[") return sequence.push_back(item());
    ++at_;
    bool repeated = false;
    Arguments inside = this->sequence(&repeated);
    expect("]");
    if (inside.empty()) failed_ = true;
    if (failed_ || (repeated && fold_repetition(sequence, inside))) return;
    Argument argument = grouped(std::move(inside));
    argument.optional = true;
    argument.multiple = argument.multiple || repeated;
    sequence.push_back(std::move(argument));
  }

  void expect(std::string_view word) {
    if (peek() == word) {
      ++at_;
    } else {
      failed_ = true;
    }
  }

  // A value, a choice, or a token with its values.
  Argument item() {
    const std::string_view word = peek();
    if (!begins_group(word)) return value();
    ++at_;
    Arguments values;
    while (!failed_ && at_ < words_.size() && (peek() == "<" || (!is_mark(peek()) && !begins_group(peek())))) {
      values.push_back(value());
    }
    if (values.empty()) return pure_token(word);
    Argument argument = grouped(std::move(values));
    if (argument.type == Type::block || argument.type == Type::oneof) argument.name = lower_case(word);
    argument.token = word;
    return argument;
  }

  // A name, a choice of words, or a group in <>.
  Argument value() {
    if (peek() == "<") {
      ++at_;
      Arguments inside = sequence(nullptr);
      expect(">");
      failed_ = failed_ || inside.empty();
      return failed_ ? Argument{} : grouped(std::move(inside));
    }
    if (is_mark(peek())) failed_ = true;
    const std::string_view word = failed_ ? std::string_view() : words_[at_++];
    if (!is_choice(word)) {
      return {.name = std::string(word), .type = type_of(word), .token = "", .arguments = {}};
    }
    return choice_of_words(word);
  }

  Argument choice_of_words(std::string_view words) {
    Argument choice{.name = "", .type = Type::oneof, .token = "", .arguments = {}};
    const bool tokens = is_token(words);
    for (size_t begin = 0; begin <= words.size();) {
      const size_t end = std::min(words.find('|', begin), words.size());
      const std::string_view word = words.substr(begin, end - begin);
      // "s|PX" is a | that wants blanks around it.
      if (word.empty() || (tokens && !is_token(word))) failed_ = true;
      choice.arguments.push_back(pure_token(word));
      begin = end + 1;
    }
    choice.name = joined_names(choice.arguments, "-or-");
    return choice;
  }

  std::vector<std::string_view> words_;
  size_t at_ = 0;
  bool failed_ = false;
};

}  // namespace

std::string_view type_name(Argument::Type type) {
  switch (type) {
    case Type::string:
      return "string";
    case Type::integer:
      return "integer";
    case Type::key:
      return "key";
    case Type::pattern:
      return "pattern";
    case Type::pure_token:
      return "pure-token";
    case Type::oneof:
      return "oneof";
    case Type::block:
      return "block";
  }
  CHECK(false);
}

std::optional<std::vector<Argument>> parse_syntax(std::string_view syntax) {
  return SyntaxParser(syntax).parse();
}

KeySpec key_spec(std::span<const Argument> arguments) {
  int position = 1;
  for (const Argument& argument : arguments) {
    const auto is_key = [](const Argument& inner) { return inner.type == Type::key; };
    const bool block = argument.type == Type::block;
    if (is_key(argument) || (block && !argument.arguments.empty() && is_key(argument.arguments.front()))) {
      return {.exists = true,
              .keyword = argument.token,
              .first = position,
              .last = argument.multiple ? -1 : 0,
              .step = block ? static_cast<int>(argument.arguments.size()) : 1,
              .optional = argument.optional};
    }
    ++position;
  }
  return {};
}

}  // namespace holdfast
