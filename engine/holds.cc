#include "engine/holds.h"

#include <cstring>
#include <new>
#include <utility>

namespace holdfast {
namespace {

// The random and the counting bits of an id, spread over the word.
uint64_t hash_of(const HoldId& id) {
  return (id.low ^ id.high) * 0x9e3779b97f4a7c15;
}

}  // namespace

// What is too long for the BytePool's chunks (the items of a big cart) has no other owner.
HoldTable::~HoldTable() {
  for (Index index = 0; index < extras_.limit(); ++index) {
    if (extras_.live(index)) drop_items(extras_[index]);
  }
}

Index HoldTable::first_of_cart(std::string_view cart, uint64_t cart_hash) {
  change_carts(0);
  return carts_.find(cart_hash, [&](Index index) { return pool_[index].cart.view() == cart; });
}

Index HoldTable::find_adopted(const HoldId& id) const {
  return adopted_.find(hash_of(id), [&](Index index) { return pool_[index].id == id; });
}

void HoldTable::prefetch_place(const HoldId& id) const {
  adopted_.prefetch(hash_of(id));
  prefetch(id);
}

void HoldTable::prefetch_guess(const HoldId& id) const {
  if (const Index index = adopted_.guess(hash_of(id)); index != no_index) pool_.prefetch(index);
}

Index HoldTable::store(const Fact& fact, Index only_stock) {
  const Index index = pool_.allocate();
  if (fact.id.record() != index) adopted_.insert(hash_of(fact.id), index);
  Hold& hold = pool_[index];
  hold.id = fact.id;
  hold.cart.assign(bytes_, fact.cart);
  hold.seq = fact.seq;
  store_items(hold, fact.items, only_stock);
  if (fact.key_hash != 0) extra_of(hold).key_hash = fact.key_hash;
  return index;
}

Index HoldTable::create(const Fact& fact, uint64_t cart_hash, Index only_stock) {
  const Index index = store(fact, only_stock);
  Hold& hold = pool_[index];
  hold.made_us = fact.at_us;
  change_cart_later({.cart_hash = cart_hash, .hold = index, .enters = true});
  wheel_.schedule(index, fact.deadline_us);
  end_bytes_ += bytes_to_end(hold);
  return index;
}

void HoldTable::restore_ended(const Fact& held, Index only_stock, HoldState state, const Fact& end) {
  const Index index = store(held, only_stock);
  pool_[index].state = state;
  enter_tombstones(index, end);
}

uint64_t HoldTable::bytes_to_end(const Hold& hold) const {
  constexpr uint64_t record = 512;  // two headers (a mark may follow), an id, a REF of 255 bytes
  constexpr uint64_t an_item = 21;  // length, units, change, and by which fact they were taken
  uint64_t bytes = record + hold.cart.view().size();
  if (hold.stock != no_index) return bytes + an_item + stocks_[hold.stock].sku.view().size();
  const HoldExtra& extra = extras_[hold.extra];
  for (const HoldItem& item : std::span(extra.items, extra.item_count)) bytes += an_item + item.sku.view().size();
  return bytes;
}

void HoldTable::store_items(Hold& hold, std::span<const Item> items, Index only_stock) {
  if (only_stock != no_index) {
    hold.stock = only_stock;
    hold.quantity = items[0].quantity;
    stocks_.add_reference(hold.stock);
    return;
  }
  HoldExtra& extra = extra_of(hold);
  extra.item_count = static_cast<uint32_t>(items.size());
  extra.items = reinterpret_cast<HoldItem*>(bytes_.allocate(items.size() * sizeof(HoldItem)));
  for (size_t i = 0; i < items.size(); ++i) {
    HoldItem* item = ::new (&extra.items[i]) HoldItem;
    item->sku.assign(bytes_, items[i].sku);
    item->hash = items[i].hash;
    item->taken_seq = items[i].taken_seq;
    item->quantity = items[i].quantity;
  }
}

void HoldTable::set_quantities(Index index, std::span<const Item> items) {
  Hold& hold = pool_[index];
  if (hold.stock != no_index) {
    hold.quantity = items[0].quantity;
    return;
  }
  HoldExtra& extra = extra_of(hold);
  for (HoldItem& mine : std::span(extra.items, extra.item_count)) {
    for (const Item& item : items) {
      if (item.hash == mine.hash && item.sku == mine.sku.view()) mine.quantity = item.quantity;
    }
  }
}

void HoldTable::replace_items(Index index, const Fact& fact) {
  Hold& hold = pool_[index];
  end_bytes_ -= bytes_to_end(hold);
  if (hold.stock != no_index) {
    stocks_.drop_reference(hold.stock);
    hold.stock = no_index;
  } else {
    drop_items(extra_of(hold));
  }
  std::vector<Item> kept;
  for (const Item& item : fact.items) {
    if (item.quantity == 0) continue;
    kept.push_back(item);
    if (item.change.held > 0) kept.back().taken_seq = fact.seq;
  }
  store_items(hold, kept, no_index);
  end_bytes_ += bytes_to_end(hold);
}

void HoldTable::end(Index index, HoldState state, const Fact& fact, uint64_t cart_hash) {
  Hold& hold = pool_[index];
  CHECK(hold.state == HoldState::held);
  if (Wheel::scheduled(hold.timer)) wheel_.cancel(index);
  end_bytes_ -= bytes_to_end(hold);
  change_cart_later({.cart_hash = cart_hash, .hold = index, .enters = false});
  set_quantities(index, fact.items);
  hold.state = state;
  enter_tombstones(index, fact);
}

void HoldTable::commit_late(Index index, const Fact& fact) {
  Hold& hold = pool_[index];
  CHECK(hold.state == HoldState::expired);
  leave_tombstones(index);
  set_quantities(index, fact.items);
  hold.state = HoldState::committed;
  enter_tombstones(index, fact);
}

void HoldTable::enter_tombstones(Index index, const Fact& fact) {
  Hold& hold = pool_[index];
  hold.end_seq = fact.seq;
  if (!fact.ref.empty()) extra_of(hold).ref.assign(bytes_, fact.ref);
  TombstoneList& list = tombstones_[kind_of(hold)];
  ++ended_;
  keyed_ += kind_of(hold) == keyed;
  hold.timer = {.deadline_us = fact.at_us, .prev = list.last, .next = no_index};
  (list.last == no_index ? list.first : pool_[list.last].timer.next) = index;
  list.last = index;
}

HoldTable::Kind HoldTable::kind_of(const Hold& hold) const {
  const HoldExtra* extra = extra_if(hold);
  if (extra && extra->key_hash != 0) return keyed;
  return hold.state == HoldState::committed ? committed : plain;
}

void HoldTable::leave_tombstones(Index index) {
  Hold& hold = pool_[index];
  TombstoneList& list = tombstones_[kind_of(hold)];
  --ended_;
  keyed_ -= kind_of(hold) == keyed;
  (hold.timer.prev == no_index ? list.first : pool_[hold.timer.prev].timer.next) = hold.timer.next;
  (hold.timer.next == no_index ? list.last : pool_[hold.timer.next].timer.prev) = hold.timer.prev;
}

void HoldTable::set_deadline(Index index, TimeUs deadline_us) {
  wheel_.cancel(index);
  wheel_.schedule(index, deadline_us);
}

void HoldTable::forget(Index index) {
  Hold& hold = pool_[index];
  CHECK(hold.state != HoldState::held && !hold.busy);
  if (hold.cart_changes > 0) change_carts(0);
  // The next one to go, and the one after that: tombstones lie in the order of their ends, their SKUs anywhere.
  if (const Index next = hold.timer.next; next != no_index) {
    prefetch_stock(next);
    if (pool_[next].id.record() != next) adopted_.prefetch(hash_of(pool_[next].id));
    if (pool_[next].timer.next != no_index) pool_.prefetch(pool_[next].timer.next);
  }
  leave_tombstones(index);
  hold.cart.clear(bytes_);
  if (hold.stock != no_index) stocks_.drop_reference(hold.stock);
  if (hold.extra != no_index) {
    HoldExtra& extra = extras_[hold.extra];
    CHECK(extra.queue.empty());
    drop_items(extra);
    extra.ref.clear(bytes_);
    extras_.release(hold.extra);
  }
  if (hold.id.record() != index) adopted_.erase(hash_of(hold.id), index);
  pool_.release(index);
}

void HoldTable::drop_items(HoldExtra& extra) {
  if (!extra.items) return;
  HoldItem* const items = std::exchange(extra.items, nullptr);
  for (HoldItem& item : std::span(items, extra.item_count)) item.sku.clear(bytes_);
  bytes_.release(reinterpret_cast<char*>(items), extra.item_count * sizeof(HoldItem));
}

HoldExtra& HoldTable::extra_of(Hold& hold) {
  if (hold.extra == no_index) hold.extra = extras_.allocate();
  return extras_[hold.extra];
}

void HoldTable::change_cart_later(const CartChange& change) {
  if (change_count_ == late_changes) change_carts(late_changes - 1);
  carts_.prefetch(change.cart_hash);
  cart_changes_[(first_change_ + change_count_++) % late_changes] = change;
  ++pool_[change.hold].cart_changes;
}

void HoldTable::change_carts(uint32_t left) {
  while (change_count_ > left) {
    const CartChange change = cart_changes_[first_change_];
    first_change_ = (first_change_ + 1) % late_changes;
    --change_count_;
    --pool_[change.hold].cart_changes;
    change.enters ? enter_cart(change.hold, change.cart_hash) : leave_cart(change.hold, change.cart_hash);
  }
}

// The newest hold of a cart is the one that the table points to; the older ones hang behind it.
void HoldTable::enter_cart(Index index, uint64_t cart_hash) {
  Hold& hold = pool_[index];
  const std::string_view cart = hold.cart.view();
  const Index first = carts_.find(cart_hash, [&](Index other) { return pool_[other].cart.view() == cart; });
  if (first == no_index) {
    carts_.insert(cart_hash, index);
    return;
  }
  carts_.replace(cart_hash, first, index);
  hold.cart_next = first;
  pool_[first].cart_prev = index;
}

void HoldTable::leave_cart(Index index, uint64_t cart_hash) {
  Hold& hold = pool_[index];
  if (hold.cart_next != no_index) pool_[hold.cart_next].cart_prev = hold.cart_prev;
  if (hold.cart_prev != no_index) {
    pool_[hold.cart_prev].cart_next = hold.cart_next;
  } else if (hold.cart_next != no_index) {
    carts_.replace(cart_hash, index, hold.cart_next);
  } else {
    carts_.erase(cart_hash, index);
  }
  hold.cart_prev = hold.cart_next = no_index;
}

size_t HoldTable::memory_bytes() const {
  return pool_.memory_bytes() + extras_.memory_bytes() + bytes_.memory_bytes() + carts_.memory_bytes() +
         adopted_.memory_bytes();
}

}  // namespace holdfast
