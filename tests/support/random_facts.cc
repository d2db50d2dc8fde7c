#include "tests/support/random_facts.h"

#include <sstream>

#include "engine/limits.h"

namespace holdfast {

Fact RandomFacts::next(Seq seq, TimeUs at_us) {
  return next(all_fact_types[below(all_fact_types.size())], seq, at_us);
}

Fact RandomFacts::next(FactType type, Seq seq, TimeUs at_us) {
  longest_ = false;
  return fill(type, seq, at_us);
}

Fact RandomFacts::longest(FactType type) {
  longest_ = true;
  return fill(type, (Seq{1} << 46) - 1, TimeUs{1} << 50);
}

std::string_view RandomFacts::name(size_t at_least) {
  const size_t most = longest_ ? limits::name_bytes : below(10) == 0 ? limits::name_bytes : 12;
  const size_t size = longest_ ? most : at_least + below(most + 1 - at_least);
  std::string& text = names_.emplace_back(size, '\0');
  for (char& byte : text) byte = static_cast<char>(random_());
  return text;
}

// As many bits as it comes.
int64_t RandomFacts::number(int64_t limit) {
  if (longest_) return limit;
  const uint64_t any = random_() >> below(64);
  return static_cast<int64_t>(any % (static_cast<uint64_t>(limit) + 1));
}

void RandomFacts::add_item(FactType type) {
  Item& item = items_.emplace_back();
  item.sku = name();
  item.quantity = static_cast<uint32_t>(number(limits::quantity));
  const int64_t units = item.quantity;
  const int64_t other = number(limits::quantity);
  switch (type) {
    case FactType::held:
      if (units == 0) item.quantity = 1;
      item.change.held = item.quantity;
      break;
    case FactType::committed:
      item.change = {.on_hand = -units, .held = -other, .sold = units};
      break;
    case FactType::reduced:
      item.change.held = -other;
      break;
    case FactType::amended:
      item.change.held = below(2) == 0 ? other : -other;
      break;
    default:
      item.change.held = -units;
  }
}

// Where an AMEND took some of them.
void RandomFacts::amend_items(Seq seq) {
  for (Item& item : items_) {
    if (longest_ || below(2) == 0) item.taken_seq = longest_ ? 1 : 1 + below(seq - 1);
  }
}

Fact RandomFacts::fill(FactType type, Seq seq, TimeUs at_us) {
  names_.clear();
  items_.clear();
  Fact fact;
  fact.type = type;
  fact.seq = seq;
  fact.at_us = at_us;
  const bool is_of_hold = type >= FactType::held && type <= FactType::extended;
  if (is_of_hold) fact.id = HoldId{.high = random_(), .low = random_() & ~uint64_t{0xff}};
  if (is_of_hold && type != FactType::extended) {
    fact.cart = name();
    const size_t most = type == FactType::amended ? 2 * limits::items : limits::items;
    const size_t count = longest_ ? most : below(20) == 0 ? 1 + below(most) : 1 + below(3);
    for (size_t i = 0; i < count; ++i) add_item(type);
    if (type != FactType::held) {
      fact.hold_seq = longest_ ? 1 : 1 + below(seq - 1);
      if (longest_ || below(4) == 0) amend_items(seq);
    }
  } else if (!is_of_hold) {
    items_.emplace_back().sku = name();
    if (type == FactType::stock_changed) {
      items_[0].change.on_hand = below(2) == 0 ? number(limits::units) : -number(limits::units);
    }
  }
  fact.items = items_;
  if (type == FactType::committed) fact.ref = name(0);
  if (type == FactType::policy_set) {
    fact.policy = {.oversell = number(limits::units),
                   .percart = number(limits::units),
                   .paused = below(2) == 0,
                   .challenge = below(2) == 0};
  }
  if (type == FactType::held) {
    fact.partial = below(2) == 0;
    if (longest_ || below(2) == 0) {
      fact.key = name();
      fact.fingerprint = {random_(), random_()};
    }
  }
  const bool has_deadline =
      type == FactType::held || type == FactType::extended || type == FactType::locked || type == FactType::relocked;
  if (has_deadline) fact.deadline_us = at_us + number(limits::ttl_ms_ceiling * 1000);
  return fact;
}

std::string describe(const Fact& fact) {
  std::ostringstream out;
  const auto text = [&](std::string_view bytes) {
    out << bytes.size() << ':';
    for (const char byte : bytes) out << std::hex << int{static_cast<uint8_t>(byte)} << std::dec << '.';
    out << ' ';
  };
  out << "type " << int{static_cast<uint8_t>(fact.type)} << " seq " << fact.seq << " at " << fact.at_us << " id "
      << fact.id.high << ' ' << fact.id.low << " cart ";
  text(fact.cart);
  out << "hold_seq " << fact.hold_seq << " ref ";
  text(fact.ref);
  out << "key ";
  text(fact.key);
  out << "fingerprint " << fact.fingerprint[0] << ' ' << fact.fingerprint[1] << " partial " << fact.partial
      << " deadline " << fact.deadline_us << " policy " << fact.policy.oversell << ' ' << fact.policy.percart << ' '
      << fact.policy.paused << fact.policy.challenge << " items";
  for (const Item& item : fact.items) {
    out << " [";
    text(item.sku);
    out << item.quantity << ' ' << item.change.on_hand << ' ' << item.change.held << ' ' << item.change.sold << ' '
        << item.taken_seq << ']';
  }
  return out.str();
}

}  // namespace holdfast
