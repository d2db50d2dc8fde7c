#include "engine/hold_id.h"

#include "engine/check.h"

namespace holdfast {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

// 60 bits of the id a half: the upper 60 bits of `high`, and its last 4 with the upper 56 of `low`.
constexpr int half_chars = 12;

uint64_t first_half(const HoldId& id) {
  return id.high >> 4;
}
uint64_t second_half(const HoldId& id) {
  return (id.high & 0xf) << 56 | id.low >> 8;
}

void encode(uint64_t bits, char* out) {
  for (int i = half_chars - 1; i >= 0; --i, bits >>= 5) out[i] = alphabet[bits & 31];
}

bool decode(const char* text, uint64_t& bits) {
  bits = 0;
  for (int i = 0; i < half_chars; ++i) {
    const char c = text[i];
    uint64_t digit;
    if (c >= 'A' && c <= 'Z') {
      digit = static_cast<uint64_t>(c - 'A');
    } else if (c >= '2' && c <= '7') {
      digit = static_cast<uint64_t>(c - '2') + 26;
    } else {
      return false;
    }
    bits = bits << 5 | digit;
  }
  return true;
}

}  // namespace

std::array<char, hold_id_chars> to_text(const HoldId& id) {
  std::array<char, hold_id_chars> text;
  encode(first_half(id), text.data());
  encode(second_half(id), text.data() + half_chars);
  return text;
}

std::optional<HoldId> parse_hold_id(std::string_view text) {
  uint64_t first = 0;
  uint64_t second = 0;
  if (text.size() != hold_id_chars || !decode(text.data(), first) || !decode(text.data() + half_chars, second)) {
    return std::nullopt;
  }
  return HoldId{.high = first << 4 | second >> 56, .low = second << 8};
}

HoldId make_hold_id(Slot slot, Index record, Seq seq, uint32_t secret) {
  CHECK(slot < slot_count && record < Index{1} << 28);
  return HoldId{.high = uint64_t{slot} << 50 | uint64_t{record} << 22 | (seq >> 24 & 0x3fffff),
                .low = (seq & 0xffffff) << 40 | uint64_t{secret} << 8};
}

}  // namespace holdfast
