// holdfast-server: settings, log and signals around a Server.
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <optional>
#include <string_view>
#include <thread>
#include <variant>

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

// SIGTERM and SIGINT wait, in this thread and all that it starts, until somebody asks for them.
sigset_t take_signals() {
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGHUP, SIG_IGN);
  sigset_t stopping;
  sigemptyset(&stopping);
  sigaddset(&stopping, SIGTERM);
  sigaddset(&stopping, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stopping, nullptr);
  return stopping;
}

// Lowers maxclients to what the system has descriptors for, and says so. False: not one client fits.
bool fit_clients(Settings& settings) {
  const int64_t fits = make_room_for_clients(settings.maxclients, settings.shards);
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
             {"shards", settings.shards},
             {"pid", ::getpid()},
             {"bind", settings.bind},
             {"unixsocket", settings.unixsocket}});
  log_event(LogLevel::notice, "Everything is in memory: stock and holds end with this process");
  log_event(LogLevel::notice, "Ready to accept connections");
}

// Serves until SIGTERM, SIGINT or SHUTDOWN. A second SIGINT ends the process on the spot.
void serve(Server& server, const sigset_t& stopping) {
  std::atomic<bool> stopped_by_itself = false;
  std::thread signals([&] {
    int signal = 0;
    sigwait(&stopping, &signal);
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
  const sigset_t stopping = take_signals();
  if (const auto error = load_challenge_secret(settings)) {
    return refuse(exit_code::no_secret,
                  fmt::format("challenge-secret-file {} {}", settings.challenge_secret_file, *error));
  }
  if (!fit_clients(settings)) {
    return refuse(exit_code::no_descriptors, "the limit on open files (ulimit -n) has no room for a single client");
  }
  if (!settings.unixsocket.empty()) {
    if (const auto error = make_way_for_unix_socket(settings.unixsocket)) {
      return refuse(exit_code::cannot_make_socket, *error);
    }
  }
  Server server(settings);
  if (const auto error = server.start()) return refuse(exit_code::cannot_listen, *error);
  announce(settings, server.port());
  notify_service_manager("READY=1");
  serve(server, stopping);
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
