#include "engine/state.h"

namespace holdfast {
namespace {

HoldState state_after(FactType type) {
  switch (type) {
    case FactType::committed: return HoldState::committed;
    case FactType::released: return HoldState::released;
    case FactType::expired: return HoldState::expired;
    default: CHECK(type == FactType::revoked); return HoldState::revoked;
  }
}

}  // namespace

void State::apply(const Fact& fact) {
  switch (fact.type) {
    case FactType::stock_changed:
    case FactType::stock_deleted:
    case FactType::policy_set: apply_to_sku(fact); return;
    case FactType::locked:
    case FactType::relocked:
    case FactType::unlocked:
    case FactType::lock_expired: apply_to_lock(fact); return;
    default: break;
  }
  for (const Item& item : fact.items) {
    if (!owns(slot_of(item.hash))) continue;
    apply_to_stock(item.stock == no_index ? stocks.find(item.sku, item.hash) : item.stock, item.change);
  }
  if (owns(fact.id.slot())) apply_to_hold(fact);
}

void State::apply_to_stock(Index index, const StockChange& change) {
  CHECK(index != no_index);
  Stock& stock = stocks[index];
  const bool changes = change.on_hand != 0 || change.held != 0 || change.sold != 0;
  stock.on_hand += change.on_hand;
  stock.held += change.held;
  stock.sold += change.sold;
  stock.version += changes;
  DCHECK(stock.held >= 0 && stock.sold >= 0);
}

void State::apply_to_sku(const Fact& fact) {
  const Item& item = fact.items[0];
  Index index = item.stock == no_index ? stocks.find(item.sku, item.hash) : item.stock;
  if (fact.type == FactType::stock_deleted) {
    stocks.remove(index, item.hash);
    return;
  }
  if (fact.type == FactType::policy_set) {
    Stock& stock = stocks[index];
    stock.oversell = fact.policy.oversell;
    stock.percart = fact.policy.percart;
    stock.paused = fact.policy.paused;
    stock.challenge = fact.policy.challenge;
    ++stock.version;
    return;
  }
  const bool is_new = index == no_index;
  if (is_new) index = stocks.create(item.sku, item.hash);
  apply_to_stock(index, item.change);
  if (is_new) stocks[index].version = 1;
}

void State::apply_to_hold(const Fact& fact) {
  if (fact.type == FactType::held) {
    Index only_stock = no_index;  // a hold of one item is at home with its SKU
    if (fact.items.size() == 1) {
      const Item& item = fact.items[0];
      only_stock = item.stock == no_index ? stocks.find(item.sku, item.hash) : item.stock;
    }
    holds.create(fact, hasher_.cart(fact.cart), only_stock);
    return;
  }
  const Index index = fact.hold == no_index ? holds.find(fact.id) : fact.hold;
  CHECK(index != no_index);
  switch (fact.type) {
    case FactType::reduced: holds.set_quantities(index, fact.items); return;
    case FactType::extended: holds.set_deadline(index, fact.deadline_us); return;
    default: holds.end(index, state_after(fact.type), fact, hasher_.cart(holds[index].cart.view()));
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
