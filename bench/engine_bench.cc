// The engine in process: one-item RESERVE and COMMIT, no socket and no text; and what it looks up for it. Each beside
// the floor that memory sets (memory_floor.h). Requests were drawn before and lie one after the other, as they do in
// the buffer of a socket.
#include <benchmark/benchmark.h>

#include <array>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "bench/memory_floor.h"
#include "engine/engine.h"
#include "engine/limits.h"

namespace {

using namespace holdfast;

constexpr TimeUs ttl_us = 300'000'000;

struct Sku {
  std::string name;
  uint64_t hash = 0;
};

// All shards of an engine, run by this one thread in turns: two shards cost what they cost, and not what two cores
// hide.
class Host {
 public:
  Host(uint32_t shards, size_t skus) : engine_({.shards = shards, .hash_seed = 1}), skus_(skus), now_(engine_now()) {
    ShardSettings settings;
    settings.max_tombstones = 65'536;  // a server that has run for long
    for (uint32_t i = 0; i < shards; ++i) {
      actor(i).shard().set_settings(settings);
      actor(i).connect([this](Journey* journey) { finished_ = journey; }, [] {});
    }
    for (size_t i = 0; i < skus; ++i) {
      skus_[i].name = "sku:" + std::to_string(i);
      skus_[i].hash = engine_.hasher().sku(skus_[i].name);
      Journey* journey = begin(Verb::set_stock, &skus_[i]);
      journey->amount = 1'000'000'000;
      recycle(ask(journey));
    }
  }

  Journey* begin(Verb verb, const Sku* sku) {
    Journey* journey = actor(origin_).shard().new_journey();
    journey->verb = verb;
    journey->items.resize(sku ? 1 : 0);
    if (sku) journey->items[0] = {.sku = sku->name, .hash = sku->hash, .quantity = 1};
    return journey;
  }

  // Until it is answered; all shards take turns meanwhile.
  Journey* ask(Journey* journey) {
    finished_ = nullptr;
    if (actor(origin_).shard().submit(journey)) return journey;
    while (!finished_) turn();
    return finished_;
  }
  void recycle(Journey* journey) { actor(origin_).shard().recycle(journey); }

  void turn() {
    for (uint32_t i = 0; i < engine_.shards(); ++i) {
      actor(i).begin_turn(now_);
      actor(i).take_mail();
      actor(i).flush();
    }
  }

  // One buyer: reserves a unit, of two SKUs where `both` is another one, and pays.
  void buy(const Sku& sku, const Sku& both) {
    Journey* reserve = reserve_of(sku, carts_[0]);
    if (&both != &sku) reserve->items.push_back({.sku = both.name, .hash = both.hash, .quantity = 1});
    Journey* reserved = ask(reserve);
    const HoldId id = reserved->reply.id;
    recycle(reserved);
    recycle(ask(payment_of(id)));
    if (bought_ % a_turn == 0) turn();
  }

  // As many as a pipeline has requests, whose SKUs are on the shard where it is asked for: first all reserve, then all
  // pay, and the shard is told each time what is coming, as a session does.
  void buy_together(std::span<const Sku> skus) {
    Shard& shard = actor(origin_).shard();
    std::array<Journey*, limits::looks_ahead> batch;
    std::array<HoldId, limits::looks_ahead> ids;
    for (size_t i = 0; i < skus.size(); ++i) batch[i] = reserve_of(skus[i], carts_[i]);
    const auto submit_all = [&] {
      shard.foresee(std::span(batch).first(skus.size()));
      for (size_t i = 0; i < skus.size(); ++i) {
        CHECK(shard.submit(batch[i]) && !batch[i]->reply.refusal);
        ids[i] = batch[i]->reply.id;
        recycle(batch[i]);
      }
    };
    submit_all();
    for (size_t i = 0; i < skus.size(); ++i) batch[i] = payment_of(ids[i]);
    submit_all();
    if (bought_ % a_turn < skus.size()) turn();
  }

  size_t skus() const { return skus_.size(); }
  ShardIndex shard_of_sku(const Sku& sku) const { return shard_of(slot_of(sku.hash), engine_.shards()); }
  const Sku& sku(size_t index) const { return skus_[index]; }
  ShardActor& actor(uint32_t index) { return engine_.actor(static_cast<ShardIndex>(index)); }
  void set_origin(ShardIndex origin) { origin_ = origin; }

 private:
  static constexpr uint64_t a_turn = 64;  // buyers

  Journey* reserve_of(const Sku& sku, std::string& cart) {
    cart = "cart:" + std::to_string(++bought_);
    Journey* journey = begin(Verb::reserve, &sku);
    journey->cart = cart;
    journey->cart_hash = engine_.hasher().cart(cart);
    journey->ttl_us = ttl_us;
    return journey;
  }

  Journey* payment_of(const HoldId& id) {
    Journey* journey = begin(Verb::commit, nullptr);
    journey->id = id;
    return journey;
  }

  Engine engine_;
  std::vector<Sku> skus_;
  std::array<std::string, limits::looks_ahead> carts_;
  TimeUs now_;
  uint64_t bought_ = 0;
  ShardIndex origin_ = 0;
  Journey* finished_ = nullptr;
};

// Engines of a million SKUs take seconds to fill: one at a time is kept.
Host& host(uint32_t shards, size_t skus) {
  static std::unique_ptr<Host> kept;
  static uint32_t kept_shards = 0;
  if (!kept || kept_shards != shards || kept->skus() != skus) {
    kept.reset();
    kept = std::make_unique<Host>(shards, skus);
    kept_shards = shards;
  }
  return *kept;
}

// A SKU that was not looked at lately is two misses, its place in the index and its record, and the second waits for
// the first. All else that a buyer touches was just written, or is written one after the other.
double sku_floor_ns(const Host& all) {
  constexpr size_t index_bytes = 12;
  return 2 * miss_ns(all.skus() * (sizeof(Stock) + index_bytes));
}

void StockLookup(benchmark::State& state) {
  Host& all = host(1, static_cast<size_t>(state.range(0)));
  const StockTable& stocks = all.actor(0).shard().state().stocks;
  std::mt19937_64 random{2};
  for (auto _ : state) {
    const Sku& sku = all.sku(random() % all.skus());
    benchmark::DoNotOptimize(stocks.find(sku.name, sku.hash));
  }
  tell_floor(state, sku_floor_ns(all));
}
BENCHMARK(StockLookup)->Arg(1'000)->Arg(1'000'000);

// What so many buyers want, at random, on any shard.
std::vector<Sku> draw(const Host& all, uint64_t seed) {
  std::mt19937_64 random{seed};
  std::vector<Sku> wanted(1 << 20);
  for (Sku& sku : wanted) sku = all.sku(random() % all.skus());
  return wanted;
}

// Arguments: shards, SKUs. A cart of one SKU on the shard where it is asked for, one request after the other.
void ReserveAndCommit(benchmark::State& state) {
  Host& all = host(static_cast<uint32_t>(state.range(0)), static_cast<size_t>(state.range(1)));
  const std::vector<Sku> wanted = draw(all, 3);
  size_t next = 0;
  for (auto _ : state) {
    const Sku& sku = wanted[next++ % wanted.size()];
    all.set_origin(all.shard_of_sku(sku));
    all.buy(sku, sku);
  }
  tell_floor(state, sku_floor_ns(all));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ReserveAndCommit)
    ->Args({1, 1'000})
    ->Args({1, 1'000'000})
    ->Args({1, 10'000'000})
    ->Args({2, 1'000})
    ->Args({2, 1'000'000});

// Argument: SKUs. The same on one shard, pipelined.
void ReserveAndCommitPipelined(benchmark::State& state) {
  Host& all = host(1, static_cast<size_t>(state.range(0)));
  const std::vector<Sku> wanted = draw(all, 3);
  constexpr size_t together = limits::looks_ahead;
  size_t next = 0;
  all.set_origin(0);
  for (auto _ : state) {
    all.buy_together(std::span(wanted).subspan(next, together));
    next = (next + together) % wanted.size();
  }
  tell_floor(state, static_cast<double>(together) * sku_floor_ns(all));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(together));
}
BENCHMARK(ReserveAndCommitPipelined)->Arg(1'000)->Arg(1'000'000)->Arg(10'000'000);

// Arguments: per cent of the carts that have two SKUs, one on each shard. Two shards, 1,000,000 SKUs.
void CartsOfTwoShards(benchmark::State& state) {
  Host& all = host(2, 1'000'000);
  std::mt19937_64 random{4};
  for (auto _ : state) {
    const Sku& sku = all.sku(random() % all.skus());
    const Sku* both = &sku;
    if (random() % 100 < static_cast<uint64_t>(state.range(0))) {
      while (all.shard_of_sku(*both) == all.shard_of_sku(sku)) both = &all.sku(random() % all.skus());
    }
    all.set_origin(all.shard_of_sku(sku));
    all.buy(sku, *both);
  }
  tell_floor(state, sku_floor_ns(all) * (1 + static_cast<double>(state.range(0)) / 100));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(CartsOfTwoShards)->Arg(0)->Arg(10)->Arg(100);

}  // namespace
