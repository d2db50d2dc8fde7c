// What it is: how holdfast-server comes to its settings: the defaults, over them the configuration file (--config or
// HOLDFAST_CONFIG), over it HOLDFAST_* of the environment (an empty one counts as not there), over it the flags.
// default-ttl and max-hold-life, where nobody chose them, follow max-ttl down and up.
#pragma once

#include <string>
#include <variant>

#include "protocol/settings.h"
#include "tools/answer.h"

namespace holdfast {

// Checked settings, shards resolved. Reads the environment and the configuration file.
std::variant<Settings, Answer> read_options(int argc, const char* const* argv);

// "default-ttl" -> "HOLDFAST_DEFAULT_TTL"
std::string environment_name(std::string_view setting);

}  // namespace holdfast
