// What it is: the wire contract as one naive sequential program: a map of SKUs, a map of holds, one of keys, one of
// locks, one command after the other. What it answers is right by reading it; the shards must answer so too, in some
// order. Threads: one. Time: each command brings the clock reading at which the engine decided it. Undo: everything
// that changed since mark() can be taken back, so that a search may try orders.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "engine/types.h"
#include "tests/support/shard_world.h"

namespace holdfast {

using HoldKey = std::pair<uint64_t, uint64_t>;
inline HoldKey key_of(const HoldId& id) {
  return {id.high, id.low};
}

using Units = std::vector<std::pair<std::string, uint32_t>>;  // of SKUs
uint32_t units_of(const Units& items, const std::string& sku);

struct SkuFigures {
  bool exists = false;
  uint32_t incarnation = 0;  // how often it was created
  int64_t on_hand = 0;
  int64_t held = 0;
  int64_t sold = 0;
  uint64_t version = 0;
  Policy policy;
  size_t counts_since = 0;                  // PERCART: the step that set the limit
  std::map<std::string, int64_t> per_cart;  // what each cart holds and has bought since then

  int64_t balance() const { return on_hand + policy.oversell - held; }
  StockView view() const;
};

struct HoldFigures {
  bool made = false;
  HoldState state = HoldState::held;
  size_t made_at = 0;  // step
  TimeUs made_us = 0;
  TimeUs deadline_us = 0;
  TimeUs ended_us = 0;
  Seq seq = 0;
  Seq end_seq = 0;
  std::string ref;
  std::string cart;
  std::string key;
  Units items;                             // held; ended: what was sold, or held at its end
  std::map<std::string, size_t> taken_at;  // by SKU: the step of the AMEND that took its units; else made_at
  ShardIndex home = 0;

  bool live() const { return made && state == HoldState::held; }
  int64_t units() const;
};

struct KeyFigures {
  HoldId id;  // of the hold that the key stands for; none where it is free
  Request request;
  std::vector<uint32_t> granted;
};

struct LockFigures {
  Seq token = 0;  // 0: nobody has it
  TimeUs deadline_us = 0;
};

// An item that somebody wants, with all that it is judged by.
struct Want {
  std::string sku;
  uint32_t quantity = 0;
  int64_t if_version = -1;
  std::string cart;
  bool partial = false;
  bool proven = false;     // a PROOF was given for it
  bool late = false;       // COMMIT ... LATE
  uint32_t before = 0;     // AMEND: units that the hold has of it
  bool is_counted = true;  // whether PERCART counts those
};

class Reference {
 public:
  explicit Reference(const ShardSettings& settings) : settings_(settings) {}

  // SETSTOCK, RESTOCK, DELSTOCK, POLICY, STOCK: the answer to it. `changed`: there was something to change.
  Answer run_on_stock(const Request& request, bool& changed);

  // What speaks against this one item now (named as `want` names it), and how many units of it there are for it.
  Refusal judge(const Want& want) const;
  uint32_t affordable(const Want& want) const;
  Want want(const Request& request, const RequestItem& item) const;

  // Each is false (or -1), and may have changed something, where anything speaks against it.
  bool reserve(const Request& request, const std::vector<uint32_t>& granted, const FactRecord& fact);
  bool end(const FactRecord& fact, const std::string& ref, const Units& sold);
  bool commit_late(const FactRecord& fact, const std::string& ref, const Units& sold);
  bool reduce(const Request& request, const FactRecord& fact);
  int64_t amend(const Request& request, const FactRecord& fact);   // the milliseconds left
  int64_t extend(const Request& request, const FactRecord& fact);  // the milliseconds left
  bool lock(const Request& request, const FactRecord& fact);       // LOCK, RELOCK, UNLOCK

  const SkuFigures& sku(const std::string& name) const;
  const HoldFigures& hold(const HoldId& id) const;
  const KeyFigures& key(const std::string& cart, const std::string& key) const;
  const LockFigures& lock(const std::string& name) const;
  const std::map<std::string, SkuFigures>& skus() const { return skus_; }
  const std::map<HoldKey, HoldFigures>& holds() const { return holds_; }

  size_t mark() const { return undo_.size(); }
  void undo_to(size_t mark);

 private:
  template <class T>
  T& change(T& slot) {
    undo_.push_back([&slot, before = slot] { slot = before; });
    return slot;
  }

  void set_on_hand(const std::string& name, int64_t on_hand, bool& changed);
  void set_policy(const Request& request, bool& changed);
  void take_anew(const std::string& name, HoldFigures& amended, const Want& want);
  void move_units(const std::string& name, const HoldFigures& hold, const StockChange& by);
  bool is_counted(const HoldFigures& hold, const std::string& sku) const;
  Refusal judge_version(const Request& request, const SkuFigures& now) const;

  ShardSettings settings_;
  std::map<std::string, SkuFigures> skus_;
  std::map<HoldKey, HoldFigures> holds_;
  std::map<std::pair<std::string, std::string>, KeyFigures> keys_;
  std::map<std::string, LockFigures> locks_;
  std::vector<std::function<void()>> undo_;
};

}  // namespace holdfast
