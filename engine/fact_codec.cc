#include "engine/fact_codec.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "engine/check.h"
#include "engine/record_payload.h"
#include "engine/renew.h"

namespace holdfast {
namespace {

constexpr uint8_t is_partial = 1;
constexpr uint8_t has_key = 2;
constexpr uint8_t is_paused = 1;
constexpr uint8_t is_challenged = 2;
constexpr uint8_t was_amended = 0x80;  // beside the type: behind each item, when it was taken

// Whether the change of `held` has to be written: elsewhere it is the quantity.
bool has_change(FactType type) {
  return type == FactType::committed || type == FactType::reduced || type == FactType::amended;
}

// What an item of a fact about a hold does to the figures; `held` counts only where has_change.
StockChange change_of(FactType type, uint32_t quantity, int64_t held) {
  const int64_t units = quantity;
  switch (type) {
    case FactType::held:
      return {.held = units};
    case FactType::committed:
      return {.on_hand = -units, .held = held, .sold = units};
    case FactType::reduced:
    case FactType::amended:
      return {.held = held};
    default:
      return {.held = -units};
  }
}

bool same(const StockChange& one, const StockChange& other) {
  return one.on_hand == other.on_hand && one.held == other.held && one.sold == other.sold;
}

template <class Out>
void put_deadline(Out& out, const Fact& fact) {
  out.number(zigzag(fact.deadline_us - fact.at_us));
}

bool has_amended_items(const Fact& fact) {
  return std::any_of(fact.items.begin(), fact.items.end(), [](const Item& item) { return item.taken_seq != 0; });
}

// CHECKs that what is not written does follow from what is.
template <class Out>
void put_items(Out& out, const Fact& fact, bool is_amended = false) {
  CHECK(!fact.items.empty());
  out.number(fact.items.size());
  for (const Item& item : fact.items) {
    CHECK(same(item.change, change_of(fact.type, item.quantity, item.change.held)));
    put_name(out, item.sku);
    out.number(item.quantity);
    if (has_change(fact.type)) out.number(zigzag(item.change.held));
    if (is_amended) out.number(item.taken_seq == 0 ? 0 : fact.seq - item.taken_seq);
  }
}

template <class Out>
void put_held(Out& out, const Fact& fact) {
  put_id(out, fact.id);
  put_name(out, fact.cart);
  const bool keyed = !fact.key.empty();
  out.byte(static_cast<uint8_t>((fact.partial ? is_partial : 0) | (keyed ? has_key : 0)));
  if (keyed) {
    put_name(out, fact.key);
    out.raw(fact.fingerprint.data(), sizeof fact.fingerprint);
  }
  put_deadline(out, fact);
  put_items(out, fact);
}

template <class Out>
void put(Out& out, const Fact& fact) {
  const bool is_amended = has_amended_items(fact);
  out.byte(static_cast<uint8_t>(static_cast<uint8_t>(fact.type) | (is_amended ? was_amended : 0)));
  switch (fact.type) {
    case FactType::stock_changed:
      put_name(out, fact.items[0].sku);
      out.number(zigzag(fact.items[0].change.on_hand));
      return;
    case FactType::policy_set:
      put_name(out, fact.items[0].sku);
      out.number(static_cast<uint64_t>(fact.policy.oversell));
      out.number(static_cast<uint64_t>(fact.policy.percart));
      out.byte(
          static_cast<uint8_t>((fact.policy.paused ? is_paused : 0) | (fact.policy.challenge ? is_challenged : 0)));
      return;
    case FactType::locked:
    case FactType::relocked:
      put_name(out, fact.items[0].sku);
      put_deadline(out, fact);
      return;
    case FactType::stock_deleted:
    case FactType::unlocked:
    case FactType::lock_expired:
      put_name(out, fact.items[0].sku);
      return;
    case FactType::extended:
      put_id(out, fact.id);
      put_deadline(out, fact);
      return;
    case FactType::held:
      put_held(out, fact);
      return;
    default:
      CHECK(fact.hold_seq < fact.seq);
      put_id(out, fact.id);
      put_name(out, fact.cart);
      out.number(fact.seq - fact.hold_seq);
      if (fact.type == FactType::committed) put_name(out, fact.ref);
      put_items(out, fact, is_amended);
  }
}

void read_items(PayloadSource& in, const Fact& fact, bool is_amended, std::vector<Item>& items) {
  const FactType type = fact.type;
  const uint64_t count = in.number(type == FactType::amended ? 2 * limits::items : limits::items);
  if (count == 0) in.refuse();
  for (uint64_t i = 0; i < count && in.good(); ++i) {
    Item& item = items.emplace_back();
    item.sku = in.name();
    item.quantity = static_cast<uint32_t>(in.number(limits::quantity));
    const int64_t held = has_change(type) ? in.signed_number() : 0;
    if (held < -limits::quantity || held > limits::quantity) in.refuse();
    if (type == FactType::held && item.quantity == 0) in.refuse();
    item.change = change_of(type, item.quantity, held);
    const uint64_t since = is_amended ? in.number(fact.seq - 1) : 0;
    item.taken_seq = since == 0 ? 0 : fact.seq - since;
  }
}

void read_hold(PayloadSource& in, Fact& fact, bool is_amended, std::vector<Item>& items) {
  fact.id = in.id();
  fact.cart = in.name();
  if (fact.type != FactType::held) {
    const uint64_t since = in.number(fact.seq);
    if (since == 0) in.refuse();
    fact.hold_seq = fact.seq - since;
    if (fact.type == FactType::committed) fact.ref = in.name(0);
  } else {
    const uint8_t flags = in.flags(is_partial | has_key);
    fact.partial = (flags & is_partial) != 0;
    if ((flags & has_key) != 0) {
      fact.key = in.name();
      const std::string_view bytes = in.raw(sizeof fact.fingerprint);
      if (in.good()) std::memcpy(fact.fingerprint.data(), bytes.data(), bytes.size());
    }
    fact.deadline_us = in.deadline(fact.at_us);
  }
  read_items(in, fact, is_amended && fact.type != FactType::held, items);
}

}  // namespace

size_t encoded_bytes(const Fact& fact) {
  PayloadCounter counter;
  put(counter, fact);
  return counter.size();
}

char* encode_fact(const Fact& fact, char* out) {
  PayloadWriter writer(out);
  put(writer, fact);
  return writer.end();
}

bool decode_fact(Seq seq, TimeUs at_us, std::string_view bytes, DecodedFact& out) {
  PayloadSource in(bytes);
  Fact& fact = out.fact;
  renew(fact);
  fact.seq = seq;
  fact.at_us = at_us;
  out.items.clear();
  const uint8_t first = in.byte();
  const bool is_amended = (first & was_amended) != 0;
  const uint8_t type = first & ~was_amended;
  if (!in.good() || type > static_cast<uint8_t>(FactType::lock_expired)) return false;
  fact.type = static_cast<FactType>(type);
  switch (fact.type) {
    case FactType::stock_changed:
    case FactType::stock_deleted:
    case FactType::policy_set:
    case FactType::locked:
    case FactType::relocked:
    case FactType::unlocked:
    case FactType::lock_expired:
      out.items.emplace_back().sku = in.name();
      break;
    case FactType::extended:
      fact.id = in.id();
      break;
    default:
      read_hold(in, fact, is_amended, out.items);
  }
  if (fact.type == FactType::stock_changed) out.items[0].change.on_hand = in.signed_number();
  if (fact.type == FactType::policy_set) {
    fact.policy.oversell = static_cast<int64_t>(in.number(limits::units));
    fact.policy.percart = static_cast<int64_t>(in.number(limits::units));
    const uint8_t flags = in.flags(is_paused | is_challenged);
    fact.policy.paused = (flags & is_paused) != 0;
    fact.policy.challenge = (flags & is_challenged) != 0;
  }
  if (fact.type == FactType::locked || fact.type == FactType::relocked || fact.type == FactType::extended) {
    fact.deadline_us = in.deadline(at_us);
  }
  fact.items = out.items;
  return in.used_up() && is_amended == has_amended_items(fact);
}

void hash_names(DecodedFact& decoded, const Hasher& hasher) {
  Fact& fact = decoded.fact;
  const bool is_lock = fact.type >= FactType::locked;
  for (Item& item : decoded.items) item.hash = is_lock ? hasher.lock(item.sku) : hasher.sku(item.sku);
  if (!fact.cart.empty()) fact.cart_hash = hasher.cart(fact.cart);
  if (!fact.key.empty()) fact.key_hash = hasher.key(fact.cart, fact.key);
}

}  // namespace holdfast
