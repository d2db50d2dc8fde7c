#include "tools/server/config_file.h"

namespace holdfast {
namespace {

constexpr std::string_view blanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

}  // namespace

std::optional<ConfigLine> parse_config_line(std::string_view line) {
  line = trimmed(line);
  if (line.empty() || line[0] == '#' || line[0] == ';') return std::nullopt;
  const size_t name_end = line.find_first_of(" \t=");
  if (name_end == std::string_view::npos) return ConfigLine{line, {}};
  std::string_view value = trimmed(line.substr(name_end));
  if (value.starts_with('=')) value = trimmed(value.substr(1));
  if (value.size() >= 2 && value.front() == '"' && value.back() == '"') value = value.substr(1, value.size() - 2);
  return ConfigLine{line.substr(0, name_end), value};
}

}  // namespace holdfast
