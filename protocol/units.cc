#include "protocol/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast {
namespace {

struct Unit {
  std::string_view name;  // lower case
  int64_t size;
};

// Largest first, for duration_text.
constexpr std::array<Unit, 5> duration_units{
    {{"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000}, {"s", 1'000'000}, {"ms", 1'000}}};

constexpr std::array<Unit, 7> byte_units{{{"b", 1},
                                          {"k", 1'000},
                                          {"kb", 1'024},
                                          {"m", 1'000'000},
                                          {"mb", 1'048'576},
                                          {"g", 1'000'000'000},
                                          {"gb", 1'073'741'824}}};

bool same_word(std::string_view text, std::string_view lower_case) {
  return std::equal(text.begin(), text.end(), lower_case.begin(), lower_case.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b; });
}

template <size_t size>
std::optional<int64_t> parse_with_unit(std::string_view text, const std::array<Unit, size>& units, int64_t bare) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto count = parse_count(text.substr(0, digits));
  if (!count) return std::nullopt;
  const std::string_view name = text.substr(digits);
  int64_t unit = bare;
  if (!name.empty()) {
    const auto found = std::find_if(units.begin(), units.end(), [&](const Unit& u) { return same_word(name, u.name); });
    if (found == units.end()) return std::nullopt;
    unit = found->size;
  }
  int64_t product = 0;
  if (__builtin_mul_overflow(*count, unit, &product)) return std::nullopt;
  return product;
}

}  // namespace

std::optional<int64_t> parse_count(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  int64_t count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc{}) return std::nullopt;
  return count;
}

std::optional<TimeUs> parse_duration_us(std::string_view text, TimeUs bare_unit_us) {
  return parse_with_unit(text, duration_units, bare_unit_us);
}

std::string duration_text(TimeUs duration_us) {
  if (duration_us == 0) return "0s";
  for (const Unit& unit : duration_units) {
    if (duration_us % unit.size == 0) return fmt::format("{}{}", duration_us / unit.size, unit.name);
  }
  return fmt::format("{}ms", duration_us / 1'000);
}

std::optional<int64_t> parse_bytes(std::string_view text) {
  return parse_with_unit(text, byte_units, 1);
}

}  // namespace holdfast
