// What it is: sessions on a real engine, without sockets and threads: the test says which shard has its turn next.
// Threads: one. Time: as the test says.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"
#include "protocol/session.h"
#include "tests/protocol/plain_services.h"

namespace holdfast {

class SessionWorld final : public PlainServices {
 public:
  explicit SessionWorld(uint32_t shards) : engine_({.shards = shards}), now_(engine_now()) {
    for (uint32_t i = 0; i < shards; ++i) {
      hosts_.push_back(std::make_unique<Host>(*this, engine_.actor(static_cast<ShardIndex>(i))));
    }
  }

  // A connection that lives with this shard.
  Session& connect(ShardIndex shard = 0) {
    Host& host = *hosts_[shard];
    host.sessions.push_back(std::make_unique<Session>(host, ++last_session_));
    return *host.sessions.back();
  }

  // Takes its mail, executes what its sessions have received, sends its mail.
  void turn(ShardIndex shard, size_t budget = limits::commands_a_turn) { hosts_[shard]->turn(budget); }

  // Enough turns of every shard for one command that waits for all before it.
  void settle() {
    for (int round = 0; round < 4; ++round) {
      for (uint32_t i = 0; i < shards(); ++i) turn(static_cast<ShardIndex>(i));
    }
  }

  // A SKU that lives on this shard; another one for another number.
  std::string sku_on(ShardIndex shard, int number = 0) const {
    for (int i = 0;; ++i) {
      std::string name = "sku-" + std::to_string(i);
      if (shard_of(slot_of(hasher().sku(name)), shards()) == shard && number-- == 0) return name;
    }
  }

  Shard& shard(ShardIndex index) { return engine_.actor(index).shard(); }
  Seq last_seq() const { return engine_.last_seq(); }

  uint32_t shards() const override { return engine_.shards(); }
  const Hasher& hasher() const override { return engine_.hasher(); }

 private:
  struct Host final : SessionHost {
    Host(SessionWorld& its_world, ShardActor& its_actor) : world(its_world), actor(its_actor) {
      actor.connect([this](Journey* journey) { back.push_back(journey); }, [] {});
    }

    void turn(size_t budget) {
      actor.begin_turn(world.now_);
      actor.take_mail();
      hand_back();
      for (const auto& session : sessions) session->process(budget);
      hand_back();
      actor.flush();
    }

    void hand_back() {
      for (Journey* journey : back) {
        for (const auto& session : sessions) {
          if (session->client().id == journey->ticket.session) session->complete(*journey);
        }
        actor.shard().recycle(journey);
      }
      back.clear();
    }

    Shard& shard() override { return actor.shard(); }
    Services& services() override { return world; }
    ReactorStats& counters() override { return stats; }
    TimeUs now() const override { return world.now_; }
    void equip(Buffer&) override {}
    void reclaim(Buffer&) override {}

    SessionWorld& world;
    ShardActor& actor;
    ReactorStats stats;
    std::vector<Journey*> back;
    std::vector<std::unique_ptr<Session>> sessions;
  };

  Engine engine_;
  TimeUs now_;
  std::vector<std::unique_ptr<Host>> hosts_;
  uint64_t last_session_ = 0;
};

// What it has to say so far; it is taken.
inline std::string take_output(Session& session) {
  std::string text(session.output().view());
  session.output().clear();
  return text;
}

}  // namespace holdfast
