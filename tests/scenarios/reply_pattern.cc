#include "tests/scenarios/reply_pattern.h"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "protocol/escape.h"

namespace holdfast {
namespace {

using Kind = ReplyPattern::Kind;

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

std::optional<int64_t> integer_of(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The variable at the front of `text` (behind its $), with +n; `text` then begins behind it.
std::optional<Variable> take_variable(std::string_view& text, const Variables& variables) {
  size_t size = 0;
  while (size < text.size() && is_name(text[size])) ++size;
  const auto found = variables.find(text.substr(0, size));
  if (found == variables.end()) return std::nullopt;
  Variable value = found->second;
  text.remove_prefix(size);
  if (!value.is_integer || text.size() < 2 || text[0] != '+' || !std::isdigit(static_cast<unsigned char>(text[1]))) {
    return value;
  }
  size = 1;
  while (size < text.size() && std::isdigit(static_cast<unsigned char>(text[size]))) ++size;
  value.text = std::to_string(*integer_of(value.text) + *integer_of(text.substr(1, size - 1)));
  text.remove_prefix(size);
  return value;
}

// ---- reading a pattern

class PatternReader {
 public:
  PatternReader(std::string_view text, std::string& wrong) : text_(text), wrong_(wrong) {}

  bool at_end() {
    skip_blanks();
    return text_.empty();
  }

  bool read(ReplyPattern& into) {
    skip_blanks();
    if (text_.empty()) return fail("a value is missing");
    if (text_[0] == '[' || text_[0] == '{') return read_elements(into);
    if (text_[0] == '"') {
      into.kind = Kind::bulk;
      return read_quoted(into.text);
    }
    const std::string_view word = take_word();
    if (word.empty()) return fail("what is '" + std::string(text_.substr(0, 1)) + "'?");
    if (word == "new") return read_new(into);
    if (word == "...") {
      into.kind = Kind::anything;
    } else if (word == "nil") {
      into.kind = Kind::nil;
    } else if (word[0] == '$') {
      into = {.kind = Kind::variable, .text = std::string(word.substr(1)), .above = {}, .elements = {}};
    } else {
      into.kind = integer_of(word) ? Kind::integer : Kind::bulk;
      into.text = word;
    }
    return true;
  }

 private:
  bool fail(std::string what) {
    wrong_ = std::move(what);
    return false;
  }

  void skip_blanks() {
    while (!text_.empty() && (text_[0] == ' ' || text_[0] == ',')) text_.remove_prefix(1);
  }

  std::string_view take_word() {
    skip_blanks();
    const size_t size = std::min(text_.find_first_of(" ,[]{}\""), text_.size());
    const std::string_view word = text_.substr(0, size);
    text_.remove_prefix(size);
    return word;
  }

  bool read_elements(ReplyPattern& into) {
    into.kind = text_[0] == '[' ? Kind::array : Kind::map;
    const char closing = text_[0] == '[' ? ']' : '}';
    text_.remove_prefix(1);
    for (;;) {
      if (at_end()) return fail(std::string("a ") + closing + " is missing");
      if (text_[0] == closing) break;
      if (!read(into.elements.emplace_back())) return false;
      if (into.kind == Kind::map && into.elements.back().kind != Kind::anything) {
        into.elements.back().kind = Kind::bulk;  // a field's name
        if (!read(into.elements.emplace_back())) return false;
      }
    }
    text_.remove_prefix(1);
    return true;
  }

  bool read_new(ReplyPattern& into) {
    const std::string_view name = take_word();
    if (name.size() < 2 || name[0] != '$') return fail("new is followed by a $name");
    into = {.kind = Kind::variable, .text = std::string(name.substr(1)), .is_new = true, .above = {}, .elements = {}};
    skip_blanks();
    if (text_.empty() || text_[0] != '>') return true;
    take_word();
    const std::string_view above = take_word();
    if (above.size() < 2 || above[0] != '$') return fail("> is followed by a $name");
    into.above = above.substr(1);
    return true;
  }

  bool read_quoted(std::string& into) {
    for (size_t i = 1; i < text_.size(); ++i) {
      if (text_[i] == '"') {
        text_.remove_prefix(i + 1);
        return true;
      }
      if (text_[i] != '\\' || i + 1 == text_.size()) {
        into += text_[i];
        continue;
      }
      const char escaped = text_[++i];
      if (escaped == 'x' && i + 2 < text_.size()) {
        unsigned value = 0;
        std::from_chars(text_.data() + i + 1, text_.data() + i + 3, value, 16);
        into += static_cast<char>(value);
        i += 2;
      } else {
        into += escaped == 'n' ? '\n' : escaped == 'r' ? '\r' : escaped;
      }
    }
    return fail("a quote is not closed");
  }

  std::string_view text_;
  std::string& wrong_;
};

// ---- comparing

class Matcher {
 public:
  Matcher(int resp, std::string_view& bytes, Variables& variables)
      : resp_(resp), bytes_(bytes), variables_(variables) {}

  // Returns what differs, or none.
  std::optional<std::string> match(const ReplyPattern& pattern) {
    switch (pattern.kind) {
      case Kind::line:
        return match_line(pattern);
      case Kind::integer:
        return expect(":" + pattern.text + "\r\n");
      case Kind::bulk:
        return expect(bulk(pattern.text));
      case Kind::nil:
        return expect(resp_ == 3 ? "_\r\n" : "$-1\r\n");
      case Kind::array:
        return match_array(pattern);
      case Kind::map:
        return match_map(pattern);
      case Kind::variable:
        return pattern.is_new ? learn(pattern) : match_variable(pattern.text);
      case Kind::anything:
        return skip() ? std::nullopt : std::optional<std::string>("a reply is missing");
    }
    return "no such pattern";
  }

 private:
  static std::string bulk(std::string_view text) {
    return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
  }

  std::optional<std::string> expect(std::string_view expected) {
    if (bytes_.substr(0, expected.size()) != expected) return "expected " + in_quotes(expected);
    bytes_.remove_prefix(expected.size());
    return std::nullopt;
  }

  std::optional<std::string> match_line(const ReplyPattern& pattern) {
    const std::optional<std::string> line = substituted(pattern.text, variables_);
    if (!line) return "a name in '" + pattern.text + "' stands for nothing yet";
    if (!pattern.open) return expect(*line + "\r\n");
    if (bytes_.substr(0, line->size()) != *line) return "expected " + in_quotes(*line) + " and more";
    return skip() ? std::nullopt : std::optional<std::string>("the line does not end");
  }

  std::optional<std::string> match_variable(std::string_view name) {
    const std::optional<Variable> value = take_variable(name, variables_);
    if (!value || !name.empty()) return "$" + std::string(name) + " stands for nothing yet";
    return expect(value->is_integer ? ":" + value->text + "\r\n" : bulk(value->text));
  }

  std::optional<std::string> learn(const ReplyPattern& pattern) {
    Variable value;
    std::string_view rest = bytes_;
    if (!take_scalar(rest, value)) return "expected an id or a number to be called $" + pattern.text;
    const auto is_same = [&](const auto& entry) { return entry.second.text == value.text; };
    if (std::any_of(variables_.begin(), variables_.end(), is_same)) return "expected something new: $" + pattern.text;
    if (!pattern.above.empty()) {
      const auto below = variables_.find(pattern.above);
      if (below == variables_.end()) return "$" + pattern.above + " stands for nothing yet";
      const std::optional<int64_t> least = integer_of(below->second.text), number = integer_of(value.text);
      if (!least || !number || *number <= *least) return "expected a number above $" + pattern.above;
    }
    bytes_ = rest;
    variables_[pattern.text] = value;
    return std::nullopt;
  }

  std::optional<std::string> match_array(const ReplyPattern& pattern) {
    if (auto wrong = expect("*" + std::to_string(pattern.elements.size()) + "\r\n")) return wrong;
    for (const ReplyPattern& element : pattern.elements) {
      if (auto wrong = match(element)) return wrong;
    }
    return std::nullopt;
  }

  std::optional<std::string> match_map(const ReplyPattern& pattern) {
    const std::vector<ReplyPattern>& fields = pattern.elements;
    const auto is_open = [](const ReplyPattern& field) { return field.kind == Kind::anything; };
    const bool open = std::any_of(fields.begin(), fields.end(), is_open);
    if (!open) {
      const size_t size = resp_ == 3 ? fields.size() / 2 : fields.size();
      if (auto wrong = expect((resp_ == 3 ? "%" : "*") + std::to_string(size) + "\r\n")) return wrong;
      for (const ReplyPattern& field : fields) {
        if (auto wrong = match(field)) return wrong;
      }
      return std::nullopt;
    }
    const std::optional<int64_t> size = take_number(bytes_, resp_ == 3 ? '%' : '*');
    if (!size) return "expected a map";
    size_t at = 0;
    for (int64_t left = resp_ == 3 ? *size : *size / 2; left > 0; --left) {
      const bool may_skip = at < fields.size() && fields[at].kind == Kind::anything;
      const size_t wanted = at + may_skip;
      if (wanted < fields.size() && !match(fields[wanted])) {
        if (auto wrong = match(fields[wanted + 1])) return fields[wanted].text + ": " + *wrong;
        at = wanted + 2;
      } else if (!may_skip || !skip() || !skip()) {
        return wanted < fields.size() ? "expected the field " + fields[wanted].text : "a field too many";
      }
    }
    const size_t end = fields.back().kind == Kind::anything ? fields.size() - 1 : fields.size();
    if (at < end) return "a field is missing: " + fields[std::min(at + 1, end - 1)].text;
    return std::nullopt;
  }

  static std::optional<int64_t> take_number(std::string_view& bytes, char type) {
    const size_t end = bytes.find("\r\n");
    if (end == std::string_view::npos || bytes[0] != type) return std::nullopt;
    const std::optional<int64_t> number = integer_of(bytes.substr(1, end - 1));
    bytes.remove_prefix(end + 2);
    return number;
  }

  static bool take_scalar(std::string_view& bytes, Variable& value) {
    if (bytes.empty()) return false;
    value.is_integer = bytes[0] == ':';
    const std::optional<int64_t> number = take_number(bytes, value.is_integer ? ':' : '$');
    if (!number) return false;
    if (value.is_integer) {
      value.text = std::to_string(*number);
      return true;
    }
    if (*number < 0 || static_cast<size_t>(*number) + 2 > bytes.size()) return false;
    value.text = bytes.substr(0, static_cast<size_t>(*number));
    bytes.remove_prefix(static_cast<size_t>(*number) + 2);
    return true;
  }

  // Any one reply.
  bool skip() {
    const char type = bytes_.empty() ? '\0' : bytes_[0];
    if (type == '*' || type == '%') {
      const std::optional<int64_t> size = take_number(bytes_, type);
      for (int64_t left = size.value_or(0) * (type == '%' ? 2 : 1); left > 0; --left) {
        if (!skip()) return false;
      }
      return size.has_value();
    }
    Variable ignored;
    if (type == '$' && bytes_.substr(0, 3) != "$-1") return take_scalar(bytes_, ignored);
    const size_t end = bytes_.find("\r\n");
    if (end == std::string_view::npos) return false;
    bytes_.remove_prefix(end + 2);
    return true;
  }

  int resp_;
  std::string_view& bytes_;
  Variables& variables_;
};

}  // namespace

std::optional<std::string> substituted(std::string_view text, const Variables& variables) {
  std::string result;
  while (!text.empty()) {
    const size_t dollar = std::min(text.find('$'), text.size());
    result += text.substr(0, dollar);
    text.remove_prefix(dollar);
    if (text.empty()) break;
    text.remove_prefix(1);
    const std::optional<Variable> value = take_variable(text, variables);
    if (!value) return std::nullopt;
    result += value->text;
  }
  return result;
}

std::optional<ReplyPattern> parse_reply_pattern(std::string_view text, std::string& wrong) {
  ReplyPattern pattern;
  const bool is_error = text.size() > 1 && text[0] == '-' && std::isalpha(static_cast<unsigned char>(text[1]));
  if (is_error || (!text.empty() && text[0] == '+')) {
    pattern.kind = Kind::line;
    pattern.open = text.ends_with(" ...");
    pattern.text = text.substr(0, text.size() - (pattern.open ? 3 : 0));
    return pattern;
  }
  PatternReader reader(text, wrong);
  if (!reader.read(pattern)) return std::nullopt;
  if (!reader.at_end()) {
    wrong = "something follows the reply";
    return std::nullopt;
  }
  return pattern;
}

std::optional<std::string> match_reply(const ReplyPattern& pattern, int resp, std::string_view& bytes,
                                       Variables& variables) {
  return Matcher(resp, bytes, variables).match(pattern);
}

}  // namespace holdfast
