// What it is: the wire contract as one naive sequential program: a map of SKUs, a map of holds, one command after the
// other. What it answers is right by reading it; the shards must answer so too, in some order.
// Threads: one. Time: each command brings the clock reading at which the engine decided it.
// Undo: everything that changed since mark() can be taken back, so that a search may try orders.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/types.h"
#include "tests/support/shard_world.h"

namespace holdfast {

struct SkuFigures {
  bool exists = false;
  uint32_t incarnation = 0;  // how often it was created
  int64_t on_hand = 0;
  int64_t held = 0;
  int64_t sold = 0;
  uint64_t version = 0;
  Policy policy;

  int64_t balance() const { return on_hand + policy.oversell - held; }
  StockView view() const;
};

struct HoldFigures {
  bool made = false;
  HoldState state = HoldState::held;
  TimeUs made_us = 0;
  TimeUs deadline_us = 0;
  TimeUs ended_us = 0;
  Seq seq = 0;
  Seq end_seq = 0;
  std::string ref;
  std::string cart;
  std::vector<std::pair<std::string, uint32_t>> items;
  ShardIndex home = 0;

  bool live() const { return made && state == HoldState::held; }
  int64_t units() const;
};

class Reference {
 public:
  using HoldKey = std::pair<uint64_t, uint64_t>;

  explicit Reference(const ShardSettings& settings) : settings_(settings) {}

  // SETSTOCK, RESTOCK, DELSTOCK, POLICY, STOCK: the answer to it. `changed`: there was something to change.
  Answer run_on_stock(const Request& request, bool& changed);

  // What speaks against this one item of a RESERVE, now.
  Refusal judge(const RequestItem& item) const;

  // RESERVE; false, and nothing is changed, where anything speaks against it.
  bool reserve(const Request& request, const FactRecord& fact);

  // An end that the fact tells of; false where it is not allowed (or is not known).
  bool end(const FactRecord& fact, const std::string& ref);

  // EXTEND; the milliseconds left, or -1 where it is not allowed.
  int64_t extend(const Request& request, const FactRecord& fact);

  const SkuFigures& sku(const std::string& name) const;
  const HoldFigures& hold(const HoldId& id) const;
  const std::map<std::string, SkuFigures>& skus() const { return skus_; }
  const std::map<HoldKey, HoldFigures>& holds() const { return holds_; }

  size_t mark() const { return undo_.size(); }
  void undo_to(size_t mark);

 private:
  struct Undo {
    SkuFigures* sku = nullptr;
    SkuFigures sku_before;
    HoldFigures* hold = nullptr;
    HoldFigures hold_before;
  };

  SkuFigures& change(const std::string& name);
  HoldFigures& change(const HoldId& id);
  void set_on_hand(const std::string& name, int64_t on_hand, bool& changed);
  Refusal judge_version(const Request& request, const SkuFigures& sku) const;

  ShardSettings settings_;
  std::map<std::string, SkuFigures> skus_;
  std::map<HoldKey, HoldFigures> holds_;
  std::vector<Undo> undo_;
};

}  // namespace holdfast
