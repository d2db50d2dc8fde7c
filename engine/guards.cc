#include "engine/guards.h"

#include <xxhash.h>

namespace holdfast {

Index GuardTable::find(std::string_view cart, std::string_view key, uint64_t hash) const {
  return index_.find(hash, [&](Index index) {
    const Guard& guard = pool_[index];
    return guard.key.view() == key && guard.cart.view() == cart;
  });
}

Index GuardTable::find(const HoldId& id, uint64_t hash) const {
  return index_.find(hash, [&](Index index) { return pool_[index].id == id; });
}

Index GuardTable::create(std::string_view cart, std::string_view key, uint64_t hash) {
  const Index index = pool_.allocate();
  pool_[index].cart.assign(bytes_, cart);
  pool_[index].key.assign(bytes_, key);
  index_.insert(hash, index);
  return index;
}

void GuardTable::name_hold(Index index, const Fact& fact) {
  Guard& guard = pool_[index];
  guard.pending = nullptr;
  guard.fingerprint = fact.fingerprint;
  guard.id = fact.id;
  guard.granted.clear();
  if (!fact.partial) return;
  for (const Item& item : fact.items) guard.granted.emplace_back(item.hash, item.quantity);
}

void GuardTable::remove(Index index, uint64_t hash) {
  Guard& guard = pool_[index];
  CHECK(guard.queue.empty());
  index_.erase(hash, index);
  guard.cart.clear(bytes_);
  guard.key.clear(bytes_);
  pool_.release(index);
}

// A sum over the items does not depend on their order; 128 bits make two requests of one sum as good as impossible.
Fingerprint fingerprint_of(const Journey& journey) {
  const uint64_t rest[] = {static_cast<uint64_t>(journey.ttl_us / 1000), journey.partial ? 1u : 0u};
  XXH128_hash_t sum = XXH3_128bits(rest, sizeof(rest));
  for (const Item& item : journey.items) {
    const XXH128_hash_t hash = XXH3_128bits_withSeed(item.sku.data(), item.sku.size(), item.quantity);
    sum.low64 += hash.low64;
    sum.high64 += hash.high64;
  }
  return {sum.low64, sum.high64};
}

}  // namespace holdfast
