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
    if (exchange.request.verb == Verb::commit && !exchange.answer.refusal) committed_by_[exchange.answer.seq] = i;
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
  std::sort(effects_.begin(), effects_.end(), by(&Point::hint));
  std::sort(looks_.begin(), looks_.end(), by(&Point::from));
  std::sort(by_until_.begin(), by_until_.end(), by(&Point::until));
  for (size_t i = 0; i < count; ++i) rank_[by_until_[i]] = i;
  earliest_.assign(effects_.size() + 1, UINT64_MAX);
  for (size_t i = effects_.size(); i-- > 0;) earliest_[i] = std::min(earliest_[i + 1], points_[effects_[i]].from);
  find_incarnations();
  for (size_t i = 0; i < count; ++i) expect_versions(i);
}

std::string Checker::check() {
  if (search()) {
    const std::string differs = compare_with_shards();
    return differs.empty() ? count_ends() : differs;
  }
  std::ostringstream out;
  out << (dead_ends_ > max_dead_ends ? "no order found, search given up" : "there is no order") << "; placed "
      << best_placed_ << " of " << points_.size() << ", stuck at:\n";
  constexpr size_t most = 24;
  for (size_t i = 0; i < std::min(best_.size(), most); ++i) out << "  " << describe(points_[best_[i]], world_) << '\n';
  if (best_.size() > most) out << "  and " << best_.size() - most << " more\n";
  return out.str();
}

bool Checker::search() {
  place_looks();
  std::vector<Frame> frames{{.cursor = 0, .placed = placed_.size()}};
  for (;;) {
    if (placed_.size() == points_.size()) return true;
    if (try_next(frames.back())) {
      size_t cursor = 0;
      while (cursor < effects_.size() && is_placed_[effects_[cursor]]) ++cursor;
      frames.push_back({.cursor = cursor, .placed = placed_.size()});
      continue;
    }
    remember_best();
    frames.pop_back();
    if (frames.empty() || ++dead_ends_ > max_dead_ends) return false;
    undo_to(frames.back().placed);
  }
}

bool Checker::try_next(Frame& frame) {
  while (frame.cursor < effects_.size() && earliest_[frame.cursor] < min_until()) {
    const size_t number = effects_[frame.cursor++];
    if (is_placed_[number] || !may_place(points_[number]) || !place_effect(number)) continue;
    place_looks();
    if (seen_.insert(signature_).second) return true;
    undo_to(frame.placed);
  }
  return false;
}

uint64_t Checker::min_until() {
  while (first_until_ < by_until_.size() && is_placed_[by_until_[first_until_]]) ++first_until_;
  return first_until_ == by_until_.size() ? UINT64_MAX : points_[by_until_[first_until_]].until;
}

// In time, and after what its session sent before.
bool Checker::may_place(const Point& point) const {
  if (point.exchange == SIZE_MAX) return true;
  const size_t after = world_.exchange(point.exchange).after;
  return after == SIZE_MAX || unplaced_of_[after] == 0;
}

void Checker::place_looks() {
  for (bool placed = true; placed;) {
    placed = false;
    while (first_look_ < looks_.size() && is_placed_[looks_[first_look_]]) ++first_look_;
    for (size_t i = first_look_; i < looks_.size(); ++i) {
      const size_t number = looks_[i];
      if (points_[number].from >= min_until()) break;
      if (is_placed_[number] || !may_place(points_[number]) || !is_true(points_[number])) continue;
      note_placed(number, reference_.mark());
      placed = true;
    }
  }
}

bool Checker::place_effect(size_t number) {
  const Point& point = points_[number];
  if (point.from >= min_until()) return false;
  for (const std::string& name : skus_of(point)) {
    const SkuFigures& sku = reference_.sku(name);
    if (!sku.exists) continue;
    for (const auto& [key, points] : needed_[name]) {
      if (key > VersionKey{sku.incarnation, sku.version}) break;
      if (points.size() > points.count(number)) return false;
    }
  }
  const size_t mark = reference_.mark();
  if (!apply(point)) {
    reference_.undo_to(mark);
    return false;
  }
  note_placed(number, mark);
  return true;
}

void Checker::note_placed(size_t number, size_t reference_mark) {
  placed_.push_back({.point = number, .reference_mark = reference_mark});
  is_placed_[number] = true;
  signature_ ^= zobrist_[number];
  if (points_[number].exchange != SIZE_MAX) --unplaced_of_[points_[number].exchange];
  for (const auto& [sku, key] : needs_[number]) {
    auto& points = needed_[sku];
    points[key].erase(number);
    if (points[key].empty()) points.erase(key);
  }
}

void Checker::undo_to(size_t placed) {
  while (placed_.size() > placed) {
    const auto [number, mark] = placed_.back();
    placed_.pop_back();
    reference_.undo_to(mark);
    is_placed_[number] = false;
    signature_ ^= zobrist_[number];
    first_until_ = std::min(first_until_, rank_[number]);
    first_look_ = 0;
    if (points_[number].exchange != SIZE_MAX) ++unplaced_of_[points_[number].exchange];
    for (const auto& [sku, key] : needs_[number]) needed_[sku][key].insert(number);
  }
}

void Checker::remember_best() {
  if (placed_.size() < best_placed_) return;
  best_placed_ = placed_.size();
  best_.clear();
  for (size_t i = 0; i < points_.size(); ++i) {
    if (!is_placed_[i] && points_[i].from < min_until()) best_.push_back(i);
  }
}

// A SKU that is deleted and made again begins anew with version 1: its versions belong to one of its lives.
void Checker::find_incarnations() {
  for (const Point& point : points_) {
    if (point.kind != Point::Kind::stock_effect) continue;
    const Exchange& exchange = world_.exchange(point.exchange);
    const bool creates = exchange.request.verb == Verb::set_stock || exchange.request.verb == Verb::restock;
    if (creates && exchange.answer.stock.version == 1) creations_[exchange.request.items[0].sku].push_back(point.from);
  }
  for (auto& [sku, ticks] : creations_) std::sort(ticks.begin(), ticks.end());
}

void Checker::expect_version(size_t number, const std::string& sku, uint64_t version) {
  const std::vector<uint64_t>& ticks = creations_[sku];
  const Point& point = points_[number];
  const auto lives_until = [&](uint64_t tick) {
    return static_cast<uint32_t>(std::upper_bound(ticks.begin(), ticks.end(), tick) - ticks.begin());
  };
  if (lives_until(point.from) != lives_until(point.until)) return;  // which of its lives is not known beforehand
  const VersionKey key{lives_until(point.from), version};
  needs_[number].emplace_back(sku, key);
  needed_[sku][key].insert(number);
}

void Checker::expect_versions(size_t number) {
  const Point& point = points_[number];
  if (point.exchange == SIZE_MAX) return;
  const Exchange& exchange = world_.exchange(point.exchange);
  const Answer& answer = exchange.answer;
  const auto& items = exchange.request.items;
  switch (point.kind) {
    case Point::Kind::reserve:
      for (const RequestItem& item : items) {
        if (item.if_version >= 0) expect_version(number, item.sku, static_cast<uint64_t>(item.if_version));
      }
      return;
    case Point::Kind::stock_effect:
      if (exchange.request.verb != Verb::delete_stock && answer.stock.version > 1) {
        expect_version(number, items[0].sku, answer.stock.version - 1);
      }
      return;
    case Point::Kind::stock_look: {
      if (answer.refusal || exchange.request.verb == Verb::delete_stock) return;
      const bool is_multi = exchange.request.verb == Verb::multi_stock;
      const StockView& stock = is_multi ? answer.stocks[point.item] : answer.stock;
      if (stock.exists) expect_version(number, items[point.item].sku, stock.version);
      return;
    }
    default:
      return;
  }
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
