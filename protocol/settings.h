// What it is: what the operator may choose: one plain struct, and one table (settings.cc) with a row a setting. The row
// is the only source of a setting's name, default, range and help: flags, the configuration file, HOLDFAST_* and CONFIG
// GET|SET all come out of it. Threads: plain values and pure functions, but for config_set (see there). Each shard has
// its own copy of Settings. Time: durations are whole microseconds, and whole milliseconds once they came through the
// table. Invariant: default_ttl_us <= max_ttl_us <= max_hold_life_us once check_settings has answered none.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "engine/limits.h"
#include "engine/types.h"
#include "protocol/users.h"

namespace holdfast {

class ProofSecret;
class TlsContext;

enum class LogLevel : uint8_t { debug, verbose, notice, warning };
std::string_view log_level_text(LogLevel level);

struct Settings {
  // Where it listens.
  int64_t port = 7379;             // 0: the kernel chooses, and the start line says which
  std::string bind = "127.0.0.1";  // addresses, blank separated
  std::string unixsocket;          // a path; empty: none
  std::string plain_tcp = "yes";   // no: not at `port`, only TLS and the Unix socket
  int64_t tcp_backlog = 511;
  TimeUs tcp_keepalive_us = TimeUs{300} * 1'000'000;
  TimeUs tcp_user_timeout_us = TimeUs{120} * 1'000'000;
  int64_t maxclients = 10000;
  int64_t places_for_unix_sockets = 4;  // more
  int64_t accepts_a_turn = static_cast<int64_t>(limits::accepts_a_turn);
  int64_t commands_a_turn = static_cast<int64_t>(limits::commands_a_turn);  // of one connection

  // TLS.
  int64_t tls_port = 0;  // 0: none
  std::string tls_cert_file;
  std::string tls_key_file;
  std::string tls_ca_cert_file;
  std::string tls_auth_clients = "yes";
  TimeUs tls_handshake_timeout_us = TimeUs{10} * 1'000'000;
  std::shared_ptr<const TlsContext> tls;  // what the files held when they were read; see tls.h

  // Who gets in.
  std::string protected_mode = "yes";  // without passwords: only from this machine
  std::string requirepass;             // of the user `default`; empty: none
  std::string users;                   // a path; empty: no users but `default`
  std::shared_ptr<const UserTable> user_table = std::make_shared<const UserTable>();  // what these two came to
  // How long and how much it waits for a client.
  int64_t idle_timeout_s = 0;  // 0: for ever
  TimeUs authentication_timeout_us = TimeUs{10} * 1'000'000;
  int64_t request_bytes = static_cast<int64_t>(limits::request_bytes);
  int64_t stranger_request_bytes = int64_t{16} << 10;  // before it has logged in
  int64_t maxmemory_clients = int64_t{512} << 20;      // bytes
  int64_t output_limit_hard = int64_t{64} << 20;       // bytes
  int64_t output_limit_soft = int64_t{512} << 10;
  TimeUs output_limit_time_us = TimeUs{60} * 1'000'000;

  // How it is cut.
  int64_t shards = 0;  // 0: as many as there are cores; resolved before the server sees it

  // What survives.
  std::string dir;                                   // a path; empty: everything is in memory only
  std::string appendfsync = "always";                // or everysec, no
  int64_t journal_segment_size = int64_t{64} << 20;  // bytes
  int64_t snapshot_after = int64_t{1} << 30;         // bytes of the journal; 0: only when SNAPSHOT asks for it
  TimeUs restart_grace_us = 0;

  int64_t maxmemory = 0;  // bytes; 0: three quarters of what the machine has

  // Holds and their time.
  TimeUs default_ttl_us = TimeUs{300} * 1'000'000;
  TimeUs max_ttl_us = TimeUs{3600} * 1'000'000;
  TimeUs max_hold_life_us = TimeUs{7200} * 1'000'000;
  TimeUs tombstone_ttl_us = TimeUs{600} * 1'000'000;
  int64_t max_tombstones = 4'000'000;
  TimeUs max_wait_us = TimeUs{30} * 1'000'000;
  int64_t max_waiters = 100'000;
  int64_t max_holds_per_cart = 0;                // 0: no limit
  int64_t max_reserves_per_minute_per_cart = 0;  // 0: no limit

  // Who may reserve what is challenged.
  std::string challenge_secret_file;                    // a path; empty: no PROOF is good
  std::shared_ptr<const ProofSecret> challenge_secret;  // what the file held when it was read; see proof.h

  // What it notes of slow commands.
  int64_t slowlog_log_slower_than = 10'000;  // microseconds; -1: nothing
  int64_t slowlog_max_len = 128;
  int64_t latency_monitor_threshold = 0;  // milliseconds; 0: nothing

  // What it says.
  LogLevel loglevel = LogLevel::notice;
};

enum class SettingKind : uint8_t {
  count,     // a strict decimal
  duration,  // see units.h; a bare number means seconds
  bytes,
  text,
  choice,    // one of the words that its row lists
  level,     // debug, verbose, notice, warning
  constant,  // not a choice: a name of Redis that clients ask for, and what is true of it here
};

struct SettingRow {
  std::string_view name;  // lower case, words joined by '-'
  SettingKind kind;
  // Where it lives in Settings; a constant's value lives here.
  std::variant<int64_t Settings::*, std::string Settings::*, LogLevel Settings::*, std::string_view> place;
  int64_t least;  // count, bytes, duration (microseconds)
  int64_t most;
  bool at_run_time;  // CONFIG SET may change it
  std::string_view help;
  std::string_view choices = {};  // blank separated
};

// All rows, in the order of --help; constants last.
std::span<const SettingRow> settings_table();

// The row of that name (any case), or null.
const SettingRow* find_setting(std::string_view name);

// The value as canonical text, which set_setting reads back: "7379", "5m", "notice".
std::string setting_text(const Settings& settings, const SettingRow& row);

// Reads one value, in its range, and sets it. Returns what is wrong with it, or none. A constant takes its own
// value only. Relations between settings are check_settings' business.
std::optional<std::string> set_setting(Settings& settings, const SettingRow& row, std::string_view value);

// What is wrong between the settings, or none.
std::optional<std::string> check_settings(const Settings& settings);

// Reads challenge_secret from the file that the settings name; none where they name none. Returns what is wrong, or
// none. For the start: config_set does so itself.
std::optional<std::string> load_challenge_secret(Settings& settings);

// Makes user_table of what requirepass and the file of users say. As load_challenge_secret; also for ACL LOAD.
std::optional<std::string> load_users(Settings& settings);

// Reads the files of TLS where there is a TLS port. As load_challenge_secret.
std::optional<std::string> load_tls(Settings& settings);

// CONFIG GET: name and value of each row that one of the globs matches (any case), each once, in the table's order.
using NameAndValue = std::pair<std::string, std::string>;
std::vector<NameAndValue> config_get(const Settings& settings, std::span<const std::string_view> globs);
std::vector<NameAndValue> config_get(const Settings& settings, std::string_view glob);

// CONFIG SET: all pairs (at least one) or none. Returns none, or the error in Redis's words, without the code: the
// caller puts "ERR " before it. Whoever calls it for the whole server calls set_log_level (log.h) with the new loglevel
// too. A higher maxclients raises the process's RLIMIT_NOFILE, and is refused where the system does not let it.
// challenge-secret-file is read where it is among the pairs, so that setting it to what it is changes secrets; the file
// of users where requirepass is, and those of TLS where one of them is.
struct NewValue {
  std::string_view name;
  std::string_view value;
};
std::optional<std::string> config_set(Settings& settings, std::span<const NewValue> values);
std::optional<std::string> config_set(Settings& settings, std::string_view name, std::string_view value);

}  // namespace holdfast
