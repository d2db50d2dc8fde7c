// What it is: the whole server in one object: an engine, a reactor and a thread for each shard, and the listeners.
// Threads: start, stop and wait by the owner (stop also by another thread); Services by the reactors.
// Errors: start() tells what is wrong, in one line.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "engine/storage.h"
#include "protocol/login_desk.h"
#include "protocol/reactor_loop.h"
#include "protocol/services.h"
#include "protocol/settings.h"

namespace holdfast {

class Listener;

// Numbers of a server without --dir begin here: they go on growing from start to start, as long as the wall clock does.
Seq unix_time_seq();

class Server final : public Services {
 public:
  // REQUIRES: settings.shards >= 1. `storage`: of as many shards; null: everything is in memory only.
  explicit Server(const Settings& settings, std::unique_ptr<Storage> storage = nullptr);
  ~Server() override;

  // What was kept is there again; why not, or none. Before start().
  std::optional<Storage::Fault> recover();
  // Binds, listens and starts the threads; the error, or none.
  std::optional<std::string> start();
  // Reads certificates, users and secrets again, as SIGHUP asks for; what is wrong with them is logged, and nothing
  // changed.
  void reload();
  // Stops accepting, answers what was received, ends the threads; within 2 s. May be called more than once.
  void stop();
  // Returns when it has stopped.
  void wait();

  int64_t port() const { return port_; }  // the real one, where the kernel chose

  // Services
  const Settings& settings() const override;  // the copy of the calling thread's shard
  Settings& settings_of(ShardIndex shard) override { return settings_[shard]; }
  uint32_t shards() const override { return engine_.shards(); }
  Reactor& reactor(ShardIndex shard) override { return *reactors_[shard]; }
  const Hasher& hasher() const override { return engine_.hasher(); }
  const Storage* storage() const override { return storage_.get(); }
  Seq last_seq() const override { return engine_.last_seq(); }
  Journal* journal() override { return storage_ ? &storage_->journal() : nullptr; }
  SecurityLog& security_log() override { return security_log_; }
  void check_login(const Client& client) override;
  Snapshotter* snapshotter() override { return storage_ ? &storage_->snapshotter() : nullptr; }
  TimeUs started_us() const override { return started_us_; }
  std::string_view run_id() const override { return run_id_; }
  void shut_down() override;

 private:
  std::optional<std::string> listen();
  void take(int fd, int family, bool tls);
  void follow(ShardIndex index, const Settings& fresh);
  void finish();
  void end_threads();

  std::vector<Settings> settings_;
  std::unique_ptr<Storage> storage_;  // its journal outlives the engine
  Engine engine_;
  std::atomic<int64_t> connections_{0};
  std::atomic<int64_t> buffer_bytes_{0};
  std::atomic<uint64_t> next_client_{1};
  std::vector<std::unique_ptr<ReactorLoop>> reactors_;
  SecurityLog security_log_;
  LoginDesk login_desk_;  // ends before the reactors, which it answers to
  std::vector<std::unique_ptr<Listener>> listeners_;
  std::vector<std::thread> threads_;
  TimeUs started_us_ = 0;
  std::string run_id_;
  int64_t port_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool finishing_ = false;
  bool stopped_ = false;
};

}  // namespace holdfast
