// How a hold ends. It is decided at its home, at once. Where all its SKUs are here, all effects are in place at once
// too; otherwise a journey marks every SKU, and only then lets the effects in: nobody sees half of an end.
#include <algorithm>

#include "engine/check.h"
#include "engine/limits.h"
#include "engine/shard.h"

namespace holdfast {

// What each of the hold's items comes to. `wanted`: those that are sold (committed) or go back (released); none: all.
// Where some of a hold is released and some is not, it is `reduced` and lives on.
std::span<const Item> Shard::ended_items(const Hold& hold, FactType& type, std::span<const Item> wanted) {
  end_items_.clear();
  int64_t left = 0;
  state_.holds.for_each_item(hold, [&](std::string_view sku, uint64_t hash, uint32_t quantity, Seq taken_seq) {
    if (quantity == 0) return;  // released before, and by now the SKU may be deleted
    Item& item = end_items_.emplace_back();
    item.sku = sku;
    item.hash = hash;
    item.taken_seq = taken_seq;
    if (hold.stock != no_index) {
      item.stock = hold.stock;
    } else if (state_.owns(slot_of(hash))) {
      item.stock = state_.stocks.find(sku, hash);
    }
    const auto same = [&](const Item& other) { return other.hash == hash && other.sku == sku; };
    const auto named = std::find_if(wanted.begin(), wanted.end(), same);
    const uint32_t units = wanted.empty() ? quantity : named == wanted.end() ? 0 : named->quantity;
    if (type == FactType::committed) {
      item.quantity = units;
      item.change = {.on_hand = -int64_t{units}, .held = -int64_t{quantity}, .sold = units};
    } else {
      item.quantity = quantity - units;
      item.change.held = -int64_t{units};
      left += item.quantity;
    }
  });
  if (left > 0) {
    type = FactType::reduced;
  } else if (type != FactType::committed) {
    // An ended hold remembers what it held at its end.
    for (Item& item : end_items_) item.quantity = static_cast<uint32_t>(-item.change.held);
  }
  return end_items_;
}

bool Shard::ends_here(std::span<const Item> items) const {
  return std::all_of(items.begin(), items.end(), [&](const Item& item) {
    if (item.stock == no_index) return item.change.held == 0;
    const Stock& stock = state_.stocks[item.stock];
    return !stock.contention || !stock.contention->exclusive;
  });
}

Seq Shard::end_hold(Index index, FactType type, Journey* journey, uint64_t cart_hash) {
  Hold& hold = state_.holds[index];
  const bool is_asked = journey && !journey->internal;
  const std::span<const Item> items =
      ended_items(hold, type, is_asked ? std::span<const Item>(journey->items) : std::span<const Item>());
  Fact fact{.type = type,
            .items = items,
            .id = hold.id,
            .cart = hold.cart.view(),
            .cart_hash = cart_hash,
            .hold_seq = hold.seq,
            .ref = type == FactType::committed ? journey->ref : std::string_view{},
            .hold = index};
  number(fact);
  if (ends_here(items)) {
    state_.apply(fact);
    for (const Item& item : items) {
      if (item.stock != no_index) touch(item.stock);
    }
  } else {
    if (!journey) {
      journey = new_internal(Verb::end);
      CHECK(journey);
      soon_.push(journey);
    }
    state_.apply_to_hold(fact);
    carry_end(index, items, *journey);
  }
  switch (type) {
    case FactType::committed:
      ++stats_.commits;
      break;
    case FactType::released:
      ++stats_.releases;
      break;
    case FactType::reduced:
      break;
    case FactType::expired:
      ++stats_.expiries;
      break;
    default:
      ++stats_.revokes;
  }
  publish_tombstones();
  keep_tombstones_bounded();
  return fact.seq;
}

namespace {

bool brings_back(const Item& item) {
  return item.change.held + item.change.sold < 0;
}

}  // namespace

// The SKUs of this shard are marked at once: a RESERVE that falls short here knows that units are on their way back.
void Shard::carry_end(Index index, std::span<const Item> items, Journey& journey) {
  Hold& hold = state_.holds[index];
  hold.busy = true;
  state_.holds.extra_of(hold);
  busy_.push_back(index);
  journey.id = hold.id;
  journey.ending = true;
  journey.phase = Phase::forward;
  journey.position = 0;
  journey.cart = hold.cart.view();
  journey.hold_seq = hold.seq;
  journey.items.clear();
  for (const Item& item : items) {
    if (item.change.held != 0) journey.items.push_back(item);
  }
  journey.own_views();
  journey.steps.clear();
  plan_items(journey);
  for (Item& item : journey.items) {
    if (item.stock == no_index) continue;
    mark(item, item.stock);
    state_.stocks[item.stock].contention->returning += brings_back(item);
  }
}

bool Shard::visit_end(Journey& journey, Item& item) {
  if (item.stock == no_index) item.stock = state_.stocks.find(item.sku, item.hash);
  Stock& stock = state_.stocks[item.stock];
  if (stock.contention && stock.contention->exclusive) {
    stock.contention->ends.push(&journey);
    return false;
  }
  if (!item.taken) mark(item, item.stock);
  return true;
}

void Shard::settle_end(Journey& journey, Item& item) {
  const bool marked_at_once = home_of(journey.id) == options_.index;
  if (marked_at_once) state_.stocks[item.stock].contention->returning -= brings_back(item);
  unmark(item, item.stock);
  const Taken taken = taken_by(FactType::released, item, journey.hold_seq, 0);  // any end: what it had is taken no more
  state_.apply_to_stock(item.stock, item.change, journey.cart, taken);
}

void Shard::finish_end(Journey& journey) {
  const Index index = state_.holds.find(journey.id);
  Hold& hold = state_.holds[index];
  hold.busy = false;
  busy_.erase(std::find(busy_.begin(), busy_.end(), index));
  wake_hold(hold);
  if (hold.state == HoldState::held && !HoldTable::Wheel::scheduled(hold.timer)) {
    // It fell due while a part of it was on its way back.
    state_.holds.wheel().schedule(index, hold.timer.deadline_us);
    --due_and_busy_;
    caught_up_ = false;
  }
  if (journey.parent && --journey.parent->pending == 0) soon_.push(journey.parent);
  journey.parent = nullptr;
  keep_tombstones_bounded();  // until now this one could not be forgotten
}

}  // namespace holdfast
