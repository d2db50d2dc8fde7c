#include "tools/server/options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <set>
#include <string_view>
#include <thread>
#include <vector>

#include "engine/limits.h"
#include "tools/flags.h"
#include "tools/server/config_file.h"
#include "tools/server/exit_codes.h"

namespace holdfast {
namespace {

constexpr std::string_view about =
    "Stock and reservations in memory, over TCP, in Redis's protocol. With --dir, what was answered survives.";

constexpr std::string_view footer =
    "Each flag is also a line `name value` of the --config file and a variable HOLDFAST_NAME (--default-ttl:\n"
    "HOLDFAST_DEFAULT_TTL; --config: HOLDFAST_CONFIG). A flag counts more than the environment, the environment more\n"
    "than the file. Durations: 250ms, 30s, 5m, 1h, 1d; a bare number is seconds. Where only --max-ttl is given,\n"
    "--default-ttl and --max-hold-life follow it.\n"
    "The log goes to stdout. Exit codes: 0 stopped by SIGTERM, SIGINT or SHUTDOWN; 64 bad flag or variable; 65 what "
    "is\n"
    "in --dir is damaged; 66 a file that a setting names cannot be read; 69 cannot listen, or --dir is in use; 71 no\n"
    "file descriptors; 73 cannot make the Unix socket; 74 the journal cannot be written or read; 78 bad line in the\n"
    "configuration file.";

struct FlagText {
  const SettingRow* row;
  std::string text;
};

// The settings as they come together, and which of them somebody chose.
struct Choice {
  Settings settings;
  std::set<std::string_view> chosen;

  std::optional<std::string> choose(const SettingRow& row, std::string_view text) {
    chosen.insert(row.name);
    return set_setting(settings, row, text);
  }

  void let_the_rest_follow() {
    if (!chosen.contains("default-ttl")) {
      settings.default_ttl_us = std::min(settings.default_ttl_us, settings.max_ttl_us);
    }
    if (!chosen.contains("max-hold-life")) {
      settings.max_hold_life_us = std::max(settings.max_hold_life_us, settings.max_ttl_us);
    }
    if (settings.shards == 0) {
      settings.shards = std::clamp<int64_t>(std::thread::hardware_concurrency(), 1, limits::shards);
    }
  }
};

Answer refusal(int code, std::string_view text) {
  return {code, fmt::format("holdfast-server: {}\n", text)};
}

Answer bad_usage(std::string_view text) {
  return holdfast::bad_usage("holdfast-server", text);
}

std::string_view value_name(const SettingRow& row) {
  switch (row.kind) {
    case SettingKind::count:
      return "N";
    case SettingKind::duration:
      return "TIME";
    case SettingKind::level:
      return "LEVEL";
    case SettingKind::bytes:
      return "SIZE";
    case SettingKind::choice:
      return "WORD";
    case SettingKind::text:
    case SettingKind::constant:
      break;
  }
  return "TEXT";
}

// The flags' texts, in the order given, and the configuration file's path where one is named.
std::variant<std::vector<FlagText>, Answer> read_flag_texts(int argc, const char* const* argv,
                                                            std::string& config_path) {
  CLI::App app{std::string(about), "holdfast-server"};
  app.get_formatter()->column_width(46);  // the longest flag, its value's name, and its help beside it
  std::vector<FlagText> flags;
  for (const SettingRow& row : settings_table()) {
    if (row.kind == SettingKind::constant) continue;
    const auto keep = [&flags, &row](const std::string& text) { flags.push_back({&row, text}); };
    app.add_option_function<std::string>(fmt::format("--{}", row.name), keep, std::string(row.help))
        ->type_name(std::string(value_name(row)))
        ->default_str(setting_text(Settings{}, row))
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
  app.add_option("--config", config_path, "configuration file")
      ->type_name("FILE")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  app.set_version_flag("--version", "holdfast-server " HOLDFAST_VERSION, "print the version and exit");
  app.get_option("--help")->description("print this and exit");
  app.footer(std::string(footer));
  if (auto answer = read_flags(app, argc, argv)) return *std::move(answer);
  return flags;
}

std::optional<Answer> apply_file(Choice& choice, const std::string& path) {
  const auto unreadable = [&] {
    return refusal(exit_code::no_config_file, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  };
  std::ifstream file(path);
  if (!file) return unreadable();
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const auto parsed = parse_config_line(line);
    if (!parsed) continue;
    const auto wrong = [&](std::string_view reason) {
      return refusal(exit_code::bad_config, fmt::format("{}:{}: {} {}", path, number, parsed->name, reason));
    };
    const SettingRow* row = find_setting(parsed->name);
    if (row == nullptr) return wrong("is no setting");
    if (const auto reason = choice.choose(*row, parsed->value)) return wrong(*reason);
  }
  if (file.bad()) return unreadable();  // a directory opens, and cannot be read
  return std::nullopt;
}

const char* environment_text(const std::string& name) {
  const char* const text = std::getenv(name.c_str());
  return text != nullptr && *text != '\0' ? text : nullptr;
}

std::optional<Answer> apply_environment(Choice& choice) {
  for (const SettingRow& row : settings_table()) {
    if (row.kind == SettingKind::constant) continue;
    const std::string name = environment_name(row.name);
    const char* const text = environment_text(name);
    if (text == nullptr) continue;
    if (const auto reason = choice.choose(row, text)) {
      return bad_usage(fmt::format("{}='{}': {}", name, text, *reason));
    }
  }
  return std::nullopt;
}

}  // namespace

std::string environment_name(std::string_view setting) {
  std::string name = "HOLDFAST_";
  for (const char c : setting) name += c == '-' ? '_' : static_cast<char>(c - 'a' + 'A');
  return name;
}

std::variant<Settings, Answer> read_options(int argc, const char* const* argv) {
  std::string config_path;
  auto read = read_flag_texts(argc, argv, config_path);
  if (auto* const answer = std::get_if<Answer>(&read)) return *answer;

  Choice choice;
  if (config_path.empty()) {
    if (const char* const path = environment_text("HOLDFAST_CONFIG")) config_path = path;
  }
  if (!config_path.empty()) {
    if (auto answer = apply_file(choice, config_path)) return *answer;
  }
  if (auto answer = apply_environment(choice)) return *answer;
  for (const FlagText& flag : std::get<std::vector<FlagText>>(read)) {
    if (const auto reason = choice.choose(*flag.row, flag.text)) {
      return bad_usage(fmt::format("--{} {}: {}", flag.row->name, flag.text, *reason));
    }
  }
  choice.let_the_rest_follow();
  if (const auto reason = check_settings(choice.settings)) return bad_usage(*reason);
  return choice.settings;
}

}  // namespace holdfast
