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

uint32_t units_of(const Units& items, const std::string& sku) {
  for (const auto& [name, quantity] : items) {
    if (name == sku) return quantity;
  }
  return 0;
}

namespace {

// What stands there, or a blank one.
template <class Map>
const typename Map::mapped_type& look_up(const Map& map, const typename Map::key_type& key) {
  static const typename Map::mapped_type none;
  const auto found = map.find(key);
  return found == map.end() ? none : found->second;
}

}  // namespace

const SkuFigures& Reference::sku(const std::string& name) const {
  return look_up(skus_, name);
}
const HoldFigures& Reference::hold(const HoldId& id) const {
  return look_up(holds_, key_of(id));
}
const LockFigures& Reference::lock(const std::string& name) const {
  return look_up(locks_, name);
}
const KeyFigures& Reference::key(const std::string& cart, const std::string& key) const {
  return look_up(keys_, {cart, key});
}

void Reference::undo_to(size_t mark) {
  for (; undo_.size() > mark; undo_.pop_back()) undo_.back()();
}

void Reference::set_on_hand(const std::string& name, int64_t on_hand, bool& changed) {
  const SkuFigures& before = sku(name);
  changed = !before.exists || before.on_hand != on_hand;
  if (!changed) return;
  SkuFigures& now = change(skus_[name]);
  if (!now.exists) {
    const uint32_t incarnation = now.incarnation + 1;
    now = SkuFigures{};
    now.exists = true;
    now.incarnation = incarnation;
  }
  now.on_hand = on_hand;
  ++now.version;
}

// Of one cart is counted what it takes while the limit is above 0.
void Reference::set_policy(const Request& request, bool& changed) {
  const std::string& name = request.items[0].sku;
  const PolicyChange& change_to = request.policy;
  Policy policy = sku(name).policy;
  if (change_to.sets_oversell) policy.oversell = change_to.to.oversell;
  if (change_to.sets_percart) policy.percart = change_to.to.percart;
  if (change_to.sets_paused) policy.paused = change_to.to.paused;
  if (change_to.sets_challenge) policy.challenge = change_to.to.challenge;
  changed = policy != sku(name).policy;
  if (!changed) return;
  SkuFigures& now = change(skus_[name]);
  if (now.policy.percart == 0 || policy.percart == 0) {
    now.counts_since = mark();
    now.per_cart.clear();
  }
  now.policy = policy;
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
      change(skus_[name]) = SkuFigures{};
      skus_[name].incarnation = incarnation;
      answer.number = 1;
      changed = true;
      return answer;
    }
    default:
      if (!now.exists) return refuse({.error = Error::no_sku, .name = {}});
      set_policy(request, changed);
  }
  answer.stock = sku(name).view();
  return answer;
}

}  // namespace holdfast
