// holdfast-server: settings, log and signals around a Server.
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <variant>

#include "engine/storage.h"
#include "protocol/admission.h"
#include "protocol/descriptors.h"
#include "protocol/log.h"
#include "protocol/server.h"
#include "protocol/unix_socket.h"
#include "tools/server/exit_codes.h"
#include "tools/server/notify.h"
#include "tools/server/options.h"

namespace holdfast {
namespace {

int refuse(int code, std::string_view text) {
  fmt::print(stderr, "holdfast-server: {}\n", text);
  return code;
}

// SIGTERM, SIGINT and SIGHUP wait, in this thread and all that it starts, until somebody asks for them.
sigset_t take_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t waited_for;
  sigemptyset(&waited_for);
  sigaddset(&waited_for, SIGTERM);
  sigaddset(&waited_for, SIGINT);
  sigaddset(&waited_for, SIGHUP);
  pthread_sigmask(SIG_BLOCK, &waited_for, nullptr);
  return waited_for;
}

// Lowers maxclients to what the system has descriptors for, and says so. False: not one client fits.
bool fit_clients(Settings& settings) {
  const int64_t fits = make_room_for_clients(settings);
  if (fits == 0) return false;
  if (fits < settings.maxclients) {
    log_event(LogLevel::warning, "Lowered maxclients: the limit on open files (ulimit -n) has no room for more",
              {{"maxclients", fits}, {"wanted", settings.maxclients}});
    settings.maxclients = fits;
  }
  return true;
}

void announce(const Settings& settings, int64_t port) {
  log_event(LogLevel::notice, "Holdfast started",
            {{"version", HOLDFAST_VERSION},
             {"port", port},
             {"tls_port", settings.tls_port},
             {"shards", settings.shards},
             {"pid", ::getpid()},
             {"bind", settings.bind},
             {"unixsocket", settings.unixsocket}});
  if (protects_open_door(settings)) {
    log_event(LogLevel::warning, "Protected mode: without a password other machines are turned away",
              {{"bind", settings.bind}});
  }
  if (settings.dir.empty()) {
    log_event(LogLevel::notice, "Everything is in memory: stock and holds end with this process");
  }
  log_event(LogLevel::notice, "Ready to accept connections");
}

int refuse_storage(const Storage::Fault& fault) {
  switch (fault.trouble) {
    case Storage::Trouble::damaged:
      return refuse(exit_code::damaged_data, fault.text);
    case Storage::Trouble::in_use:
      return refuse(exit_code::cannot_listen, fault.text);
    case Storage::Trouble::disk:
      break;
  }
  return refuse(exit_code::disk_failed, fault.text);
}

// At once, on the journal's thread: nobody knows what is on disk, so nothing more may be answered.
[[noreturn]] void stop_for_disk(int error) {
  log_event(LogLevel::warning, "The journal cannot be written: stopping, nothing more is acknowledged",
            {{"error", std::strerror(error)}});
  ::_exit(exit_code::disk_failed);
}

void tell_snapshot(const Snapshotter::Figures& figures) {
  if (!figures.trouble.empty()) {
    return log_event(LogLevel::warning, "There is no new snapshot; the journal is kept as it is",
                     {{"reason", figures.trouble}});
  }
  log_event(LogLevel::notice, "A snapshot is on disk",
            {{"seq", figures.seq},
             {"bytes", figures.bytes},
             {"entries", figures.entries},
             {"ms", figures.took_us / 1000},
             {"digest", figures.digest}});
}

SyncPolicy sync_policy(std::string_view name) {
  return name == "always" ? SyncPolicy::always : name == "everysec" ? SyncPolicy::everysec : SyncPolicy::no;
}

constexpr uint64_t page_bytes = 4096;

// The directory is made where there is none.
std::unique_ptr<Storage> open_storage(const Settings& settings, Storage::Fault& fault) {
  int error = ::mkdir(settings.dir.c_str(), 0700) == 0 || errno == EEXIST ? 0 : errno;
  std::unique_ptr<Disk> disk;
  // With `always` batches are small, and a snapshot that reads and writes around the cache gets in the way of their
  // syncs.
  const SyncPolicy policy = sync_policy(settings.appendfsync);
  if (error == 0) disk = open_disk(settings.dir, error, policy != SyncPolicy::always);
  if (!disk) {
    fault = {.text = fmt::format("cannot use --dir {}: {}", settings.dir, std::strerror(error))};
    return nullptr;
  }
  const StorageOptions options{
      .policy = policy,
      .segment_bytes = static_cast<uint64_t>(settings.journal_segment_size) / page_bytes * page_bytes,
      .shards = static_cast<uint32_t>(settings.shards),
      .memory = {.tombstone_ttl_us = settings.tombstone_ttl_us,
                 .max_tombstones = static_cast<uint64_t>(settings.max_tombstones)},
      .restart_grace_us = settings.restart_grace_us,
      .first_seq = unix_time_seq(),
      .on_failure = stop_for_disk,
      .snapshot_after_bytes = static_cast<uint64_t>(settings.snapshot_after),
      .on_snapshot = tell_snapshot,
  };
  return Storage::open(std::move(disk), options, fault);
}

void tell_recovered(const Storage& storage) {
  const Storage::Recovered& recovered = storage.recovered();
  if (!recovered.torn.empty()) log_event(LogLevel::warning, recovered.torn);
  log_event(LogLevel::notice, "Recovered",
            {{"entries", recovered.entries},
             {"facts", recovered.facts},
             {"ms", recovered.took_us / 1000},
             {"digest", recovered.digest}});
}

// Serves until SIGTERM, SIGINT or SHUTDOWN. A second SIGINT ends the process on the spot.
void serve(Server& server, const sigset_t& waited_for) {
  std::atomic<bool> stopped_by_itself = false;
  std::thread signals([&] {
    int signal = 0;
    while (sigwait(&waited_for, &signal) == 0 && signal == SIGHUP) server.reload();
    if (!stopped_by_itself) {
      log_event(LogLevel::notice, "Stopping", {{"signal", signal == SIGINT ? "SIGINT" : "SIGTERM"}});
    }
    notify_service_manager("STOPPING=1");
    std::signal(SIGINT, SIG_DFL);
    sigset_t interrupt;
    sigemptyset(&interrupt);
    sigaddset(&interrupt, SIGINT);
    pthread_sigmask(SIG_UNBLOCK, &interrupt, nullptr);
    server.stop();
  });
  server.wait();
  stopped_by_itself = true;  // or stopped by the thread, which has looked already
  ::kill(::getpid(), SIGTERM);
  signals.join();
}

int run(Settings settings) {
  set_log_level(settings.loglevel);
  const sigset_t waited_for = take_signals();
  if (const auto error = load_challenge_secret(settings)) {
    return refuse(exit_code::no_secret,
                  fmt::format("challenge-secret-file {} {}", settings.challenge_secret_file, *error));
  }
  if (const auto error = load_users(settings)) return refuse(exit_code::no_secret, fmt::format("users {}", *error));
  if (const auto error = load_tls(settings)) return refuse(exit_code::no_secret, *error);
  if (!fit_clients(settings)) {
    return refuse(exit_code::no_descriptors, "the limit on open files (ulimit -n) has no room for a single client");
  }
  if (!settings.unixsocket.empty()) {
    if (const auto error = make_way_for_unix_socket(settings.unixsocket)) {
      return refuse(exit_code::cannot_make_socket, *error);
    }
  }
  std::unique_ptr<Storage> storage;
  if (!settings.dir.empty()) {
    Storage::Fault fault;
    storage = open_storage(settings, fault);
    if (!storage) return refuse_storage(fault);
  }
  Server server(settings, std::move(storage));
  if (const auto fault = server.recover()) return refuse_storage(*fault);
  if (const Storage* kept = server.storage()) tell_recovered(*kept);
  if (const auto error = server.start()) return refuse(exit_code::cannot_listen, *error);
  announce(settings, server.port());
  notify_service_manager("READY=1");
  serve(server, waited_for);
  if (const Storage* kept = server.storage()) {
    log_event(LogLevel::notice, "All is on disk", {{"digest", kept->last_digest()}});
  }
  log_event(LogLevel::notice, "Bye");
  return exit_code::stopped;
}

}  // namespace
}  // namespace holdfast

int main(int argc, char** argv) {
  const auto read = holdfast::read_options(argc, argv);
  if (const auto* const answer = std::get_if<holdfast::Answer>(&read)) {
    fmt::print(answer->exit_code == 0 ? stdout : stderr, "{}", answer->text);
    return answer->exit_code;
  }
  return holdfast::run(std::get<holdfast::Settings>(read));
}
