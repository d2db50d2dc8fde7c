// What it is: a script (session_script.h) played by sessions on a real engine in this process, on virtual time. After
// each step that ran to its end: nobody heard anything but the replies due, well-formed and in order; the units of each
// SKU are those that were put in; what is held is what live holds have. At the end everybody is answered, and with
// time all holds, locks and memories of them go. A broken promise is a failed CHECK.
// Threads: one. Time: virtual, always the same beginning. Ids and numbers are the same each time.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/session_script.h"

namespace holdfast {

struct Heard {
  std::string bytes;      // as they came
  std::string canonical;  // ids and numbers of the sequence by when they were first heard of
};
// What each client heard, without the replies that tell of the moment or the machine (INFO, CLIENT LIST, SCAN ...), up
// to the first moment at which requests of two clients are under way and the contract leaves open whose comes first.
using Transcript = std::array<Heard, script_clients>;

// Does what is sent arrive in another piece behind this byte of all that is said?
using Cut = std::function<bool(size_t)>;

Transcript play(const Script& script, uint32_t shards, const Cut& cut);

}  // namespace holdfast
