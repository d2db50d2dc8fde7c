// RESERVE: all items or none, whatever shards they live on.
#include <algorithm>

#include "engine/check.h"
#include "engine/hold_id.h"
#include "engine/limits.h"
#include "engine/shard.h"

namespace holdfast {

void Shard::refuse(Journey& journey, const Refusal& refusal) {
  if (refusal && refusal.comes_before(journey.reply.refusal)) journey.reply.refusal = refusal;
}

Refusal Shard::judge_growth() {
  const std::string_view kind = port_.shortage();
  if (kind.empty()) return {};
  return {.error = Error::out_of_memory, .name = kind};
}

// Since it first came to a line, whose clock may be ahead of this one.
TimeUs Shard::waited_us(const Journey& journey) const {
  return journey.wait_until_us == 0 ? 0 : std::max<TimeUs>(now_ - (journey.wait_until_us - journey.wait_us), 0);
}

Refusal Shard::judge(const Journey& journey, const Item& item) const {
  if (item.stock == no_index) return {.error = Error::no_sku, .name = item.sku};
  const Stock& stock = state_.stocks[item.stock];
  if (journey.taking) return judge_percart(journey, item);
  if (stock.paused) return {.error = Error::paused, .name = item.sku};
  if (stock.challenge && item.proven_for_us <= waited_us(journey)) return {.error = Error::challenge, .name = item.sku};
  const Refusal limit = judge_percart(journey, item);
  if (limit && !journey.partial) return limit;  // with PARTIAL it may be no reason, and a version that is wrong is one
  if (item.if_version >= 0 && static_cast<uint64_t>(item.if_version) != stock.version) {
    return {.error = Error::version,
            .name = item.sku,
            .want = item.if_version,
            .have = static_cast<int64_t>(stock.version)};
  }
  return limit;
}

namespace {

uint32_t wanted(const Item& item) {
  return item.quantity - item.before;
}

}  // namespace

Refusal Shard::judge_percart(const Journey& journey, const Item& item) const {
  const Stock& stock = state_.stocks[item.stock];
  if (!stock.carts) return {};
  const Seq taken_seq = item.taken_seq != 0 ? item.taken_seq : journey.hold_seq;
  const int64_t have = stock.carts->of(journey.cart) - (taken_seq > stock.carts->since ? item.before : 0);
  const int64_t room = stock.percart - have;
  if (room >= (journey.partial ? 1 : int64_t{item.quantity})) return {};
  return {.error = Error::limit_sku, .name = item.sku, .want = item.quantity, .have = have, .max = stock.percart};
}

// Whether what becomes of those who are undecided changes what it is told, or how many units it gets.
bool Shard::depends_on_figures(const Item& item, const Stock& stock, uint32_t units) {
  return units < wanted(item) || item.if_version >= 0 || stock.carts;
}

// Units that it would be granted now: all that it wants or, with PARTIAL, what is left; 0 where it falls short.
uint32_t Shard::affordable(const Journey& journey, const Item& item) const {
  const Stock& stock = state_.stocks[item.stock];
  const int64_t free = stock.free_units();
  if (free >= wanted(item) && !(journey.partial && stock.carts)) return wanted(item);
  if (!journey.partial) return 0;
  int64_t units = std::min<int64_t>(free, wanted(item));
  if (stock.carts) units = std::min(units, stock.percart - stock.carts->of(journey.cart));
  return static_cast<uint32_t>(std::max<int64_t>(units, 0));
}

namespace {

// What PARTIAL takes as "nothing of this one".
bool is_for_want_of_units(Error error) {
  return error == Error::out_of_stock || error == Error::limit_sku;
}

}  // namespace

// The units of the hold that is amended count as free to it.
Refusal Shard::out_of_stock(const Item& item, const Stock& stock) {
  return {.error = Error::out_of_stock,
          .name = item.sku,
          .want = item.quantity,
          .have = std::max<int64_t>(stock.balance() + item.before, 0),
          .held = stock.held - item.before};
}

void Shard::note_short(Item& item, const Stock& stock) {
  item.is_short = true;
  item.is_hopeless = item.quantity > stock.on_hand + stock.oversell;
}

namespace {

// No rule asks for a closer look, and all of it is there.
bool is_there_for_anybody(const Stock& stock, const Item& item) {
  const bool has_rules = stock.paused || stock.challenge || stock.carts;
  return !has_rules && item.if_version < 0 && stock.balance() >= item.quantity;
}

}  // namespace

// The short way, and the usual one: everything is here, nobody is undecided about it, the wheel has kept up.
bool Shard::reserve_here(Journey& journey) {
  if (!journey.key.empty() || limits_carts() || holds_ahead(journey)) return false;
  if (journey.arrival != 0 && (journey.counted_us != 0 || was_revoked(journey))) return false;
  Refusal first;
  Refusal nothing_of;  // PARTIAL: of an item of which nothing is left
  for (Item& item : journey.items) {
    if (!state_.owns(slot_of(item.hash))) return false;
    item.granted = 0;
    item.is_short = false;
    item.stock = state_.stocks.find(item.sku, item.hash);
    if (item.stock != no_index) {
      const Stock& stock = state_.stocks[item.stock];
      if (stock.contention || line_goes_first(stock)) return false;
      if (is_there_for_anybody(stock, item)) {
        item.granted = item.quantity;
        continue;
      }
    }
    Refusal refusal = judge(journey, item);
    if (!refusal) {
      item.granted = affordable(journey, item);
      if (item.granted < item.quantity) {
        if (is_behind()) return false;
        if (item.granted == 0) note_short(item, state_.stocks[item.stock]);
        refusal = out_of_stock(item, state_.stocks[item.stock]);
      }
    }
    if (!refusal) continue;
    Refusal& place = journey.partial && is_for_want_of_units(refusal.error) ? nothing_of : first;
    if (&place == &nothing_of && item.granted > 0) continue;
    if (refusal.comes_before(place)) place = refusal;
  }
  const bool gets_nothing = nothing_of && std::all_of(journey.items.begin(), journey.items.end(),
                                                      [](const Item& item) { return item.granted == 0; });
  if (gets_nothing && nothing_of.comes_before(first)) first = nothing_of;
  if (!first) first = judge_growth();
  if (first) {
    refuse(journey, first);
    ++stats_.reserves_refused;
    return true;
  }
  decide_reserve(journey);
  return true;
}

// Units have come back in this very call, and a cart in line that they satisfy has not been served yet.
bool Shard::line_goes_first(const Stock& stock) {
  return stock.line && next_in_line(stock) != no_index;
}

// Gives back all that it has taken. False: it goes.
bool Shard::begin_again(Journey& journey) {
  journey.retry = true;
  journey.phase = Phase::backward;
  journey.position = static_cast<uint32_t>(journey.steps.size());
  return false;
}

bool Shard::visit_reserve(Journey& journey, Item& item) {
  if (item.taken) {  // ahead
    journey.from_line = false;
    return true;
  }
  item.granted = 0;
  item.is_short = false;
  item.stock = state_.stocks.find(item.sku, item.hash);
  if (item.stock == no_index) {
    refuse(journey, judge(journey, item));
    return true;
  }
  const Stock& stock = state_.stocks[item.stock];
  const Contention* contention = stock.contention.get();
  const uint32_t units = affordable(journey, item);
  const bool is_short = units < wanted(item);
  // Where carts stand in line, nobody takes what those who are undecided may leave to them.
  const bool looks_at_figures = depends_on_figures(item, stock, units) || stock.line;
  const bool is_line_item = &item == &journey.items[journey.line_item];
  const bool came_from_line = journey.from_line && is_line_item;
  const bool line_is_queued = contention && is_queued_before(*contention, journey);
  const bool from_line = came_from_line && !is_short && !stock.carts && !line_is_queued;
  if (is_line_item) journey.from_line = false;
  const bool queue_first =
      !journey.admitted &&
      ((contention && contention->exclusive) || (!from_line && line_goes_first(stock)) ||
       (contention && !from_line && (!contention->queue.empty() || (contention->marked() && looks_at_figures))));
  const bool must_be_alone = journey.exclusive && contention && contention->marked();
  const Refusal refusal = judge(journey, item);
  const bool units_may_come = is_short && (is_behind() || (contention && contention->returning > 0));
  if (queue_first || must_be_alone || (!refusal && units_may_come)) {
    const auto holds_others = [](const Item& other) { return other.taken; };
    const bool holds_any = std::any_of(journey.items.begin(), journey.items.end(), holds_others);
    if ((journey.exclusive && holds_any) || holds_ahead(journey)) return begin_again(journey);
    if (came_from_line && !line_is_queued) journey.admitted = true;  // before all that came to the queue meanwhile
    wait(journey, item.stock);
    if (line_goes_first(stock)) touch(item.stock);
    if (is_behind()) short_while_behind_.push_back(item.stock);
    return false;
  }
  journey.admitted = false;
  item.granted = refusal ? 0 : units;
  if (refusal && !(journey.partial && is_for_want_of_units(refusal.error))) {
    refuse(journey, refusal);
  } else if (item.granted == 0) {
    if (!refusal) note_short(item, stock);
    const Refusal nothing = refusal ? refusal : out_of_stock(item, state_.stocks[item.stock]);
    Refusal& place = journey.partial ? journey.reply.nothing_of : journey.reply.refusal;
    if (nothing.comes_before(place)) place = nothing;
    // Nothing of it, but all else that was judged here must be so still when the rest is decided.
    if (journey.partial && !journey.reply.refusal) take(journey, item);
  } else if (!journey.reply.refusal) {
    take(journey, item);
  }
  return true;
}

void Shard::take(Journey& journey, Item& item) {
  mark(item, item.stock);
  Contention& contention = *state_.stocks[item.stock].contention;
  contention.escrow += item.granted;
  if (journey.exclusive) contention.exclusive = &journey;
}

// What the hold has of the items: with PARTIAL those that were granted, as many units as were.
std::span<const Item> Shard::granted_items(const Journey& journey) {
  if (!journey.partial) return journey.items;
  fact_items_.clear();
  for (const Item& item : journey.items) {
    if (item.granted == 0) continue;
    fact_items_.push_back(item);
    fact_items_.back().quantity = item.granted;
  }
  return fact_items_;
}

// At the last stop, where the hold will be at home. Writes the one fact that holds the whole cart.
void Shard::decide_reserve(Journey& journey) {
  Slot home = 0;
  for (const Item& item : journey.items) home = std::max(home, slot_of(item.hash));
  const uint32_t secret = port_.secret();
  for (Item& item : journey.items) {
    item.change.held = item.granted;
    if (journey.partial) journey.reply.granted.push_back(item.granted);
  }
  const Seq seq = port_.next_seq();
  const HoldId id = make_hold_id(home, state_.holds.next_record(), seq, secret);
  const Fact fact{.type = FactType::held,
                  .seq = seq,
                  .at_us = now_,
                  .items = granted_items(journey),
                  .id = id,
                  .cart = journey.cart,
                  .cart_hash = journey.cart_hash,
                  .key = journey.key,
                  .key_hash = journey.key_hash,
                  .fingerprint = journey.key.empty() ? Fingerprint{} : fingerprint_of(journey),
                  .partial = journey.partial,
                  .deadline_us = now_ + journey.ttl_us};
  port_.record(fact);
  const bool all_is_here = journey.phase == Phase::forward;  // reserve_here: nothing was taken before
  if (all_is_here) {
    state_.apply(fact);
  } else {
    state_.apply_to_hold(fact);  // each SKU follows when the journey settles there
  }
  journey.reply.id = id;
  journey.reply.number = journey.ttl_us / 1000;
  journey.reply.seq = fact.seq;
  ++stats_.reserves;
}

// RESERVE, AMEND and COMMIT LATE: what was taken becomes what was decided, or free again.
void Shard::settle_reserve(Journey& journey, Item& item) {
  Contention& contention = *state_.stocks[item.stock].contention;
  contention.escrow -= item.granted;
  if (contention.exclusive == &journey) contention.exclusive = nullptr;
  unmark(item, item.stock);
  if (journey.retry || journey.reply.refusal) return;
  const FactType type = journey.verb == Verb::amend    ? FactType::amended
                        : journey.verb == Verb::commit ? FactType::committed
                                                       : FactType::held;
  state_.apply_to_stock(item.stock, item.change, journey.cart,
                        taken_by(type, item, journey.hold_seq, journey.reply.seq));
}

}  // namespace holdfast
