// The engine in process: one-item RESERVE and COMMIT, no socket and no text; and what it looks up for it. Each beside
// the floor that memory sets (memory_floor.h).
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "bench/memory_floor.h"
#include "engine/engine.h"

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
      Journey* journey = begin(Verb::set_stock, i);
      journey->items[0].sku = skus_[i].name;
      journey->amount = 1'000'000'000;
      recycle(ask(journey));
    }
  }

  Journey* begin(Verb verb, size_t sku) {
    Journey* journey = actor(origin_).shard().new_journey();
    journey->verb = verb;
    journey->items.resize(verb == Verb::commit ? 0 : 1);
    if (verb != Verb::commit) {
      journey->items[0] = {};
      journey->items[0].sku = skus_[sku].name;
      journey->items[0].hash = skus_[sku].hash;
      journey->items[0].quantity = 1;
    }
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
  void buy(size_t sku, size_t both) {
    cart_ = "cart:" + std::to_string(++carts_);
    Journey* journey = begin(Verb::reserve, sku);
    if (both != sku) {
      journey->items.push_back(journey->items[0]);
      journey->items[1].sku = skus_[both].name;
      journey->items[1].hash = skus_[both].hash;
    }
    journey->cart = cart_;
    journey->cart_hash = engine_.hasher().cart(cart_);
    journey->ttl_us = ttl_us;
    Journey* reserved = ask(journey);
    const HoldId id = reserved->reply.id;
    recycle(reserved);
    Journey* payment = begin(Verb::commit, sku);
    payment->id = id;
    recycle(ask(payment));
    if (carts_ % 64 == 0) turn();
  }

  size_t skus() const { return skus_.size(); }
  ShardIndex shard_of_sku(size_t sku) const { return shard_of(slot_of(skus_[sku].hash), engine_.shards()); }
  const Sku& sku(size_t index) const { return skus_[index]; }
  ShardActor& actor(uint32_t index) { return engine_.actor(static_cast<ShardIndex>(index)); }
  void set_origin(ShardIndex origin) { origin_ = origin; }

 private:
  Engine engine_;
  std::vector<Sku> skus_;
  std::string cart_;
  TimeUs now_;
  uint64_t carts_ = 0;
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

// Arguments: shards, SKUs. A cart of one SKU on the shard where it is asked for.
void ReserveAndCommit(benchmark::State& state) {
  const auto shards = static_cast<uint32_t>(state.range(0));
  Host& all = host(shards, static_cast<size_t>(state.range(1)));
  std::mt19937_64 random{3};
  for (auto _ : state) {
    const size_t sku = random() % all.skus();
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

// Arguments: per cent of the carts that have two SKUs, one on each shard. Two shards, 1,000,000 SKUs.
void CartsOfTwoShards(benchmark::State& state) {
  Host& all = host(2, 1'000'000);
  std::mt19937_64 random{4};
  for (auto _ : state) {
    const size_t sku = random() % all.skus();
    size_t both = sku;
    if (random() % 100 < static_cast<uint64_t>(state.range(0))) {
      while (all.shard_of_sku(both) == all.shard_of_sku(sku)) both = random() % all.skus();
    }
    all.set_origin(all.shard_of_sku(sku));
    all.buy(sku, both);
  }
  tell_floor(state, sku_floor_ns(all) * (1 + static_cast<double>(state.range(0)) / 100));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(CartsOfTwoShards)->Arg(0)->Arg(10)->Arg(100);

}  // namespace
