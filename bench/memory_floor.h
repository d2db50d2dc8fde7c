// What it is: the floor that the memory sets under a structure. What has to follow pointers through more memory than
// the caches hold cannot be faster than a chase through as many dependent misses; a benchmark tells how many its
// operation cannot do without, and gets two counters: `floor_ns`, and `times_floor`, how much more it takes than that.
#pragma once

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

namespace holdfast {

// Nanoseconds of one access that depends on the one before, at random over so many bytes. Measured once a size.
inline double miss_ns(size_t bytes) {
  static std::map<size_t, double> known;
  if (const auto found = known.find(bytes); found != known.end()) return found->second;
  constexpr size_t line = 64;
  constexpr size_t steps = 4'000'000;
  struct alignas(line) Link {
    uint32_t next;
  };
  const size_t lines = bytes / line;
  std::vector<uint32_t> order(lines);
  std::iota(order.begin(), order.end(), 0u);
  std::mt19937_64 random{1};
  for (size_t i = lines - 1; i > 0; --i) std::swap(order[i], order[random() % i]);  // Sattolo: one cycle
  std::vector<Link> links(lines);
  for (size_t i = 0; i < lines; ++i) links[i].next = order[i];
  uint32_t at = 0;
  const auto began = std::chrono::steady_clock::now();
  for (size_t i = 0; i < steps; ++i) at = links[at].next;
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  benchmark::DoNotOptimize(at);
  return known[bytes] = took.count() / static_cast<double>(steps);
}

// For an iteration that cannot take less than `ns`.
inline void tell_floor(benchmark::State& state, double ns) {
  state.counters["floor_ns"] = ns;
  state.counters["times_floor"] =
      benchmark::Counter(ns * 1e-9, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

}  // namespace holdfast
