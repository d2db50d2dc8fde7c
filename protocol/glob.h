// What it is: glob patterns as Redis matches them (stringmatchlen), byte by byte:
//   *  any bytes, also none      ?  one byte      \x  the byte x itself
//   [abc]  one of these   [a-z]  one in the range (either end first)   [^...]  one byte that is none of these
// A class that is never closed ends with the pattern; a lone \ at the end stands for itself.
// Differs from Redis in one thing: * matches the empty text too.
// Time: a pattern is read once, O(pattern); then at most pieces x text steps, whatever the pattern: only the last star
// is ever tried again, which is enough because everything else matches exactly one byte.
// Threads: a value.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace holdfast {

class Glob {
 public:
  explicit Glob(std::string_view pattern);
  bool matches(std::string_view text) const;

 private:
  enum class Kind : uint8_t { byte, any, one_of, star };
  struct Piece {
    Kind kind = Kind::byte;
    char byte = 0;            // byte
    size_t class_number = 0;  // one_of
  };
  using Class = std::bitset<256>;

  size_t read_class(std::string_view pattern, size_t at);
  bool matches_one(const Piece& piece, char byte) const;

  std::vector<Piece> pieces_;
  std::vector<Class> classes_;
};

// For a pattern that is asked once.
bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace holdfast
