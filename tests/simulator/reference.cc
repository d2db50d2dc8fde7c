#include "tests/simulator/reference.h"

#include <algorithm>

#include "engine/limits.h"

namespace holdfast {

StockView SkuFigures::view() const {
  StockView view;
  view.exists = exists;
  if (!exists) return view;
  view.on_hand = on_hand;
  view.held = held;
  view.sold = sold;
  view.available = std::max<int64_t>(balance(), 0);
  view.short_by = std::max<int64_t>(-balance(), 0);
  view.version = version;
  view.oversell = policy.oversell;
  view.percart = policy.percart;
  view.paused = policy.paused;
  view.challenge = policy.challenge;
  return view;
}

int64_t HoldFigures::units() const {
  int64_t sum = 0;
  for (const auto& [sku, quantity] : items) sum += quantity;
  return sum;
}

const SkuFigures& Reference::sku(const std::string& name) const {
  static const SkuFigures none;
  const auto found = skus_.find(name);
  return found == skus_.end() ? none : found->second;
}

const HoldFigures& Reference::hold(const HoldId& id) const {
  static const HoldFigures none;
  const auto found = holds_.find({id.high, id.low});
  return found == holds_.end() ? none : found->second;
}

SkuFigures& Reference::change(const std::string& name) {
  SkuFigures& sku = skus_[name];
  Undo& undo = undo_.emplace_back();
  undo.sku = &sku;
  undo.sku_before = sku;
  return sku;
}

HoldFigures& Reference::change(const HoldId& id) {
  HoldFigures& hold = holds_[{id.high, id.low}];
  Undo& undo = undo_.emplace_back();
  undo.hold = &hold;
  undo.hold_before = hold;
  return hold;
}

void Reference::undo_to(size_t mark) {
  for (; undo_.size() > mark; undo_.pop_back()) {
    Undo& undo = undo_.back();
    if (undo.sku) *undo.sku = undo.sku_before;
    if (undo.hold) *undo.hold = std::move(undo.hold_before);
  }
}

void Reference::set_on_hand(const std::string& name, int64_t on_hand, bool& changed) {
  const SkuFigures& before = sku(name);
  changed = !before.exists || before.on_hand != on_hand;
  if (!changed) return;
  SkuFigures& now = change(name);
  if (!now.exists) {
    const uint32_t incarnation = now.incarnation + 1;
    now = SkuFigures{};
    now.exists = true;
    now.incarnation = incarnation;
  }
  now.on_hand = on_hand;
  ++now.version;
}

Refusal Reference::judge_version(const Request& request, const SkuFigures& now) const {
  const int64_t have = now.exists ? static_cast<int64_t>(now.version) : 0;
  if (request.if_version < 0 || request.if_version == have) return {};
  return {.error = Error::version, .name = request.items[0].sku, .want = request.if_version, .have = have};
}

Answer Reference::run_on_stock(const Request& request, bool& changed) {
  changed = false;
  Answer answer;
  const std::string& name = request.items[0].sku;
  const SkuFigures& now = sku(name);
  const auto refuse = [&](Refusal refusal) {
    refusal.name = name;
    answer.refusal = refusal;
    return answer;
  };
  switch (request.verb) {
    case Verb::stock:
      if (!now.exists) return refuse({.error = Error::no_sku, .name = {}});
      break;
    case Verb::set_stock:
      if (const Refusal refusal = judge_version(request, now)) return refuse(refusal);
      set_on_hand(name, request.amount, changed);
      break;
    case Verb::restock: {
      const int64_t on_hand = now.on_hand + request.amount;
      if (!now.exists && request.amount < 0) return refuse({.error = Error::no_sku, .name = {}});
      if (request.amount < 0 && on_hand < 0) return refuse({.error = Error::below_zero, .name = {}});
      if (on_hand > limits::units) return refuse({.error = Error::above_limit, .name = {}});
      if (const Refusal refusal = judge_version(request, now)) return refuse(refusal);
      set_on_hand(name, now.exists ? on_hand : request.amount, changed);
      break;
    }
    case Verb::delete_stock: {
      answer.number = 0;
      if (!now.exists) return answer;
      if (now.held > 0) return refuse({.error = Error::in_use, .name = {}, .held = now.held});
      const uint32_t incarnation = now.incarnation;
      change(name) = SkuFigures{};
      change(name).incarnation = incarnation;
      answer.number = 1;
      changed = true;
      return answer;
    }
    default: {  // POLICY
      if (!now.exists) return refuse({.error = Error::no_sku, .name = {}});
      Policy policy = now.policy;
      if (request.policy.sets_oversell) policy.oversell = request.policy.to.oversell;
      if (request.policy.sets_paused) policy.paused = request.policy.to.paused;
      changed = policy != now.policy;
      if (!changed) break;
      SkuFigures& figures = change(name);
      figures.policy = policy;
      ++figures.version;
    }
  }
  answer.stock = sku(name).view();
  return answer;
}

Refusal Reference::judge(const RequestItem& item) const {
  const SkuFigures& now = sku(item.sku);
  if (!now.exists) return {.error = Error::no_sku, .name = item.sku};
  if (now.policy.paused) return {.error = Error::paused, .name = item.sku};
  const auto version = static_cast<int64_t>(now.version);
  if (item.if_version >= 0 && item.if_version != version) {
    return {.error = Error::version, .name = item.sku, .want = item.if_version, .have = version};
  }
  if (item.quantity > now.balance()) {
    return {.error = Error::out_of_stock,
            .name = item.sku,
            .want = item.quantity,
            .have = now.view().available,
            .held = now.held};
  }
  return {};
}

bool Reference::reserve(const Request& request, const FactRecord& fact) {
  for (const RequestItem& item : request.items) {
    if (judge(item)) return false;
  }
  if (hold(fact.id).made) return false;
  HoldFigures& made = change(fact.id);
  made.made = true;
  made.made_us = fact.now;
  made.deadline_us = fact.now + request.ttl_us;
  made.seq = fact.seq;
  made.cart = request.cart;
  made.home = fact.shard;
  for (const RequestItem& item : request.items) {
    made.items.emplace_back(item.sku, item.quantity);
    SkuFigures& figures = change(item.sku);
    figures.held += item.quantity;
    ++figures.version;
  }
  return true;
}

bool Reference::end(const FactRecord& fact, const std::string& ref) {
  const HoldFigures& now = hold(fact.id);
  if (!now.live() || now.home != fact.shard) return false;
  const bool is_over = fact.now >= now.deadline_us;
  const HoldState state = fact.state.value_or(is_over ? HoldState::expired : HoldState::revoked);
  if ((state == HoldState::expired) != is_over) return false;
  HoldFigures& ended = change(fact.id);
  ended.state = state;
  ended.ended_us = fact.now;
  ended.end_seq = fact.seq;
  ended.ref = ref;
  for (const auto& [name, quantity] : ended.items) {
    SkuFigures& figures = change(name);
    figures.held -= quantity;
    if (state == HoldState::committed) {
      figures.on_hand -= quantity;
      figures.sold += quantity;
    }
    ++figures.version;
  }
  return true;
}

int64_t Reference::extend(const Request& request, const FactRecord& fact) {
  const HoldFigures& now = hold(request.id);
  if (!now.live() || now.home != fact.shard || fact.now >= now.deadline_us) return -1;
  HoldFigures& extended = change(request.id);
  extended.deadline_us = std::min(fact.now + request.ttl_us, extended.made_us + settings_.max_hold_life_us);
  return (extended.deadline_us - fact.now + 999) / 1000;
}

}  // namespace holdfast
