// The same kind of workload against the real engine: a thread a shard, real mailboxes, real sleep and wake-up. What can
// be said without an order of events is checked: every request is answered once, nobody hangs, every unit is accounted
// for. It is meant for ThreadSanitizer as much as for its own assertions.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>

#include "engine/engine.h"
#include "tests/simulator/workload.h"

namespace holdfast {
namespace {

constexpr auto hang_after = std::chrono::seconds(240);  // generous: sanitizers on a loaded machine

struct Expected {
  int64_t put_in = 0;
  int64_t sold = 0;
};

// Rung by a host that has become quiet.
struct Bell {
  std::mutex mutex;
  std::condition_variable changed;
};

// One shard's thread: its clients and its turn loop.
class Host {
 public:
  Host(Engine& engine, Bell& bell, const Shape& shape, ShardIndex index, uint64_t seed)
      : engine_(engine),
        bell_(bell),
        actor_(engine.actor(index)),
        random_(seed),
        workload_(shape, random_),
        left_(shape.requests) {
    sessions_.resize(shape.sessions);
    actor_.connect([this](Journey* journey) { answered(*journey); }, [this] { wake(); });
    actor_.shard().set_settings(shape.settings);
    if (index == 0) opening_ = workload_.opening();
  }

  void run() {
    while (!stop_.load()) {
      actor_.begin_turn(engine_now());
      actor_.take_mail();
      const bool started = start_requests();
      const ShardStats stats = actor_.shard().stats();
      // Before what this turn did can be heard of elsewhere: so that all quiet means that nothing will come.
      const bool quiet = left_ == 0 && open_ == 0 && stats.live_holds == 0 && stats.journeys_under_way == 0;
      if (quiet_.exchange(quiet) != quiet) ring();
      actor_.flush();
      if (started || !actor_.may_sleep()) continue;
      rest_until(actor_.shard().next_wake());
      actor_.woke_up();
    }
  }

  void stop() {
    stop_.store(true);
    wake();
  }

  bool is_quiet() const { return quiet_.load(); }
  ShardActor& actor() { return actor_; }
  const std::map<std::string, int64_t>& put_in() const { return put_in_; }
  const std::set<HoldKey>& committed() const { return committed_; }
  size_t twice() const { return twice_; }

  // Called when all is lost; the figures may be torn.
  void dump() const { std::fprintf(stderr, "left %zu open %zu quiet %d\n", left_, open_, is_quiet() ? 1 : 0); }

 private:
  struct Session {
    Request request;
    uint64_t number = 0;  // of the request under way; 0 when it has none
  };

  void wake() {
    const std::lock_guard lock(mutex_);
    awake_ = true;
    changed_.notify_one();
  }

  void ring() {
    const std::lock_guard lock(bell_.mutex);
    bell_.changed.notify_one();
  }

  void rest_until(TimeUs wake_us) {
    const TimeUs now = engine_now();
    if (wake_us <= now) return;
    const auto at_most = std::chrono::microseconds(std::min<TimeUs>(wake_us - now, 60'000'000));
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, at_most, [this] { return awake_; });
    awake_ = false;
  }

  // Stock only ever comes by RESTOCK here and stays: so the sums are known without an order.
  static Request without_loss(Request request) {
    if (request.verb == Verb::delete_stock) request.verb = Verb::stock;
    if (request.verb == Verb::set_stock) {
      request.verb = Verb::restock;
      ++request.amount;
    }
    return request;
  }

  Request next() {
    if (opening_.empty()) return without_loss(workload_.next());
    Request request = without_loss(opening_.back());
    opening_.pop_back();
    return request;
  }

  bool start_requests() {
    bool started = false;
    for (size_t i = 0; i < sessions_.size() && left_ > 0; ++i) {
      Session& session = sessions_[i];
      if (session.number != 0) continue;
      Journey* journey = actor_.shard().new_journey();
      if (!journey) return started;
      session.request = next();
      session.number = ++numbers_;
      fill(*journey, session.request, engine_.hasher());
      journey->ticket = {.session = i, .command = session.number};
      --left_;
      ++open_;
      started = true;
      if (actor_.shard().submit(journey)) answered(*journey);
    }
    return started;
  }

  void answered(Journey& journey) {
    Session& session = sessions_[journey.ticket.session];
    twice_ += session.number != journey.ticket.command;
    session.number = 0;
    --open_;
    if (!journey.reply.refusal) {
      Exchange exchange;
      exchange.request = session.request;
      static_cast<Reply&>(exchange.answer) = journey.reply;
      workload_.told(exchange);
      account(session.request);
    }
    actor_.shard().recycle(&journey);
  }

  void account(const Request& request) {
    if (request.verb == Verb::restock) put_in_[request.items[0].sku] += request.amount;
    if (request.verb == Verb::commit) committed_.insert({request.id.high, request.id.low});
  }

  Engine& engine_;
  Bell& bell_;
  ShardActor& actor_;
  Random random_;
  Workload workload_;
  std::vector<Request> opening_;
  std::vector<Session> sessions_;
  size_t left_;
  size_t open_ = 0;
  uint64_t numbers_ = 0;
  size_t twice_ = 0;
  std::map<std::string, int64_t> put_in_;
  std::set<HoldKey> committed_;  // also holds of other hosts, which HOLDS told of

  std::mutex mutex_;
  std::condition_variable changed_;
  bool awake_ = false;
  std::atomic<bool> stop_{false};
  std::atomic<bool> quiet_{false};
};

void wait_until_quiet(Bell& bell, const std::vector<std::unique_ptr<Host>>& hosts) {
  const auto hangs_at = std::chrono::steady_clock::now() + hang_after;
  std::unique_lock lock(bell.mutex);
  for (;;) {
    bool quiet = true;
    for (const auto& host : hosts) quiet = quiet && host->is_quiet();
    if (quiet) return;
    if (std::chrono::steady_clock::now() > hangs_at) {
      for (const auto& host : hosts) host->dump();
      std::fprintf(stderr, "the engine hangs\n");
      std::abort();
    }
    bell.changed.wait_for(lock, std::chrono::seconds(1));
  }
}

void expect_every_unit(Engine& engine, const std::vector<std::unique_ptr<Host>>& hosts, const Shape& shape) {
  std::map<std::string, Expected> expected;
  std::set<HoldKey> committed;
  for (const auto& host : hosts) {
    EXPECT_EQ(host->twice(), 0u);
    for (const auto& [sku, units] : host->put_in()) expected[sku].put_in += units;
    committed.insert(host->committed().begin(), host->committed().end());
  }
  EXPECT_GT(committed.size(), 100u);
  const bool all_are_remembered = shape.settings.max_tombstones > 100'000;
  for (const HoldKey& key : committed) {
    const HoldId id{.high = key.first, .low = key.second};
    State& state = engine.actor(shard_of(id.slot(), shape.shards)).shard().state();
    const Index index = state.holds.find(id);
    EXPECT_TRUE(!all_are_remembered || index != no_index);
    if (index == no_index) continue;
    EXPECT_EQ(state.holds[index].state, HoldState::committed);
    state.holds.for_each_item(state.holds[index], [&](std::string_view sku, uint64_t, uint32_t quantity, Seq) {
      expected[std::string(sku)].sold += quantity;
    });
  }
  for (const auto& [sku, sum] : expected) {
    const uint64_t hash = engine.hasher().sku(sku);
    const State& state = engine.actor(shard_of(slot_of(hash), shape.shards)).shard().state();
    const Index index = state.stocks.find(sku, hash);
    ASSERT_NE(index, no_index) << sku;
    const Stock& stock = state.stocks[index];
    EXPECT_EQ(stock.on_hand + stock.sold, sum.put_in) << sku;
    if (all_are_remembered) {
      EXPECT_EQ(stock.sold, sum.sold) << sku;
    }
    EXPECT_EQ(stock.held, 0) << sku;
    EXPECT_FALSE(stock.contention) << sku;
    EXPECT_FALSE(stock.line) << sku;
  }
}

void run_threads(uint32_t shards, uint64_t seed, size_t requests, uint64_t max_tombstones) {
  Shape shape;
  shape.shards = shards;
  shape.skus = 8;
  shape.carts = 4;
  shape.sessions = 8;
  shape.requests = requests;
  shape.settings.max_tombstones = max_tombstones;
  shape.percart = true;
  shape.waiting = 20;
  Engine engine({.shards = shards, .hash_seed = seed});
  Bell bell;
  std::vector<std::unique_ptr<Host>> hosts;
  for (uint32_t i = 0; i < shards; ++i) {
    hosts.push_back(std::make_unique<Host>(engine, bell, shape, static_cast<ShardIndex>(i), seed + i));
  }
  std::vector<std::thread> threads;
  for (const auto& host : hosts) threads.emplace_back([&host] { host->run(); });
  wait_until_quiet(bell, hosts);
  for (const auto& host : hosts) host->stop();
  for (std::thread& thread : threads) thread.join();
  expect_every_unit(engine, hosts, shape);
}

TEST(Threaded, OneShardAnswersEverythingAndKeepsEveryUnit) {
  run_threads(1, 11, 20'000, 4'000'000);
}

TEST(Threaded, TwoShardsAnswerEverythingAndKeepEveryUnit) {
  run_threads(2, 22, 10'000, 500);
}

TEST(Threaded, FiveShardsAnswerEverythingAndKeepEveryUnit) {
  run_threads(5, 33, 4'000, 4'000'000);
}

}  // namespace
}  // namespace holdfast
