#include "engine/snapshot_codec.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "engine/renew.h"

namespace holdfast {
namespace {

enum class Kind : uint8_t { begin = 1, stock, cart, hold, key, lock, end };

constexpr uint8_t is_paused = 1;
constexpr uint8_t is_challenged = 2;
constexpr uint8_t has_key = 1;
constexpr uint8_t was_amended = 2;

void put_kind(PayloadAppender& out, Kind kind) {
  out.byte(static_cast<uint8_t>(kind));
}

void put_stock(PayloadAppender out, const Stock& stock) {
  put_kind(out, Kind::stock);
  put_name(out, stock.sku.view());
  for (const int64_t units : {stock.on_hand, stock.held, stock.sold}) out.number(zigzag(units));
  out.number(static_cast<uint64_t>(stock.oversell));
  out.number(stock.version);
  out.byte(static_cast<uint8_t>((stock.paused ? is_paused : 0) | (stock.challenge ? is_challenged : 0)));
  out.number(static_cast<uint64_t>(stock.percart));
  if (stock.carts) out.number(stock.carts->since);
}

void put_cart(PayloadAppender out, std::string_view cart, int64_t units) {
  put_kind(out, Kind::cart);
  put_name(out, cart);
  out.number(zigzag(units));
}

void put_hold(PayloadAppender out, const State& state, const Hold& hold) {
  const HoldExtra* const extra = state.holds.extra_if(hold);
  const bool keyed = extra && extra->key_hash != 0;
  uint64_t items = 0;
  bool is_amended = false;
  state.holds.for_each_item(hold, [&](std::string_view, uint64_t, uint32_t, Seq taken_seq) {
    ++items;
    is_amended |= taken_seq != 0;
  });
  put_kind(out, Kind::hold);
  put_id(out, hold.id);
  out.byte(static_cast<uint8_t>(hold.state));
  out.byte(static_cast<uint8_t>((keyed ? has_key : 0) | (is_amended ? was_amended : 0)));
  put_name(out, hold.cart.view());
  out.number(hold.seq);
  out.number(zigzag(hold.timer.deadline_us));
  if (hold.state == HoldState::held) {
    out.number(zigzag(hold.made_us));
  } else {
    out.number(hold.end_seq);
    put_name(out, extra ? extra->ref.view() : std::string_view{});
  }
  if (keyed) put_word(out, extra->key_hash);
  out.number(items);
  state.holds.for_each_item(hold, [&](std::string_view sku, uint64_t, uint32_t quantity, Seq taken_seq) {
    put_name(out, sku);
    out.number(quantity);
    if (is_amended) out.number(taken_seq);
  });
}

void put_key(PayloadAppender out, const Guard& guard) {
  put_kind(out, Kind::key);
  put_name(out, guard.cart.view());
  put_name(out, guard.key.view());
  for (const uint64_t half : guard.fingerprint) put_word(out, half);
  put_id(out, guard.id);
  out.number(guard.granted.size());
  for (const auto& [hash, units] : guard.granted) {
    put_word(out, hash);
    out.number(units);
  }
}

void put_lock(PayloadAppender out, const Lock& lock) {
  put_kind(out, Kind::lock);
  put_name(out, lock.name.view());
  out.number(lock.token);
  out.number(zigzag(lock.timer.deadline_us));
}

bool put_stocks(std::string& out, const State& state, const std::function<bool()>& entry_done) {
  bool goes_on = true;
  state.stocks.for_each([&](Index index) {
    const Stock& stock = state.stocks[index];
    if (!goes_on) return;
    put_stock(PayloadAppender(out), stock);
    goes_on = entry_done();
    if (!stock.carts) return;
    for (const auto& [cart, units] : stock.carts->units) {
      if (!goes_on) return;
      put_cart(PayloadAppender(out), cart, units);
      goes_on = entry_done();
    }
  });
  return goes_on;
}

// A cart's holds, and the ended ones of a kind, are lists: their order is part of what is known.
bool put_holds(std::string& out, const State& state, const std::function<bool()>& entry_done) {
  std::vector<std::pair<Seq, Index>> live;
  live.reserve(state.holds.live());
  state.holds.for_each([&](Index index) {
    const Hold& hold = state.holds[index];
    if (hold.state == HoldState::held) live.emplace_back(hold.seq, index);
  });
  std::sort(live.begin(), live.end());
  for (const auto& [seq, index] : live) {
    put_hold(PayloadAppender(out), state, state.holds[index]);
    if (!entry_done()) return false;
  }
  for (const HoldTable::Kind kind : HoldTable::kinds) {
    Index index = state.holds.oldest_tombstone(kind);
    for (; index != no_index; index = state.holds[index].timer.next) {
      put_hold(PayloadAppender(out), state, state.holds[index]);
      if (!entry_done()) return false;
    }
  }
  return true;
}

}  // namespace

void put_begin(std::string& out, const Snapshot& snapshot) {
  PayloadAppender appender(out);
  put_kind(appender, Kind::begin);
  for (const TimeUs time_us : {snapshot.end.time_us, snapshot.last_us, snapshot.anchored_us, snapshot.made_us}) {
    appender.number(zigzag(time_us));
  }
  const auto anchor = to_bytes(snapshot.anchor);
  appender.raw(anchor.data(), anchor.size());
}

void put_end(std::string& out, const Snapshot& snapshot) {
  PayloadAppender appender(out);
  put_kind(appender, Kind::end);
  appender.number(snapshot.entries);
  put_word(appender, snapshot.digest.low);
  put_word(appender, snapshot.digest.high);
  appender.number(zigzag(snapshot.tombstone_ttl_us));
}

bool put_state(std::string& out, const State& state, const std::function<bool()>& entry_done) {
  if (!put_stocks(out, state, entry_done) || !put_holds(out, state, entry_done)) return false;
  bool goes_on = true;
  state.guards.for_each([&](Index index) {
    if (!goes_on) return;
    put_key(PayloadAppender(out), state.guards[index]);
    goes_on = entry_done();
  });
  state.locks.for_each([&](Index index) {
    if (!goes_on) return;
    put_lock(PayloadAppender(out), state.locks[index]);
    goes_on = entry_done();
  });
  return goes_on;
}

bool SnapshotLoader::take(std::string_view payload) {
  PayloadSource in(payload);
  while (in.good() && !in.used_up()) {
    const auto kind = static_cast<Kind>(in.byte());
    if (ended_ || begun_ != (kind != Kind::begin)) return false;
    if (kind != Kind::cart) carts_ = nullptr;
    if (kind != Kind::hold && !place_holds()) return false;
    if (kind == Kind::end) {
      if (!take_end(in)) return false;
      continue;
    }
    const bool is_good = kind == Kind::begin   ? take_begin(in)
                         : kind == Kind::stock ? take_stock(in)
                         : kind == Kind::cart  ? take_cart(in)
                         : kind == Kind::hold  ? read_hold(in)
                         : kind == Kind::key   ? take_key(in)
                                               : kind == Kind::lock && take_lock(in);
    if (!is_good) return false;
    ++snapshot_.entries;
  }
  return in.good() && place_holds();  // what they say is in the payload
}

bool SnapshotLoader::take_begin(PayloadSource& in) {
  for (int64_t* const time_us :
       {&snapshot_.end.time_us, &snapshot_.last_us, &snapshot_.anchored_us, &snapshot_.made_us}) {
    *time_us = in.signed_number();
  }
  begun_ = true;
  return read_anchor(in.raw(anchor_bytes), snapshot_.anchor) && in.good();
}

bool SnapshotLoader::take_stock(PayloadSource& in) {
  const std::string_view sku = in.name();
  Stock read;
  for (int64_t* const units : {&read.on_hand, &read.held, &read.sold}) *units = in.signed_number();
  read.oversell = static_cast<int64_t>(in.number(limits::units));
  read.version = in.number(UINT64_MAX);
  const uint8_t flags = in.flags(is_paused | is_challenged);
  read.percart = static_cast<int64_t>(in.number(limits::units));
  const Seq since = read.percart > 0 ? in.number(UINT64_MAX) : 0;
  if (!in.good()) return false;
  const uint64_t hash = hasher().sku(sku);
  StockTable& stocks = owner(slot_of(hash)).stocks;
  if (stocks.find(sku, hash) != no_index) return false;
  Stock& stock = stocks[stocks.create(sku, hash)];
  stock.on_hand = read.on_hand;
  stock.held = read.held;
  stock.sold = read.sold;
  stock.oversell = read.oversell;
  stock.version = read.version;
  stock.paused = (flags & is_paused) != 0;
  stock.challenge = (flags & is_challenged) != 0;
  stock.percart = read.percart;
  if (stock.percart > 0) {
    stock.carts = std::make_unique<CartCounts>();
    stock.carts->since = since;
  }
  carts_ = stock.carts.get();
  return true;
}

bool SnapshotLoader::take_cart(PayloadSource& in) {
  const std::string_view cart = in.name();
  const int64_t units = in.signed_number();
  return in.good() && carts_ && carts_->units.try_emplace(std::string(cart), units).second;
}

bool SnapshotLoader::read_hold(PayloadSource& in) {
  ReadHold& read = read_[read_count_];  // what only a live or only an ended one has is left from another: nobody asks
  Fact& held = read.held;
  Fact& end = read.end;
  held.id = in.id();
  const uint8_t state = in.byte();
  const uint8_t flags = in.flags(has_key | was_amended);
  const bool keyed = (flags & has_key) != 0;
  held.cart = in.name();
  held.seq = in.number(UINT64_MAX);
  held.deadline_us = end.at_us = in.signed_number();
  read.state = static_cast<HoldState>(state);
  if (read.state == HoldState::held) {
    held.at_us = in.signed_number();
  } else {
    end.seq = in.number(UINT64_MAX);
    end.ref = in.name(0);
  }
  held.key_hash = keyed ? in.word() : 0;
  read.items.resize(in.number(limits::items));
  for (Item& item : read.items) {
    renew(item);
    item.sku = in.name();
    item.quantity = static_cast<uint32_t>(in.number(limits::quantity));
    if ((flags & was_amended) != 0) item.taken_seq = in.number(UINT64_MAX);
    if (!in.good()) return false;
    item.hash = hasher().sku(item.sku);
  }
  held.items = read.items;
  const bool is_known = state <= static_cast<uint8_t>(HoldState::revoked) && keyed == (held.key_hash != 0);
  if (!in.good() || read.items.empty() || !is_known) return false;
  held.cart_hash = read.state == HoldState::held ? hasher().cart(held.cart) : 0;
  return ++read_count_ < read_.size() || place_holds();
}

bool SnapshotLoader::place_holds() {
  const std::span<ReadHold> all(read_.data(), std::exchange(read_count_, 0));
  for (const ReadHold& read : all) {
    const State& home = owner(read.held.id.slot());
    home.holds.prefetch_place(read.held.id);
    home.stocks.prefetch_place(read.items[0].hash);
    if (read.state == HoldState::held) home.holds.prefetch_cart(read.held.cart_hash);
  }
  for (const ReadHold& read : all) owner(read.held.id.slot()).stocks.prefetch_guess(read.items[0].hash);
  for (const auto& [held, end, state, items] : all) {
    State& home = owner(held.id.slot());
    if (home.holds.find(held.id) != no_index) return false;
    // The name of a SKU that was deleted is kept with the hold.
    const bool is_here = items.size() == 1 && items[0].taken_seq == 0 && home.owns(slot_of(items[0].hash));
    const Index only_stock = is_here ? home.stocks.find(items[0].sku, items[0].hash) : no_index;
    if (state == HoldState::held) {
      home.holds.create(held, held.cart_hash, only_stock);
    } else {
      home.holds.restore_ended(held, only_stock, state, end);
    }
  }
  return true;
}

bool SnapshotLoader::take_key(PayloadSource& in) {
  const std::string_view cart = in.name();
  const std::string_view key = in.name();
  Fingerprint fingerprint{};
  for (uint64_t& half : fingerprint) half = in.word();
  const HoldId id = in.id();
  std::vector<std::pair<uint64_t, uint32_t>> granted(in.number(limits::items));
  for (auto& [hash, units] : granted) {
    hash = in.word();
    units = static_cast<uint32_t>(in.number(limits::quantity));
  }
  if (!in.good()) return false;
  const uint64_t hash = hasher().key(cart, key);
  GuardTable& guards = owner(slot_of(hash)).guards;
  if (guards.find(cart, key, hash) != no_index) return false;
  Guard& guard = guards[guards.create(cart, key, hash)];
  guard.fingerprint = fingerprint;
  guard.id = id;
  guard.granted = std::move(granted);
  return true;
}

bool SnapshotLoader::take_lock(PayloadSource& in) {
  const std::string_view name = in.name();
  const Seq token = in.number(UINT64_MAX);
  const TimeUs deadline_us = in.signed_number();
  if (!in.good()) return false;
  const uint64_t hash = hasher().lock(name);
  LockTable& locks = owner(slot_of(hash)).locks;
  if (locks.find(name, hash) != no_index) return false;
  locks.create(name, hash, token, deadline_us);
  return true;
}

bool SnapshotLoader::take_end(PayloadSource& in) {
  const uint64_t entries = in.number(UINT64_MAX);
  snapshot_.digest.low = in.word();
  snapshot_.digest.high = in.word();
  snapshot_.tombstone_ttl_us = in.signed_number();
  ended_ = in.used_up() && entries == snapshot_.entries;
  return ended_;
}

}  // namespace holdfast
