// What a point needs of the state that it stands in.
#include <algorithm>

#include "engine/check.h"
#include "tests/simulator/checker.h"

namespace holdfast {
namespace {

bool same_figures(const StockView& a, const StockView& b) {
  return a.exists == b.exists && a.on_hand == b.on_hand && a.held == b.held && a.available == b.available &&
         a.sold == b.sold && a.oversell == b.oversell && a.short_by == b.short_by && a.version == b.version &&
         a.percart == b.percart && a.paused == b.paused && a.challenge == b.challenge;
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

// What PARTIAL takes as "nothing of this one".
bool is_for_want_of_units(const Refusal& refusal) {
  return refusal.error == Error::out_of_stock || refusal.error == Error::limit_sku;
}

}  // namespace

// Exactly those whose version it moves.
std::vector<std::string> Checker::skus_changed_by(const Point& point) const {
  std::vector<std::string> names;
  if (point.kind == Point::Kind::end) {
    for (const auto& [name, quantity] : reference_.hold(point.id).items) names.push_back(name);
    return names;
  }
  if (point.kind == Point::Kind::late) {
    for (const auto& [name, quantity] : fact_of(point.seq).items) names.push_back(name);
    return names;
  }
  if (point.kind == Point::Kind::extend || point.kind == Point::Kind::lock_effect) return names;
  const Exchange& exchange = world_.exchange(point.exchange);
  const Units& held = reference_.hold(exchange.request.id).items;
  for (size_t i = 0; i < exchange.request.items.size(); ++i) {
    const RequestItem& item = exchange.request.items[i];
    const bool is_none =
        point.kind == Point::Kind::reserve && exchange.request.partial && exchange.answer.granted[i] == 0;
    const bool stays = point.kind == Point::Kind::amend && units_of(held, item.sku) == item.quantity;
    if (!is_none && !stays) names.push_back(item.sku);
  }
  if (point.kind != Point::Kind::amend) return names;
  for (const auto& entry : held) {
    const std::string& name = entry.first;
    const auto same = [&](const RequestItem& item) { return item.sku == name; };
    if (std::none_of(exchange.request.items.begin(), exchange.request.items.end(), same)) names.push_back(name);
  }
  return names;
}

bool Checker::apply(const Point& point) {
  const FactRecord& fact = fact_of(point.seq);
  if (point.kind == Point::Kind::end && fact.state != HoldState::committed) return reference_.end(fact, {}, {});
  if (point.kind == Point::Kind::end || point.kind == Point::Kind::late) return sells(point, fact);
  const Exchange& exchange = world_.exchange(point.exchange);
  const Request& request = exchange.request;
  const Answer& answer = exchange.answer;
  switch (point.kind) {
    case Point::Kind::reserve:
      return apply_reserve(point, exchange, fact);
    case Point::Kind::extend:
      return reference_.extend(request, fact) == answer.number;
    case Point::Kind::amend:
      return answer.id == request.id && reference_.amend(request, fact) == answer.number;
    case Point::Kind::reduce: {
      int64_t units = 0;
      for (const RequestItem& item : request.items) units += item.quantity;
      return answer.number == units && reference_.reduce(request, fact);
    }
    case Point::Kind::lock_effect:
      return answer.number == (request.verb == Verb::unlock ? 1 : request.ttl_us / 1000) &&
             reference_.lock(request, fact);
    default: {
      CHECK(point.kind == Point::Kind::stock_effect);
      bool changed = false;
      const Answer right = reference_.run_on_stock(request, changed);
      return changed && same_answer(request.verb, answer, right) &&
             counts_those_in_line(exchange, request.items[0].sku, answer.stock);
    }
  }
}

bool Checker::apply_reserve(const Point& point, const Exchange& exchange, const FactRecord& fact) {
  const Answer& answer = exchange.answer;
  // What it did not get (PARTIAL), and that it took nothing out of turn, was so before it got the rest.
  if (unplaced_of_[point.exchange] > 1) return false;
  const std::vector<RequestItem>& items = exchange.request.items;
  if (items.size() == 1 && overtakes(exchange, fact, items[0].sku)) return false;
  return fact.id == answer.id && fact.shard == world_.home_of(answer.id) &&
         answer.number == exchange.request.ttl_us / 1000 && key_may_be_free(exchange) && is_paced(exchange) &&
         reference_.reserve(exchange.request, answer.granted, fact);
}

Units Checker::sold_by(const Exchange& commit, const FactRecord& fact) const {
  if (commit.request.items.empty()) return reference_.hold(fact.id).items;
  Units sold;
  for (const RequestItem& item : commit.request.items) sold.emplace_back(item.sku, item.quantity);
  return sold;
}

// Several COMMITs with the same REF may report this sale; at least one of them asked for just this.
bool Checker::sells(const Point& point, const FactRecord& fact) {
  const auto [first, last] = committed_by_.equal_range(fact.seq);
  for (auto entry = first; entry != last; ++entry) {
    const Exchange& commit = world_.exchange(entry->second);
    const Units sold = sold_by(commit, fact);
    bool is_so = commit.request.id == fact.id && (fact.items.empty() || fact.items.size() == sold.size());
    for (const auto& [sku, quantity] : fact.items) is_so &= units_of(sold, sku) == quantity;
    if (!is_so || (point.kind == Point::Kind::late && !commit.request.late)) continue;
    return point.kind == Point::Kind::end ? reference_.end(fact, commit.request.ref, sold)
                                          : reference_.commit_late(fact, commit.request.ref, sold);
  }
  return false;
}

bool Checker::is_true(const Point& point) {
  if (point.kind == Point::Kind::hold_is_live || point.kind == Point::Kind::hold_is_over) {
    const HoldFigures& hold = reference_.hold(point.id);
    return hold.made && hold.live() == (point.kind == Point::Kind::hold_is_live);
  }
  const Exchange& exchange = world_.exchange(point.exchange);
  switch (point.kind) {
    case Point::Kind::told_refusal:
      return item_told_truly(point, exchange);
    case Point::Kind::silent_item:
      return item_is_silent(point, exchange);
    case Point::Kind::partial_item:
      return reference_.affordable(reference_.want(exchange.request, point.wanted)) ==
             exchange.answer.granted[point.item];
    case Point::Kind::in_turn:
      return !overtakes(exchange, fact_of(exchange.answer.seq), point.wanted.sku);
    case Point::Kind::key_look:
      return key_told_truly(exchange);
    case Point::Kind::key_is_free:
      return key_may_be_free(exchange);
    case Point::Kind::hold_look:
      return hold_told_truly(exchange);
    case Point::Kind::may_come: {
      const SkuFigures& sku = reference_.sku(point.wanted.sku);
      return point.wanted.quantity <= sku.on_hand + sku.policy.oversell;
    }
    case Point::Kind::lock_look:
      return lock_told_truly(exchange);
    case Point::Kind::rule:
      return rule_is_kept(exchange);
    default:
      CHECK(point.kind == Point::Kind::stock_look);
      return stock_told_truly(point, exchange);
  }
}

bool Checker::stock_told_truly(const Point& point, const Exchange& exchange) {
  if (exchange.request.verb == Verb::multi_stock) {
    const std::string& sku = exchange.request.items[point.item].sku;
    const StockView& told = exchange.answer.stocks[point.item];
    return same_figures(told, reference_.sku(sku).view()) && counts_those_in_line(exchange, sku, told);
  }
  bool changed = false;
  const size_t mark = reference_.mark();
  const Answer right = reference_.run_on_stock(exchange.request, changed);
  reference_.undo_to(mark);
  return !changed && same_answer(exchange.request.verb, exchange.answer, right) &&
         counts_those_in_line(exchange, exchange.request.items[0].sku, exchange.answer.stock);
}

// AMEND is judged while its hold lives, LATE while it is expired: otherwise its state would be told.
bool Checker::may_be_judged(const Exchange& exchange) const {
  if (exchange.request.verb == Verb::reserve) return true;
  const HoldFigures& hold = reference_.hold(exchange.request.id);
  if (!hold.made) return false;
  return exchange.request.verb == Verb::amend ? hold.live() : exchange.request.late && hold.state == HoldState::expired;
}

bool Checker::item_told_truly(const Point& point, const Exchange& exchange) const {
  if (!may_be_judged(exchange)) return false;
  const Refusal& told = exchange.answer.refusal;
  if (!same_refusal(told, reference_.judge(reference_.want(exchange.request, point.wanted)))) return false;
  const bool is_short = told.error == Error::out_of_stock && exchange.request.verb == Verb::reserve;
  return !is_short || !counts_units_of_the_past(exchange, point.wanted.sku);
}

// With PARTIAL an item of which there is nothing counts only if there is nothing of any.
bool Checker::item_is_silent(const Point& point, const Exchange& exchange) const {
  if (!may_be_judged(exchange)) return false;
  const Refusal& told = exchange.answer.refusal;
  const Want want = reference_.want(exchange.request, point.wanted);
  const Refusal refusal = reference_.judge(want);
  if (exchange.request.partial && is_for_want_of_units(told) && !refusal) return false;
  if (!refusal || !refusal.comes_before(told)) return true;
  // It would wait for units, if there were room for its KEY.
  const bool would_wait = exchange.request.wait_us > 0 && !exchange.request.key.empty();
  if (would_wait && told.error == Error::out_of_memory && told.name == "keys" && refusal.error == Error::out_of_stock)
    return true;
  return exchange.request.partial && is_for_want_of_units(refusal) && !is_for_want_of_units(told);
}

}  // namespace holdfast
