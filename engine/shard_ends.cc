// How a hold ends. It is decided at its home, at once. Where all its SKUs are here, all effects are in place at once
// too; otherwise a journey marks every SKU, and only then lets the effects in: nobody sees half of an end.
#include <algorithm>

#include "engine/check.h"
#include "engine/limits.h"
#include "engine/shard.h"

namespace holdfast {

std::span<const Item> Shard::ended_items(const Hold& hold, FactType type) {
  end_items_.clear();
  state_.holds.for_each_item(hold, state_.hasher(), [&](std::string_view sku, uint64_t hash, uint32_t quantity) {
    Item item;
    item.sku = sku;
    item.hash = hash;
    item.quantity = quantity;
    if (hold.stock != no_index) {
      item.stock = hold.stock;
    } else if (state_.owns(slot_of(hash))) {
      item.stock = state_.stocks.find(sku, hash);
    }
    item.change.held = -int64_t{quantity};
    if (type == FactType::committed) {
      item.change.on_hand = -int64_t{quantity};
      item.change.sold = quantity;
    }
    end_items_.push_back(item);
  });
  return end_items_;
}

bool Shard::ends_here(std::span<const Item> items) const {
  return std::all_of(items.begin(), items.end(), [&](const Item& item) {
    if (item.stock == no_index) return false;
    const Stock& stock = state_.stocks[item.stock];
    return !stock.contention || !stock.contention->exclusive;
  });
}

Seq Shard::end_hold(Index index, FactType type, Journey* journey) {
  Hold& hold = state_.holds[index];
  const std::span<const Item> items = ended_items(hold, type);
  const Fact fact{.type = type,
                  .seq = port_.next_seq(),
                  .at_us = now_,
                  .items = items,
                  .policy = {},
                  .id = hold.id,
                  .cart = {},
                  .ref = type == FactType::committed ? journey->ref : std::string_view{},
                  .hold = index};
  if (ends_here(items)) {
    state_.apply(fact);
    for (const Item& item : items) touch(item.stock);
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
    case FactType::committed: ++stats_.commits; break;
    case FactType::released: ++stats_.releases; break;
    case FactType::expired: ++stats_.expiries; break;
    default: ++stats_.revokes;
  }
  publish_tombstones();
  keep_tombstones_bounded();
  return fact.seq;
}

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
  journey.items.assign(items.begin(), items.end());
  journey.own_views();
  journey.steps.clear();
  plan_items(journey);
  for (Item& item : journey.items) {
    if (item.stock == no_index) continue;
    mark(item, item.stock);
    state_.stocks[item.stock].contention->returning += item.change.sold == 0;
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
  if (marked_at_once) state_.stocks[item.stock].contention->returning -= item.change.sold == 0;
  unmark(item, item.stock);
  state_.apply_to_stock(item.stock, item.change);
}

void Shard::finish_end(Journey& journey) {
  const Index index = state_.holds.find(journey.id);
  Hold& hold = state_.holds[index];
  hold.busy = false;
  busy_.erase(std::find(busy_.begin(), busy_.end(), index));
  JourneyQueue& queue = state_.holds.extra_of(hold).queue;
  while (!queue.empty()) soon_.push(queue.pop());
  if (journey.parent && --journey.parent->pending == 0) soon_.push(journey.parent);
  journey.parent = nullptr;
  keep_tombstones_bounded();  // until now this one could not be forgotten
}

}  // namespace holdfast
