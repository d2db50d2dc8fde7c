// What it is: one seeded run: sessions with requests under way, letters delivered in any order that the channels allow,
// turns at any moment, clocks that differ between shards; after every event the invariants of the state are checked.
// Threads: one. Time: virtual.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tests/simulator/reference.h"
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
  struct CartUnits {
    std::map<Seq, int64_t> of_hold;  // by the fact that took them: held, or sold
    int64_t ending = 0;
    int64_t taken_anew = 0;  // by an AMEND whose effects are not all in place
    bool is_known = true;    // false: a hold was forgotten before it was seen what became of it
  };
  struct SkuUnits {
    int64_t live = 0;    // in holds that are live at their homes
    int64_t ending = 0;  // that no hold has any more, and are not all back
    int64_t put_in = 0;  // on_hand + sold when last looked at
    int64_t free = 0;    // below 0: promised beyond what is there
    std::map<std::string, CartUnits> carts;
  };
  struct HoldUnits {
    Seq seq = 0;
    std::string cart;
    Units items;
    std::map<std::string, Seq> taken;  // by SKU: the fact that took its units
  };
  struct Returning {  // the effects of a fact that are not all in place
    size_t fact = 0;
    std::string cart;
    Units items;
    Units taken_anew;
  };

  void see_facts();
  void see_fact(size_t number);
  std::string check_sku(const std::string& sku, SkuUnits& units);
  bool is_quiet() const;
  bool is_in_vain(const RequestItem& item, bool partial) const;
  std::string check_lines();
  bool hangs_on_undecided(const Journey& journey, const Stock& stock) const;
  std::string check_carts(const std::string& sku, const Stock& stock, SkuUnits& units);

  ShardWorld& world_;
  std::vector<std::string> skus_;
  std::map<std::string, SkuUnits> units_;
  std::map<HoldKey, HoldUnits> holds_;
  std::vector<Returning> returning_;
  size_t facts_seen_ = 0;
  bool stock_was_set_ = false;
};

// When nothing is under way: do the facts, applied by one shard and by three, say what the shards know? Empty, or what
// is wrong.
std::string replay_differs(ShardWorld& world);

// Power that goes at any step while these facts are being kept: is a prefix of them found, with all that was synced?
// Empty, or what is wrong.
std::string power_cut_loses(const ShardWorld& world, uint64_t seed);

struct SimulationResult {
  std::string error;  // empty: all is well
  uint64_t hash = 0;  // of all answers
  size_t exchanges = 0;
  size_t letters = 0;
};

SimulationResult simulate(uint64_t seed, bool trace = false);

}  // namespace holdfast
