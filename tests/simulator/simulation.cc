#include "tests/simulator/simulation.h"

#include <algorithm>
#include <cstdio>

#include "engine/limits.h"
#include "tests/simulator/checker.h"

namespace holdfast {
namespace {

constexpr size_t max_events = 400'000;  // a run has some thousands; more means that something goes round in circles

class Simulation {
 public:
  Simulation(uint64_t seed, bool trace)
      : trace_(trace),
        random_(seed),
        shape_(shape_of(seed)),
        world_({.shards = shape_.shards, .hash_seed = seed, .settings = shape_.settings}),
        workload_(shape_, random_),
        conservation_(world_, workload_.skus()),
        sessions_(shape_.sessions),
        now_(world_.options().start_us) {
    for (Session& session : sessions_) {
      session.shard = any_shard();
      session.name = ++names_;
    }
    lame_from_ = any_shard();
    lame_to_ = any_shard();
  }

  SimulationResult run() {
    for (const Request& request : workload_.opening()) {
      call(sessions_[0], request);
      deliver_all();
    }
    if (shape_.storm) begin_storm();
    size_t left = shape_.requests;
    while (error_.empty() && left > 0) {
      const uint64_t kind = random_.below(100);
      if (kind < 55) {
        deliver_one();
      } else if (kind < 80) {
        left -= call_any();
      } else if (kind < 93) {
        turn(any_shard(), random_.chance(70) ? now_ : 0);
      } else if (kind < 95) {
        left -= aim_at_deadline();
      } else if (kind < 96) {
        left -= wait_for_deadline();
      } else if (kind < 97) {
        hang_up();
      } else {
        now_ += static_cast<TimeUs>(random_.chance(50) ? random_.below(4) : 300 * random_.below(8));
      }
    }
    if (error_.empty()) drain();
    for (const FactRecord& fact : world_.facts()) {
      if (trace_) std::printf("%s\n", describe(fact).c_str());
    }
    for (const std::string& sku : workload_.skus()) {
      if (trace_) std::printf("%s lives on shard %d\n", sku.c_str(), world_.shard_of_sku(sku));
    }
    if (error_.empty()) error_ = conservation_.check_at_rest();
    if (error_.empty()) error_ = replay_differs(world_);
    if (error_.empty()) error_ = power_cut_loses(world_, world_.options().hash_seed);
    if (error_.empty()) error_ = Checker(world_).check();
    return {.error = error_, .hash = hash(), .exchanges = world_.exchanges().size(), .letters = letters_};
  }

 private:
  struct Session {
    ShardIndex shard = 0;
    uint64_t name = 0;
    std::vector<size_t> under_way;
  };

  ShardIndex any_shard() { return static_cast<ShardIndex>(random_.below(shape_.shards)); }

  void after_event() {
    if (++events_ > max_events) error_ = "no end: something goes round in circles\n";
    error_ += conservation_.check();
    for (Session& session : sessions_) {
      std::erase_if(session.under_way, [&](size_t number) {
        const Exchange& exchange = world_.exchange(number);
        if (exchange.returned == 0) return false;
        workload_.told(exchange);
        if (trace_) std::printf("  %s\n", describe(exchange).c_str());
        return true;
      });
    }
  }

  void call(Session& session, const Request& request) {
    const size_t number = world_.call(session.shard, request, session.name);
    if (trace_) std::printf("call %s\n", describe(world_.exchange(number)).c_str());
    if (!session.under_way.empty()) world_.exchange(number).after = session.under_way.back();
    session.under_way.push_back(number);
    after_event();
  }

  // Of one session only what shares one single SKU, hold or lock is under way together: the engine keeps its order.
  // What travels for a hold, a key or a cart's quota is followed by nothing before it is answered (protocol/footprint.h
  // sees to that).
  bool may_be_followed(const Request& request) const {
    if (request.verb == Verb::reserve && shape_.paces()) return false;
    if (request.verb == Verb::amend || request.late || !request.key.empty() || request.wait_us > 0) return false;
    if (request.id != HoldId{}) return true;
    return request.items.size() == 1 && request.verb != Verb::multi_stock;
  }

  bool call_any() {
    Session& session = sessions_[random_.below(sessions_.size())];
    if (session.under_way.empty()) return call(session, workload_.next()), true;
    const Request& last = world_.exchange(session.under_way.back()).request;
    if (session.under_way.size() >= 3 || !may_be_followed(last) || random_.chance(50)) return false;
    const Request next = workload_.like(last);
    return may_be_followed(next) && (call(session, next), true);
  }

  // A letter of any channel that has one; those of one channel are late in most runs.
  bool deliver_one() {
    std::vector<std::pair<ShardIndex, ShardIndex>> full;
    for (uint32_t from = 0; from < shape_.shards; ++from) {
      for (uint32_t to = 0; to < shape_.shards; ++to) {
        const auto channel = std::pair(static_cast<ShardIndex>(from), static_cast<ShardIndex>(to));
        if (world_.letters(channel.first, channel.second) > 0) full.push_back(channel);
      }
    }
    if (full.empty()) return false;
    std::pair<ShardIndex, ShardIndex> channel = random_.one_of(full);
    if (channel == std::pair(lame_from_, lame_to_) && random_.chance(90)) channel = random_.one_of(full);
    if (trace_) std::printf("deliver %d to %d\n", channel.first, channel.second);
    world_.deliver(channel.first, channel.second);
    ++letters_;
    after_event();
    return true;
  }

  void deliver_all() {
    while (error_.empty() && deliver_one()) {
    }
  }

  // A turn begins with the time of now, or with one that lies between its last and now.
  void turn(ShardIndex shard, TimeUs time) {
    const TimeUs before = world_.clock(shard);
    if (time == 0) time = before + static_cast<TimeUs>(random_.below(static_cast<uint64_t>(now_ - before) + 1));
    if (trace_) std::printf("turn of %d at %ld\n", shard, static_cast<long>(time));
    world_.turn(shard, std::max(time, before));
    after_event();
  }

  // Commands at a hold's deadline, a microsecond or a millisecond before or after it, by its home's clock.
  bool aim_at_deadline() {
    Session& session = sessions_[random_.below(sessions_.size())];
    if (workload_.holds().empty() || !session.under_way.empty()) return false;
    const size_t recent = std::min<size_t>(workload_.holds().size(), 12);
    const HoldId id = workload_.holds()[workload_.holds().size() - 1 - random_.below(recent)];
    const ShardIndex home = world_.home_of(id);
    const HoldTable& holds = world_.shard(home).state().holds;
    const Index index = holds.find(id);
    if (index == no_index || holds[index].state != HoldState::held) return false;
    const TimeUs time = holds[index].timer.deadline_us + random_.one_of<TimeUs>({-1000, -1, 0, 0, 1, 1000});
    if (time < world_.clock(home)) return false;
    now_ = std::max(now_, time);
    turn(home, time);
    if (random_.chance(60)) session.shard = home;
    return call(session, workload_.about_hold(id)), true;
  }

  // A RESERVE that waits for units of a hold until the very microsecond at which that one is over.
  bool wait_for_deadline() {
    Session& session = sessions_[random_.below(sessions_.size())];
    if (shape_.waiting == 0 || workload_.holds().empty() || !session.under_way.empty()) return false;
    const HoldId id = workload_.holds().back();
    const HoldTable& holds = world_.shard(world_.home_of(id)).state().holds;
    const Index index = holds.find(id);
    if (index == no_index || holds[index].state != HoldState::held) return false;
    Request request;
    request.verb = Verb::reserve;
    request.cart = "waits";
    request.ttl_us = 2000;
    holds.for_each_item(holds[index], [&](std::string_view sku, uint64_t, uint32_t quantity, Seq) {
      if (quantity > 0 && (request.items.empty() || random_.chance(30)))
        request.items.push_back({std::string(sku), quantity});
    });
    session.shard = world_.shard_of_sku(request.items[0].sku);
    request.wait_us = holds[index].timer.deadline_us - world_.clock(session.shard);
    return request.wait_us > 0 && (call(session, request), true);
  }

  void hang_up() {
    for (Session& session : sessions_) {
      if (session.under_way.empty() || world_.exchange(session.under_way[0]).request.wait_us == 0) continue;
      if (trace_) std::printf("hangs up: session %lu\n", static_cast<unsigned long>(session.name));
      world_.hang_up(session.shard, session.name);
      session = {.shard = any_shard(), .name = ++names_, .under_way = {}};
      return after_event();
    }
  }

  // Once all letters have arrived nobody waits for a client that has gone.
  void check_hung_up() {
    for (const ShardWorld::Waiter& waiter : world_.waiters()) {
      const Exchange& exchange = world_.exchange(waiter.exchange);
      if (exchange.hung_up && !exchange.stays.empty() && exchange.stays.back().until == 0) {
        error_ += "waits although its client has gone: " + describe(exchange) + '\n';
      }
    }
  }

  void begin_storm() {
    const std::string& sku = workload_.skus()[0];
    Request stock;
    stock.verb = Verb::set_stock;
    stock.items = {{.sku = sku}};
    stock.amount = 1500;
    call(sessions_[0], stock);
    deliver_all();
    const ShardIndex shard = world_.shard_of_sku(sku);
    const size_t count = limits::expiries_a_turn + random_.below(2 * limits::expiries_a_turn);
    for (size_t i = 0; i < count && error_.empty(); ++i) {
      world_.call(shard, workload_.storm_reserve(sku));
      error_ += conservation_.check();
    }
    deliver_all();
    stock.amount = static_cast<int64_t>(count);
    call(sessions_[0], stock);
    deliver_all();
    now_ += 29'999;
    if (error_.empty()) turn(shard, now_);
    now_ += 1;
    if (error_.empty()) turn(shard, now_);
  }

  // Only what the shards ask for: letters, and turns when next_wake() says so. Then everything is over.
  void drain() {
    while (error_.empty()) {
      if (deliver_one()) continue;
      check_hung_up();
      TimeUs wake = never_us;
      ShardIndex next = 0;
      for (uint32_t i = 0; i < shape_.shards; ++i) {
        const TimeUs own = world_.shard(static_cast<ShardIndex>(i)).next_wake();
        if (own < wake) wake = own, next = static_cast<ShardIndex>(i);
      }
      const bool is_over = world_.unanswered() == 0 && live_holds() == 0;
      if (wake == never_us || (is_over && wake > now_)) break;
      now_ = std::max(now_, wake);
      turn(next, now_);
    }
  }

  uint64_t live_holds() {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < shape_.shards; ++i) sum += world_.shard(static_cast<ShardIndex>(i)).stats().live_holds;
    return sum;
  }

  uint64_t hash() const {
    uint64_t hash = 14695981039346656037u;
    for (const Exchange& exchange : world_.exchanges()) {
      for (const char c : describe(exchange)) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
    }
    return hash;
  }

  bool trace_;
  Random random_;
  Shape shape_;
  ShardWorld world_;
  Workload workload_;
  Conservation conservation_;
  std::vector<Session> sessions_;
  TimeUs now_;
  uint64_t names_ = 0;
  ShardIndex lame_from_ = 0;
  ShardIndex lame_to_ = 0;
  std::string error_;
  size_t events_ = 0;
  size_t letters_ = 0;
};

}  // namespace

SimulationResult simulate(uint64_t seed, bool trace) {
  return Simulation(seed, trace).run();
}

}  // namespace holdfast
