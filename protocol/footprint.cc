#include "protocol/footprint.h"

#include "engine/check.h"

namespace holdfast {
namespace {

enum class Kind : uint8_t { stock_user, hold_change, hold_look, barrier };

Kind kind_of(Verb verb) {
  switch (verb) {
    case Verb::set_stock:
    case Verb::restock:
    case Verb::stock:
    case Verb::delete_stock:
    case Verb::policy:
    case Verb::reserve:
      return Kind::stock_user;
    case Verb::commit:
    case Verb::release:
      return Kind::hold_change;
    // They touch neither stock nor cart, and commands that name the same hold are in the engine's care.
    case Verb::extend:
    case Verb::hold:
      return Kind::hold_look;
    // MSTOCK, HOLDS, REVOKE, tours; of what is not known here, waiting is never wrong.
    default:
      return Kind::barrier;
  }
}

uint64_t only_sku_of(const Journey& journey) {
  return journey.items.size() == 1 ? journey.items[0].hash : 0;
}

size_t bucket_of(uint64_t resource) {
  return static_cast<size_t>(resource >> 56);
}

}  // namespace

bool Footprint::may_start(const Journey& journey) const {
  if (under_way_ == 0) return true;
  if (barrier_) return false;
  switch (kind_of(journey.verb)) {
    case Kind::barrier:
      return false;
    case Kind::hold_look:
      return true;
    case Kind::hold_change:
      return stock_users_ == 0 && (hold_changes_ == 0 || changed_ == journey.id);
    case Kind::stock_user:
      break;
  }
  if (hold_changes_ > 0) return false;
  if (stock_users_ == 0) return true;
  const uint64_t only_sku = only_sku_of(journey);
  for (const Item& item : journey.items) {
    if (!admits(item.hash, only_sku)) return false;
  }
  return journey.verb != Verb::reserve || admits(journey.cart_hash, only_sku);
}

void Footprint::started(const Journey& journey) {
  DCHECK(may_start(journey));
  ++under_way_;
  switch (kind_of(journey.verb)) {
    case Kind::barrier:
      barrier_ = true;
      return;
    case Kind::hold_look:
      return;
    case Kind::hold_change:
      ++hold_changes_;
      changed_ = journey.id;
      return;
    case Kind::stock_user:
      break;
  }
  ++stock_users_;
  if (!buckets_) buckets_ = std::make_unique<Buckets>();
  const uint64_t only_sku = only_sku_of(journey);
  for (const Item& item : journey.items) enter(item.hash, only_sku);
  if (journey.verb == Verb::reserve) enter(journey.cart_hash, only_sku);
}

void Footprint::finished(const Journey& journey) {
  CHECK(under_way_ > 0);
  --under_way_;
  switch (kind_of(journey.verb)) {
    case Kind::barrier:
      barrier_ = false;
      return;
    case Kind::hold_look:
      return;
    case Kind::hold_change:
      --hold_changes_;
      return;
    case Kind::stock_user:
      break;
  }
  --stock_users_;
  for (const Item& item : journey.items) leave(item.hash);
  if (journey.verb == Verb::reserve) leave(journey.cart_hash);
}

void Footprint::reset() {
  *this = Footprint();
}

bool Footprint::admits(uint64_t resource, uint64_t only_sku) const {
  const size_t bucket = bucket_of(resource);
  return buckets_->users[bucket] == 0 || (only_sku != 0 && buckets_->only_sku[bucket] == only_sku);
}

// A journey may meet itself here (its SKUs and its cart share a bucket): it is then counted more than once.
void Footprint::enter(uint64_t resource, uint64_t only_sku) {
  const size_t bucket = bucket_of(resource);
  CHECK(++buckets_->users[bucket] != 0);
  buckets_->only_sku[bucket] = only_sku;
}

void Footprint::leave(uint64_t resource) {
  const size_t bucket = bucket_of(resource);
  CHECK(buckets_->users[bucket]-- != 0);
}

}  // namespace holdfast
