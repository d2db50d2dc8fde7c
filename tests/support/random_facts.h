// What it is: facts of every type as shards make them, at random, and a fact as text to compare by: all that a journal
// has to keep, and nothing that is recomputed. A fact lives until the next one is asked for.
#pragma once

#include <array>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "engine/facts.h"

namespace holdfast {

inline constexpr std::array all_fact_types = {
    FactType::stock_changed, FactType::stock_deleted, FactType::policy_set, FactType::held,     FactType::committed,
    FactType::released,      FactType::expired,       FactType::revoked,    FactType::reduced,  FactType::amended,
    FactType::extended,      FactType::locked,        FactType::relocked,   FactType::unlocked, FactType::lock_expired};

class RandomFacts {
 public:
  explicit RandomFacts(uint64_t seed) : random_(seed) {}

  // REQUIRES: seq > 1.
  Fact next(Seq seq, TimeUs at_us);
  Fact next(FactType type, Seq seq, TimeUs at_us);
  // All names, numbers and lists as long as they may be.
  Fact longest(FactType type);

 private:
  Fact fill(FactType type, Seq seq, TimeUs at_us);
  uint64_t below(uint64_t limit) { return random_() % limit; }
  std::string_view name(size_t at_least = 1);
  int64_t number(int64_t limit);
  void add_item(FactType type);
  void amend_items(Seq seq);

  std::mt19937_64 random_;
  bool longest_ = false;
  std::deque<std::string> names_;
  std::vector<Item> items_;
};

std::string describe(const Fact& fact);

}  // namespace holdfast
