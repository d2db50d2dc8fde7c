// The commands that read and set one SKU. Each waits until no journey is undecided there, so that what it says and
// what it is based on is true.
#include "engine/check.h"
#include "engine/limits.h"
#include "engine/shard.h"

namespace holdfast {

bool Shard::visit_stock(Journey& journey, Item& item) {
  item.stock = state_.stocks.find(item.sku, item.hash);
  if (item.stock != no_index && !journey.admitted && state_.stocks[item.stock].contention) {
    const Contention& contention = *state_.stocks[item.stock].contention;
    if (contention.exclusive || !contention.queue.empty() || contention.marked())
      return wait(journey, item.stock), false;
  }
  journey.admitted = false;
  switch (journey.verb) {
    case Verb::set_stock:
      set_stock(journey, item);
      break;
    case Verb::restock:
      restock(journey, item);
      break;
    case Verb::delete_stock:
      delete_stock(journey, item);
      break;
    case Verb::policy:
      set_policy(journey, item);
      break;
    case Verb::multi_stock: {
      const size_t place = static_cast<size_t>(&item - journey.items.data());
      journey.reply.stocks.resize(journey.items.size());
      journey.reply.stocks[place] = item.stock == no_index ? StockView{} : state_.stocks.view(item.stock);
      break;
    }
    default:
      CHECK(journey.verb == Verb::stock);
      if (item.stock == no_index) {
        refuse(journey, {.error = Error::no_sku, .name = item.sku});
      } else {
        journey.reply.stock = state_.stocks.view(item.stock);
      }
  }
  return true;
}

// Setting what is already so is no change: it makes no fact, and the version stays.
void Shard::change_on_hand(Journey& journey, Item& item, int64_t difference) {
  if (item.stock == no_index || difference != 0) {
    if (const Refusal refusal = judge_growth()) return refuse(journey, refusal);
    item.change = {.on_hand = difference};
    Fact fact{.type = FactType::stock_changed, .items = {&item, 1}};
    number(fact);
    journey.reply.seq = fact.seq;
    state_.apply(fact);
    item.stock = state_.stocks.find(item.sku, item.hash);
    touch(item.stock);
  }
  journey.reply.stock = state_.stocks.view(item.stock);
}

namespace {

// `have` is 0 for a SKU that is not there: IFVER 0 means "must not exist".
Refusal judge_version(const Journey& journey, const Item& item, uint64_t have) {
  if (journey.if_version < 0 || static_cast<uint64_t>(journey.if_version) == have) return {};
  return {.error = Error::version, .name = item.sku, .want = journey.if_version, .have = static_cast<int64_t>(have)};
}

}  // namespace

void Shard::set_stock(Journey& journey, Item& item) {
  const bool exists = item.stock != no_index;
  const Refusal refusal = judge_version(journey, item, exists ? state_.stocks[item.stock].version : 0);
  if (refusal) return refuse(journey, refusal);
  change_on_hand(journey, item, journey.amount - (exists ? state_.stocks[item.stock].on_hand : 0));
}

void Shard::restock(Journey& journey, Item& item) {
  const bool exists = item.stock != no_index;
  if (!exists && journey.amount < 0) return refuse(journey, {.error = Error::no_sku, .name = item.sku});
  const int64_t on_hand = exists ? state_.stocks[item.stock].on_hand : 0;
  // Oversold stock may be filled up step by step, but never taken away from.
  if (journey.amount < 0 && on_hand + journey.amount < 0) {
    return refuse(journey, {.error = Error::below_zero, .name = item.sku});
  }
  if (on_hand + journey.amount > limits::units) return refuse(journey, {.error = Error::above_limit, .name = item.sku});
  const Refusal refusal = judge_version(journey, item, exists ? state_.stocks[item.stock].version : 0);
  if (refusal) return refuse(journey, refusal);
  change_on_hand(journey, item, journey.amount);
}

void Shard::delete_stock(Journey& journey, Item& item) {
  journey.reply.number = 0;
  if (item.stock == no_index) return;
  Stock& stock = state_.stocks[item.stock];
  if (stock.held > 0) return refuse(journey, {.error = Error::in_use, .name = item.sku, .held = stock.held});
  if (const Refusal refusal = judge_growth()) return refuse(journey, refusal);
  // Who stands in its line or behind it in the queue, or watches it, will find no such SKU.
  send_all_away(item.stock);
  JourneyQueue queue;
  if (stock.contention) {
    queue = stock.contention->queue;
    stock.contention.reset();
  }
  Fact fact{.type = FactType::stock_deleted, .items = {&item, 1}};
  number(fact);
  state_.apply(fact);
  journey.reply.seq = fact.seq;
  journey.reply.number = 1;
  while (!queue.empty()) soon_.push(queue.pop());
}

void Shard::set_policy(Journey& journey, Item& item) {
  if (item.stock == no_index) return refuse(journey, {.error = Error::no_sku, .name = item.sku});
  const Stock& stock = state_.stocks[item.stock];
  const Policy before{
      .oversell = stock.oversell, .percart = stock.percart, .paused = stock.paused, .challenge = stock.challenge};
  const PolicyChange& change = journey.policy;
  const Policy after{.oversell = change.sets_oversell ? change.to.oversell : before.oversell,
                     .percart = change.sets_percart ? change.to.percart : before.percart,
                     .paused = change.sets_paused ? change.to.paused : before.paused,
                     .challenge = change.sets_challenge ? change.to.challenge : before.challenge};
  if (after != before) {
    if (const Refusal refusal = judge_growth()) return refuse(journey, refusal);
    Fact fact{.type = FactType::policy_set, .items = {&item, 1}, .policy = after};
    number(fact);
    state_.apply(fact);
    journey.reply.seq = fact.seq;
    touch(item.stock);
  }
  journey.reply.stock = state_.stocks.view(item.stock);
}

}  // namespace holdfast
