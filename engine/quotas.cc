#include "engine/quotas.h"

#include <algorithm>

#include "engine/check.h"

namespace holdfast {

Index QuotaTable::find(std::string_view cart, uint64_t hash) const {
  return index_.find(hash, [&](Index index) { return pool_[index].cart.view() == cart; });
}

Index QuotaTable::create(std::string_view cart, uint64_t hash) {
  const Index index = pool_.allocate();
  Quota& quota = pool_[index];
  quota.cart.assign(bytes_, cart);
  quota.cart_hash = hash;
  index_.insert(hash, index);
  return index;
}

size_t QuotaTable::count(Index index, TimeUs now) {
  std::vector<TimeUs>& times = pool_[index].times;
  times.erase(times.begin(), std::upper_bound(times.begin(), times.end(), now - minute_us));
  schedule(index);
  return times.size();
}

void QuotaTable::remember(Index index, TimeUs now) {
  pool_[index].times.push_back(now);
  schedule(index);
}

void QuotaTable::take_back(Index index, TimeUs then) {
  std::vector<TimeUs>& times = pool_[index].times;
  const auto found = std::lower_bound(times.begin(), times.end(), then);
  if (found != times.end() && *found == then) times.erase(found);
  schedule(index);
}

void QuotaTable::drop_if_idle(Index index) {
  Quota& quota = pool_[index];
  if (quota.pending || !quota.times.empty()) return;
  CHECK(quota.queue.empty());
  index_.erase(quota.cart_hash, index);
  quota.cart.clear(bytes_);
  pool_.release(index);
}

bool QuotaTable::forget(TimeUs now, size_t& budget) {
  return wheel_.advance(now, budget, [&](Index index) {
    count(index, now);
    drop_if_idle(index);
  });
}

void QuotaTable::schedule(Index index) {
  Quota& quota = pool_[index];
  if (Wheel::scheduled(quota.timer)) wheel_.cancel(index);
  if (!quota.times.empty()) wheel_.schedule(index, quota.times.front() + minute_us);
}

}  // namespace holdfast
