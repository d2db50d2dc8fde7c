#include "protocol/server.h"

#include <fmt/format.h>

#include <chrono>
#include <future>
#include <sstream>
#include <string_view>

#include "engine/check.h"
#include "protocol/acl_command.h"
#include "protocol/admission.h"
#include "protocol/listener.h"
#include "protocol/log.h"

namespace holdfast {
namespace {

constexpr auto drain_time = std::chrono::milliseconds(1500);

// Which shard's copy of the settings this thread reads.
thread_local ShardIndex current_shard = 0;

uint64_t random_seed() {
  uint64_t seed = 0;
  random_bytes(&seed, sizeof(seed));
  return seed;
}

std::string random_hex(size_t digits) {
  std::string bytes(digits / 2, '\0');
  random_bytes(bytes.data(), bytes.size());
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return text;
}

EngineOptions engine_options(const Settings& settings, Storage* storage) {
  EngineOptions options{.shards = static_cast<uint32_t>(settings.shards)};
  if (storage) {
    options.hash_seed = storage->hash_seed();
    options.start_us = 0;
    options.journal = &storage->journal();
  } else {
    options.hash_seed = random_seed();
    options.first_seq = unix_time_seq();
  }
  return options;
}

}  // namespace

Seq unix_time_seq() {
  return static_cast<Seq>(wall_time());
}

Server::Server(const Settings& settings, std::unique_ptr<Storage> storage)
    : settings_(static_cast<size_t>(settings.shards), settings),
      storage_(std::move(storage)),
      engine_(engine_options(settings, storage_.get())),
      run_id_(random_hex(40)) {
  for (uint32_t i = 0; i < engine_.shards(); ++i) {
    auto& actor = engine_.actor(static_cast<ShardIndex>(i));
    reactors_.push_back(std::make_unique<ReactorLoop>(actor, *this, connections_, buffer_bytes_));
  }
}

Server::~Server() {
  stop();
}

const Settings& Server::settings() const {
  return settings_[current_shard];
}

std::optional<Storage::Fault> Server::recover() {
  return storage_ ? storage_->recover(engine_) : std::nullopt;
}

std::optional<std::string> Server::start() {
  started_us_ = engine_now();
  if (auto error = listen()) {
    for (auto& listener : listeners_) listener->close();
    return error;
  }
  if (storage_) storage_->start([this](ShardIndex shard) { reactors_[shard]->wake(); });
  for (auto& reactor : reactors_) {
    threads_.emplace_back([loop = reactor.get()] {
      current_shard = loop->index();
      set_log_thread(fmt::format("shard-{}", loop->index()));
      loop->run();
    });
  }
  return std::nullopt;
}

std::optional<std::string> Server::listen() {
  const Settings& settings = settings_[0];
  EventLoop& loop = reactors_[0]->events();
  const auto deliver = [this](int fd, int family) { take(fd, family, false); };
  const auto deliver_tls = [this](int fd, int family) { take(fd, family, true); };
  std::string error;
  port_ = settings.port;
  std::istringstream addresses(settings.bind);
  for (std::string address; addresses >> address;) {
    if (settings.plain_tcp == "yes") {
      auto listener = Listener::tcp(loop, address, port_, settings, deliver, error);
      if (!listener) return error;
      port_ = listener->port();
      listeners_.push_back(std::move(listener));
    }
    if (settings.tls_port != 0) {
      auto listener = Listener::tcp(loop, address, settings.tls_port, settings, deliver_tls, error);
      if (!listener) return error;
      listeners_.push_back(std::move(listener));
    }
  }
  if (!settings.unixsocket.empty()) {
    auto listener = Listener::local(loop, settings.unixsocket, settings, deliver, error);
    if (!listener) return error;
    listeners_.push_back(std::move(listener));
  }
  for (Settings& each : settings_) each.port = port_;  // INFO and CONFIG GET tell what the kernel chose
  return std::nullopt;
}

// On the thread of the first shard. Connections go to the shards in turn.
void Server::take(int fd, int family, bool tls) {
  const Visitor visitor = visitor_of(fd, family);
  const Admission admission = admit(settings_[0], connections_.load(std::memory_order_relaxed), visitor);
  if (admission != Admission::welcome) {
    ++reactors_[0]->counters().connections_rejected;
    if (admission == Admission::denied) {
      security_log_.record({.reason = SecurityReason::denied,
                            .object = "protected-mode",
                            .username = {},
                            .address = peer_text(fd),
                            .client = {}},
                           engine_now());
    }
    return turn_away(fd, tls ? std::string_view() : refusal_line(admission));
  }
  connections_.fetch_add(1, std::memory_order_relaxed);
  const uint64_t id = next_client_++;
  reactors_[id % reactors_.size()]->adopt(fd, id, family, tls);
}

// The first shard reads and the others take what it read, as for CONFIG SET.
void Server::reload() {
  reactors_[0]->events().post([this] {
    Settings fresh = settings_[0];
    std::optional<std::string> wrong = load_tls(fresh);
    if (!wrong) wrong = load_users(fresh);
    if (!wrong) wrong = load_challenge_secret(fresh);
    if (wrong) return log_event(LogLevel::warning, "Cannot reload, nothing is changed", {{"error", *wrong}});
    for (const auto& reactor : reactors_) {
      reactor->events().post([this, index = reactor->index(), fresh] { follow(index, fresh); });
    }
    log_event(LogLevel::notice, "Reloaded certificates, users and secrets");
  });
}

void Server::follow(ShardIndex index, const Settings& fresh) {
  settings_[index].tls = fresh.tls;
  settings_[index].user_table = fresh.user_table;
  settings_[index].challenge_secret = fresh.challenge_secret;
  follow_users(*fresh.user_table, *reactors_[index], 0);
}

void Server::check_login(const Client& client) {
  const Login& login = *client.login;
  login_desk_.submit({.user = login.user, .password = login.password, .source = login_source(client.address)},
                     [reactor = reactors_[client.shard].get(), id = client.id](LoginOutcome outcome) {
                       reactor->finish_login(id, outcome);
                     });
}

void Server::shut_down() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  changed_.notify_all();
}

void Server::stop() {
  shut_down();
  finish();
}

void Server::wait() {
  {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_; });
  }
  finish();
}

void Server::finish() {
  std::unique_lock lock(mutex_);
  if (finishing_) {
    changed_.wait(lock, [this] { return stopped_; });
    return;
  }
  finishing_ = true;
  lock.unlock();
  if (!threads_.empty()) end_threads();
  lock.lock();
  stopped_ = true;
  changed_.notify_all();
}

// All shards go on until the last connection has its answers: a cart may need any of them.
void Server::end_threads() {
  std::promise<void> closed;
  reactors_[0]->events().post([&] {
    for (auto& listener : listeners_) listener->close();
    closed.set_value();
  });
  closed.get_future().wait();
  const auto deadline = std::chrono::steady_clock::now() + drain_time;
  for (auto& reactor : reactors_) reactor->drain();
  while (connections_.load(std::memory_order_relaxed) > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  for (auto& reactor : reactors_) reactor->stop();
  for (auto& thread : threads_) thread.join();
  if (storage_) storage_->stop(engine_);
  login_desk_.stop();
}

}  // namespace holdfast
