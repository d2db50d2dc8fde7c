// What it is: sessions on a real engine, without sockets and threads: the test says which shard has its turn next, or
// lets all of them run until nothing moves. Threads: one. Time: as the test says; it begins when the world is made, and
// the wall clock goes with it.
#pragma once

#include <algorithm>
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
  explicit SessionWorld(uint32_t shards, Seq first_seq = 1, TimeUs start_us = engine_now())
      : engine_({.shards = shards, .first_seq = first_seq, .start_us = start_us}), settings_(shards), now_(start_us) {
    for (uint32_t i = 0; i < shards; ++i) {
      hosts_.push_back(std::make_unique<Host>(*this, engine_.actor(static_cast<ShardIndex>(i))));
    }
  }

  // A connection that lives with this shard.
  Session& connect(ShardIndex shard = 0) {
    Host& host = *hosts_[shard];
    host.sessions.push_back(std::make_unique<Session>(host, ++last_session_));
    host.sessions.back()->client().shard = shard;
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

  // Turns of every shard until nothing is under way that could move without time, input or an answer that is waited
  // for.
  void run() {
    for (int round = 0; round < most_rounds; ++round) {
      for (uint32_t i = 0; i < shards(); ++i) turn(static_cast<ShardIndex>(i));
      if (std::none_of(hosts_.begin(), hosts_.end(), [](const auto& host) { return host->has_work(); })) return;
    }
    CHECK(false);  // it goes round in a circle
  }

  void pass_time(TimeUs us) { now_ += us; }

  // Until a shard has something to do even if nothing arrives; never_us where none has.
  TimeUs time_to_wake() const {
    TimeUs wake = never_us;
    for (const auto& host : hosts_) wake = std::min(wake, host->actor.shard().next_wake());
    return wake == never_us ? never_us : std::max<TimeUs>(wake - now_, 0);
  }

  // From now on the clock that commands are timed by goes on by so much with each reading: the time of one that is
  // timed and executed in place.
  void let_commands_take_ns(int64_t ns) { command_ns_ = ns; }

  // A SKU that lives on this shard; another one for another number.
  std::string sku_on(ShardIndex shard, int number = 0) const {
    for (int i = 0;; ++i) {
      std::string name = "sku-" + std::to_string(i);
      if (shard_of(slot_of(hasher().sku(name)), shards()) == shard && number-- == 0) return name;
    }
  }

  Shard& shard(uint32_t index) { return engine_.actor(static_cast<ShardIndex>(index)).shard(); }
  Seq last_seq() const override { return engine_.last_seq(); }

  uint32_t shards() const override { return engine_.shards(); }
  const Hasher& hasher() const override { return engine_.hasher(); }
  const Settings& settings() const override { return settings_[0]; }
  std::vector<Settings>& settings_of_all() { return settings_; }
  Settings& settings_of(ShardIndex index) override { return settings_[index]; }
  Reactor& reactor(ShardIndex index) override { return *hosts_[index]; }
  int64_t unix_time_us() const override { return first_unix_time_s * 1'000'000 + now_ - began_; }

  int64_t clock_ns() const override { return now_ * 1000 + (readings_ns_ += command_ns_); }

  static constexpr int64_t first_unix_time_s = 1'800'000'000;

 private:
  static constexpr int most_rounds = 10'000;

  struct Host final : SessionHost, Reactor {
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
      if (back.empty()) return;
      notes.read_clock();
      for (Journey* journey : back) {
        for (const auto& session : sessions) {
          if (session->client().id == journey->ticket.session) session->complete(*journey);
        }
        actor.shard().recycle(journey);
      }
      back.clear();
    }

    bool has_work() {
      const bool has_mail = !actor.may_sleep();
      actor.woke_up();
      return has_mail || !back.empty() || actor.shard().next_wake() <= world.now_ ||
             std::any_of(sessions.begin(), sessions.end(), [](const auto& session) { return session->wants_turn(); });
    }

    const ReactorStats& stats() const override { return figures; }
    void reset_stats() override {
      figures.reset();
      notes.reset_stats();
    }
    void for_each_client(const std::function<void(Client&)>& visit) override {
      for (const auto& session : sessions) visit(session->client());
    }
    void wake() override {}
    void follow_settings() override {
      for (const auto& session : sessions) session->follow_settings();
    }
    void kill(Client& client) override {
      for (const auto& session : sessions) {
        if (&session->client() == &client) session->abandon();
      }
    }

    Shard& shard() override { return actor.shard(); }
    Services& services() override { return world; }
    ReactorStats& counters() override { return figures; }
    CommandMonitor& monitor() override { return notes; }
    TimeUs now() const override { return world.now_; }
    void equip(Buffer&) override {}
    void reclaim(Buffer&) override {}

    SessionWorld& world;
    ShardActor& actor;
    ReactorStats figures;
    CommandMonitor notes{world, world.settings_of(actor.index())};
    std::vector<Journey*> back;
    std::vector<std::unique_ptr<Session>> sessions;
  };

  Engine engine_;
  std::vector<Settings> settings_;
  TimeUs now_;
  const TimeUs began_ = now_;
  int64_t command_ns_ = 0;
  mutable int64_t readings_ns_ = 0;
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
