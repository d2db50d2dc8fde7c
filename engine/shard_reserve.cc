// RESERVE: all items or none, whatever shards they live on.
#include "engine/check.h"
#include "engine/hold_id.h"
#include "engine/limits.h"
#include "engine/shard.h"

namespace holdfast {

void Shard::refuse(Journey& journey, const Refusal& refusal) {
  if (refusal.comes_before(journey.reply.refusal)) journey.reply.refusal = refusal;
}

Refusal Shard::judge(const Journey&, const Item& item) const {
  if (item.stock == no_index) return {.error = Error::no_sku, .name = item.sku};
  const Stock& stock = state_.stocks[item.stock];
  if (stock.paused) return {.error = Error::paused, .name = item.sku};
  if (item.if_version >= 0 && static_cast<uint64_t>(item.if_version) != stock.version) {
    return {.error = Error::version,
            .name = item.sku,
            .want = item.if_version,
            .have = static_cast<int64_t>(stock.version)};
  }
  return {};
}

bool Shard::falls_short(const Item& item) const { return item.quantity > state_.stocks[item.stock].free_units(); }

namespace {

Refusal out_of_stock(const Item& item, const StockView& view) {
  return {.error = Error::out_of_stock,
          .name = item.sku,
          .want = item.quantity,
          .have = view.available,
          .held = view.held};
}

}  // namespace

// The short way, and the usual one: everything is here, nobody is undecided about it, the wheel has kept up.
bool Shard::reserve_here(Journey& journey) {
  for (const Step& step : journey.steps) {
    if (!here(step)) return false;
  }
  Refusal first;
  for (Item& item : journey.items) {
    item.stock = state_.stocks.find(item.sku, item.hash);
    Refusal refusal = judge(journey, item);
    if (item.stock != no_index && state_.stocks[item.stock].contention) return false;
    if (!refusal && falls_short(item)) {
      if (!caught_up_) return false;
      refusal = out_of_stock(item, state_.stocks.view(item.stock));
    }
    if (refusal && refusal.comes_before(first)) first = refusal;
  }
  if (first) {
    refuse(journey, first);
    ++stats_.reserves_refused;
    return true;
  }
  decide_reserve(journey);
  if (journey.items.size() > 1 || state_.stocks[journey.items[0].stock].contention) {
    for (const Item& item : journey.items) touch(item.stock);
  }
  return true;
}

bool Shard::visit_reserve(Journey& journey, Item& item) {
  item.stock = state_.stocks.find(item.sku, item.hash);
  if (item.stock == no_index) {
    refuse(journey, judge(journey, item));
    return true;
  }
  const Stock& stock = state_.stocks[item.stock];
  const Contention* contention = stock.contention.get();
  const bool is_short = falls_short(item);
  const bool queue_first = contention && !journey.admitted &&
                           (contention->exclusive || !contention->queue.empty() ||
                            (contention->marked() && (is_short || item.if_version >= 0)));
  const bool must_be_alone = journey.exclusive && contention && contention->marked();
  const Refusal refusal = judge(journey, item);
  const bool units_may_come = is_short && (!caught_up_ || (contention && contention->returning > 0));
  if (queue_first || must_be_alone || (!refusal && units_may_come)) {
    if (journey.exclusive && journey.position > 0) {
      journey.retry = true;
      journey.phase = Phase::backward;
      return false;
    }
    wait(journey, item.stock);
    if (!caught_up_) short_while_behind_.push_back(item.stock);
    return false;
  }
  journey.admitted = false;
  if (refusal) {
    refuse(journey, refusal);
  } else if (is_short) {
    refuse(journey, out_of_stock(item, state_.stocks.view(item.stock)));
  } else if (!journey.reply.refusal) {
    mark(item, item.stock);
    state_.stocks[item.stock].contention->escrow += item.quantity;
    if (journey.exclusive) state_.stocks[item.stock].contention->exclusive = &journey;
  }
  return true;
}

// At the last stop, where the hold will be at home. Writes the one fact that holds the whole cart.
void Shard::decide_reserve(Journey& journey) {
  const Slot home = slot_of(journey.items[journey.steps.back().item].hash);
  const HoldId id = make_hold_id(home, options_.epoch, hold_counter_++, port_.secret());
  for (Item& item : journey.items) item.change = {.held = item.quantity};
  const Fact fact{.type = FactType::held,
                  .seq = port_.next_seq(),
                  .at_us = now_,
                  .items = journey.items,
                  .policy = {},
                  .id = id,
                  .cart = journey.cart,
                  .ref = {},
                  .deadline_us = now_ + journey.ttl_us};
  if (journey.steps[0].shard == options_.index && !journey.items[0].taken) {
    state_.apply(fact);  // all of it is here
  } else {
    state_.apply_to_hold(fact);  // each SKU follows when the journey settles there
  }
  journey.reply.id = id;
  journey.reply.number = journey.ttl_us / 1000;
  journey.reply.seq = fact.seq;
  ++stats_.reserves;
}

void Shard::settle_reserve(Journey& journey, Item& item) {
  Contention& contention = *state_.stocks[item.stock].contention;
  contention.escrow -= item.quantity;
  if (contention.exclusive == &journey) contention.exclusive = nullptr;
  unmark(item, item.stock);
  if (journey.retry || journey.reply.refusal) return;
  state_.apply_to_stock(item.stock, item.change);
}

}  // namespace holdfast
