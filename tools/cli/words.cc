#include "tools/cli/words.h"

#include "protocol/resp_parser.h"
#include "protocol/subcommands.h"

namespace holdfast::cli {
namespace {

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

// The bytes of the word at the front; one with an open quote goes to the end.
size_t word_length(std::string_view text) {
  char quote = '\0';
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (quote == '"' && c == '\\') {
      ++at;
    } else if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (is_blank(c)) {
      return at;
    }
  }
  return text.size();
}

}  // namespace

std::optional<std::vector<std::string>> split_line(std::string_view line) {
  // A blank in front: `*3` typed by a person is a word, and does not announce an array.
  const std::string request = " " + std::string(line) + "\n";
  RequestParser parser;
  if (parser.parse(request.data(), request.size()) != ParseStatus::complete) return std::nullopt;
  return std::vector<std::string>(parser.args().begin(), parser.args().end());
}

TypedLine split_typed(std::string_view line) {
  TypedLine typed;
  for (;;) {
    while (!line.empty() && is_blank(line.front())) line.remove_prefix(1);
    const size_t length = word_length(line);
    if (length == line.size()) {
      typed.unfinished = line;
      return typed;
    }
    typed.words.push_back(line.substr(0, length));
    line.remove_prefix(length);
  }
}

std::string upper_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

std::string lower_case(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool has_prefix(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && same_word(text.substr(0, prefix.size()), prefix);
}

}  // namespace holdfast::cli
