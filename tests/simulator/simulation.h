// What it is: one seeded run: sessions with requests under way, letters delivered in any order that the channels allow,
// turns at any moment, clocks that differ between shards; after every event the invariants of the state are checked.
// Threads: one. Time: virtual.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulator/workload.h"
#include "tests/support/shard_world.h"

namespace holdfast {

// Conservation, looked at from outside: what the SKUs say against what the holds say.
class Conservation {
 public:
  Conservation(ShardWorld& world, const std::vector<std::string>& skus);

  // After each event. Empty, or what is wrong.
  std::string check();

  // When nothing is under way.
  std::string check_at_rest();

 private:
  struct Units {
    int64_t live = 0;    // in holds that are live at their homes
    int64_t ending = 0;  // in holds whose end is on its way
    int64_t put_in = 0;  // on_hand + sold when last looked at
    int64_t free = 0;    // below 0: promised beyond what is there
  };

  void see_facts();
  std::string check_sku(const std::string& sku, Units& units);

  ShardWorld& world_;
  std::vector<std::string> skus_;
  std::map<std::string, Units> units_;
  std::map<std::pair<uint64_t, uint64_t>, std::vector<std::pair<std::string, uint32_t>>> made_;  // not quite ended
  std::vector<size_t> ending_;  // facts whose effects are not all in place
  size_t facts_seen_ = 0;
  bool stock_was_set_ = false;
};

struct SimulationResult {
  std::string error;          // empty: all is well
  bool has_no_order = false;  // the error is that of the checker
  uint64_t hash = 0;          // of all answers
  size_t exchanges = 0;
  size_t letters = 0;
};

SimulationResult simulate(uint64_t seed, bool trace = false);

}  // namespace holdfast
