// Who waits, who is served before whom, and for how long.
#include <algorithm>
#include <sstream>

#include "tests/simulator/checker.h"

namespace holdfast {

// More is wanted of one of its SKUs than there is in all.
bool Checker::is_hopeless(const Exchange& exchange) const {
  const Request& request = exchange.request;
  return std::any_of(request.items.begin(), request.items.end(), [&](const RequestItem& item) {
    const SkuFigures& sku = reference_.sku(item.sku);
    return (request.partial ? 1 : item.quantity) > sku.on_hand + sku.policy.oversell;
  });
}

// By the clock of the first line that it came to, and not earlier. Which that was nobody sees where it went on at once,
// because there were units by then.
TimeUs Checker::wait_ends_at(const Exchange& exchange) const {
  TimeUs began = never_us;
  for (const RequestItem& item : exchange.request.items) {
    began = std::min(began, exchange.clocks_called[world_.shard_of_sku(item.sku)]);
  }
  return began + exchange.request.wait_us;
}

// "A RESERVE is never refused for want of units of a hold of the same shard whose time is over." Who stood in line
// there is judged anew when it has left.
bool Checker::counts_units_of_the_past(const Exchange& exchange, const std::string& sku) const {
  const ShardIndex shard = world_.shard_of_sku(sku);
  TimeUs now = exchange.clocks_called[shard];
  const bool stood_here = !exchange.stays.empty() && exchange.request.items[exchange.stays.back().item].sku == sku;
  if (stood_here) now = std::max(now, exchange.stays.back().left_us);
  for (const auto& [key, hold] : reference_.holds()) {
    if (!hold.live() || hold.home != shard || hold.deadline_us > now) continue;
    if (units_of(hold.items, sku) > 0) return true;
  }
  return false;
}

bool Checker::could_be_served(const Exchange& waiter, size_t item) const {
  const Request& request = waiter.request;
  if (request.partial) return !reference_.judge(reference_.want(request, request.items[item]));
  return std::none_of(request.items.begin(), request.items.end(), [&](const RequestItem& other) {
    const Want want = reference_.want(request, other);
    return static_cast<bool>(reference_.judge(want));
  });
}

// "A later RESERVE of that SKU gets units only if nobody in line could use them." One that asks for several SKUs takes
// at each at an instant of its own, and only there can it be seen who stands in line: units that come back to that SKU
// before the rest is decided lie beside those that it has taken, and are given to whom they satisfy. So for it this is
// asked SKU by SKU (Point::Kind::in_turn), as a refusal of several is; for one SKU, at the instant when it is made.
bool Checker::overtakes(const Exchange& exchange, const FactRecord& fact, const std::string& sku) const {
  const bool stood = !exchange.stays.empty();
  const uint64_t place = stood ? exchange.stays.front().from : exchange.called;
  const uint64_t began = stood ? exchange.stays.back().until : exchange.called;
  for (const size_t number : waits_) {
    const Exchange& waiter = world_.exchange(number);
    if (&waiter == &exchange || waiter.stays.empty() || waiter.stays.front().from >= place || waiter.hung_up) continue;
    if (!waiter.answer.refusal && reference_.hold(waiter.answer.id).made) continue;  // it has been served before
    for (const Stay& stay : waiter.stays) {
      if (stay.from >= began || stay.until <= fact.tick) continue;
      if (waiter.request.items[stay.item].sku == sku && could_be_served(waiter, stay.item)) return true;
    }
  }
  return false;
}

// Nobody is counted who never asked for it. (A try may begin and end unseen, so who stood there all the while is not
// known; that a line is as long as those in it are many is looked at after each event, see conservation.cc.)
bool Checker::counts_those_in_line(const Exchange& exchange, const std::string& sku, const StockView& stock) const {
  if (exchange.answer.refusal || exchange.request.verb == Verb::delete_stock) return true;
  int64_t most = 0;
  for (const size_t number : waits_) {
    const Exchange& waiter = world_.exchange(number);
    if (waiter.called > exchange.returned || waiter.returned < exchange.called) continue;
    const auto is_it = [&](const RequestItem& item) { return item.sku == sku; };
    most += std::any_of(waiter.request.items.begin(), waiter.request.items.end(), is_it);
  }
  return !stock.exists || (stock.waiting >= 0 && stock.waiting <= most);
}

// OUTOFSTOCK is told when the time is up. It ends at the line that it stands in, or comes to.
bool Checker::waits_long_enough(const Exchange& exchange) const {
  return std::any_of(exchange.request.items.begin(), exchange.request.items.end(), [&](const RequestItem& item) {
    return exchange.clocks_returned[world_.shard_of_sku(item.sku)] >= wait_ends_at(exchange);
  });
}

// Itself, or as a copy of one that does.
bool Checker::waits_in_line(const Exchange& exchange) const {
  if (exchange.request.wait_us > 0) return true;
  return !exchange.request.key.empty() && std::any_of(waits_.begin(), waits_.end(), [&](size_t number) {
    const Exchange& first = world_.exchange(number);
    return first.request.cart == exchange.request.cart && first.request.key == exchange.request.key &&
           first.called < exchange.returned && first.returned > exchange.called;
  });
}

bool Checker::is_revoked_meanwhile(const Exchange& exchange) const {
  return std::any_of(world_.exchanges().begin(), world_.exchanges().end(), [&](const Exchange& other) {
    return other.request.verb == Verb::revoke && other.request.cart == exchange.request.cart &&
           other.called < exchange.returned && other.returned > exchange.called;
  });
}

// Refusals that name no SKU, and when a wait may end.
bool Checker::rule_is_kept(const Exchange& exchange) const {
  const Refusal& refusal = exchange.answer.refusal;
  const ShardSettings& settings = world_.options().settings;
  if (refusal.error == Error::out_of_memory && !exchange.request.key.empty()) {
    uint64_t keyed = 0;  // tombstones that there were at most: one is kept from the decision on, before all is in place
    for (const FactRecord& fact : facts_) {
      keyed += fact.what == FactRecord::What::hold_ended && fact.tick < exchange.returned &&
               !reference_.hold(fact.id).key.empty();
    }
    return keyed >= settings.max_tombstones;
  }
  if (refusal.error == Error::limit_kind && refusal.name != "waiters") return is_too_fast(exchange);
  if (refusal.error == Error::cart_revoked) return waits_in_line(exchange) && is_revoked_meanwhile(exchange);
  if (exchange.request.wait_us == 0) return false;
  if (refusal.error == Error::out_of_stock) return is_hopeless(exchange) || waits_long_enough(exchange);
  if (refusal.error == Error::limit_kind) {
    int64_t waiting = 0;
    for (const size_t number : waits_) {
      const Exchange& waiter = world_.exchange(number);
      waiting += waiter.called < exchange.returned && waiter.returned > exchange.called && !waiter.stays.empty();
    }
    return refusal.max == settings.max_waiters && refusal.have >= refusal.max && waiting >= refusal.max;
  }
  return false;
}

// "Ends its waiting requests too": who stood in line before REVOKE was called neither stands there after it nor is
// served.
std::string Checker::check_revoked_waits() {
  std::ostringstream out;
  for (const Exchange& revoke : world_.exchanges()) {
    if (revoke.request.verb != Verb::revoke) continue;
    for (const size_t number : waits_) {
      const Exchange& waiter = world_.exchange(number);
      if (waiter.request.cart != revoke.request.cart) continue;
      if (waiter.hung_up || waiter.stays.empty() || waiter.stays.front().from >= revoke.called) continue;
      const bool is_served = !waiter.answer.refusal && !waiter.replayed;
      const bool waits_on = waiter.stays.back().until > revoke.returned ||
                            (is_served && world_.fact(waiter.answer.seq).tick > revoke.returned);
      if (!waits_on) continue;
      out << "waits on after " << describe(revoke) << ": " << describe(waiter) << '\n';
    }
  }
  return out.str();
}

}  // namespace holdfast
