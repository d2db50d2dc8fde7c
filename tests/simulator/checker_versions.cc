// As a version comes only once, what a point says of it tells where the point belongs.
#include <algorithm>

#include "tests/simulator/checker.h"

namespace holdfast {

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

}  // namespace holdfast
