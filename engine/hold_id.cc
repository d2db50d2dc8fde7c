#include "engine/hold_id.h"

#include <cstring>

#include "engine/check.h"

namespace holdfast {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr uint8_t no_digit = 0x80;

constexpr std::array<uint8_t, 256> digit_of = [] {
  std::array<uint8_t, 256> digits{};
  digits.fill(no_digit);
  for (size_t i = 0; i < alphabet.size(); ++i) digits[static_cast<uint8_t>(alphabet[i])] = static_cast<uint8_t>(i);
  return digits;
}();

// 40 bits of the id, a third of it, are 8 characters: as many as go through a word at once, a byte each.
constexpr int third_bits = 40;
constexpr size_t third_chars = 8;
constexpr uint64_t third_mask = (uint64_t{1} << third_bits) - 1;
constexpr uint64_t each_byte = 0x0101010101010101;

void encode(uint64_t bits, char* out) {
  bits = (bits & 0xfffff00000) << 12 | (bits & 0xfffff);                  // 20 bits in each half,
  bits = (bits & 0x000ffc00000ffc00) << 6 | (bits & 0x000003ff000003ff);  // 10 in each quarter,
  bits = (bits & 0x03e003e003e003e0) << 3 | (bits & 0x001f001f001f001f);  // 5 in each byte
  const uint64_t from_26_on = (bits + each_byte * (0x80 - 26)) >> 7 & each_byte;
  bits += each_byte * 'A' - from_26_on * ('A' + 26 - '2');
  bits = __builtin_bswap64(bits);  // the first character lies in front
  std::memcpy(out, &bits, sizeof bits);
}

bool decode(const char* text, uint64_t& bits) {
  bits = 0;
  uint8_t seen = 0;
  for (size_t i = 0; i < third_chars; ++i) {
    const uint8_t digit = digit_of[static_cast<uint8_t>(text[i])];
    seen |= digit;
    bits = bits << 5 | digit;
  }
  return (seen & no_digit) == 0;
}

}  // namespace

// The upper 40 bits of `high`; its other 24 with the upper 16 of `low`; of `low` what is above its last 8.
std::array<char, hold_id_chars> to_text(const HoldId& id) {
  std::array<char, hold_id_chars> text;
  encode(id.high >> 24, text.data());
  encode((id.high << 16 | id.low >> 48) & third_mask, text.data() + third_chars);
  encode(id.low >> 8 & third_mask, text.data() + 2 * third_chars);
  return text;
}

std::optional<HoldId> parse_hold_id(std::string_view text) {
  uint64_t first = 0;
  uint64_t second = 0;
  uint64_t third = 0;
  if (text.size() != hold_id_chars || !decode(text.data(), first) || !decode(text.data() + third_chars, second) ||
      !decode(text.data() + 2 * third_chars, third)) {
    return std::nullopt;
  }
  return HoldId{.high = first << 24 | second >> 16, .low = second << 48 | third << 8};
}

HoldId make_hold_id(Slot slot, Index record, Seq seq, uint32_t secret) {
  CHECK(slot < slot_count && record < Index{1} << 28);
  return HoldId{.high = uint64_t{slot} << 50 | uint64_t{record} << 22 | (seq >> 24 & 0x3fffff),
                .low = (seq & 0xffffff) << 40 | uint64_t{secret} << 8};
}

}  // namespace holdfast
