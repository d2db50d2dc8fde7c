// What it is: the text form of a hold's id: 24 characters of base32 (RFC 4648's alphabet, upper case) over its 120
// bits. Ids are opaque to clients; they carry the home slot, and 32 random bits keep strangers from guessing them.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "engine/types.h"

namespace holdfast {

inline constexpr size_t hold_id_chars = 24;

std::array<char, hold_id_chars> to_text(const HoldId& id);
std::optional<HoldId> parse_hold_id(std::string_view text);

// The parts of an id. `record`: where it is kept at its home, below 2^28; of the number the lower 46 bits count.
HoldId make_hold_id(Slot slot, Index record, Seq seq, uint32_t secret);

}  // namespace holdfast
