// The way of a journey from shard to shard.
#include <algorithm>

#include "engine/limits.h"
#include "engine/shard.h"

namespace holdfast {

void Shard::send(ShardIndex to, Journey& journey) {
  journey.own_bytes();
  port_.send(to, &journey);
}

void Shard::resume(Journey* journey) {
  if (!run(journey)) return;
  if (!journey->internal) {
    port_.complete(journey);
    return;
  }
  if (journey->verb == Verb::watch) return keep_watch(*journey);
  const bool was_about_tombstones = journey->verb == Verb::forget;
  const bool has_forgotten = journey->reply.number > 0;
  recycle(journey);
  if (!was_about_tombstones) return;
  forgetting_ = false;
  if (has_forgotten) keep_tombstones_bounded();  // what has ended meanwhile; without progress the next end goes on
}

bool Shard::run(Journey* journey) {
  for (;;) {
    switch (journey->phase) {
      case Phase::at_home: {
        const ShardIndex home = home_of(journey->id);
        if (home != options_.index) return send(home, *journey), false;
        if (!at_home(*journey)) return false;
        break;
      }
      case Phase::forward:
        if (!go_forward(*journey)) return false;
        break;
      case Phase::backward:
        if (!go_backward(*journey)) return false;
        break;
      case Phase::line: {
        const ShardIndex at = shard_of(slot_of(journey->items[journey->line_item].hash), options_.shards);
        if (at != options_.index) return send(at, *journey), false;
        if (!enter_line(*journey)) return false;
        break;
      }
      case Phase::decide: {
        const ShardIndex home = home_of(journey->id);
        if (home != options_.index) return send(home, *journey), false;
        if (!decide_at_home(*journey)) return false;
        break;
      }
      case Phase::finish: {
        const ShardIndex home = home_of(journey->id);
        if (home != options_.index) return send(home, *journey), false;
        finish_end(*journey);
        journey->phase = Phase::returning;
        break;
      }
      case Phase::returning:
        if (journey->origin != options_.index) return send(journey->origin, *journey), false;
        return true;
    }
  }
}

void Shard::plan(Journey& journey) {
  journey.steps.clear();
  switch (journey.verb) {
    case Verb::holds:
    case Verb::revoke:
      journey.seq_limit = port_.last_seq();
      journey.last_arrival = ledger_.last_arrival();
      [[fallthrough]];
    case Verb::leave_line:
    case Verb::tour:
      for (uint32_t i = 0; i < options_.shards; ++i) journey.steps.push_back({static_cast<ShardIndex>(i), 0});
      return;
    case Verb::multi_stock:
      plan_reads(journey);
      return;
    default:
      plan_items(journey);
  }
}

// Shard by shard, and in the order of mention within one: who holds nothing while it waits may come as it likes, and to
// compare the names of very many SKUs takes long.
void Shard::plan_reads(Journey& journey) {
  for (uint32_t i = 0; i < journey.items.size(); ++i) {
    journey.steps.push_back({shard_of(slot_of(journey.items[i].hash), options_.shards), i});
  }
  std::sort(journey.steps.begin(), journey.steps.end(),
            [](const Step& a, const Step& b) { return a.shard != b.shard ? a.shard < b.shard : a.item < b.item; });
}

// One order for everybody: by slot, and by name within a slot, whatever the order of mention.
void Shard::plan_items(Journey& journey) {
  const auto& items = journey.items;
  if (journey.verb == Verb::reserve && !journey.ending && limits_carts()) plan_quota(journey);
  const auto guards = static_cast<std::ptrdiff_t>(journey.steps.size());
  for (uint32_t i = 0; i < items.size(); ++i) {
    journey.steps.push_back({shard_of(slot_of(items[i].hash), options_.shards), i});
  }
  if (items.size() > 1) {
    std::sort(journey.steps.begin() + guards, journey.steps.end(), [&](const Step& a, const Step& b) {
      const Item& left = items[a.item];
      const Item& right = items[b.item];
      if (slot_of(left.hash) != slot_of(right.hash)) return slot_of(left.hash) < slot_of(right.hash);
      if (const int order = left.sku.compare(right.sku); order != 0) return order < 0;
      return a.item < b.item;
    });
  }
  // The guard of a KEY comes before everything, so that a copy waits there and takes nothing.
  if (journey.key.empty() || journey.ending) return;
  journey.steps.insert(journey.steps.begin(), {shard_of(slot_of(journey.key_hash), options_.shards), Step::key});
}

bool Shard::go_forward(Journey& journey) {
  if (journey.verb == Verb::reserve && journey.position == 0 && !journey.ending && reserve_here(journey)) {
    journey.phase = journey.reply.refusal && lines_up(journey) ? Phase::line : Phase::returning;
    return true;
  }
  if (journey.steps.empty()) plan(journey);
  const size_t pause_at = journey.position + limits::visits_a_turn;
  while (journey.position < journey.steps.size()) {
    const Step step = journey.steps[journey.position];
    if (!here(step)) return send(step.shard, journey), false;
    if (journey.position == pause_at) {
      journey.own_bytes();
      later_.push(&journey);
      return false;
    }
    if (!visit(journey, step)) return journey.phase != Phase::forward;
    ++journey.position;
  }
  turn_round(journey);
  return true;
}

// False: the journey waits here, or (its phase has changed) goes back to begin again.
bool Shard::visit(Journey& journey, const Step& step) {
  if (journey.ending) return visit_end(journey, journey.items[step.item]);
  if (step.item == Step::key) return visit_key(journey);
  if (step.item == Step::quota) return visit_quota(journey);
  if (step.item == Step::count) return visit_count(journey, step.shard + 1u == options_.shards);
  switch (journey.verb) {
    case Verb::reserve:
    case Verb::commit:  // LATE: takes again
      return visit_reserve(journey, journey.items[step.item]);
    case Verb::amend: {
      Item& item = journey.items[step.item];
      return item.quantity > item.before ? visit_reserve(journey, item) : visit_shrinking(journey, item);
    }
    case Verb::leave_line:
      end_waits_of_session(journey);
      return true;
    case Verb::watch:
      visit_watch(journey, journey.items[step.item]);
      return true;
    case Verb::unwatch:
      visit_unwatch(journey, journey.items[step.item]);
      return true;
    case Verb::call_waiter:
      call_waiter(journey);
      return true;
    case Verb::holds:
    case Verb::revoke:
      return visit_cart(journey);
    case Verb::tour:
      journey.tour->visit(*this, options_.index);
      return true;
    case Verb::forget_key:
      drop_guard(journey.id, journey.key_hash);
      return true;
    case Verb::lock:
    case Verb::relock:
    case Verb::unlock:
      visit_lock(journey, journey.items[step.item]);
      return true;
    case Verb::forget: {
      const uint64_t before = stats_.tombstones_forgotten;
      keep_tombstones_bounded();
      journey.reply.number += static_cast<int64_t>(stats_.tombstones_forgotten - before);
      return true;
    }
    default:
      return visit_stock(journey, journey.items[step.item]);
  }
}

// All is taken: the last stop decides.
void Shard::turn_round(Journey& journey) {
  journey.phase = Phase::returning;
  if (journey.ending) {
    journey.phase = Phase::backward;
  } else if (journey.verb == Verb::reserve) {
    journey.phase = Phase::backward;
    const auto got_something = [](const Item& item) { return item.granted > 0; };
    if (std::none_of(journey.items.begin(), journey.items.end(), got_something))
      refuse(journey, journey.reply.nothing_of);
    refuse(journey, judge_revoked(journey));
    journey.queues_up = lines_up(journey);
    if (journey.queues_up && !journey.key.empty() && !journey.key_taken) {
      journey.queues_up = false;  // copies could not know that it waits
      journey.reply.refusal = no_room_for_keys;
    }
    refuse(journey, judge_growth());
    journey.reply.refusal ? void(++stats_.reserves_refused) : decide_reserve(journey);
  } else if (journey.verb == Verb::amend || journey.verb == Verb::commit) {
    journey.phase = Phase::decide;
  } else if (journey.verb == Verb::holds) {
    std::sort(journey.reply.holds.begin(), journey.reply.holds.end(),
              [](const auto& a, const auto& b) { return a.first < b.first; });
  }
}

namespace {

// Who goes to stand in line, or begins again what it began there, keeps its KEY: copies wait until its wait is over.
bool leaves_key(const Journey& journey) {
  const bool began_in_line = journey.retry && journey.arrival != 0;
  return journey.key_taken && !journey.queues_up && !began_in_line;
}

bool leaves_quota(const Journey& journey) {
  const bool gives_back = journey.counted_us != 0 && journey.reply.refusal && !journey.queues_up;
  return journey.quota_taken || gives_back;
}

}  // namespace

bool Shard::go_backward(Journey& journey) {
  while (journey.position > 0) {
    const Step step = journey.steps[journey.position - 1];
    if (!step.is_item()) {
      const bool is_key = step.item == Step::key;
      if (is_key ? leaves_key(journey) : step.item == Step::quota && leaves_quota(journey)) {
        if (!here(step)) return send(step.shard, journey), false;
        is_key ? settle_key(journey) : settle_quota(journey);
      }
      --journey.position;
      continue;
    }
    Item& item = journey.items[step.item];
    if (item.taken) {
      if (!here(step)) return send(step.shard, journey), false;
      journey.ending ? settle_end(journey, item) : settle_reserve(journey, item);
    }
    --journey.position;
  }
  if (journey.retry) {
    journey.retry = false;
    journey.reply.refusal = journey.reply.nothing_of = {};
    if (journey.verb != Verb::reserve) {
      begin_again_at_home(journey);
      return true;
    }
    journey.phase = Phase::forward;
    journey.own_bytes();
    later_.push(&journey);
    return false;
  }
  journey.phase = journey.queues_up ? Phase::line : journey.ending ? Phase::finish : Phase::returning;
  journey.queues_up = false;
  return true;
}

}  // namespace holdfast
