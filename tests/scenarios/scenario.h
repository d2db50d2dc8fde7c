// What it is: the player of a scenario: a text (README.md in this folder) acted out by sessions on a real engine, in
// this process, byte for byte. Threads: one. Time: virtual, moved by the scenario's own `+` lines.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast {

struct Stage {
  uint32_t shards = 1;
  int resp = 2;
};

// What went otherwise than the text says, with the line where it did; empty where nothing did. Stops at the first.
std::string play(std::string_view scenario, const Stage& stage);

}  // namespace holdfast
