// What it is: replies as text: for people at a terminal and for scripts as redis-cli shows them, and as JSON.
// Threads: pure functions. Time: O(bytes of the reply).
// REQUIRES: the reader has just completed a reply.
#pragma once

#include <string>

#include "tools/cli/resp_reader.h"

namespace holdfast::cli {

enum class OutputFormat : uint8_t { terminal, raw, json };

// With the newline at the end. `plain`: a string is lines for people already (INFO): not to be quoted, nor ended a
// second time.
std::string formatted(const RespReader& reply, OutputFormat format, bool plain = false);

}  // namespace holdfast::cli
