#include "tools/cli/syntax_progress.h"

#include <algorithm>
#include <utility>

#include "protocol/subcommands.h"

namespace holdfast::cli {
namespace {

using Type = Argument::Type;
using Arguments = std::vector<Argument>;

// Whether an argument can begin with this word, and whether it is a token of it that says so.
enum class Fit { none, value, token };

Fit fit_of(const Argument& argument, std::string_view word) {
  if (!argument.token.empty()) return same_word(argument.token, word) ? Fit::token : Fit::none;
  Fit best = Fit::none;
  switch (argument.type) {
    case Type::oneof:
      for (const Argument& choice : argument.arguments) best = std::max(best, fit_of(choice, word));
      return best;
    case Type::block:
      for (const Argument& inner : argument.arguments) {
        best = std::max(best, fit_of(inner, word));
        if (!inner.optional) break;
      }
      return best;
    default:
      return Fit::value;
  }
}

class Matcher {
 public:
  Matcher(std::span<const Argument> arguments, std::span<const std::string_view> words)
      : top_(arguments), words_(words) {}

  Progress run() {
    Arguments rest = sequence(top_);
    return {.fits = words_.empty(), .rest = std::move(rest)};
  }

 private:
  // Each of these takes what words it can, and returns what may still follow.
  Arguments sequence(std::span<const Argument> arguments) {
    std::vector<bool> met(arguments.size());
    size_t floor = 0;  // behind the last required argument that was met: those before it have had their chance
    Arguments rest;
    while (!words_.empty()) {
      const size_t at = find(arguments, met, floor);
      if (at == arguments.size()) break;
      met[at] = true;
      if (!arguments[at].optional) floor = at + 1;
      rest = argument(arguments[at]);
    }
    for (size_t at = floor; at < arguments.size(); ++at) {
      if (!met[at]) rest.push_back(arguments[at]);
    }
    return rest;
  }

  // Which argument the next word begins: by its token if any, else by position. Their number where there is none.
  size_t find(std::span<const Argument> arguments, const std::vector<bool>& met, size_t floor) const {
    size_t by_value = arguments.size();
    for (size_t at = floor; at < arguments.size(); ++at) {
      if (met[at]) continue;
      const Fit fit = fit_of(arguments[at], words_.front());
      if (fit == Fit::token) return at;
      if (fit == Fit::value) by_value = std::min(by_value, at);
      if (!arguments[at].optional) break;
    }
    return by_value;
  }

  Arguments argument(const Argument& argument) {
    if (!argument.token.empty()) take_word();
    if (argument.type == Type::pure_token) return {};
    Arguments rest = values(argument);
    if (!argument.multiple) return rest;
    while (rest.empty() && !words_.empty() && !begins_another()) {
      const size_t before = words_.size();
      rest = values(argument);
      if (words_.size() == before) break;
    }
    if (rest.empty()) {
      rest.push_back(argument);
      rest.back().token.clear();
      rest.back().optional = true;
    }
    return rest;
  }

  // Once, without the token.
  Arguments values(const Argument& argument) {
    if (words_.empty()) return {without_token(argument)};
    if (argument.type == Type::block) return sequence(argument.arguments);
    if (argument.type != Type::oneof) {
      take_word();
      return {};
    }
    const auto& choices = argument.arguments;
    const auto best = std::max_element(choices.begin(), choices.end(), [&](const Argument& a, const Argument& b) {
      return fit_of(a, words_.front()) < fit_of(b, words_.front());
    });
    if (fit_of(*best, words_.front()) == Fit::none) return {without_token(argument)};
    return this->argument(*best);
  }

  static Argument without_token(Argument argument) {
    argument.token.clear();
    argument.optional = false;
    return argument;
  }

  // Does the next word end a repetition, since it is the token of another argument?
  bool begins_another() const {
    return std::any_of(top_.begin(), top_.end(),
                       [&](const Argument& argument) { return fit_of(argument, words_.front()) == Fit::token; });
  }

  void take_word() { words_ = words_.subspan(1); }

  std::span<const Argument> top_;
  std::span<const std::string_view> words_;
};

void add_tokens(const Argument& argument, std::vector<std::string>& tokens);

// True where the sequence cannot be passed over.
bool add_tokens_of_sequence(std::span<const Argument> sequence, std::vector<std::string>& tokens) {
  for (const Argument& argument : sequence) {
    add_tokens(argument, tokens);
    if (!argument.optional) return true;
  }
  return false;
}

void add_tokens(const Argument& argument, std::vector<std::string>& tokens) {
  if (!argument.token.empty()) {
    tokens.push_back(argument.token);
  } else if (argument.type == Type::oneof) {
    for (const Argument& choice : argument.arguments) add_tokens(choice, tokens);
  } else if (argument.type == Type::block) {
    add_tokens_of_sequence(argument.arguments, tokens);
  }
}

std::string text_of(const Argument& argument);

std::string joined(std::span<const Argument> arguments, std::string_view between) {
  std::string text;
  for (const Argument& argument : arguments) {
    if (!text.empty()) text += between;
    text += text_of(argument);
  }
  return text;
}

std::string choices_text(std::span<const Argument> choices) {
  const bool words = std::all_of(choices.begin(), choices.end(),
                                 [](const Argument& choice) { return choice.type == Type::pure_token; });
  std::string text;
  for (const Argument& choice : choices) {
    if (!text.empty()) text += words ? "|" : " | ";
    const bool keep_together = choice.type == Type::block && choice.token.empty();
    text += keep_together ? "<" + text_of(choice) + ">" : text_of(choice);
  }
  return text;
}

std::string values_text(const Argument& argument) {
  switch (argument.type) {
    case Type::pure_token:
      return argument.token;
    case Type::block:
      return joined(argument.arguments, " ");
    case Type::oneof:
      return choices_text(argument.arguments);
    default:
      return argument.name;
  }
}

std::string text_of(const Argument& argument) {
  const std::string values = values_text(argument);
  const bool alternatives = argument.type == Type::oneof && values.find(' ') != std::string::npos;
  const bool keep_together = alternatives && (argument.multiple || !argument.token.empty());
  std::string text = keep_together ? "<" + values + ">" : values;
  if (!argument.token.empty() && argument.type != Type::pure_token) text = argument.token + " " + text;
  if (argument.multiple) text += argument.optional ? " ..." : " [" + values + " ...]";
  return argument.optional ? "[" + text + "]" : text;
}

}  // namespace

Progress progress_of(std::span<const Argument> arguments, std::span<const std::string_view> words) {
  return Matcher(arguments, words).run();
}

std::vector<std::string> next_tokens(std::span<const Argument> rest) {
  std::vector<std::string> tokens;
  add_tokens_of_sequence(rest, tokens);
  return tokens;
}

std::string syntax_text(std::span<const Argument> arguments) {
  return joined(arguments, " ");
}

}  // namespace holdfast::cli
