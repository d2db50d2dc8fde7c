#include "tests/simulator/checker.h"

#include <algorithm>
#include <random>
#include <sstream>

#include "engine/check.h"

namespace holdfast {

Checker::Checker(const ShardWorld& world)
    : world_(world), facts_(world.facts()), points_(points_of(world, facts_)), reference_(world.options().settings) {
  CHECK(world.unanswered() == 0);
  const size_t count = points_.size();
  for (size_t i = 0; i < world.exchanges().size(); ++i) {
    const Exchange& exchange = world.exchange(i);
    if (exchange.request.wait_us > 0) waits_.push_back(i);
    if (exchange.request.verb == Verb::commit && !exchange.answer.refusal)
      committed_by_.emplace(exchange.answer.seq, i);
  }
  unplaced_of_.resize(world.exchanges().size());
  rank_.resize(count);
  is_placed_.resize(count);
  needs_.resize(count);
  std::mt19937_64 random(1);
  for (size_t i = 0; i < count; ++i) {
    zobrist_.push_back(random());
    by_until_.push_back(i);
    (points_[i].is_effect() ? effects_ : looks_).push_back(i);
    if (points_[i].exchange != SIZE_MAX) ++unplaced_of_[points_[i].exchange];
  }
  const auto by = [&](auto member) {
    return [this, member](size_t a, size_t b) {
      return std::pair(points_[a].*member, a) < std::pair(points_[b].*member, b);
    };
  };
  std::sort(looks_.begin(), looks_.end(), by(&Point::from));
  std::sort(by_until_.begin(), by_until_.end(), by(&Point::until));
  for (size_t i = 0; i < count; ++i) rank_[by_until_[i]] = i;
  order_effects(nowhere);
  find_incarnations();
  for (size_t i = 0; i < count; ++i) expect_versions(i);
}

// The order in which they are tried: when each became visible, or when it did at one of the shards.
void Checker::order_effects(ShardIndex seen_at) {
  std::map<size_t, uint64_t> hints;
  for (const size_t number : effects_) {
    hints[number] = points_[number].hint;
    for (const auto& [shard, tick] : fact_of(points_[number].seq).settled) {
      if (shard == seen_at) hints[number] = tick;
    }
  }
  std::sort(effects_.begin(), effects_.end(),
            [&](size_t a, size_t b) { return std::pair(hints[a], a) < std::pair(hints[b], b); });
  earliest_.assign(effects_.size() + 1, UINT64_MAX);
  for (size_t i = effects_.size(); i-- > 0;) earliest_[i] = std::min(earliest_[i + 1], points_[effects_[i]].from);
}

std::string Checker::check() {
  bool found = search();
  // The figures of a refusal were those of one shard: in the order of what was seen there they come at once, where by
  // another order hundreds of holds that end at the same time would have to change places.
  for (ShardIndex shard = 0; !found && dead_ends_ > max_dead_ends && shard < world_.shards(); ++shard) {
    undo_to(0);
    seen_.clear();
    dead_ends_ = 0;
    order_effects(shard);
    found = search();
  }
  if (found) {
    const std::string differs = compare_with_shards();
    return differs.empty() ? count_ends() + check_revoked_waits() : differs;
  }
  std::ostringstream out;
  out << (dead_ends_ > max_dead_ends ? "no order found, search given up" : "there is no order") << "; placed "
      << best_placed_ << " of " << points_.size() << ", stuck at:\n";
  constexpr size_t most = 24;
  for (size_t i = 0; i < std::min(best_.size(), most); ++i) out << "  " << describe(points_[best_[i]], world_) << '\n';
  if (best_.size() > most) out << "  and " << best_.size() - most << " more\n";
  return out.str();
}

// What the reference ends with is what the shards end with.
std::string Checker::compare_with_shards() {
  std::ostringstream out;
  for (const auto& [name, sku] : reference_.skus()) {
    // The state is only looked at.
    Shard& shard = const_cast<ShardWorld&>(world_).shard(world_.shard_of_sku(name));
    const StockTable& stocks = shard.state().stocks;
    const Index index = stocks.find(name, world_.hasher().sku(name));
    if ((index != no_index) != sku.exists) out << name << " exists only in one of both worlds\n";
    if (index == no_index || !sku.exists) continue;
    const StockView view = stocks.view(index);
    if (view.on_hand != sku.on_hand || view.held != sku.held || view.sold != sku.sold || view.version != sku.version) {
      out << name << ": on_hand " << view.on_hand << " held " << view.held << " sold " << view.sold << " version "
          << view.version << ", but by the reference " << sku.on_hand << ' ' << sku.held << ' ' << sku.sold << ' '
          << sku.version << '\n';
    }
  }
  return out.str();
}

// Each end is told of as done by this command at most once, and all that REVOKE counts is revoked.
std::string Checker::count_ends() {
  std::map<Seq, int> releases;
  std::map<std::string, int64_t> revoked;
  std::ostringstream out;
  for (const Exchange& exchange : world_.exchanges()) {
    if (exchange.request.verb == Verb::release && exchange.answer.number > 0 && ++releases[exchange.answer.seq] > 1) {
      out << "released twice: " << describe(exchange) << '\n';
    }
    if (exchange.request.verb == Verb::revoke) revoked[exchange.request.cart] += exchange.answer.number;
  }
  for (const auto& [key, hold] : reference_.holds()) {
    if (hold.state == HoldState::revoked) --revoked[hold.cart];
  }
  for (const auto& [cart, difference] : revoked) {
    if (difference != 0) out << "REVOKE " << cart << " told of " << difference << " holds more than were revoked\n";
  }
  return out.str();
}

}  // namespace holdfast
