#include "engine/state.h"

namespace holdfast {
namespace {

HoldState state_after(FactType type) {
  switch (type) {
    case FactType::committed:
      return HoldState::committed;
    case FactType::released:
      return HoldState::released;
    case FactType::expired:
      return HoldState::expired;
    default:
      CHECK(type == FactType::revoked);
      return HoldState::revoked;
  }
}

}  // namespace

void State::apply(const Fact& fact) {
  switch (fact.type) {
    case FactType::stock_changed:
    case FactType::stock_deleted:
    case FactType::policy_set:
      apply_to_sku(fact);
      return;
    case FactType::locked:
    case FactType::relocked:
    case FactType::unlocked:
    case FactType::lock_expired:
      apply_to_lock(fact);
      return;
    default:
      break;
  }
  for (const Item& item : fact.items) {
    if (!owns(slot_of(item.hash)) || item.change.is_none()) continue;  // what is not touched may be deleted by now
    const Index index = item.stock == no_index ? stocks.find(item.sku, item.hash) : item.stock;
    apply_to_stock(index, item.change, fact.cart, taken_by(fact.type, item, fact.hold_seq, fact.seq));
  }
  if (owns(fact.id.slot())) apply_to_hold(fact);
  if (!fact.key.empty() && owns(slot_of(fact.key_hash))) apply_to_key(fact);
}

void State::apply_to_key(const Fact& fact) {
  Index index = guards.find(fact.cart, fact.key, fact.key_hash);
  if (index == no_index) index = guards.create(fact.cart, fact.key, fact.key_hash);
  guards.name_hold(index, fact);
}

void State::apply_to_stock(Index index, const StockChange& change, std::string_view cart, const Taken& taken) {
  CHECK(index != no_index);
  Stock& stock = stocks[index];
  stock.on_hand += change.on_hand;
  stock.held += change.held;
  stock.sold += change.sold;
  stock.version += !change.is_none();
  // Facts that one journey overtook may arrive in another order: below 0 only while some are on their way.
  DCHECK(stock.contention || (stock.held >= 0 && stock.sold >= 0));
  if (!stock.carts) return;
  const Seq since = stock.carts->since;
  int64_t units = taken.after > since ? taken.units_before + change.held + change.sold : 0;
  if (taken.before > since) units -= taken.units_before;
  if (units != 0) stock.carts->add(cart, units);
}

void State::apply_to_sku(const Fact& fact) {
  const Item& item = fact.items[0];
  if (!owns(slot_of(item.hash))) return;
  Index index = item.stock == no_index ? stocks.find(item.sku, item.hash) : item.stock;
  if (fact.type == FactType::stock_deleted) {
    stocks.remove(index, item.hash);
    return;
  }
  if (fact.type == FactType::policy_set) {
    Stock& stock = stocks[index];
    stock.oversell = fact.policy.oversell;
    if (fact.policy.percart == 0) {
      stock.carts.reset();
    } else if (!stock.carts) {
      stock.carts = std::make_unique<CartCounts>();
      stock.carts->since = fact.seq;
    }
    stock.percart = fact.policy.percart;
    stock.paused = fact.policy.paused;
    stock.challenge = fact.policy.challenge;
    ++stock.version;
    return;
  }
  const bool is_new = index == no_index;
  if (is_new) index = stocks.create(item.sku, item.hash);
  apply_to_stock(index, item.change, {}, {});
  if (is_new) stocks[index].version = 1;
}

uint64_t State::cart_hash_of(const Fact& fact) const {
  return fact.cart_hash != 0 ? fact.cart_hash : hasher_.cart(fact.cart);
}

void State::apply_to_hold(const Fact& fact) {
  if (fact.type == FactType::held) {
    Index only_stock = no_index;  // a hold of one item is at home with its SKU
    const Item& item = fact.items[0];
    if (fact.items.size() == 1 && owns(slot_of(item.hash))) {
      only_stock = item.stock == no_index ? stocks.find(item.sku, item.hash) : item.stock;
    }
    holds.create(fact, cart_hash_of(fact), only_stock);
    return;
  }
  const Index index = fact.hold == no_index ? holds.find(fact.id) : fact.hold;
  // A replay may have forgotten, as one tombstone too many, what a COMMIT LATE still met: only the figures tell of it.
  if (index == no_index && fact.type == FactType::committed) return;
  CHECK(index != no_index);
  switch (fact.type) {
    case FactType::reduced:
      holds.set_quantities(index, fact.items);
      return;
    case FactType::amended:
      holds.replace_items(index, fact);
      return;
    case FactType::extended:
      holds.set_deadline(index, fact.deadline_us);
      return;
    default:
      break;
  }
  const HoldState state = state_after(fact.type);
  if (holds[index].state == HoldState::held) {
    holds.end(index, state, fact, cart_hash_of(fact));
  } else {
    CHECK(state == HoldState::committed);
    holds.commit_late(index, fact);
  }
}

void State::apply_to_lock(const Fact& fact) {
  const Item& item = fact.items[0];
  if (!owns(slot_of(item.hash))) return;
  if (fact.type == FactType::locked) {
    locks.create(item.sku, item.hash, fact.seq, fact.deadline_us);
    return;
  }
  const Index index = item.stock == no_index ? locks.find(item.sku, item.hash) : item.stock;
  CHECK(index != no_index);
  fact.type == FactType::relocked ? locks.set_deadline(index, fact.deadline_us) : locks.remove(index);
}

}  // namespace holdfast
