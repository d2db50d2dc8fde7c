#include "engine/stock.h"

#include <algorithm>

namespace holdfast {

Index StockTable::find(std::string_view sku, uint64_t hash) const {
  return index_.find(hash, [&](Index index) { return pool_[index].sku.view() == sku; });
}

Index StockTable::create(std::string_view sku, uint64_t hash) {
  const Index index = pool_.allocate();
  pool_[index].sku.assign(names_, sku);
  pool_[index].hash = hash;
  index_.insert(hash, index);
  return index;
}

void StockTable::remove(Index index, uint64_t hash) {
  index_.erase(hash, index);
  Stock& stock = pool_[index];
  CHECK(stock.held == 0 && !stock.contention && !stock.line);
  stock.deleted = true;
  ++stock.references;
  drop_reference(index);
}

void StockTable::drop_reference(Index index) {
  Stock& stock = pool_[index];
  DCHECK(stock.references > 0);
  if (--stock.references > 0 || !stock.deleted) return;
  stock.sku.clear(names_);
  pool_.release(index);
}

StockView StockTable::view(Index index) const {
  const Stock& stock = pool_[index];
  const int64_t balance = stock.balance();
  return {.on_hand = stock.on_hand,
          .held = stock.held,
          .available = std::max<int64_t>(balance, 0),
          .sold = stock.sold,
          .oversell = stock.oversell,
          .short_by = std::max<int64_t>(-balance, 0),
          .version = stock.version,
          .percart = stock.percart,
          .paused = stock.paused,
          .challenge = stock.challenge,
          .waiting = stock.line ? static_cast<int64_t>(stock.line->size()) : 0,
          .exists = true};
}

}  // namespace holdfast
