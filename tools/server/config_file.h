// What it is: the configuration file, line by line: `name value` as in redis.conf, or `name = value` as in INI files. A
// line that begins with # or ; is a comment, an empty one is nothing. A value may stand in double quotes ("" is the
// empty one); there are no escapes and no sections, and no comment behind a value.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

struct ConfigLine {
  std::string_view name;
  std::string_view value;
};

// None for a comment or an empty line. A name without a value has the empty one.
std::optional<ConfigLine> parse_config_line(std::string_view line);

}  // namespace holdfast
