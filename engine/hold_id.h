// What it is: the text form of a hold's id: 24 characters of base32 (RFC 4648's alphabet, upper case) over its 120 bits.
// Ids are opaque to clients; they carry the home slot, and 32 random bits keep strangers from guessing them.
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "engine/types.h"

namespace holdfast {

inline constexpr size_t hold_id_chars = 24;

std::array<char, hold_id_chars> to_text(const HoldId& id);
std::optional<HoldId> parse_hold_id(std::string_view text);

// The parts of an id. `counter` counts the holds of one slot's shard since its start: below 2^42.
HoldId make_hold_id(Slot slot, uint32_t epoch, uint64_t counter, uint32_t secret);

}  // namespace holdfast
