// The hash index and its records at 1,000 and 10,000,000 entries, one shard; the keys are 8 bytes in a Pool.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <random>

#include "engine/hash_index.h"
#include "engine/pool.h"

namespace {

using namespace holdfast;

struct Record {  // a cache line
  uint64_t key = 0;
  char rest[56];
};

// splitmix64 (Steele, Lea, Flood 2014): stands for XXH3, and is cheap enough not to be what is measured.
uint64_t hash_of(uint64_t key) {
  key += 0x9e3779b97f4a7c15;
  key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
  key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
  return key ^ (key >> 31);
}

struct Store {
  explicit Store(uint64_t entries) {
    for (uint64_t key = 0; key < entries; ++key) insert(key);
  }
  void insert(uint64_t key) {
    const Index index = records.allocate();
    records[index].key = key;
    hashes.insert(hash_of(key), index);
  }
  Index find(uint64_t key) const {
    return hashes.find(hash_of(key), [&](Index index) { return records[index].key == key; });
  }

  Pool<Record> records;
  HashIndex hashes;
  std::mt19937_64 random{1};
};

void FindPresent(benchmark::State& state) {
  const auto entries = static_cast<uint64_t>(state.range(0));
  Store store(entries);
  for (auto _ : state) benchmark::DoNotOptimize(store.find(store.random() % entries));
  state.counters["bytes_an_entry"] = static_cast<double>(store.hashes.memory_bytes()) / static_cast<double>(entries);
}
BENCHMARK(FindPresent)->Arg(1000)->Arg(10'000'000);

void FindAbsent(benchmark::State& state) {
  const auto entries = static_cast<uint64_t>(state.range(0));
  Store store(entries);
  for (auto _ : state) benchmark::DoNotOptimize(store.find(entries + store.random() % entries));
}
BENCHMARK(FindAbsent)->Arg(1000)->Arg(10'000'000);

// As a turn can do with a pipeline: all homes are prefetched, then all are looked up.
void FindPresentInBatchesOf16(benchmark::State& state) {
  const auto entries = static_cast<uint64_t>(state.range(0));
  Store store(entries);
  uint64_t keys[16];
  for (auto _ : state) {
    for (uint64_t& key : keys) store.hashes.prefetch(hash_of(key = store.random() % entries));
    for (const uint64_t key : keys) benchmark::DoNotOptimize(store.find(key));
  }
  state.SetItemsProcessed(16 * static_cast<int64_t>(state.iterations()));
}
BENCHMARK(FindPresentInBatchesOf16)->Arg(1000)->Arg(10'000'000);

// A hold comes and another goes.
void InsertAndErase(benchmark::State& state) {
  const auto entries = static_cast<uint64_t>(state.range(0));
  Store store(entries);
  uint64_t oldest = 0;
  for (auto _ : state) {
    const Index index = store.find(oldest);
    store.hashes.erase(hash_of(oldest), index);
    store.records.release(index);
    store.insert(oldest + entries);
    ++oldest;
  }
}
BENCHMARK(InsertAndErase)->Arg(1000)->Arg(10'000'000);

int64_t thread_cpu_ns() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

// The longest single insert on the way from 8 to 10 million, in CPU time: one segment's growth.
void LongestInsert(benchmark::State& state) {
  int64_t longest_ns = 0;
  int64_t sum_ns = 0;
  int64_t growths = 0;
  for (auto _ : state) {
    HashIndex index;
    for (Index i = 0; i < 8'000'000; ++i) index.insert(hash_of(i), i);
    for (Index i = 8'000'000; i < 10'000'000; ++i) {
      const size_t before = index.memory_bytes();
      const int64_t start_ns = thread_cpu_ns();
      index.insert(hash_of(i), i);
      const int64_t took_ns = thread_cpu_ns() - start_ns;
      if (index.memory_bytes() == before) continue;
      longest_ns = std::max(longest_ns, took_ns);
      sum_ns += took_ns;
      ++growths;
    }
  }
  state.counters["longest_us"] = static_cast<double>(longest_ns) / 1e3;
  state.counters["mean_us"] = static_cast<double>(sum_ns) / 1e3 / static_cast<double>(std::max<int64_t>(growths, 1));
  state.counters["growths"] = static_cast<double>(growths);
}
BENCHMARK(LongestInsert)->Iterations(1)->Unit(benchmark::kMillisecond);

}  // namespace
