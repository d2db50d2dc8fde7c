// The commands that name a hold or a cart, decided at the hold's home.
#include "engine/check.h"
#include "engine/limits.h"
#include "engine/shard.h"

namespace holdfast {
namespace {

Refusal state_refusal(HoldState state) {
  switch (state) {
    case HoldState::committed:
      return {.error = Error::hold_committed, .name = {}};
    case HoldState::released:
      return {.error = Error::hold_released, .name = {}};
    case HoldState::expired:
      return {.error = Error::hold_expired, .name = {}};
    default:
      return {.error = Error::hold_revoked, .name = {}};
  }
}

}  // namespace

Index Shard::find_hold(const HoldId& id) const {
  const Index index = state_.holds.find(id);
  if (index == no_index) return no_index;
  const Hold& hold = state_.holds[index];
  const bool forgotten =
      hold.state != HoldState::held && !hold.busy && now_ >= hold.timer.deadline_us + settings_.tombstone_ttl_us;
  return forgotten ? no_index : index;
}

// Everything that a command that names a hold does there. False: the journey waits.
bool Shard::at_home(Journey& journey) {
  journey.phase = Phase::returning;
  const Index index = find_hold(journey.id);
  if (index == no_index) {
    if (journey.replays) return answer_replay(journey, index);
    refuse(journey, {.error = Error::no_hold, .name = {}});
    return true;
  }
  Hold& hold = state_.holds[index];
  if (journey.scope && !admits(*journey.scope, hold)) {
    refuse(journey, {.error = Error::no_permission, .name = {}});
    return true;
  }
  const bool is_over = hold.state == HoldState::held && !hold.busy && over(hold);
  if (is_over && internal_under_way_ >= limits::ending_journeys) {
    journey.phase = Phase::at_home;
    journey.own_bytes();
    later_.push(&journey);
    return false;
  }
  // A hold whose time is over ends now: this command finds it expired, and hears so when all its units are back.
  if (is_over) {
    end_hold(index, FactType::expired, nullptr);
    if (state_.holds.find(journey.id) == no_index) {  // one tombstone too many, and this was the first to go
      refuse(journey, {.error = Error::no_hold, .name = {}});
      return true;
    }
  }
  if (hold.busy) {
    journey.phase = Phase::at_home;
    journey.own_bytes();
    state_.holds.extra_of(hold).queue.push(&journey);
    return false;
  }
  if (journey.replays) return answer_replay(journey, index);
  if (hold.state != HoldState::held) return answer_for_state(journey, index);
  switch (journey.verb) {
    case Verb::hold:
      show_hold(journey, hold);
      return true;
    case Verb::extend:
      extend(journey, index);
      return true;
    case Verb::amend:
      return start_amend(journey, index);
    default:
      break;
  }
  if (exceeds(journey, hold)) return true;
  const bool sells = journey.verb == Verb::commit;
  CHECK(sells || journey.verb == Verb::release);
  journey.reply.number = 0;
  // Where the disk is full, room is kept for one end of each hold, and for no step on the way there.
  const bool is_step = !sells && !journey.items.empty();
  if (is_step) refuse(journey, judge_growth());
  if (journey.reply.refusal) return true;
  if (!sells) journey.reply.number = units_released(journey, hold);
  journey.reply.seq = end_hold(index, sells ? FactType::committed : FactType::released, &journey);
  return true;
}

bool Shard::admits(const SkuScope& scope, const Hold& hold) const {
  bool admitted = !scope.admits_nothing();
  state_.holds.for_each_item(
      hold, [&](std::string_view sku, uint64_t, uint32_t, Seq) { admitted = admitted && scope.admits(sku); });
  return admitted;
}

int64_t Shard::units_released(const Journey& journey, const Hold& hold) const {
  int64_t units = 0;
  for (const Item& item : journey.items) units += item.quantity;
  if (!journey.items.empty()) return units;
  state_.holds.for_each_item(hold, [&](std::string_view, uint64_t, uint32_t quantity, Seq) { units += quantity; });
  return units;
}

// ITEMS of a COMMIT or RELEASE may not name more than the hold has.
bool Shard::exceeds(Journey& journey, const Hold& hold) {
  for (const Item& item : journey.items) {
    int64_t held = 0;
    state_.holds.for_each_item(hold, [&](std::string_view sku, uint64_t hash, uint32_t quantity, Seq) {
      if (hash == item.hash && sku == item.sku) held = quantity;
    });
    if (item.quantity > held) {
      refuse(journey, {.error = Error::exceeds, .name = item.sku, .want = item.quantity, .held = held});
    }
  }
  return static_cast<bool>(journey.reply.refusal);
}

void Shard::wake_hold(Hold& hold) {
  if (hold.extra == no_index) return;
  JourneyQueue& queue = state_.holds.extra_of(hold).queue;
  while (!queue.empty()) soon_.push(queue.pop());
}

// What the end of a hold means for the command that finds it. False: the journey waits.
bool Shard::answer_for_state(Journey& journey, Index index) {
  const Hold& hold = state_.holds[index];
  if (journey.verb == Verb::hold) {
    show_hold(journey, hold);
    return true;
  }
  const HoldExtra* extra = state_.holds.extra_if(hold);
  const std::string_view ref = extra ? extra->ref.view() : std::string_view{};
  if (journey.verb == Verb::commit && hold.state == HoldState::committed && ref == journey.ref) {
    journey.reply.seq = hold.end_seq;
    return true;
  }
  if (journey.verb == Verb::commit && hold.state == HoldState::expired && journey.late) {
    return start_late(journey, index);
  }
  if (journey.verb == Verb::release && hold.state != HoldState::committed) {
    journey.reply.number = 0;
    return true;
  }
  refuse_for_state(journey, hold);
  return true;
}

void Shard::refuse_for_state(Journey& journey, const Hold& hold) {
  const HoldExtra* extra = state_.holds.extra_if(hold);
  journey.reply.ref.assign(extra ? extra->ref.view() : std::string_view{});
  refuse(journey, state_refusal(hold.state));
}

void Shard::show_hold(Journey& journey, const Hold& hold) {
  HoldView& view = journey.reply.hold;
  const HoldExtra* extra = state_.holds.extra_if(hold);
  view.state = hold.state;
  view.cart.assign(hold.cart.view());
  view.ref.assign(extra ? extra->ref.view() : std::string_view{});
  view.seq = hold.seq;
  view.expires_in_ms = hold.state == HoldState::held ? ms_left(hold.timer.deadline_us, now_) : 0;
  view.items.clear();
  if (hold.state == HoldState::released) return;
  state_.holds.for_each_item(hold, [&](std::string_view sku, uint64_t, uint32_t quantity, Seq) {
    if (quantity > 0) view.items.emplace_back(sku, quantity);
  });
}

void Shard::extend(Journey& journey, Index index) {
  if (const Refusal refusal = judge_growth()) return refuse(journey, refusal);
  const Hold& hold = state_.holds[index];
  const TimeUs deadline_us = std::min(now_ + journey.ttl_us, hold.made_us + settings_.max_hold_life_us);
  journey.reply.number = std::max<int64_t>(ms_left(deadline_us, now_), 0);
  journey.reply.seq = prolong(index, deadline_us);
}

Seq Shard::prolong(Index index, TimeUs deadline_us) {
  Fact fact{.type = FactType::extended, .id = state_.holds[index].id, .deadline_us = deadline_us, .hold = index};
  number(fact);
  state_.apply_to_hold(fact);
  return fact.seq;
}

// A hold of this cart that is ended but not yet back everywhere: nobody may be told of its end before.
bool Shard::waits_for_busy_hold(Journey& journey) {
  for (const Index index : busy_) {
    Hold& hold = state_.holds[index];
    if (hold.cart.view() != journey.cart) continue;
    journey.own_bytes();
    state_.holds.extra_of(hold).queue.push(&journey);
    return true;
  }
  return false;
}

// What is over but not ended yet ends, and for REVOKE all others. False: not everything is back yet, and the journey
// waits for it.
bool Shard::end_holds_of_cart(Journey& journey) {
  if (waits_for_busy_hold(journey)) return false;
  size_t budget = limits::expiries_a_turn;
  Index index = state_.holds.first_of_cart(journey.cart, journey.cart_hash);
  while (index != no_index) {
    const Hold& hold = state_.holds[index];
    const Index next = hold.cart_next;
    const bool is_revoked = journey.verb == Verb::revoke && hold.seq <= journey.seq_limit;
    if ((is_revoked || over(hold)) && (budget-- == 0 || !end_of_cart(journey, index))) {
      journey.own_bytes();
      if (journey.pending == 0) later_.push(&journey);
      return false;
    }
    index = next;
  }
  if (journey.pending > 0) journey.own_bytes();
  return journey.pending == 0;
}

bool Shard::visit_cart(Journey& journey) {
  if (journey.verb == Verb::revoke) end_waits_of_cart(journey);
  if (!end_holds_of_cart(journey)) return false;
  if (journey.verb == Verb::revoke) return true;
  Index index = state_.holds.first_of_cart(journey.cart, journey.cart_hash);
  for (; index != no_index; index = state_.holds[index].cart_next) {
    journey.reply.holds.emplace_back(state_.holds[index].seq, state_.holds[index].id);
  }
  return true;
}

// False: too many ends are under way for one more.
bool Shard::end_of_cart(Journey& journey, Index index) {
  Journey* carrier = new_internal(Verb::end);
  if (!carrier) return false;
  const bool expires = over(state_.holds[index]);
  const Seq seq = end_hold(index, expires ? FactType::expired : FactType::revoked, carrier);
  if (!expires) {
    ++journey.reply.number;
    journey.reply.seq = seq;
  }
  if (!carrier->ending) {
    recycle(carrier);
    return true;
  }
  carrier->parent = &journey;
  ++journey.pending;
  soon_.push(carrier);
  return true;
}

}  // namespace holdfast
