// KEY: a RESERVE that may be repeated. Its guard is the first resource of its journey, wherever the items live: a copy
// never touches a SKU.
#include "engine/check.h"
#include "engine/shard.h"

namespace holdfast {

// False: a copy that waits for the first one, or whose way is another now.
bool Shard::visit_key(Journey& journey) {
  if (journey.reply.refusal)
    return true;  // revoked while it waited here: it needs no key, and nobody is to wait for it
  Index index = state_.guards.find(journey.cart, journey.key, journey.key_hash);
  // Its hold may have been forgotten before this guard knew its name; then nobody else will free the key.
  if (journey.forgotten && index != no_index && !state_.guards[index].pending &&
      state_.guards[index].id == journey.id) {
    state_.guards.remove(index, journey.key_hash);
    index = no_index;
  }
  if (index == no_index) {
    if (ledger_.keyed() >= settings_.max_tombstones) {
      refuse(journey, no_room_for_keys);
      return true;
    }
    state_.guards[state_.guards.create(journey.cart, journey.key, journey.key_hash)].pending = &journey;
    journey.key_taken = true;
    return true;
  }
  Guard& guard = state_.guards[index];
  if (guard.pending == &journey) return true;  // a try from the line
  if (guard.pending) {
    DCHECK(!holds_ahead(journey));  // who stood in line is the one that decides its key
    journey.own_bytes();
    number_arrival(journey);
    guard.queue.push(&journey);
    return false;
  }
  journey.differs = guard.fingerprint != fingerprint_of(journey);
  if (journey.partial) {
    for (const Item& item : journey.items) journey.reply.granted.push_back(guard.units_granted(item.hash));
  }
  journey.id = guard.id;
  journey.replays = true;
  journey.phase = Phase::at_home;
  return false;
}

// On the way back: the guard names the hold, or the oldest copy is decided as new. A REVOKE that ended the first one's
// wait ends that of the copies that waited with it when it was called.
void Shard::settle_key(Journey& journey) {
  journey.key_taken = false;
  const Index index = state_.guards.find(journey.cart, journey.key, journey.key_hash);
  Guard& guard = state_.guards[index];
  CHECK(guard.pending == &journey);
  const bool is_revoked = !journey.retry && journey.reply.refusal.error == Error::cart_revoked;
  while (!guard.queue.empty()) {
    Journey* const copy = guard.queue.pop();
    if (is_revoked && copy->arrival <= journey.last_arrival) refuse(*copy, {.error = Error::cart_revoked, .name = {}});
    copy->arrival = 0;  // it has not stood in a line
    soon_.push(copy);
  }
  if (journey.retry || journey.reply.refusal) {
    state_.guards.remove(index, journey.key_hash);
    return;
  }
  const Fact fact{.type = FactType::held,
                  .items = granted_items(journey),
                  .id = journey.reply.id,
                  .cart = journey.cart,
                  .key = journey.key,
                  .key_hash = journey.key_hash,
                  .fingerprint = fingerprint_of(journey),
                  .partial = journey.partial};
  state_.apply_to_key(fact);
}

// At the home of the hold that the first request made. False: that is forgotten, so this one is new, whatever it asks:
// only the home knows, and what it tells the guard is on its way.
bool Shard::answer_replay(Journey& journey, Index index) {
  if (index == no_index) {
    journey.replays = false;
    journey.forgotten = true;
    journey.phase = Phase::forward;
    journey.position = 0;
    journey.reply.granted.clear();
    journey.own_bytes();
    later_.push(&journey);
    return false;
  }
  const Hold& hold = state_.holds[index];
  if (journey.differs) {
    refuse(journey, {.error = Error::idem, .name = {}});
    return true;
  }
  if (hold.state != HoldState::held) {
    refuse_for_state(journey, hold);
    return true;
  }
  journey.reply.id = hold.id;
  journey.reply.number = ms_left(hold.timer.deadline_us, now_);
  journey.reply.seq = hold.seq;
  return true;
}

// The key goes with its hold's tombstone. False: no journey is free to tell its guard; the tombstone stays for now.
bool Shard::forget_key(const Hold& hold) {
  const HoldExtra* extra = state_.holds.extra_if(hold);
  if (!extra || extra->key_hash == 0) return true;
  const ShardIndex at = shard_of(slot_of(extra->key_hash), options_.shards);
  if (at == options_.index) {
    drop_guard(hold.id, extra->key_hash);
    return true;
  }
  Journey* journey = new_internal(Verb::forget_key);
  if (!journey) return false;
  journey->id = hold.id;
  journey->key_hash = extra->key_hash;
  journey->steps.push_back({at, 0});
  soon_.push(journey);
  return true;
}

void Shard::drop_guard(const HoldId& id, uint64_t key_hash) {
  const Index index = state_.guards.find(id, key_hash);
  if (index != no_index) state_.guards.remove(index, key_hash);
}

}  // namespace holdfast
