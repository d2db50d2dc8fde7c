// What it is: durations and sizes as operators write them, and back.
//   durations: a strict decimal and one of ms s m h d; what a bare number means is the caller's choice
//   sizes:     a strict decimal and one of b k kb m mb g gb, as in redis.conf: k = 1000, kb = 1024; bare: bytes
// The case of a unit does not matter. No sign, no blank, no fraction.
// Fails: none where the text is not of that form, or does not fit into 63 bits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "engine/types.h"

namespace holdfast {

// A strict decimal: digits only.
std::optional<int64_t> parse_count(std::string_view text);

// In microseconds. `bare_unit_us` is what one unit of a bare number is: 1'000'000 for seconds.
std::optional<TimeUs> parse_duration_us(std::string_view text, TimeUs bare_unit_us);

// The canonical text: in the largest unit that says it exactly, "5m", "90s", "250ms"; "0s" for 0.
// REQUIRES: a whole number of milliseconds, not negative.
std::string duration_text(TimeUs duration_us);

// In bytes.
std::optional<int64_t> parse_bytes(std::string_view text);

}  // namespace holdfast
