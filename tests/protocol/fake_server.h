// What it is: a server without sockets: a real engine and one reactor a shard whose connections are made by the test.
// run() does what a session does with one command and gives the bytes of its reply.
#pragma once

#include <array>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/check.h"
#include "engine/engine.h"
#include "protocol/arguments.h"
#include "protocol/auth_command.h"
#include "protocol/command_monitor.h"
#include "protocol/commands.h"
#include "protocol/services.h"
#include "protocol/subcommands.h"

namespace holdfast {

class FakeReactor final : public Reactor {
 public:
  FakeReactor(Services& services, const Settings& settings) : notes(services, settings) {}
  const ReactorStats& stats() const override { return figures; }
  void reset_stats() override { figures.reset(); }
  void follow_settings() override {}
  void wake() override {}
  CommandMonitor& monitor() override { return notes; }
  void for_each_client(const std::function<void(Client&)>& visit) override {
    for (const auto& client : clients) visit(*client);
  }
  void kill(Client& client) override {
    killed.push_back(client.id);
    std::erase_if(clients, [&](const auto& other) { return other.get() == &client; });
  }

  ReactorStats figures;
  CommandMonitor notes;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<uint64_t> killed;
};

class FakeServer final : public Services {
 public:
  explicit FakeServer(uint32_t shards = 2) : engine_(EngineOptions{.shards = shards}) {
    for (uint32_t i = 0; i < shards; ++i) {
      settings_.push_back(std::make_unique<Settings>());
      reactors.push_back(std::make_unique<FakeReactor>(*this, *settings_.back()));
    }
  }

  // A connection of that shard. It lives until it is killed.
  Client& connect(ShardIndex shard = 0) {
    auto& client = reactors[shard]->clients.emplace_back(std::make_unique<Client>());
    client->id = ++last_id_;
    client->shard = shard;
    client->user = settings_[shard]->user_table->initial();
    client->fd = static_cast<int>(10 + last_id_);
    client->address = "127.0.0.1:" + std::to_string(5000 + last_id_);
    client->local_address = "127.0.0.1:7379";
    client->connected_us = client->active_us = now_us;
    return *client;
  }

  std::string run(Client& client, std::vector<std::string_view> args) {
    const CommandRow* row = find_called(args);
    Buffer buffer;
    RespWriter out(buffer, client.resp);
    client.active_us = now_us;
    if (!row) {
      out.error(unknown_command(args));
    } else if (!arity_fits(*row, args.size())) {
      out.error(arity_error(row->name));
    } else if (const TourPointer tour = run(*row, args, client, out)) {
      CHECK(buffer.empty());
      for (uint32_t i = 0; i < shards(); ++i) tour->visit(shard(i), static_cast<ShardIndex>(i));
      RespWriter answer(buffer, client.resp);
      tour->render(answer, client);
    } else if (client.login) {
      finish_login(client, LoginOutcome::wrong, *this, out);
    }
    return std::string(buffer.view());
  }

  TourPointer run(const CommandRow& row, Args args, Client& client, RespWriter& out) {
    CHECK(row.run);
    client.last_command = row.name;
    return row.run(args, client, *this, out);
  }

  // SETSTOCK or DELSTOCK, at the shard that the SKU lives on.
  void change_stock(std::vector<std::string_view> args) {
    Shard& owner = shard(shard_of(slot_of(hasher().sku(args[1])), shards()));
    Journey* journey = owner.new_journey();
    CHECK(!find_command(args[0])->read(args, *this, *journey));
    CHECK(owner.submit(journey) && !journey->reply.refusal);
    owner.recycle(journey);
  }

  Shard& shard(uint32_t index) { return engine_.actor(static_cast<ShardIndex>(index)).shard(); }

  const Settings& settings() const override { return *settings_[0]; }
  Settings& settings_of(ShardIndex index) override { return *settings_[index]; }
  uint32_t shards() const override { return engine_.shards(); }
  Reactor& reactor(ShardIndex index) override { return *reactors[index]; }
  const Hasher& hasher() const override { return engine_.hasher(); }
  SecurityLog& security_log() override { return security_log_; }
  void check_login(const Client&) override {}
  TimeUs started_us() const override { return 1'000'000; }
  std::string_view run_id() const override { return "0123456789abcdef0123456789abcdef01234567"; }
  void shut_down() override { ++shut_downs; }

  TimeUs now_us = 100'000'000;
  int shut_downs = 0;
  std::vector<std::unique_ptr<FakeReactor>> reactors;

 private:
  SecurityLog security_log_;
  Engine engine_;
  std::vector<std::unique_ptr<Settings>> settings_;
  uint64_t last_id_ = 0;
};

// The text of a bulk string, or of a verbatim one; the whole reply where it is neither.
inline std::string text_of(const std::string& reply) {
  if (reply[0] != '$' && reply[0] != '=') return reply;
  const size_t begin = reply.find("\r\n") + 2 + (reply[0] == '=' ? 4 : 0);
  return reply.substr(begin, reply.size() - begin - 2);
}

}  // namespace holdfast
