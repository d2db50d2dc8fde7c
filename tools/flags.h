// What it is: what reading flags is alike in all our programs. Threads: pure functions.
#pragma once

#include <fmt/format.h>
#include <sysexits.h>

#include <CLI/CLI.hpp>
#include <optional>
#include <string_view>

#include "tools/answer.h"

namespace holdfast {

inline Answer bad_usage(std::string_view program, std::string_view text) {
  return {EX_USAGE, fmt::format("{}: {} (--help lists what there is)\n", program, text)};
}

// Reads the flags into what the app was told of. An answer where they asked for one, or are wrong. REQUIRES: the app
// has the program's name.
inline std::optional<Answer> read_flags(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    return Answer{EX_OK, app.help()};
  } catch (const CLI::CallForVersion& version) {
    return Answer{EX_OK, fmt::format("{}\n", version.what())};
  } catch (const CLI::ParseError& error) {
    return bad_usage(app.get_name(), error.what());
  }
  return std::nullopt;
}

}  // namespace holdfast
