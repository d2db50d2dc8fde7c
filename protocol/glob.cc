#include "protocol/glob.h"

#include <algorithm>

namespace holdfast {

Glob::Glob(std::string_view pattern) {
  for (size_t at = 0; at < pattern.size();) {
    switch (pattern[at]) {
      case '*':
        pieces_.push_back({.kind = Kind::star});
        ++at;
        break;
      case '?':
        pieces_.push_back({.kind = Kind::any});
        ++at;
        break;
      case '[':
        at = read_class(pattern, at);
        break;
      case '\\':
        if (at + 1 < pattern.size()) ++at;
        [[fallthrough]];
      default:
        pieces_.push_back({.kind = Kind::byte, .byte = pattern[at++]});
    }
  }
}

// The class that begins at pattern[at] == '['. Where the pattern goes on.
size_t Glob::read_class(std::string_view pattern, size_t at) {
  ++at;
  const bool negated = at < pattern.size() && pattern[at] == '^';
  if (negated) ++at;
  Class bytes;
  const auto byte_at = [&](size_t i) { return static_cast<unsigned char>(pattern[i]); };
  for (; at < pattern.size() && pattern[at] != ']'; ++at) {
    const size_t left = pattern.size() - at;
    if (pattern[at] == '\\' && left >= 2) {
      bytes.set(byte_at(++at));
    } else if (left >= 3 && pattern[at + 1] == '-') {
      const auto [low, high] = std::minmax({byte_at(at), byte_at(at + 2)});
      for (size_t byte = low; byte <= high; ++byte) bytes.set(byte);
      at += 2;
    } else {
      bytes.set(byte_at(at));
    }
  }
  pieces_.push_back({.kind = Kind::one_of, .class_number = classes_.size()});
  classes_.push_back(negated ? ~bytes : bytes);
  return std::min(at + 1, pattern.size());
}

// One byte against what is no star.
bool Glob::matches_one(const Piece& piece, char byte) const {
  switch (piece.kind) {
    case Kind::byte:
      return piece.byte == byte;
    case Kind::one_of:
      return classes_[piece.class_number].test(static_cast<unsigned char>(byte));
    default:
      return true;
  }
}

bool Glob::matches(std::string_view text) const {
  constexpr size_t none = std::string_view::npos;
  size_t at = 0;  // in the pieces
  size_t in_text = 0;
  size_t after_star = none;  // in the pieces, behind the last star met
  size_t star_end = 0;       // in the text, how far that star reaches
  while (in_text < text.size()) {
    if (at < pieces_.size() && pieces_[at].kind == Kind::star) {
      after_star = ++at;
      star_end = in_text;
      continue;
    }
    if (at < pieces_.size() && matches_one(pieces_[at], text[in_text])) {
      ++at;
      ++in_text;
      continue;
    }
    if (after_star == none) return false;
    at = after_star;  // the star takes one byte more
    in_text = ++star_end;
  }
  const auto is_star = [](const Piece& piece) { return piece.kind == Kind::star; };
  return std::all_of(pieces_.begin() + static_cast<std::ptrdiff_t>(at), pieces_.end(), is_star);
}

bool glob_matches(std::string_view pattern, std::string_view text) {
  return Glob(pattern).matches(text);
}

}  // namespace holdfast
