// What a point needs of the state that it stands in.
#include <algorithm>

#include "engine/check.h"
#include "tests/simulator/checker.h"

namespace holdfast {
namespace {

bool same_figures(const StockView& a, const StockView& b) {
  return a.exists == b.exists && a.on_hand == b.on_hand && a.held == b.held && a.available == b.available &&
         a.sold == b.sold && a.oversell == b.oversell && a.short_by == b.short_by && a.version == b.version &&
         a.percart == b.percart && a.paused == b.paused && a.challenge == b.challenge && a.waiting == b.waiting;
}

bool same_refusal(const Refusal& a, const Refusal& b) {
  return a.error == b.error && a.name == b.name && a.want == b.want && a.have == b.have && a.max == b.max &&
         a.held == b.held;
}

// What the answer to a command on one SKU says.
bool same_answer(Verb verb, const Answer& told, const Answer& right) {
  if (told.refusal || right.refusal) return same_refusal(told.refusal, right.refusal);
  return verb == Verb::delete_stock ? told.number == right.number : same_figures(told.stock, right.stock);
}

}  // namespace

std::vector<std::string> Checker::skus_of(const Point& point) const {
  std::vector<std::string> names;
  if (point.kind == Point::Kind::end) {
    for (const auto& [name, quantity] : reference_.hold(point.id).items) names.push_back(name);
  } else if (point.kind != Point::Kind::extend) {
    for (const RequestItem& item : world_.exchange(point.exchange).request.items) names.push_back(item.sku);
  }
  return names;
}

const std::string& Checker::ref_of(const FactRecord& fact) const {
  static const std::string none;
  const auto found = committed_by_.find(fact.seq);
  return found == committed_by_.end() ? none : world_.exchange(found->second).request.ref;
}

bool Checker::apply(const Point& point) {
  const FactRecord& fact = facts_[point.seq - world_.options().first_seq];
  if (point.kind == Point::Kind::end) return reference_.end(fact, ref_of(fact));
  const Exchange& exchange = world_.exchange(point.exchange);
  const Answer& answer = exchange.answer;
  switch (point.kind) {
    case Point::Kind::reserve:
      return fact.id == answer.id && fact.shard == world_.home_of(answer.id) &&
             answer.number == exchange.request.ttl_us / 1000 && reference_.reserve(exchange.request, fact);
    case Point::Kind::extend:
      return reference_.extend(exchange.request, fact) == answer.number;
    default: {
      CHECK(point.kind == Point::Kind::stock_effect);
      bool changed = false;
      const Answer right = reference_.run_on_stock(exchange.request, changed);
      return changed && same_answer(exchange.request.verb, answer, right);
    }
  }
}

bool Checker::is_true(const Point& point) {
  if (point.kind == Point::Kind::hold_is_live || point.kind == Point::Kind::hold_is_over) {
    const HoldFigures& hold = reference_.hold(point.id);
    return hold.made && hold.live() == (point.kind == Point::Kind::hold_is_live);
  }
  const Exchange& exchange = world_.exchange(point.exchange);
  switch (point.kind) {
    case Point::Kind::told_refusal:
      return told_truly(point);
    case Point::Kind::silent_item: {
      const Refusal refusal = reference_.judge(exchange.request.items[point.item]);
      return !refusal || !refusal.comes_before(exchange.answer.refusal);
    }
    case Point::Kind::hold_look:
      return hold_told_truly(exchange);
    default:
      break;
  }
  if (exchange.request.verb == Verb::multi_stock) {
    return same_figures(exchange.answer.stocks[point.item],
                        reference_.sku(exchange.request.items[point.item].sku).view());
  }
  bool changed = false;
  const size_t mark = reference_.mark();
  const Answer right = reference_.run_on_stock(exchange.request, changed);
  reference_.undo_to(mark);
  return !changed && same_answer(exchange.request.verb, exchange.answer, right);
}

bool Checker::told_truly(const Point& point) {
  const Exchange& exchange = world_.exchange(point.exchange);
  const RequestItem& item = exchange.request.items[point.item];
  if (!same_refusal(exchange.answer.refusal, reference_.judge(item))) return false;
  return exchange.answer.refusal.error != Error::out_of_stock || !counts_units_of_the_past(exchange, item.sku);
}

// "A RESERVE is never refused for want of units of a hold of the same shard whose time is over."
bool Checker::counts_units_of_the_past(const Exchange& exchange, const std::string& sku) const {
  const ShardIndex shard = world_.shard_of_sku(sku);
  for (const auto& [key, hold] : reference_.holds()) {
    if (!hold.live() || hold.home != shard || hold.deadline_us > exchange.clocks_called[shard]) continue;
    for (const auto& [name, quantity] : hold.items) {
      if (name == sku) return true;
    }
  }
  return false;
}

bool Checker::may_be_forgotten(const Exchange& exchange, const HoldFigures& hold) const {
  const ShardSettings& settings = world_.options().settings;
  if (exchange.clocks_returned[hold.home] >= hold.ended_us + settings.tombstone_ttl_us) return true;
  uint64_t ended = 0;
  for (const FactRecord& fact : facts_) {
    ended += fact.what == FactRecord::What::hold_ended && fact.tick < exchange.returned;
  }
  return ended > settings.max_tombstones;
}

bool Checker::live_hold_told_truly(const Exchange& exchange, const HoldFigures& hold) const {
  const Answer& answer = exchange.answer;
  if (exchange.request.verb != Verb::hold || answer.refusal || answer.hold.state != HoldState::held) return false;
  const int64_t most = ms_left(hold.deadline_us, exchange.clocks_called[hold.home]);
  const int64_t least = std::max<int64_t>(ms_left(hold.deadline_us, exchange.clocks_returned[hold.home]), 1);
  return answer.hold.expires_in_ms >= least && answer.hold.expires_in_ms <= most;
}

bool Checker::hold_told_truly(const Exchange& exchange) const {
  const Answer& answer = exchange.answer;
  const Verb verb = exchange.request.verb;
  const HoldFigures& hold = reference_.hold(exchange.request.id);
  if (!hold.made) return answer.refusal.error == Error::no_hold;
  if (verb == Verb::hold && !answer.refusal) {
    if (answer.hold.cart != hold.cart || answer.hold.seq != hold.seq || answer.hold.ref != hold.ref) return false;
    if (hold.state != HoldState::released) {
      std::vector<std::pair<std::string, uint32_t>> items = answer.hold.items;
      if (items != hold.items) return false;
    } else if (!answer.hold.items.empty()) {
      return false;
    }
  }
  if (hold.live()) return live_hold_told_truly(exchange, hold);
  if (answer.refusal.error == Error::no_hold) return may_be_forgotten(exchange, hold);
  if (hold.ended_us + world_.options().settings.tombstone_ttl_us <= exchange.clocks_called[hold.home]) return false;
  if (verb == Verb::hold) return answer.hold.state == hold.state && answer.hold.expires_in_ms == 0;
  const bool is_committed = hold.state == HoldState::committed;
  if (verb == Verb::commit && is_committed && exchange.request.ref == hold.ref) {
    return !answer.refusal && answer.seq == hold.end_seq;
  }
  if (verb == Verb::release && !is_committed) {
    if (answer.refusal) return false;
    const bool by_this = answer.number > 0;
    return by_this ? hold.state == HoldState::released && answer.seq == hold.end_seq && answer.number == hold.units()
                   : answer.seq == 0;
  }
  static constexpr Error errors[] = {Error::none, Error::hold_committed, Error::hold_released, Error::hold_expired,
                                     Error::hold_revoked};
  return answer.refusal.error == errors[static_cast<size_t>(hold.state)] && (!is_committed || answer.ref == hold.ref);
}

}  // namespace holdfast
