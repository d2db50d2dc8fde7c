#include "tools/journal/fact_json.h"

#include <fmt/format.h>

#include <iterator>

#include "engine/hold_id.h"
#include "protocol/escape.h"

namespace holdfast::journal {
namespace {

std::string_view name_of(FactType type) {
  switch (type) {
    case FactType::stock_changed:
      return "stock_changed";
    case FactType::stock_deleted:
      return "stock_deleted";
    case FactType::policy_set:
      return "policy_set";
    case FactType::held:
      return "held";
    case FactType::committed:
      return "committed";
    case FactType::released:
      return "released";
    case FactType::expired:
      return "expired";
    case FactType::revoked:
      return "revoked";
    case FactType::reduced:
      return "reduced";
    case FactType::amended:
      return "amended";
    case FactType::extended:
      return "extended";
    case FactType::locked:
      return "locked";
    case FactType::relocked:
      return "relocked";
    case FactType::unlocked:
      return "unlocked";
    case FactType::lock_expired:
      break;
  }
  return "lock_expired";
}

template <class... Values>
void put(std::string& out, fmt::format_string<Values...> format, Values&&... values) {
  fmt::format_to(std::back_inserter(out), format, std::forward<Values>(values)...);
}

void put_hold(std::string& out, const Fact& fact) {
  const auto id = to_text(fact.id);
  put(out, R"(,"id":"{}")", std::string_view(id.data(), id.size()));
  if (fact.type == FactType::extended) return;
  put(out, R"(,"cart":{})", in_json(fact.cart));
  if (fact.type != FactType::held) put(out, R"(,"hold_seq":{})", fact.hold_seq);
  if (fact.type == FactType::committed) put(out, R"(,"ref":{})", in_json(fact.ref));
  if (!fact.key.empty()) put(out, R"(,"key":{})", in_json(fact.key));
  if (fact.partial) put(out, R"(,"partial":true)");
  put(out, R"(,"items":[)");
  for (const Item& item : fact.items) {
    put(out, R"({}{{"sku":{},"quantity":{},"on_hand":{},"held":{},"sold":{})", &item == fact.items.data() ? "" : ",",
        in_json(item.sku), item.quantity, item.change.on_hand, item.change.held, item.change.sold);
    if (item.taken_seq != 0) put(out, R"(,"taken_seq":{})", item.taken_seq);
    out += '}';
  }
  put(out, "]");
}

}  // namespace

std::string to_json(const Fact& fact) {
  std::string out;
  put(out, R"({{"seq":{},"time_us":{},"type":"{}")", fact.seq, fact.at_us, name_of(fact.type));
  const bool is_of_hold = fact.type >= FactType::held && fact.type <= FactType::extended;
  if (is_of_hold) {
    put_hold(out, fact);
  } else {
    put(out, R"(,"{}":{})", fact.type >= FactType::locked ? "name" : "sku", in_json(fact.items[0].sku));
  }
  if (fact.type == FactType::stock_changed) put(out, R"(,"on_hand":{})", fact.items[0].change.on_hand);
  if (fact.type == FactType::policy_set) {
    put(out, R"(,"oversell":{},"percart":{},"paused":{},"challenge":{})", fact.policy.oversell, fact.policy.percart,
        fact.policy.paused, fact.policy.challenge);
  }
  const bool has_deadline = fact.type == FactType::held || fact.type == FactType::extended ||
                            fact.type == FactType::locked || fact.type == FactType::relocked;
  if (has_deadline) put(out, R"(,"deadline_us":{})", fact.deadline_us);
  return out += '}';
}

}  // namespace holdfast::journal
