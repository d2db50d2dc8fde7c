// A cart of several SKUs stands in the line of one, and its wait must end when another of them can never be had any
// more: PAUSED, deleted, less in all than it asks for. So while it stands there a letter of its own goes round its
// other SKUs, leaves a *watch* at each, comes back and stays with it. What puts an end to a watch's hope calls the
// waiter to its next try. When the waiter leaves the line, for whatever reason, the letter goes round again and takes
// them back.
//
// Nothing is missed: each watch is judged where it is left, and by then its waiter stands in line. Whoever is not found
// by a call has left the line since; he will look again himself, or leave other watches when he stands there again. A
// call too many costs a try, and no place in line.
#include "engine/check.h"
#include "engine/shard.h"

namespace holdfast {

void Shard::send_watch(Index waiter) {
  const Journey& journey = *waiters_[waiter].journey;
  if (journey.items.size() == 1) return;
  Journey* watch = blank_internal(Verb::watch);
  watch->may_wait = true;  // for as long as the waiter: max_waiters bounds them, too
  ++may_wait_;
  watch->waiter = waiter;
  watch->arrival = waiters_[waiter].watch_arrival = ledger_.next_arrival();
  for (uint32_t i = 0; i < journey.items.size(); ++i) {
    if (i == journey.line_item) continue;
    const Item& item = journey.items[i];
    // With PARTIAL a SKU of which nothing is left is no reason.
    const uint32_t quantity = journey.partial ? 0 : item.quantity;
    watch->items.push_back({.sku = item.sku, .hash = item.hash, .quantity = quantity});
  }
  watch->own_bytes();
  soon_.push(watch);
}

// Back from its first round.
void Shard::keep_watch(Journey& watch) {
  const bool still_stands = waiters_.live(watch.waiter) && waiters_[watch.waiter].watch_arrival == watch.arrival;
  if (!still_stands) return end_watch(watch);
  waiters_[watch.waiter].watch = &watch;
}

void Shard::end_watch(Journey& watch) {
  watch.verb = Verb::unwatch;
  watch.phase = Phase::forward;
  watch.position = 0;
  soon_.push(&watch);
}

void Shard::visit_watch(const Journey& watch, const Item& item) {
  const Watch entry{.shard = watch.origin, .waiter = watch.waiter, .arrival = watch.arrival};
  const Index stock = state_.stocks.find(item.sku, item.hash);
  if (stock == no_index) return call(entry);
  const Index index = watches_.allocate();
  watches_[index] = entry;
  watched_[stock].enter(watch.arrival, item.quantity, index);
  serve_watches(stock);
}

// It is not there any more where it has called, or the SKU is another one.
void Shard::visit_unwatch(const Journey& watch, const Item& item) {
  const Index stock = state_.stocks.find(item.sku, item.hash);
  const auto watched = stock == no_index ? watched_.end() : watched_.find(stock);
  if (watched == watched_.end()) return;
  if (const Index index = watched->second.find(watch.arrival); index != no_index) remove_watch(stock, index);
}

void Shard::remove_watch(Index stock, Index index) {
  Line& line = watched_.at(stock);
  line.leave(watches_[index].arrival);
  watches_.release(index);
  if (line.size() == 0) watched_.erase(stock);
}

// Called whenever the figures or rules of a SKU have changed.
void Shard::serve_watches(Index stock) {
  for (auto watched = watched_.find(stock); watched != watched_.end(); watched = watched_.find(stock)) {
    const Index in_vain = first_in_vain(state_.stocks[stock], watched->second);
    if (in_vain == no_index) return;
    call(watches_[in_vain]);
    remove_watch(stock, in_vain);
  }
}

void Shard::end_watches(Index stock) {
  for (auto watched = watched_.find(stock); watched != watched_.end(); watched = watched_.find(stock)) {
    const Index first = watched->second.first();
    call(watches_[first]);
    remove_watch(stock, first);
  }
}

void Shard::call(const Watch& watch) {
  calls_.push_back(watch);
  send_calls();
}

// In the order in which they came. Where no journey is free, the next turn goes on.
void Shard::send_calls() {
  while (!calls_.empty()) {
    Journey* call = new_internal(Verb::call_waiter);
    if (!call) return;
    call->waiter = calls_.front().waiter;
    call->arrival = calls_.front().arrival;
    call->steps.push_back({calls_.front().shard, 0});
    calls_.pop_front();
    soon_.push(call);
  }
}

void Shard::call_waiter(const Journey& call) {
  if (waiters_.live(call.waiter) && waiters_[call.waiter].watch_arrival == call.arrival) try_again(call.waiter);
}

}  // namespace holdfast
