// What a command on a hold, a key or a lock may be told in the state that it stands in.
#include <algorithm>
#include <map>

#include "tests/simulator/checker.h"

namespace holdfast {

// Until `tombstone-ttl` after its end it is remembered, by its home's clock; a KEY for no less.
bool Checker::is_surely_forgotten(const Exchange& exchange, const HoldFigures& hold) const {
  return !hold.live() &&
         hold.ended_us + world_.options().settings.tombstone_ttl_us <= exchange.clocks_called[hold.home];
}

bool Checker::may_be_forgotten(const Exchange& exchange, const HoldFigures& hold) const {
  const ShardSettings& settings = world_.options().settings;
  if (exchange.clocks_returned[hold.home] >= hold.ended_us + settings.tombstone_ttl_us) return true;
  if (!hold.key.empty()) return false;
  uint64_t ended = 0;
  for (const FactRecord& fact : facts_) {
    ended += fact.what == FactRecord::What::hold_ended && fact.tick < exchange.returned;
  }
  return ended > settings.max_tombstones;
}

bool Checker::is_left(const Exchange& exchange, const HoldFigures& hold, int64_t left_ms) const {
  const int64_t most = ms_left(hold.deadline_us, exchange.clocks_called[hold.home]);
  const int64_t least = std::max<int64_t>(ms_left(hold.deadline_us, exchange.clocks_returned[hold.home]), 1);
  return left_ms >= least && left_ms <= most;
}

bool Checker::is_view_of(const Exchange& exchange, const HoldFigures& hold) const {
  const HoldView& view = exchange.answer.hold;
  if (view.cart != hold.cart || view.seq != hold.seq || view.ref != hold.ref || view.state != hold.state) return false;
  if (hold.state == HoldState::released ? !view.items.empty() : view.items != hold.items) return false;
  return hold.live() ? is_left(exchange, hold, view.expires_in_ms) : view.expires_in_ms == 0;
}

// Of the items that name more than the hold has, the one that sorts first.
bool Checker::exceeds(const Exchange& exchange, const HoldFigures& hold) const {
  std::map<std::string, uint32_t> exceeding;
  for (const RequestItem& item : exchange.request.items) {
    if (item.quantity > units_of(hold.items, item.sku)) exceeding[item.sku] = item.quantity;
  }
  if (exceeding.empty()) return false;
  const Refusal& told = exchange.answer.refusal;
  const auto& [sku, want] = *exceeding.begin();
  return told.name == sku && told.want == want && told.held == units_of(hold.items, sku);
}

bool Checker::has_state_of(const Answer& answer, const HoldFigures& hold) const {
  static constexpr Error errors[] = {Error::none, Error::hold_committed, Error::hold_released, Error::hold_expired,
                                     Error::hold_revoked};
  return !hold.live() && answer.refusal.error == errors[static_cast<size_t>(hold.state)] &&
         (hold.state != HoldState::committed || answer.ref == hold.ref);
}

bool Checker::live_hold_told_truly(const Exchange& exchange, const HoldFigures& hold) const {
  const Answer& answer = exchange.answer;
  switch (exchange.request.verb) {
    case Verb::hold:
      return !answer.refusal && is_view_of(exchange, hold);
    case Verb::commit:
    case Verb::release:
      return answer.refusal.error == Error::exceeds && exceeds(exchange, hold);
    case Verb::amend: {  // to what it is
      if (answer.refusal || answer.id != exchange.request.id || !is_left(exchange, hold, answer.number)) return false;
      const auto& items = exchange.request.items;
      return items.size() == hold.items.size() && std::all_of(items.begin(), items.end(), [&](const RequestItem& item) {
               return units_of(hold.items, item.sku) == item.quantity;
             });
    }
    default:
      return false;
  }
}

bool Checker::hold_told_truly(const Exchange& exchange) const {
  const Answer& answer = exchange.answer;
  const Verb verb = exchange.request.verb;
  const HoldFigures& hold = reference_.hold(exchange.request.id);
  if (!hold.made) return answer.refusal.error == Error::no_hold;
  if (hold.live()) return live_hold_told_truly(exchange, hold);
  if (answer.refusal.error == Error::no_hold) return may_be_forgotten(exchange, hold);
  if (is_surely_forgotten(exchange, hold)) return false;
  if (verb == Verb::hold) return !answer.refusal && is_view_of(exchange, hold);
  const bool is_committed = hold.state == HoldState::committed;
  if (verb == Verb::commit && is_committed && exchange.request.ref == hold.ref) {
    return !answer.refusal && answer.seq == hold.end_seq;
  }
  if (verb == Verb::commit && exchange.request.late && hold.state == HoldState::expired) {
    return answer.refusal.error == Error::exceeds && exceeds(exchange, hold);
  }
  if (verb == Verb::release && !is_committed) {
    if (answer.refusal) return false;
    const bool by_this = answer.number > 0;
    return by_this ? hold.state == HoldState::released && answer.seq == hold.end_seq && answer.number == hold.units()
                   : answer.seq == 0;
  }
  return has_state_of(answer, hold);
}

namespace {

// "Same request: TTL in milliseconds, PARTIAL and the items as a set."
bool is_same_request(const Request& a, const Request& b) {
  const auto set_of = [](const Request& request) {
    std::map<std::string, uint32_t> items;
    for (const RequestItem& item : request.items) items[item.sku] = item.quantity;
    return items;
  };
  return a.ttl_us / 1000 == b.ttl_us / 1000 && a.partial == b.partial && set_of(a) == set_of(b);
}

}  // namespace

// Nobody has used it, or what it stands for may be forgotten.
bool Checker::key_may_be_free(const Exchange& exchange) const {
  if (exchange.request.key.empty()) return true;
  const HoldFigures& hold = reference_.hold(reference_.key(exchange.request.cart, exchange.request.key).id);
  return !hold.made || (!hold.live() && may_be_forgotten(exchange, hold));
}

bool Checker::key_told_truly(const Exchange& exchange) const {
  const Request& request = exchange.request;
  const Answer& answer = exchange.answer;
  const KeyFigures& key = reference_.key(request.cart, request.key);
  const HoldFigures& hold = reference_.hold(key.id);
  if (!hold.made || is_surely_forgotten(exchange, hold)) return false;
  if (!is_same_request(request, key.request)) return answer.refusal.error == Error::idem;
  if (!hold.live()) return has_state_of(answer, hold);
  if (answer.refusal || answer.id != key.id || answer.seq != hold.seq) return false;
  if (!is_left(exchange, hold, answer.number) || answer.granted.size() != key.granted.size()) return false;
  for (size_t i = 0; i < answer.granted.size(); ++i) {
    for (size_t first = 0; first < key.request.items.size(); ++first) {
      const bool same = key.request.items[first].sku == request.items[i].sku;
      if (same && key.granted[first] != answer.granted[i]) return false;
    }
  }
  return true;
}

// -LOCKED, RELOCK and UNLOCK of a lock that is another's or nobody's.
bool Checker::lock_told_truly(const Exchange& exchange) const {
  const Request& request = exchange.request;
  const Refusal& refusal = exchange.answer.refusal;
  const LockFigures& lock = reference_.lock(request.items[0].sku);
  const ShardIndex shard = world_.shard_of_lock(request.items[0].sku);
  const bool may_be_over = lock.token == 0 || lock.deadline_us <= exchange.clocks_returned[shard];
  if (request.verb != Verb::lock) {
    return !refusal && exchange.answer.number == 0 && (may_be_over || lock.token != static_cast<Seq>(request.amount));
  }
  if (lock.token == 0 || refusal.error != Error::locked || refusal.name != request.items[0].sku) return false;
  const int64_t most = ms_left(lock.deadline_us, exchange.clocks_called[shard]);
  const int64_t least = std::max<int64_t>(ms_left(lock.deadline_us, exchange.clocks_returned[shard]), 1);
  return refusal.have >= least && refusal.have <= most;
}

}  // namespace holdfast
