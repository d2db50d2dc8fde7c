// AMEND, and COMMIT LATE on an expired hold: journeys that begin at the hold's home, take in ascending order what the
// hold is to get, and come back home to be decided. The hold waits for nobody meanwhile: a journey that comes back to
// one that has changed undoes what it took and begins again, and hears then what became of it.
#include <algorithm>

#include "engine/check.h"
#include "engine/shard.h"

namespace holdfast {

// One such journey a hold at a time.
bool Shard::waits_for_amend(Journey& journey, Index index) {
  Hold& hold = state_.holds[index];
  if (!hold.amending) return false;
  journey.phase = Phase::at_home;
  journey.own_bytes();
  state_.holds.extra_of(hold).queue.push(&journey);
  return true;
}

bool Shard::start_amend(Journey& journey, Index index) {
  if (waits_for_amend(journey, index)) return false;
  Hold& hold = state_.holds[index];
  bool differs = false;
  state_.holds.for_each_item(hold, [&](std::string_view sku, uint64_t hash, uint32_t quantity, Seq taken_seq) {
    if (quantity == 0) return;
    const auto same = [&](const Item& item) { return item.hash == hash && item.sku == sku; };
    const auto found = std::find_if(journey.items.begin(), journey.items.end(), same);
    if (found != journey.items.end()) {
      found->before = quantity;
      found->taken_seq = taken_seq;
      return;
    }
    Item& gone = journey.items.emplace_back();
    gone.sku = sku;
    gone.hash = hash;
    gone.before = quantity;
    gone.taken_seq = taken_seq;
  });
  for (const Item& item : journey.items) differs |= item.quantity != item.before;
  journey.cart = hold.cart.view();
  journey.own_views();
  journey.hold_seq = hold.seq;
  journey.steps.clear();
  journey.position = 0;
  if (!differs) {
    journey.reply.id = hold.id;
    journey.reply.number = ms_left(hold.timer.deadline_us, now_);
    return true;
  }
  state_.holds.extra_of(hold);
  hold.amending = true;
  plan_items(journey);
  std::erase_if(journey.steps, [&](const Step& step) {
    const Item& item = journey.items[step.item];
    return item.quantity == item.before;
  });
  journey.phase = Phase::forward;
  return true;
}

bool Shard::start_late(Journey& journey, Index index) {
  if (exceeds(journey, state_.holds[index])) return true;
  if (waits_for_amend(journey, index)) return false;
  Hold& hold = state_.holds[index];
  if (journey.items.empty()) {
    state_.holds.for_each_item(hold, [&](std::string_view sku, uint64_t hash, uint32_t quantity, Seq) {
      if (quantity == 0) return;
      Item& item = journey.items.emplace_back();
      item.sku = sku;
      item.hash = hash;
      item.quantity = quantity;
    });
    journey.takes_all = true;
  }
  journey.cart = hold.cart.view();
  journey.own_views();
  journey.hold_seq = hold.seq;
  state_.holds.extra_of(hold);
  hold.amending = true;
  journey.taking = true;
  journey.steps.clear();
  journey.position = 0;
  plan_items(journey);
  journey.phase = Phase::forward;
  return true;
}

bool Shard::visit_shrinking(Journey& journey, Item& item) {
  item.granted = 0;
  item.stock = state_.stocks.find(item.sku, item.hash);
  if (item.stock == no_index) return true;  // the hold has ended meanwhile, and the SKU is deleted; home will say so
  Stock& stock = state_.stocks[item.stock];
  // Nobody overtakes those who read the figures: it may be granted elsewhere what they do not see yet.
  if (stock.contention && !journey.admitted && (stock.contention->exclusive || !stock.contention->queue.empty())) {
    return wait(journey, item.stock), false;
  }
  journey.admitted = false;
  mark(item, item.stock);
  return true;
}

bool Shard::is_as_it_was(const Journey& journey, const Hold& hold) const {
  if (hold.busy) return false;
  if (journey.verb == Verb::commit) return hold.state == HoldState::expired;
  if (hold.state != HoldState::held || over(hold)) return false;
  bool same = true;
  size_t counted = 0;
  state_.holds.for_each_item(hold, [&](std::string_view sku, uint64_t hash, uint32_t quantity, Seq) {
    if (quantity == 0) return;
    ++counted;
    same &= std::any_of(journey.items.begin(), journey.items.end(), [&](const Item& item) {
      return item.hash == hash && item.sku == sku && item.before == quantity;
    });
  });
  const auto had = [](const Item& item) { return item.before > 0; };
  return same && counted == static_cast<size_t>(std::count_if(journey.items.begin(), journey.items.end(), had));
}

bool Shard::decide_at_home(Journey& journey) {
  journey.phase = Phase::backward;
  const Index index = find_hold(journey.id);
  if (index == no_index) {
    journey.retry = true;
    return true;
  }
  Hold& hold = state_.holds[index];
  hold.amending = false;
  wake_hold(hold);
  if (!is_as_it_was(journey, hold)) {
    journey.retry = true;
    return true;
  }
  refuse(journey, judge_growth());
  if (!journey.reply.refusal) {
    journey.verb == Verb::amend ? decide_amend(journey, index) : decide_late(journey, index);
  }
  return true;
}

// The state of the hold is told before anything of its SKUs: it is judged anew.
void Shard::begin_again_at_home(Journey& journey) {
  if (journey.verb == Verb::amend) {
    std::erase_if(journey.items, [](const Item& item) { return item.quantity == 0; });
    for (Item& item : journey.items) item.before = 0, item.taken_seq = 0;
  } else if (journey.takes_all) {
    journey.items.clear();
  }
  journey.taking = journey.takes_all = false;
  journey.steps.clear();
  journey.position = 0;
  journey.phase = Phase::at_home;
}

void Shard::decide_amend(Journey& journey, Index index) {
  const Hold& hold = state_.holds[index];
  for (Item& item : journey.items) item.change = {.held = int64_t{item.quantity} - item.before};
  Fact fact{.type = FactType::amended,
            .items = journey.items,
            .id = hold.id,
            .cart = journey.cart,
            .hold_seq = hold.seq,
            .hold = index};
  number(fact);
  state_.apply_to_hold(fact);
  journey.reply.id = hold.id;
  journey.reply.number = ms_left(hold.timer.deadline_us, now_);
  journey.reply.seq = fact.seq;
}

void Shard::decide_late(Journey& journey, Index index) {
  const Hold& hold = state_.holds[index];
  fact_items_.clear();
  for (Item& item : journey.items) {
    item.change = {.on_hand = -int64_t{item.quantity}, .sold = item.quantity};
    fact_items_.push_back(item);
  }
  // What is not bought now is not sold.
  state_.holds.for_each_item(hold, [&](std::string_view sku, uint64_t hash, uint32_t, Seq) {
    const auto same = [&](const Item& item) { return item.hash == hash && item.sku == sku; };
    if (std::any_of(journey.items.begin(), journey.items.end(), same)) return;
    Item& rest = fact_items_.emplace_back();
    rest.sku = sku;
    rest.hash = hash;
  });
  Fact fact{.type = FactType::committed,
            .items = fact_items_,
            .id = hold.id,
            .cart = journey.cart,
            .hold_seq = hold.seq,
            .ref = journey.ref,
            .hold = index};
  number(fact);
  state_.apply_to_hold(fact);
  journey.reply.seq = fact.seq;
  ++stats_.commits;
  publish_tombstones();
}

}  // namespace holdfast
