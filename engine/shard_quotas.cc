// The pacing of buyers: how many live holds a cart may have, and how many times a minute it may reserve. Its quota is
// taken before all SKUs, so that the RESERVEs of one cart are decided one after another; then its holds are counted,
// shard by shard, and nothing has to be told to anybody when one ends.
#include "engine/check.h"
#include "engine/shard.h"

namespace holdfast {
namespace {

Refusal too_many(std::string_view kind, int64_t max, int64_t have) {
  return {.error = Error::limit_kind, .name = kind, .have = have, .max = max};
}

}  // namespace

void Shard::plan_quota(Journey& journey) {
  journey.steps.push_back({shard_of(slot_of(journey.cart_hash), options_.shards), Step::quota});
  if (settings_.max_holds_per_cart == 0) return;
  for (uint32_t i = 0; i < options_.shards; ++i) journey.steps.push_back({static_cast<ShardIndex>(i), Step::count});
}

// False: another RESERVE of the cart is being decided, and this one waits for it, or first gives back what it has taken
// ahead.
bool Shard::visit_quota(Journey& journey) {
  Index index = quotas_.find(journey.cart, journey.cart_hash);
  if (index == no_index) index = quotas_.create(journey.cart, journey.cart_hash);
  Quota& quota = quotas_[index];
  if (quota.pending) {
    if (holds_ahead(journey)) return begin_again(journey);
    journey.own_bytes();
    quota.queue.push(&journey);
    return false;
  }
  quota.pending = &journey;
  journey.quota_taken = true;
  journey.live_holds = 0;
  const int64_t max = settings_.max_reserves_per_minute;
  if (max == 0 || journey.counted_us != 0) return true;  // a try from the line was counted when it came
  const auto have = static_cast<int64_t>(quotas_.count(index, now_));
  if (have >= max) refuse(journey, too_many("reserves", max, have));
  return true;
}

// Of a hold that has ended all units must be back before it is not counted any more: the RESERVE might be granted by
// that, and see the figures of a SKU from before that end. False: it waits for that.
bool Shard::visit_count(Journey& journey, bool is_last) {
  if (!end_holds_of_cart(journey)) return false;
  Index index = state_.holds.first_of_cart(journey.cart, journey.cart_hash);
  for (; index != no_index; index = state_.holds[index].cart_next) ++journey.live_holds;
  const int64_t max = settings_.max_holds_per_cart;
  if (is_last && max != 0 && journey.live_holds >= max) refuse(journey, too_many("holds", max, journey.live_holds));
  return true;
}

// On the way back, or at the end of a wait. Who goes to stand in line is counted, and stays so while it begins again; a
// refused command has changed nothing.
void Shard::settle_quota(Journey& journey) {
  Index index = quotas_.find(journey.cart, journey.cart_hash);
  const bool is_refused = journey.reply.refusal && !journey.queues_up;
  if (is_refused && !journey.retry && journey.counted_us != 0) {
    if (index != no_index) quotas_.take_back(index, journey.counted_us);
    journey.counted_us = 0;
  }
  if (journey.quota_taken) {
    journey.quota_taken = false;
    Quota& quota = quotas_[index];
    CHECK(quota.pending == &journey);
    quota.pending = nullptr;
    while (!quota.queue.empty()) soon_.push(quota.queue.pop());
    if (!is_refused && !journey.retry && journey.counted_us == 0 && settings_.max_reserves_per_minute != 0) {
      quotas_.remember(index, now_);
      journey.counted_us = now_;
    }
  }
  if (index != no_index) quotas_.drop_if_idle(index);
}

}  // namespace holdfast
