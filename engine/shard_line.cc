// WAIT: the lines of those whose units are not there yet. What comes back goes to the first in line whom it satisfies;
// a try from the line is an ordinary RESERVE, and one that fails for want of units stands where it stood.
#include <algorithm>

#include "engine/check.h"
#include "engine/shard.h"

namespace holdfast {
namespace {

int64_t units_to_satisfy(const Journey& journey, const Item& item) {
  return journey.partial ? 1 : item.quantity;
}

}  // namespace

// Of a RESERVE that was refused: does it stand in line? For the first of its items, in order of mention, that is short;
// and not where one of them can never be had, unless it is content with the others.
bool Shard::lines_up(Journey& journey) {
  if (journey.wait_us == 0 || journey.last_try || journey.reply.refusal.error != Error::out_of_stock) return false;
  const auto can_never_be_had = [](const Item& item) { return item.is_short && item.is_hopeless; };
  if (!journey.partial && std::any_of(journey.items.begin(), journey.items.end(), can_never_be_had)) return false;
  for (uint32_t i = 0; i < journey.items.size(); ++i) {
    if (!journey.items[i].is_short) continue;
    journey.line_item = i;
    return true;
  }
  return false;
}

// At the shard of the SKU that is short. False: the journey stands in line.
bool Shard::enter_line(Journey& journey) {
  Item& item = journey.items[journey.line_item];
  if (journey.wait_until_us == 0) journey.wait_until_us = now_ + journey.wait_us;
  item.stock = state_.stocks.find(item.sku, item.hash);
  Refusal refusal = judge_wait(journey, item);
  if (const Refusal revoked = judge_revoked(journey); revoked && revoked.comes_before(refusal)) refusal = revoked;
  if (refusal || gone_sessions_.contains(journey.ticket.session)) {
    refuse(journey, refusal);
    journey.phase = Phase::backward;
    journey.position = static_cast<uint32_t>(journey.steps.size());
    return true;
  }
  if (now_ >= journey.wait_until_us) journey.last_try = true;
  // The units may have come meanwhile. Where they are there and PERCART leaves it none, the try will tell it so.
  const bool are_there = units_to_satisfy(journey, item) <= state_.stocks[item.stock].free_units();
  if (journey.last_try || are_there) {
    try_from_line(journey);
    return true;
  }
  journey.own_bytes();
  if (journey.arrival == 0) number_arrival(journey);
  const Index waiter = waiters_.allocate();
  waiters_[waiter].journey = &journey;
  waiters_[waiter].stock = item.stock;
  line_wheel_.schedule(waiter, journey.wait_until_us);
  sessions_in_line_.emplace(journey.ticket.session, waiter);
  carts_in_line_.emplace(journey.cart_hash, waiter);
  Stock& stock = state_.stocks[item.stock];
  if (!stock.line) stock.line = std::make_unique<Line>();
  stock.line->enter(journey.arrival, units_to_satisfy(journey, item), waiter);
  ledger_.add_waiters(1);
  send_watch(waiter);
  return false;
}

void Shard::number_arrival(Journey& journey) {
  if (journey.generation == 0) journey.generation = ledger_.stays().join();
  journey.arrival = ledger_.next_arrival();
}

// What keeps a journey from standing (on) in line.
Refusal Shard::judge_wait(const Journey& journey, const Item& item) {
  const Refusal refusal = judge(journey, item);
  if (refusal && refusal.error != Error::limit_sku) return refusal;
  if (refusal && !journey.partial) return refusal;
  const Stock& stock = state_.stocks[item.stock];
  if (journey.arrival == 0) {
    const int64_t waiting = ledger_.add_waiters(0);
    if (waiting >= settings_.max_waiters) {
      return {.error = Error::limit_kind, .name = "waiters", .have = waiting, .max = settings_.max_waiters};
    }
  }
  if (units_to_satisfy(journey, item) > stock.on_hand + stock.oversell) return out_of_stock(item, stock);
  return {};
}

void Shard::try_from_line(Journey& journey) {
  journey.reply.refusal = journey.reply.nothing_of = {};
  journey.reply.granted.clear();
  for (Item& item : journey.items) item.is_short = false;
  journey.position = 0;
  journey.phase = Phase::forward;
}

// Out of the line; what it does next is the caller's.
Journey& Shard::leave_line(Index index) {
  const Waiter& waiter = waiters_[index];
  Journey& journey = *waiter.journey;
  Stock& stock = state_.stocks[waiter.stock];
  stock.line->leave(journey.arrival);
  if (stock.line->size() == 0) {
    stock.line.reset();
  } else {
    touch(waiter.stock);  // somebody may have waited for his sake only: see next_in_line()
  }
  if (LineWheel::scheduled(waiter.timer)) line_wheel_.cancel(index);
  if (waiter.watch) end_watch(*waiter.watch);
  erase_entry(sessions_in_line_, journey.ticket.session, index);
  erase_entry(carts_in_line_, journey.cart_hash, index);
  waiters_.release(index);
  ledger_.add_waiters(-1);
  return journey;
}

void Shard::erase_entry(WaitersBy& table, uint64_t key, Index waiter) {
  const auto [first, last] = table.equal_range(key);
  table.erase(std::find_if(first, last, [&](const auto& entry) { return entry.second == waiter; }));
}

// REVOKE, or its client has gone. Goes home by way of its KEY's guard.
void Shard::end_wait(Index index, Error error) {
  const Index stock = waiters_[index].stock;
  Journey& journey = leave_line(index);
  Item& item = journey.items[journey.line_item];
  item.stock = stock;
  journey.reply.refusal = {.error = error, .name = item.sku};
  if (error == Error::out_of_stock) journey.reply.refusal = out_of_stock(item, state_.stocks[stock]);
  journey.phase = Phase::backward;
  journey.position = static_cast<uint32_t>(journey.steps.size());
  soon_.push(&journey);
}

// Its try, whose answer is the right one wherever a SKU is found that can never be had: of several reasons, of whatever
// SKUs, it tells the first.
void Shard::try_again(Index index) {
  Journey& journey = leave_line(index);
  try_from_line(journey);
  soon_.push(&journey);
}

// The first whom the free units satisfy; nobody yet where one before him would be satisfied if those who are undecided
// gave back what they have taken. (Each of them calls the line again when it is decided, and where a line is, no other
// takes before that.)
Index Shard::next_in_line(const Stock& stock) {
  const int64_t free = stock.free_units();
  const Index first = free > 0 ? stock.line->first_of_at_most(free) : no_index;
  const int64_t undecided = stock.contention ? stock.contention->escrow : 0;
  if (first == no_index || undecided == 0) return first;
  return stock.line->first_of_at_most(free + undecided) == first ? first : no_index;
}

// The first in line, or of those who watch the SKU, whose wait is in vain as things are.
Index Shard::first_in_vain(const Stock& stock, const Line& line) {
  if (stock.paused) return line.first();
  return line.first_of_more_than(std::max<int64_t>(stock.on_hand + stock.oversell, 0));
}

// Called whenever the figures or rules of a SKU have changed.
void Shard::serve_line(Index index) {
  while (state_.stocks.exists(index) && state_.stocks[index].line) {
    const Stock& stock = state_.stocks[index];
    if (const Index in_vain = first_in_vain(stock, *stock.line); in_vain != no_index) {
      try_again(in_vain);
      continue;
    }
    const Index served = next_in_line(stock);
    if (served == no_index) return;
    Journey& journey = leave_line(served);
    try_from_line(journey);
    journey.from_line = true;  // it stood here before those in the queue came
    take_ahead(journey, index);
    resume(&journey);
  }
}

// A cart may have to go elsewhere first, to other SKUs, its KEY or its quota, and until it is here again those behind
// it in line would be served with what it was called for. So it takes that at once, although SKUs that come before this
// one are still to be taken. That cannot make a circle of those who wait for each other, for it does not wait while it
// holds it: where it would have to, it gives all back and begins again. (For the ends of its cart's holds it does wait:
// they wait for nobody but an exclusive journey, which gives all back, too.) Where others are undecided it takes as
// visit_reserve() would: only where it need not look at the figures that they may change.
void Shard::take_ahead(Journey& journey, Index index) {
  const auto is_here = [&](const Step& step) { return here(step); };
  if (std::all_of(journey.steps.begin(), journey.steps.end(), is_here)) return;
  Item& item = journey.items[journey.line_item];
  item.stock = index;
  const Stock& stock = state_.stocks[index];
  if (judge(journey, item)) return;
  const uint32_t units = affordable(journey, item);
  const Contention* contention = stock.contention.get();
  if (contention && !contention->idle()) {
    const bool may_change = depends_on_figures(item, stock, units);
    if (contention->exclusive || may_change || is_queued_before(*contention, journey)) return;
  }
  if (units == 0) return;
  item.granted = units;
  take(journey, item);
}

// Has one from the line who came before it been called, and waits in the queue?
bool Shard::is_queued_before(const Contention& contention, const Journey& journey) {
  return !contention.queue.empty() && contention.queue.front()->arrival != 0 &&
         contention.queue.front()->arrival < journey.arrival;
}

// It has taken what it stood in line for, and not yet come by there.
bool Shard::holds_ahead(const Journey& journey) {
  return journey.from_line && journey.items[journey.line_item].taken;
}

// The SKU is about to be deleted.
void Shard::send_all_away(Index index) {
  while (state_.stocks[index].line) try_again(state_.stocks[index].line->first());
  end_watches(index);
}

// Who is on a try between two lines is not found here: it hears of it where it comes next.
void Shard::end_waits_of_cart(const Journey& revoke) {
  remember_revoked(revoke);
  std::vector<Index> found;
  const auto [first, last] = carts_in_line_.equal_range(revoke.cart_hash);
  for (auto entry = first; entry != last; ++entry) {
    if (waiters_[entry->second].journey->cart == revoke.cart) found.push_back(entry->second);
  }
  for (const Index waiter : found) {
    waiters_[waiter].journey->last_arrival = revoke.last_arrival;
    end_wait(waiter, Error::cart_revoked);
  }
}

// As long as somebody is under way whom it concerns: he may be on his last try when the time of his wait is over.
void Shard::remember_revoked(const Journey& revoke) {
  const uint64_t current = ledger_.stays().advance();
  while (!revocations_.empty() && Generations::is_over(revocations_.front().generation, current)) {
    const auto found = revoked_carts_.find(revocations_.front().cart_hash);
    if (found != revoked_carts_.end() && found->second <= revocations_.front().last_arrival)
      revoked_carts_.erase(found);
    revocations_.pop_front();
  }
  if (revoke.last_arrival == 0) return;
  revocations_.push_back({.cart_hash = revoke.cart_hash, .last_arrival = revoke.last_arrival, .generation = current});
  uint64_t& last_arrival = revoked_carts_[revoke.cart_hash];
  last_arrival = std::max(last_arrival, revoke.last_arrival);
}

// A REVOKE has passed here since it came to a line.
bool Shard::was_revoked(const Journey& journey) const {
  if (journey.arrival == 0) return false;
  const auto found = revoked_carts_.find(journey.cart_hash);
  return found != revoked_carts_.end() && journey.arrival <= found->second;
}

Refusal Shard::judge_revoked(Journey& journey) const {
  if (!was_revoked(journey)) return {};
  journey.last_arrival = revoked_carts_.find(journey.cart_hash)->second;
  return {.error = Error::cart_revoked, .name = {}};
}

// The client has hung up. Its journey may be on its way between two lines: until it has come back, no shard lets it in.
void Shard::end_waits_of_session(Journey& leaving) {
  const uint64_t session = leaving.ticket.session;
  if (leaving.late) return void(gone_sessions_.erase(session));
  gone_sessions_.insert(session);
  for (auto entry = sessions_in_line_.find(session); entry != sessions_in_line_.end();
       entry = sessions_in_line_.find(session)) {
    end_wait(entry->second, Error::out_of_stock);
  }
}

void Shard::cancel_waits(uint64_t session) {
  gone_sessions_.insert(session);
  hang_ups_.push_back({.session = session});
  tell_of_hang_ups();
  settle_queues();
}

// In the order in which they came. Where no journey is free, the next turn goes on.
void Shard::tell_of_hang_ups() {
  while (!hang_ups_.empty()) {
    Journey* journey = new_internal(Verb::leave_line);
    if (!journey) return;
    journey->ticket.session = hang_ups_.front().session;
    journey->late = hang_ups_.front().is_over;
    hang_ups_.pop_front();
    soon_.push(journey);
  }
}

// Whose time is up tries once more, as who comes now: so it waits for the units of holds whose time is up too, and what
// it is told is true of all its SKUs. Lines that have units by now are served before that.
void Shard::end_late_waits() {
  settle_queues();
  size_t budget = slice_;
  lines_caught_up_ = line_wheel_.advance(now_, budget, [&](Index waiter) {
    Journey& journey = leave_line(waiter);
    journey.last_try = true;
    try_from_line(journey);
    soon_.push(&journey);
  });
}

}  // namespace holdfast
