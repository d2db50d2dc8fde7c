// The commands of the contract's table *Holds*, one after the other.
#include <algorithm>

#include "tests/simulator/reference.h"

namespace holdfast {
namespace {

bool drop_empty(Units& items) {
  std::erase_if(items, [](const auto& item) { return item.second == 0; });
  return !items.empty();
}

}  // namespace

bool Reference::is_counted(const HoldFigures& hold, const std::string& name) const {
  const auto amended = hold.taken_at.find(name);
  const size_t taken_at = amended == hold.taken_at.end() ? hold.made_at : amended->second;
  return sku(name).policy.percart > 0 && taken_at > sku(name).counts_since;
}

Want Reference::want(const Request& request, const RequestItem& item) const {
  Want want{.sku = item.sku,
            .quantity = item.quantity,
            .if_version = item.if_version,
            .cart = request.cart,
            .partial = request.partial,
            .proven = item.proven_for_us > 0,
            .late = request.verb == Verb::commit};
  if (request.verb == Verb::reserve) return want;
  const HoldFigures& named = hold(request.id);
  want.cart = named.cart;
  if (want.late) return want;
  want.before = units_of(named.items, item.sku);
  want.is_counted = is_counted(named, item.sku);
  return want;
}

Refusal Reference::judge(const Want& want) const {
  const SkuFigures& now = sku(want.sku);
  const auto refuse = [&](Refusal refusal) {
    refusal.name = want.sku;
    return refusal;
  };
  if (want.before > 0 && want.quantity <= want.before) return {};
  if (!now.exists) return refuse({.error = Error::no_sku, .name = {}});
  if (now.policy.paused && !want.late) return refuse({.error = Error::paused, .name = {}});
  if (now.policy.challenge && !want.proven && !want.late) return refuse({.error = Error::challenge, .name = {}});
  const auto version = static_cast<int64_t>(now.version);
  const bool is_other_version = want.if_version >= 0 && want.if_version != version;
  const int64_t least = want.partial ? 1 : want.quantity;
  // With PARTIAL the limit may be no reason to refuse anything, but the version is.
  if (now.policy.percart > 0 && !(want.partial && is_other_version)) {
    const auto found = now.per_cart.find(want.cart);
    const int64_t have = (found == now.per_cart.end() ? 0 : found->second) - (want.is_counted ? want.before : 0);
    if (have + least > now.policy.percart) {
      return refuse(
          {.error = Error::limit_sku, .name = {}, .want = want.quantity, .have = have, .max = now.policy.percart});
    }
  }
  if (is_other_version) {
    return refuse({.error = Error::version, .name = {}, .want = want.if_version, .have = version});
  }
  const int64_t available = now.balance() + want.before;
  if (least <= available) return {};
  return refuse({.error = Error::out_of_stock,
                 .name = {},
                 .want = want.quantity,
                 .have = std::max<int64_t>(available, 0),
                 .held = now.held - want.before});
}

// With PARTIAL: what stock and PERCART leave.
uint32_t Reference::affordable(const Want& want) const {
  if (judge(want)) return 0;
  if (!want.partial) return want.quantity;
  const SkuFigures& now = sku(want.sku);
  int64_t units = std::min<int64_t>(want.quantity, now.balance());
  if (now.policy.percart > 0) {
    const auto found = now.per_cart.find(want.cart);
    units = std::min(units, now.policy.percart - (found == now.per_cart.end() ? 0 : found->second));
  }
  return static_cast<uint32_t>(units);
}

void Reference::move_units(const std::string& name, const HoldFigures& hold, const StockChange& by) {
  if (by.on_hand == 0 && by.held == 0 && by.sold == 0) return;
  SkuFigures& now = change(skus_[name]);
  now.on_hand += by.on_hand;
  now.held += by.held;
  now.sold += by.sold;
  ++now.version;
  if (is_counted(hold, name)) now.per_cart[hold.cart] += by.held + by.sold;
}

// All or none; with PARTIAL what was granted, of which a single item says the whole truth at that instant.
bool Reference::reserve(const Request& request, const std::vector<uint32_t>& granted, const FactRecord& fact) {
  if (hold(fact.id).made) return false;
  HoldFigures& made = change(holds_[key_of(fact.id)]);
  made.made = true;
  made.made_at = mark();
  made.made_us = fact.now;
  made.deadline_us = fact.now + request.ttl_us;
  made.seq = fact.seq;
  made.cart = request.cart;
  made.key = request.key;
  made.home = fact.shard;
  for (size_t i = 0; i < request.items.size(); ++i) {
    const Want wanted = want(request, request.items[i]);
    const uint32_t units = request.partial ? granted.at(i) : wanted.quantity;
    const uint32_t most = affordable(wanted);
    if (units > most || (request.items.size() == 1 && units < most)) return false;
    const Refusal refusal = judge(wanted);
    if (refusal && refusal.error != Error::limit_sku && refusal.error != Error::out_of_stock) return false;
    if (units == 0) continue;
    made.items.emplace_back(wanted.sku, units);
    move_units(wanted.sku, made, {.held = units});
  }
  if (!request.key.empty()) change(keys_[{request.cart, request.key}]) = {fact.id, request, granted};
  return made.units() > 0;
}

bool Reference::end(const FactRecord& fact, const std::string& ref, const Units& sold) {
  const HoldFigures& now = hold(fact.id);
  if (!now.live() || now.home != fact.shard) return false;
  const bool is_over = fact.now >= now.deadline_us;
  const HoldState state = fact.state.value_or(is_over ? HoldState::expired : HoldState::revoked);
  if ((state == HoldState::expired) != is_over) return false;
  HoldFigures& ended = change(holds_[key_of(fact.id)]);
  ended.state = state;
  ended.ended_us = fact.now;
  ended.end_seq = fact.seq;
  ended.ref = ref;
  for (auto& [name, quantity] : ended.items) {
    const uint32_t units = state == HoldState::committed ? units_of(sold, name) : 0;
    if (units > quantity) return false;
    move_units(name, ended, {.on_hand = -int64_t{units}, .held = -int64_t{quantity}, .sold = units});
    if (state == HoldState::committed) quantity = units;
  }
  return drop_empty(ended.items);
}

// Takes its units again, if all are there now.
bool Reference::commit_late(const FactRecord& fact, const std::string& ref, const Units& sold) {
  const HoldFigures& now = hold(fact.id);
  if (!now.made || now.state != HoldState::expired || now.home != fact.shard) return false;
  HoldFigures& late = change(holds_[key_of(fact.id)]);
  late.made_at = mark();  // PERCART counts it as of now
  late.taken_at.clear();
  for (auto& [name, quantity] : late.items) {
    const uint32_t units = units_of(sold, name);
    if (units > quantity) return false;
    if (units > 0 && judge({.sku = name, .quantity = units, .cart = late.cart, .late = true})) return false;
    move_units(name, late, {.on_hand = -int64_t{units}, .sold = units});
    quantity = units;
  }
  late.state = HoldState::committed;
  late.ended_us = fact.now;
  late.end_seq = fact.seq;
  late.ref = ref;
  return drop_empty(late.items);
}

// RELEASE ... ITEMS, of a hold that lives on.
bool Reference::reduce(const Request& request, const FactRecord& fact) {
  const HoldFigures& now = hold(request.id);
  if (!now.live() || now.home != fact.shard || fact.now >= now.deadline_us) return false;
  HoldFigures& reduced = change(holds_[key_of(request.id)]);
  for (auto& [name, quantity] : reduced.items) {
    for (const RequestItem& item : request.items) {
      if (item.sku != name) continue;
      if (item.quantity > quantity) return false;
      quantity -= item.quantity;
      move_units(name, reduced, {.held = -int64_t{item.quantity}});
    }
  }
  return drop_empty(reduced.items);
}

// What AMEND takes more of it takes anew, all of it: PERCART counts it as of now.
void Reference::take_anew(const std::string& name, HoldFigures& amended, const Want& want) {
  if (sku(name).policy.percart > 0 && !want.is_counted) change(skus_[name]).per_cart[amended.cart] += want.before;
  amended.taken_at[name] = mark();
}

int64_t Reference::amend(const Request& request, const FactRecord& fact) {
  const HoldFigures& now = hold(request.id);
  if (!now.live() || now.home != fact.shard || fact.now >= now.deadline_us) return -1;
  HoldFigures& amended = change(holds_[key_of(request.id)]);
  Units after;
  for (const RequestItem& item : request.items) {
    const Want wanted = want(request, item);
    if (judge(wanted)) return -1;
    after.emplace_back(item.sku, item.quantity);
    if (item.quantity > wanted.before) take_anew(item.sku, amended, wanted);
    move_units(item.sku, amended, {.held = int64_t{item.quantity} - wanted.before});
  }
  for (const auto& [name, quantity] : amended.items) {
    if (units_of(after, name) == 0) move_units(name, amended, {.held = -int64_t{quantity}});
  }
  amended.items = after;
  return ms_left(amended.deadline_us, fact.now);
}

int64_t Reference::extend(const Request& request, const FactRecord& fact) {
  const HoldFigures& now = hold(request.id);
  if (!now.live() || now.home != fact.shard || fact.now >= now.deadline_us) return -1;
  HoldFigures& extended = change(holds_[key_of(request.id)]);
  extended.deadline_us = std::min(fact.now + request.ttl_us, extended.made_us + settings_.max_hold_life_us);
  return (extended.deadline_us - fact.now + 999) / 1000;
}

bool Reference::lock(const Request& request, const FactRecord& fact) {
  LockFigures& lock = change(locks_[request.items[0].sku]);
  const bool is_locked = lock.token != 0 && fact.now < lock.deadline_us;
  if (request.verb == Verb::lock) {
    if (is_locked) return false;
    lock = {.token = fact.seq, .deadline_us = fact.now + request.ttl_us};
    return true;
  }
  if (!is_locked || static_cast<Seq>(request.amount) != lock.token) return false;
  if (request.verb == Verb::relock) {
    lock.deadline_us = fact.now + request.ttl_us;
  } else {
    lock = {};
  }
  return true;
}

}  // namespace holdfast
