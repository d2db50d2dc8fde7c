#include "protocol/footprint.h"

#include <algorithm>
#include <utility>

#include "engine/check.h"

namespace holdfast {
namespace {

enum class Kind : uint8_t { stock_user, hold_change, hold_look, lock_user, barrier };

Kind kind_of(const Journey& journey) {
  // AMEND and COMMIT LATE take like a cart for a hold: nothing of it may overtake them.
  // And who stands in line answers nothing else until then.
  if (journey.late || journey.wait_us > 0) return Kind::barrier;
  switch (journey.verb) {
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
    // They touch neither stock nor cart, and commands that name the same hold or lock are in the engine's care.
    case Verb::extend:
    case Verb::hold:
      return Kind::hold_look;
    case Verb::lock:
    case Verb::relock:
    case Verb::unlock:
      return Kind::lock_user;
    // MSTOCK, HOLDS, REVOKE, tours; of what is not known here, waiting is never wrong.
    default:
      return Kind::barrier;
  }
}

// With a KEY, or where carts are paced, it goes elsewhere first, and may be overtaken on the way.
uint64_t only_sku_of(const Journey& journey) {
  const bool goes_elsewhere = !journey.key.empty() || (journey.verb == Verb::reserve && journey.paced);
  return journey.items.size() == 1 && !goes_elsewhere ? journey.items[0].hash : 0;
}

// It may be answered from a hold that is there already, and that is known by its id.
bool is_keyed(const Journey& journey) {
  return journey.verb == Verb::reserve && journey.key_hash != 0;
}

constexpr size_t first_places = 32;
constexpr size_t places_kept = 4096;  // while nothing is in use

}  // namespace

bool Footprint::may_start(const Journey& journey) const {
  if (under_way_ == 0) return true;
  if (barrier_) return false;
  switch (kind_of(journey)) {
    case Kind::barrier:
      return false;
    case Kind::hold_look:
      return keyed_ == 0;
    case Kind::lock_user:
      return true;
    case Kind::hold_change:
      return stock_users_ == 0 && (hold_changes_ == 0 || changed_ == journey.id);
    case Kind::stock_user:
      break;
  }
  if (hold_changes_ > 0 || (is_keyed(journey) && hold_looks_ > 0)) return false;
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
  switch (kind_of(journey)) {
    case Kind::barrier:
      barrier_ = true;
      return;
    case Kind::hold_look:
      ++hold_looks_;
      return;
    case Kind::lock_user:
      return;
    case Kind::hold_change:
      ++hold_changes_;
      changed_ = journey.id;
      return;
    case Kind::stock_user:
      break;
  }
  ++stock_users_;
  keyed_ += is_keyed(journey);
  const uint64_t only_sku = only_sku_of(journey);
  for (const Item& item : journey.items) enter(item.hash, only_sku);
  if (journey.verb == Verb::reserve) enter(journey.cart_hash, only_sku);
}

void Footprint::finished(const Journey& journey) {
  CHECK(under_way_ > 0);
  --under_way_;
  switch (kind_of(journey)) {
    case Kind::barrier:
      barrier_ = false;
      return;
    case Kind::hold_look:
      --hold_looks_;
      return;
    case Kind::lock_user:
      return;
    case Kind::hold_change:
      --hold_changes_;
      return;
    case Kind::stock_user:
      break;
  }
  --stock_users_;
  keyed_ -= is_keyed(journey);
  for (const Item& item : journey.items) leave(item.hash);
  if (journey.verb == Verb::reserve) leave(journey.cart_hash);
  if (used_ == 0 && uses_.size() > places_kept) uses_ = {};
}

void Footprint::reset() {
  *this = Footprint();
}

bool Footprint::admits(uint64_t resource, uint64_t only_sku) const {
  const Use& use = uses_[place_of(resource)];
  return use.users == 0 || (only_sku != 0 && use.only_sku == only_sku);
}

void Footprint::enter(uint64_t resource, uint64_t only_sku) {
  if (2 * (used_ + 1) > uses_.size()) grow();
  Use& use = uses_[place_of(resource)];
  if (use.users == 0) ++used_;
  use = {resource, only_sku, use.users + 1};
}

void Footprint::leave(uint64_t resource) {
  const size_t place = place_of(resource);
  CHECK(uses_[place].users > 0);
  if (--uses_[place].users > 0) return;
  --used_;
  close_gap(place);
}

// Where the resource is, or would be put. REQUIRES: there is an empty place.
size_t Footprint::place_of(uint64_t resource) const {
  size_t place = home_of(resource);
  while (uses_[place].users > 0 && uses_[place].resource != resource) place = after(place);
  return place;
}

// Moves back what was pushed beyond the gap (Knuth, TAOCP 3, 6.4, algorithm R), so that no probe ends too early.
void Footprint::close_gap(size_t gap) {
  const size_t mask = uses_.size() - 1;
  for (size_t place = after(gap); uses_[place].users > 0; place = after(place)) {
    const size_t home = home_of(uses_[place].resource);
    if (((place - home) & mask) < ((place - gap) & mask)) continue;
    uses_[gap] = std::exchange(uses_[place], {});
    gap = place;
  }
}

void Footprint::grow() {
  const std::vector<Use> old = std::exchange(uses_, std::vector<Use>(std::max(first_places, 2 * uses_.size())));
  for (const Use& use : old) {
    if (use.users > 0) uses_[place_of(use.resource)] = use;
  }
}

}  // namespace holdfast
