// What it is: what simulated clients ask for, drawn from a seed: a few hot SKUs and many cold ones, carts in any order
// of mention, copies of requests with a KEY, commands on holds around their deadlines, locks, cuts of stock, pauses,
// limits, deletions, versions that are right or wrong. Threads: one. Time: the world's.
#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/simulator/reference.h"
#include "tests/support/shard_world.h"

namespace holdfast {

// Numbers from a seed, the same on every platform.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}
  uint64_t below(uint64_t bound) { return engine_() % bound; }
  bool chance(uint64_t percent) { return below(100) < percent; }
  template <class T>
  const T& one_of(const std::vector<T>& choices) {
    return choices[below(choices.size())];
  }

 private:
  std::mt19937_64 engine_;
};

// What a seed makes of a simulation.
struct Shape {
  uint32_t shards = 1;
  size_t skus = 2;
  size_t carts = 2;
  size_t sessions = 2;
  size_t requests = 100;
  uint64_t versioned = 5;   // percent of RESERVEs with IFVER
  uint64_t keyed = 10;      // percent of RESERVEs with KEY
  uint64_t partial = 10;    // percent of RESERVEs with PARTIAL
  uint64_t amended = 15;    // percent of the commands on holds
  uint64_t waiting = 10;    // percent of RESERVEs with WAIT
  bool percart = false;     // POLICY ... PERCART is set now and then
  bool challenged = false;  // and CHALLENGE; most RESERVEs have a PROOF for it
  bool storm = false;       // very many holds fall due in one microsecond
  ShardSettings settings;

  bool paces() const { return settings.max_holds_per_cart != 0 || settings.max_reserves_per_minute != 0; }
};

Shape shape_of(uint64_t seed);

class Workload {
 public:
  Workload(const Shape& shape, Random& random);

  std::vector<Request> opening();  // stocks every SKU
  Request next();
  Request about_hold(const HoldId& id);
  Request like(const Request& request);  // one that takes effect on the very same SKU or hold
  Request storm_reserve(const std::string& sku);

  // The workload remembers holds and versions that it was told of.
  void told(const Exchange& exchange);

  const std::vector<std::string>& skus() const { return skus_; }
  const std::vector<HoldId>& holds() const { return holds_; }

 private:
  const std::string& any_of(const std::vector<std::string>& skus);  // often a hot one
  Request on_stock(const std::string& sku);
  Request policy(const std::string& sku);
  Request lock();
  Request reserve();
  Request again();
  Request amend(const HoldId& id);
  void choose_part(Request& request);
  void choose_items(Request& request, const std::vector<std::string>& from, size_t count);
  int64_t version_of(const std::string& sku);
  TimeUs ttl();

  const Shape& shape_;
  Random& random_;
  std::vector<std::string> skus_;  // the first three are hot
  std::vector<std::string> carts_;
  std::vector<HoldId> holds_;
  std::map<HoldKey, std::vector<RequestItem>> items_;  // of a hold, when it was made or changed
  std::vector<Request> keyed_;                         // RESERVEs that may come again
  std::vector<std::pair<std::string, Seq>> tokens_;    // of locks
  size_t keys_ = 0;
  std::vector<std::pair<std::string, int64_t>> versions_;
};

}  // namespace holdfast
