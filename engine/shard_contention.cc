// Marks of undecided journeys, and the queues of those that wait for them.
#include "engine/shard.h"

namespace holdfast {

Contention& Shard::contention_of(Stock& stock) {
  if (!stock.contention) stock.contention = std::make_unique<Contention>();
  return *stock.contention;
}

// Who has been called from the queue and must wait on keeps its place.
void Shard::wait(Journey& journey, Index index) {
  journey.own_bytes();
  Contention& contention = contention_of(state_.stocks[index]);
  journey.waits_for = contention.close();
  if (journey.admitted) {
    journey.admitted = false;
    contention.queue.push_front(&journey);
  } else {
    contention.queue.push(&journey);
  }
}

void Shard::mark(Item& item, Index index) {
  DCHECK(!item.taken);
  item.taken = true;
  item.generation = contention_of(state_.stocks[index]).mark();
}

void Shard::unmark(Item& item, Index index) {
  DCHECK(item.taken);
  item.taken = false;
  state_.stocks[index].contention->unmark(item.generation);
  touch(index);
}

void Shard::touch(Index index) {
  if (state_.stocks[index].contention || state_.stocks[index].line || watched_.contains(index))
    touched_.push_back(index);
}

void Shard::settle_queues() {
  for (;;) {
    if (!soon_.empty()) {
      resume(soon_.pop());
      continue;
    }
    if (touched_.empty()) return;
    const Index index = touched_.back();
    touched_.pop_back();
    if (state_.stocks.exists(index)) serve_line(index);
    if (state_.stocks.exists(index)) serve_watches(index);
    if (state_.stocks.exists(index)) serve_queue(index);
  }
}

namespace {

// A cart that fits whatever becomes of the others.
bool fits(const Journey& journey, const Stock& stock) {
  const bool takes = journey.verb == Verb::reserve || journey.verb == Verb::amend || journey.verb == Verb::commit;
  if (!takes || journey.exclusive || stock.carts || stock.line) return false;
  const Item& item = journey.items[journey.steps[journey.position].item];
  return item.if_version < 0 && int64_t{item.quantity} - item.before <= stock.free_units();
}

}  // namespace

// Escrow that is left belongs to carts which stood before it in the queue and went on as they fitted: it waits for them
// too. Those that come later stand behind it, so this ends. Marks of holds that end are not waited for but by
// generation. A cart that it waited for may have been granted elsewhere what an end gave back that came after: whoever
// reads the figures, or is told that it falls short of them, now that it sees the cart, waits for the ends that are
// marked here by now, once. (An end has marked all its SKUs before the first of its units is back.)
bool Shard::may_go_on(Journey& journey, Index index) {
  const Stock& stock = state_.stocks[index];
  Contention& contention = *stock.contention;
  if (contention.exclusive) return false;
  if (fits(journey, stock)) return true;
  if (!contention.over(journey.waits_for) || contention.escrow != 0) return false;
  if (journey.looks_again || !contention.marked()) return true;
  journey.looks_again = true;
  journey.waits_for = contention.close();
  return false;
}

void Shard::serve_queue(Index index) {
  for (;;) {
    // Whoever goes on may change the table, the SKU and its queue: look anew each time.
    if (!state_.stocks.exists(index)) return;
    Stock& stock = state_.stocks[index];
    Contention* contention = stock.contention.get();
    if (!contention) return;
    if (!contention->ends.empty() && !contention->exclusive) {
      resume(contention->ends.pop());
      continue;
    }
    if (contention->idle()) {
      stock.contention.reset();
      return;
    }
    if (contention->queue.empty()) return;
    if (line_goes_first(stock)) return touch(index);
    Journey* journey = contention->queue.front();
    if (!may_go_on(*journey, index)) return;
    contention->queue.pop();
    journey->looks_again = false;
    journey->admitted = true;
    resume(journey);
    // It may have put itself back in front (its units are not back yet): then nothing more moves for now.
    if (!state_.stocks.exists(index)) return;
    contention = state_.stocks[index].contention.get();
    if (contention && contention->queue.front() == journey) return;
  }
}

}  // namespace holdfast
