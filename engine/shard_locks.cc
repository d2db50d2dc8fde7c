// LOCK, RELOCK, UNLOCK, and the deadlines of locks. A lock lives on one shard and nobody ever waits for one, so what is
// sent for one name from one place takes effect in the order sent.
#include "engine/check.h"
#include "engine/shard.h"

namespace holdfast {

// A lock whose time is over is free for whoever asks, even if its timer has not fired: it ends here and now.
Index Shard::live_lock(const Item& item) {
  const Index index = state_.locks.find(item.sku, item.hash);
  if (index == no_index || now_ < state_.locks[index].timer.deadline_us) return index;
  end_lock(index);
  return no_index;
}

void Shard::visit_lock(Journey& journey, Item& item) {
  item.stock = live_lock(item);
  journey.reply.number = 0;
  if (journey.verb == Verb::lock) {
    if (item.stock != no_index) {
      const int64_t left_ms = ms_left(state_.locks[item.stock].timer.deadline_us, now_);
      return refuse(journey, {.error = Error::locked, .name = item.sku, .have = left_ms});
    }
    if (const Refusal refusal = judge_growth()) return refuse(journey, refusal);
    journey.reply.number = ms_left(now_ + journey.ttl_us, now_);
    journey.reply.seq = change_lock(FactType::locked, item, now_ + journey.ttl_us);
    return;
  }
  const bool is_yours = item.stock != no_index && state_.locks[item.stock].token == static_cast<Seq>(journey.amount);
  if (!is_yours) return;
  if (journey.verb == Verb::relock) {
    if (const Refusal refusal = judge_growth()) return refuse(journey, refusal);
    journey.reply.number = ms_left(now_ + journey.ttl_us, now_);
    journey.reply.seq = change_lock(FactType::relocked, item, now_ + journey.ttl_us);
    return;
  }
  CHECK(journey.verb == Verb::unlock);
  journey.reply.number = 1;
  journey.reply.seq = change_lock(FactType::unlocked, item, 0);
}

Seq Shard::change_lock(FactType type, const Item& item, TimeUs deadline_us) {
  Fact fact{.type = type, .items = {&item, 1}, .deadline_us = deadline_us};
  number(fact);
  state_.apply(fact);
  return fact.seq;
}

void Shard::end_lock(Index index) {
  const Lock& lock = state_.locks[index];
  Item item;
  item.sku = lock.name.view();
  item.hash = lock.hash;
  item.stock = index;
  change_lock(FactType::lock_expired, item, 0);
}

// A slice, as for holds. Nobody waits for the rest: who asks for a lock that is over finds it free.
void Shard::expire_locks() {
  size_t budget = slice_;
  state_.locks.wheel().advance(now_, budget, [&](Index index) { end_lock(index); });
}

}  // namespace holdfast
