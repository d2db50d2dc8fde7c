#include "tests/fuzz/session_script.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace holdfast {
namespace {

constexpr int64_t most_ms = int64_t{1} << 42;

std::string_view without_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

std::optional<int64_t> time_of(std::string_view word) {
  int64_t ms = 0;
  if (!word.starts_with("@+")) return std::nullopt;
  const auto [end, error] = std::from_chars(word.data() + 2, word.data() + word.size(), ms);
  if (error != std::errc() || end != word.data() + word.size() || ms < 0) return std::nullopt;
  return std::min(ms, most_ms);
}

std::optional<size_t> client_of(std::string_view word) {
  if (word.size() != 2 || word[0] != '@' || word[1] < '1' || word[1] > '3') return std::nullopt;
  return static_cast<size_t>(word[1] - '1');
}

}  // namespace

bool is_of_stage(std::string_view line) {
  const std::string_view word = without_end(line);
  return client_of(word) || time_of(word) || word == "@ends" || word == "@gone" || word == "@hasty";
}

Script read_script(std::string_view input) {
  Script script;
  size_t speaker = 0;
  size_t said_from = 0;
  const auto say = [&](size_t until) {
    if (until == said_from) return;
    script.steps.push_back({.client = speaker, .bytes = input.substr(said_from, until - said_from)});
  };
  for (size_t at = 0; at < input.size();) {
    const size_t end = std::min(input.find('\n', at), input.size() - 1) + 1;
    const std::string_view line = input.substr(at, end - at);
    if (line[0] == '@' && is_of_stage(line)) {
      say(at);
      said_from = end;
      const std::string_view word = without_end(line);
      if (const auto client = client_of(word)) {
        speaker = *client;
      } else if (const auto ms = time_of(word)) {
        script.steps.push_back({.what = ScriptStep::What::passes, .ms = *ms});
      } else if (word == "@hasty") {
        script.hasty = true;
      } else {
        const auto what = word == "@ends" ? ScriptStep::What::ends : ScriptStep::What::breaks;
        script.steps.push_back({.what = what, .client = speaker});
      }
    }
    at = end;
  }
  say(input.size());
  return script;
}

}  // namespace holdfast
