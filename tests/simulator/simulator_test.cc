// One seed is one history, and it is the same history each time. HOLDFAST_SIM_SEED=n replays one with a trace;
// HOLDFAST_SIM_SEEDS=count and HOLDFAST_SIM_FIRST=n run others than those of every day.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/simulator/simulation.h"

namespace holdfast {
namespace {

uint64_t number_from(const char* variable, uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

TEST(Simulator, EveryHistoryHasASequentialOrderAndKeepsEveryUnit) {
  if (std::getenv("HOLDFAST_SIM_SEED")) {
    const uint64_t seed = number_from("HOLDFAST_SIM_SEED", 0);
    const SimulationResult result = simulate(seed, true);
    ASSERT_TRUE(result.error.empty()) << "seed " << seed << '\n' << result.error;
    return;
  }
  const uint64_t first = number_from("HOLDFAST_SIM_FIRST", 1);
  const uint64_t count = number_from("HOLDFAST_SIM_SEEDS", 3000);
  size_t exchanges = 0;
  size_t letters = 0;
  size_t failed = 0;
  for (uint64_t seed = first; seed < first + count && failed < 5; ++seed) {
    const SimulationResult result = simulate(seed);
    EXPECT_TRUE(result.error.empty()) << "replay it with HOLDFAST_SIM_SEED=" << seed << '\n' << result.error;
    failed += !result.error.empty();
    exchanges += result.exchanges;
    letters += result.letters;
  }
  std::printf("%zu requests, %zu letters\n", exchanges, letters);
  if (count < 100) return;
  EXPECT_GT(letters, exchanges) << "hardly anything happened between shards";
}

TEST(Simulator, TheSameSeedGivesTheSameHistory) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(simulate(seed).hash, simulate(seed).hash) << "seed " << seed;
  }
  EXPECT_NE(simulate(1).hash, simulate(2).hash);
}

}  // namespace
}  // namespace holdfast
