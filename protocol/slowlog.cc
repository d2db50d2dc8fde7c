#include "protocol/slowlog.h"

#include <fmt/format.h>

#include <algorithm>

#include "protocol/subcommands.h"

namespace holdfast {
namespace {

constexpr size_t most_words = 32;
constexpr size_t most_bytes = 128;  // of a word
constexpr std::string_view secret = "(redacted)";

// Is the word at that place a password or the name that goes with it?
bool is_secret(Args words, size_t at) {
  switch (words[0].size()) {
    case 4:
      return at >= 1 && same_word(words[0], "auth");
    case 5:
      return same_word(words[0], "hello") &&
             ((at >= 2 && same_word(words[at - 1], "auth")) || (at >= 3 && same_word(words[at - 2], "auth")));
    case 6:
      return at >= 3 && same_word(words[0], "config") && same_word(words[at - 1], "requirepass");
    default:
      return false;
  }
}

void pack(std::string_view word, std::string_view about_the_rest, std::string& packed) {
  packed += static_cast<char>(word.size() + about_the_rest.size());
  packed.append(word).append(about_the_rest);
}

}  // namespace

void pack_words(Args words, std::string& packed) {
  packed.clear();
  const size_t whole = words.size() <= most_words ? words.size() : most_words - 1;
  for (size_t at = 0; at < whole; ++at) {
    if (is_secret(words, at)) {
      pack(secret, {}, packed);
    } else if (words[at].size() <= most_bytes) {
      pack(words[at], {}, packed);
    } else {
      pack(words[at].substr(0, most_bytes), fmt::format("... ({} more bytes)", words[at].size() - most_bytes), packed);
    }
  }
  if (whole < words.size()) pack({}, fmt::format("... ({} more arguments)", words.size() - whole), packed);
}

void write_packed_words(std::string_view packed, RespWriter& out) {
  const auto size_at = [&](size_t at) { return static_cast<size_t>(static_cast<uint8_t>(packed[at])); };
  size_t count = 0;
  for (size_t at = 0; at < packed.size(); at += 1 + size_at(at)) ++count;
  out.array(count);
  for (size_t at = 0; at < packed.size(); at += 1 + size_at(at)) out.bulk(packed.substr(at + 1, size_at(at)));
}

}  // namespace holdfast
