// Deadlines: holds that fall due, and ended holds that are forgotten.
#include <algorithm>
#include <array>
#include <vector>

#include "engine/check.h"
#include "engine/limits.h"
#include "engine/shard.h"

namespace holdfast {

// What a request began costs later: a step of the wheel for each level that its timer comes down, its end, and that it
// is forgotten. The slice grows with what came, or under steady load the wheel would fall ever further behind.
void Shard::measure_slice() {
  const uint64_t came = stats_.journeys_begun + stats_.mailbox_messages;
  slice_ = limits::expiries_a_turn + limits::expiries_a_request * (came - came_before_);
  came_before_ = came;
}

// A slice: when a million holds fall due at once, the rest of the turn's work is served between the slices.
void Shard::expire() {
  size_t budget = slice_;
  caught_up_ = state_.holds.wheel().advance(now_, budget, [&](Index index) {
    due_.push_back(index);
    if (due_.size() == limits::looks_ahead && !end_those_due()) budget = 0;
  });
  if (!end_those_due()) caught_up_ = false;
  if (!caught_up_) return;
  for (const Index index : short_while_behind_) {
    if (state_.stocks.exists(index)) touch(index);
  }
  short_while_behind_.clear();
}

// False: there is room for no more ends that travel, and some of these are due again at once. What they look up is
// fetched for all of them first, step by step: so the CPU walks to many places at once, and not to one after the other.
bool Shard::end_those_due() {
  std::array<uint64_t, limits::looks_ahead> cart_hashes;
  for (const Index index : due_) state_.holds.prefetch_stock(index);
  for (size_t i = 0; i < due_.size(); ++i) {
    cart_hashes[i] = state_.hasher().cart(state_.holds[due_[i]].cart.view());
  }
  for (size_t i = 0; i < due_.size(); ++i) state_.holds.prefetch_cart(cart_hashes[i]);
  bool there_was_room = true;
  for (size_t i = 0; i < due_.size(); ++i) {
    const Index index = due_[i];
    if (state_.holds[index].busy) {
      ++due_and_busy_;  // finish_end() sees that it fell due
    } else if (internal_under_way_ >= limits::ending_journeys) {
      state_.holds.wheel().schedule(index, state_.holds[index].timer.deadline_us);
      there_was_room = false;
    } else {
      end_hold(index, FactType::expired, nullptr, cart_hashes[i]);
    }
  }
  due_.clear();
  return there_was_room;
}

void Shard::go_on(TimeUs now, TimeUs not_before_us) {
  now_ = std::max(now_, now);
  std::vector<Index> too_early;
  state_.holds.for_each([&](Index index) {
    const Hold& hold = state_.holds[index];
    if (hold.state == HoldState::held && hold.timer.deadline_us < not_before_us) too_early.push_back(index);
  });
  if (not_before_us <= now_) too_early.clear();  // what is over is over
  for (const Index index : too_early) prolong(index, not_before_us);
  publish_tombstones();
}

void Shard::forget_tombstones() {
  for (const HoldTable::Kind kind : HoldTable::kinds) {
    for (size_t budget = slice_; budget > 0; --budget) {
      const Index oldest = state_.holds.oldest_tombstone(kind);
      if (oldest == no_index || state_.holds[oldest].busy) break;
      if (now_ < state_.holds[oldest].timer.deadline_us + settings_.tombstone_ttl_us) break;
      if (!forget_key(state_.holds[oldest])) break;
      forget(oldest);
    }
  }
}

void Shard::forget(Index index) {
  wake_hold(state_.holds[index]);
  state_.holds.forget(index);
  ++stats_.tombstones_forgotten;
  publish_tombstones();
}

void Shard::publish_tombstones() {
  ledger_.set_count(options_.index, state_.holds.tombstones(), settings_.max_tombstones);
  ledger_.set_keyed(options_.index, state_.holds.keyed_tombstones());
  for (const HoldTable::Kind committed : {HoldTable::plain, HoldTable::committed}) {
    const Index oldest = state_.holds.oldest_tombstone(committed);
    if (oldest == published_[committed]) continue;
    published_[committed] = oldest;
    const Seq end_seq = oldest == no_index ? TombstoneLedger::none : state_.holds[oldest].end_seq;
    ledger_.set_oldest(options_.index, committed, end_seq);
  }
}

// Forgets what is one too many, wherever it is at home. One letter about it is under way at a time: it stands for all
// that ends meanwhile.
void Shard::keep_tombstones_bounded() {
  while (!forgetting_ && ledger_.crowded() && ledger_.total() > settings_.max_tombstones) {
    const ShardIndex at = ledger_.shard_of_oldest();
    if (at != options_.index) {
      Journey* journey = new_internal(Verb::forget);
      if (!journey) return;
      journey->steps.push_back({at, 0});
      forgetting_ = true;
      soon_.push(journey);
      return;
    }
    Index oldest = state_.holds.oldest_tombstone(HoldTable::plain);
    if (oldest == no_index) oldest = state_.holds.oldest_tombstone(HoldTable::committed);
    if (oldest == no_index || state_.holds[oldest].busy) return;
    forget(oldest);
  }
}

}  // namespace holdfast
