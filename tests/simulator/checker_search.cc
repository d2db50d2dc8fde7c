// The search for an order.
#include <algorithm>

#include "tests/simulator/checker.h"

namespace holdfast {

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
  for (const std::string& name : skus_changed_by(point)) {
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

}  // namespace holdfast
