#include "protocol/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/limits.h"
#include "protocol/descriptors.h"
#include "protocol/glob.h"
#include "protocol/proof.h"
#include "protocol/tls.h"
#include "protocol/units.h"

namespace holdfast {
namespace {

constexpr TimeUs second_us = 1'000'000;
constexpr TimeUs least_duration_us = 1'000;
constexpr TimeUs most_duration_us = limits::ttl_ms_ceiling * 1'000;
constexpr int64_t most_microseconds = int64_t{1} << 53;
constexpr int64_t most_shards = static_cast<int64_t>(limits::shards);

constexpr std::array<std::string_view, 4> level_texts{"debug", "verbose", "notice", "warning"};

constexpr SettingRow count(std::string_view name, int64_t Settings::*place, int64_t least, int64_t most,
                           bool at_run_time, std::string_view help) {
  return {name, SettingKind::count, place, least, most, at_run_time, help};
}

constexpr SettingRow duration(std::string_view name, TimeUs Settings::*place, std::string_view help) {
  return {name, SettingKind::duration, place, least_duration_us, most_duration_us, true, help};
}

constexpr SettingRow text(std::string_view name, std::string Settings::*place, std::string_view help) {
  return {name, SettingKind::text, place, 0, 0, false, help};
}

constexpr SettingRow at_any_time(std::string_view name, std::string Settings::*place, std::string_view help) {
  return {name, SettingKind::text, place, 0, 0, true, help};
}

constexpr SettingRow choice(std::string_view name, std::string Settings::*place, bool at_run_time,
                            std::string_view choices, std::string_view help) {
  return {name, SettingKind::choice, place, 0, 0, at_run_time, help, choices};
}

constexpr SettingRow bytes(std::string_view name, int64_t Settings::*place, int64_t least, int64_t most,
                           bool at_run_time, std::string_view help) {
  return {name, SettingKind::bytes, place, least, most, at_run_time, help};
}

constexpr SettingRow constant(std::string_view name, std::string_view value) {
  return {name, SettingKind::constant, value, 0, 0, false, ""};
}

constexpr bool at_run_time = true;
constexpr bool at_start = false;

constexpr std::array rows{
    count("port", &Settings::port, 0, 65535, at_start, "TCP port; 0: the kernel chooses, see the start line"),
    text("bind", &Settings::bind, "addresses to listen on, blank separated"),
    text("unixsocket", &Settings::unixsocket, "path of a Unix socket to listen on too; empty: none"),
    choice("plain-tcp", &Settings::plain_tcp, at_start, "yes no", "no: only TLS and the Unix socket are listened on"),
    count("tls-port", &Settings::tls_port, 0, 65535, at_start, "TCP port for TLS 1.2 and 1.3; 0: none"),
    at_any_time("tls-cert-file", &Settings::tls_cert_file, "certificate chain, PEM; SIGHUP reads it again"),
    at_any_time("tls-key-file", &Settings::tls_key_file, "its private key, PEM, not encrypted"),
    at_any_time("tls-ca-cert-file", &Settings::tls_ca_cert_file, "who signs the certificates of clients, PEM"),
    choice("tls-auth-clients", &Settings::tls_auth_clients, at_run_time, "no optional yes",
           "no, optional or yes: whether clients have to show a certificate"),
    duration("tls-handshake-timeout", &Settings::tls_handshake_timeout_us, "longest time for a TLS handshake"),
    count("tcp-backlog", &Settings::tcp_backlog, 1, 65535, at_start, "connections that may wait to be accepted"),
    duration("tcp-keepalive", &Settings::tcp_keepalive_us, "silence of a peer until it is asked for a sign of life"),
    duration("tcp-user-timeout", &Settings::tcp_user_timeout_us,
             "a peer that takes nothing of what is sent for so long is gone"),
    count("maxclients", &Settings::maxclients, 1, 10'000'000, at_run_time, "connections at a time"),
    count("unixsocket-clients", &Settings::places_for_unix_sockets, 0, 1'000, at_run_time,
          "connections by the Unix socket beyond maxclients, so that an operator gets in"),
    count("max-new-connections-per-cycle", &Settings::accepts_a_turn, 1, 100'000, at_run_time,
          "connections accepted at once before those that are there are served"),
    count("max-commands-per-cycle", &Settings::commands_a_turn, 1, 1'000'000, at_run_time,
          "commands of one connection executed at once before the next one is served"),
    bytes("maxmemory-clients", &Settings::maxmemory_clients, int64_t{4} << 20, int64_t{1} << 50, at_run_time,
          "memory for the buffers of all connections; above it those that hold most are closed"),
    bytes("client-query-buffer-limit", &Settings::request_bytes, int64_t{16} << 10,
          static_cast<int64_t>(limits::request_bytes), at_run_time, "largest request"),
    bytes("query-buffer-limit-before-auth", &Settings::stranger_request_bytes, int64_t{1} << 10,
          static_cast<int64_t>(limits::request_bytes), at_run_time, "largest request of who has not logged in"),
    duration("authentication-timeout", &Settings::authentication_timeout_us,
             "a client that has not logged in by then, or not finished its first request, is closed"),
    choice("protected-mode", &Settings::protected_mode, at_run_time, "yes no",
           "yes: while no password is needed, only this machine is let in"),
    at_any_time("requirepass", &Settings::requirepass,
                "password of the user default; ps shows flags: the file or HOLDFAST_REQUIREPASS is better"),
    text("users", &Settings::users, "file of users, see holdfast-cli hash-password; ACL LOAD reads it again"),
    count("timeout", &Settings::idle_timeout_s, 0, limits::quantity, at_run_time,
          "seconds without a command until a client is closed; 0: never"),
    bytes("output-limit-hard", &Settings::output_limit_hard, int64_t{2} << 20, int64_t{1} << 40, at_run_time,
          "a client for which more is waiting is closed"),
    bytes("output-limit-soft", &Settings::output_limit_soft, int64_t{64} << 10, int64_t{1} << 40, at_run_time,
          "a client for which more is waiting is closed unless it takes as much within output-limit-time"),
    duration("output-limit-time", &Settings::output_limit_time_us, "see output-limit-soft"),
    count("shards", &Settings::shards, 0, most_shards, at_start, "shards, a thread each; 0: one a core"),
    text("dir", &Settings::dir, "directory of the journal; empty: everything is in memory only"),
    choice("appendfsync", &Settings::appendfsync, at_start, "always everysec no",
           "always, everysec or no: the journal is synced before each answer, once a second, or not at all"),
    bytes("journal-segment-size", &Settings::journal_segment_size, int64_t{1} << 20, int64_t{8} << 30, at_start,
          "size of the journal's files, such as 64mb"),
    bytes("snapshot-after", &Settings::snapshot_after, 0, int64_t{1} << 50, at_start,
          "makes a snapshot when the journal has grown by so much; 0: only SNAPSHOT does"),
    SettingRow{"restart-grace", SettingKind::duration, &Settings::restart_grace_us, 0, most_duration_us, at_start,
               "every live hold has at least this long after a start with --dir"},
    bytes("maxmemory", &Settings::maxmemory, 0, INT64_MAX, at_run_time,
          "memory for stock, holds and locks, such as 4gb; 0: three quarters of the machine's"),
    duration("default-ttl", &Settings::default_ttl_us, "how long a RESERVE without EX or PX holds"),
    duration("max-ttl", &Settings::max_ttl_us, "longest time a command may ask for"),
    duration("max-hold-life", &Settings::max_hold_life_us, "longest life of a hold, however often extended"),
    duration("tombstone-ttl", &Settings::tombstone_ttl_us, "how long an ended hold is remembered"),
    count("max-tombstones", &Settings::max_tombstones, 1, limits::quantity, at_run_time,
          "ended holds remembered at a time"),
    duration("max-wait", &Settings::max_wait_us, "longest time that RESERVE ... WAIT may ask for"),
    count("max-waiters", &Settings::max_waiters, 1, limits::quantity, at_run_time,
          "carts that stand in line at a time"),
    count("max-holds-per-cart", &Settings::max_holds_per_cart, 0, limits::quantity, at_run_time,
          "live holds that a cart may have; 0: no limit"),
    count("max-reserves-per-minute-per-cart", &Settings::max_reserves_per_minute_per_cart, 0, limits::quantity,
          at_run_time, "RESERVEs of a cart in any minute; 0: no limit"),
    at_any_time("challenge-secret-file", &Settings::challenge_secret_file,
                "file of the secret that PROOFs are signed with; empty: none is good"),
    count("slowlog-log-slower-than", &Settings::slowlog_log_slower_than, -1, most_microseconds, at_run_time,
          "SLOWLOG keeps commands of as many microseconds or more; -1: none"),
    count("slowlog-max-len", &Settings::slowlog_max_len, 0, 100'000, at_run_time, "slow commands that SLOWLOG keeps"),
    count("latency-monitor-threshold", &Settings::latency_monitor_threshold, 0, most_microseconds, at_run_time,
          "LATENCY LATEST keeps moments of as many milliseconds or more; 0: none"),
    SettingRow{"loglevel", SettingKind::level, &Settings::loglevel, 0, 0, at_run_time,
               "debug, verbose, notice or warning"},

    constant("appendonly", "no"),
    constant("databases", "1"),
    constant("latency-tracking", "yes"),
    constant("latency-tracking-info-percentiles", "50 99 99.9"),
    constant("maxmemory-policy", "noeviction"),
    constant("save", ""),
};

std::string lower_case(std::string_view text_of_any_case) {
  std::string lower(text_of_any_case);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::optional<std::string> set_number(Settings& settings, const SettingRow& row, std::optional<int64_t> value,
                                      std::string_view what_is_wrong) {
  if (!value) return std::string(what_is_wrong);
  settings.*std::get<int64_t Settings::*>(row.place) = *value;
  return std::nullopt;
}

std::optional<std::string> set_count(Settings& settings, const SettingRow& row, std::string_view value) {
  const bool negative = row.least < 0 && value.starts_with('-');
  auto number = parse_count(value.substr(negative ? 1 : 0));
  if (number && negative) *number = -*number;
  if (number && (*number < row.least || *number > row.most)) number.reset();
  return set_number(settings, row, number, fmt::format("must be an integer from {} to {}", row.least, row.most));
}

std::optional<std::string> set_duration(Settings& settings, const SettingRow& row, std::string_view value) {
  auto number = parse_duration_us(value, second_us);
  if (number && (*number < row.least || *number > row.most)) number.reset();
  return set_number(settings, row, number,
                    fmt::format("must be a duration like 250ms, 30s, 5m, 1h (bare: seconds), from {} to {}",
                                duration_text(row.least), duration_text(row.most)));
}

std::optional<std::string> set_bytes(Settings& settings, const SettingRow& row, std::string_view value) {
  auto number = parse_bytes(value);
  if (number && (*number < row.least || *number > row.most)) number.reset();
  return set_number(settings, row, number,
                    fmt::format("must be a size like 1000, 512kb, 64mb, from {} to {}", row.least, row.most));
}

std::optional<std::string> set_level(Settings& settings, const SettingRow& row, std::string_view value) {
  const auto found = std::find(level_texts.begin(), level_texts.end(), lower_case(value));
  if (found == level_texts.end()) return fmt::format("must be one of {}", fmt::join(level_texts, ", "));
  settings.*std::get<LogLevel Settings::*>(row.place) = static_cast<LogLevel>(found - level_texts.begin());
  return std::nullopt;
}

std::optional<std::string> set_choice(Settings& settings, const SettingRow& row, std::string_view value) {
  const std::string word = lower_case(value);
  const std::string listed = fmt::format(" {} ", row.choices);
  if (word.empty() || listed.find(fmt::format(" {} ", word)) == std::string::npos) {
    return fmt::format("must be one of {}", row.choices);
  }
  settings.*std::get<std::string Settings::*>(row.place) = word;
  return std::nullopt;
}

bool names(std::span<const NewValue> values, std::string_view setting) {
  const SettingRow* const row = find_setting(setting);
  return std::any_of(values.begin(), values.end(),
                     [row](const NewValue& value) { return find_setting(value.name) == row; });
}

std::string failed(std::string_view name, std::string_view reason) {
  return fmt::format("CONFIG SET failed (possibly related to argument '{}') - {}", name, reason);
}

// One pair of CONFIG SET, into the copy.
std::optional<std::string> set_at_run_time(Settings& settings, const NewValue& pair) {
  const SettingRow* row = find_setting(pair.name);
  if (row == nullptr) return fmt::format("Unknown option or number of arguments for CONFIG SET - '{}'", pair.name);
  if (!row->at_run_time && row->kind != SettingKind::constant) return failed(pair.name, "can't set immutable config");
  if (auto reason = set_setting(settings, *row, pair.value)) return failed(pair.name, *reason);
  return std::nullopt;
}

}  // namespace

std::string_view log_level_text(LogLevel level) {
  return level_texts[static_cast<size_t>(level)];
}

std::span<const SettingRow> settings_table() {
  return rows;
}

const SettingRow* find_setting(std::string_view name) {
  const std::string lower = lower_case(name);
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const SettingRow& row) { return row.name == lower; });
  return found == rows.end() ? nullptr : &*found;
}

std::string setting_text(const Settings& settings, const SettingRow& row) {
  switch (row.kind) {
    case SettingKind::count:
    case SettingKind::bytes:
      return fmt::to_string(settings.*std::get<int64_t Settings::*>(row.place));
    case SettingKind::duration:
      return duration_text(settings.*std::get<TimeUs Settings::*>(row.place));
    case SettingKind::text:
    case SettingKind::choice:
      return settings.*std::get<std::string Settings::*>(row.place);
    case SettingKind::level:
      return std::string(log_level_text(settings.*std::get<LogLevel Settings::*>(row.place)));
    case SettingKind::constant:
      break;
  }
  return std::string(std::get<std::string_view>(row.place));
}

std::optional<std::string> set_setting(Settings& settings, const SettingRow& row, std::string_view value) {
  switch (row.kind) {
    case SettingKind::count:
      return set_count(settings, row, value);
    case SettingKind::duration:
      return set_duration(settings, row, value);
    case SettingKind::bytes:
      return set_bytes(settings, row, value);
    case SettingKind::text:
      settings.*std::get<std::string Settings::*>(row.place) = value;
      return std::nullopt;
    case SettingKind::choice:
      return set_choice(settings, row, value);
    case SettingKind::level:
      return set_level(settings, row, value);
    case SettingKind::constant:
      break;
  }
  const auto constant_value = std::get<std::string_view>(row.place);
  if (lower_case(value) == constant_value) return std::nullopt;
  return fmt::format("is always '{}' here", constant_value);
}

std::optional<std::string> check_settings(const Settings& settings) {
  const auto above = [](std::string_view name, TimeUs value, std::string_view bound_name, TimeUs bound) {
    return fmt::format("{} ({}) must not be above {} ({})", name, duration_text(value), bound_name,
                       duration_text(bound));
  };
  if (settings.default_ttl_us > settings.max_ttl_us) {
    return above("default-ttl", settings.default_ttl_us, "max-ttl", settings.max_ttl_us);
  }
  if (settings.max_ttl_us > settings.max_hold_life_us) {
    return above("max-ttl", settings.max_ttl_us, "max-hold-life", settings.max_hold_life_us);
  }
  const bool has_address = settings.bind.find_first_not_of(' ') != std::string::npos;
  const bool has_tcp = has_address && (settings.plain_tcp == "yes" || settings.tls_port != 0);
  if (!has_address && settings.unixsocket.empty()) {
    return "bind and unixsocket are both empty: there is nothing to listen on";
  }
  if (!has_tcp && settings.unixsocket.empty()) return "plain-tcp is no, and there is neither tls-port nor unixsocket";
  return std::nullopt;
}

std::optional<std::string> load_challenge_secret(Settings& settings) {
  if (!settings.challenge_secret_file.empty()) {
    return read_proof_secret(settings.challenge_secret_file, settings.challenge_secret);
  }
  settings.challenge_secret.reset();
  return std::nullopt;
}

std::optional<std::string> load_users(Settings& settings) {
  return UserTable::load(settings.users, settings.requirepass, settings.user_table);
}

std::optional<std::string> load_tls(Settings& settings) {
  if (settings.tls_port == 0) return std::nullopt;
  return TlsContext::load({.certificate = settings.tls_cert_file,
                           .key = settings.tls_key_file,
                           .ca = settings.tls_ca_cert_file,
                           .auth_clients = settings.tls_auth_clients},
                          settings.tls);
}

std::vector<NameAndValue> config_get(const Settings& settings, std::span<const std::string_view> globs) {
  std::vector<Glob> patterns;
  patterns.reserve(globs.size());
  for (const std::string_view glob : globs) patterns.emplace_back(lower_case(glob));
  std::vector<NameAndValue> found;
  for (const SettingRow& row : rows) {
    const bool wanted =
        std::any_of(patterns.begin(), patterns.end(), [&](const Glob& pattern) { return pattern.matches(row.name); });
    if (wanted) found.emplace_back(row.name, setting_text(settings, row));
  }
  return found;
}

std::vector<NameAndValue> config_get(const Settings& settings, std::string_view glob) {
  return config_get(settings, std::span(&glob, 1));
}

std::optional<std::string> config_set(Settings& settings, std::span<const NewValue> values) {
  Settings changed = settings;
  for (size_t i = 0; i < values.size(); ++i) {
    if (auto error = set_at_run_time(changed, values[i])) return error;
    const auto same = [&](const NewValue& other) { return find_setting(other.name) == find_setting(values[i].name); };
    if (std::any_of(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(i), same)) {
      return failed(values[i].name, "duplicate parameter");
    }
  }
  if (auto reason = check_settings(changed)) return failed(values.back().name, *reason);
  if (names(values, "challenge-secret-file")) {
    if (auto reason = load_challenge_secret(changed)) return failed("challenge-secret-file", *reason);
  }
  if (names(values, "requirepass")) {
    if (auto reason = load_users(changed)) return failed("requirepass", *reason);
  }
  for (const NewValue& value : values) {
    const SettingRow& row = *find_setting(value.name);
    if (!row.name.starts_with("tls-") || row.kind == SettingKind::duration) continue;
    if (auto reason = load_tls(changed)) return failed(value.name, *reason);
    break;
  }
  const auto all_places = [](const Settings& each) { return each.maxclients + each.places_for_unix_sockets; };
  if (all_places(changed) > all_places(settings)) {
    const int64_t fits = make_room_for_clients(changed);
    if (fits < changed.maxclients) {
      return failed("maxclients", fmt::format("the limit on open files (RLIMIT_NOFILE) leaves room for {}", fits));
    }
  }
  settings = changed;
  return std::nullopt;
}

std::optional<std::string> config_set(Settings& settings, std::string_view name, std::string_view value) {
  const NewValue pair{name, value};
  return config_set(settings, std::span(&pair, 1));
}

}  // namespace holdfast
