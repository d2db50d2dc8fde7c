// What a trace and a failure say.
#include <sstream>

#include "tests/simulator/points.h"

namespace holdfast {
namespace {

const char* name_of(Verb verb) {
  static constexpr const char* names[] = {"SETSTOCK", "RESTOCK", "STOCK",   "MSTOCK", "DELSTOCK", "POLICY",
                                          "RESERVE",  "COMMIT",  "RELEASE", "AMEND",  "EXTEND",   "HOLD",
                                          "HOLDS",    "REVOKE",  "LOCK",    "RELOCK", "UNLOCK",   "tour"};
  return names[static_cast<size_t>(verb)];
}

const char* name_of(Point::Kind kind) {
  static constexpr const char* names[] = {
      "stock effect", "reserve",       "extend",       "reduce",       "amend",        "lock effect",  "late commit",
      "end of hold",  "look at stock", "told refusal", "silent item",  "partial item", "in turn",      "told of key",
      "key is free",  "told of hold",  "hold is live", "hold is over", "may come",     "told of lock", "rule"};
  return names[static_cast<size_t>(kind)];
}

void write(std::ostream& out, const StockView& stock) {
  if (!stock.exists) {
    out << " no such sku";
    return;
  }
  out << " on_hand=" << stock.on_hand << " held=" << stock.held << " sold=" << stock.sold
      << " oversell=" << stock.oversell << " paused=" << stock.paused << " version=" << stock.version;
}

}  // namespace

std::string describe(const Exchange& exchange) {
  std::ostringstream out;
  const Request& request = exchange.request;
  const Answer& answer = exchange.answer;
  out << '[' << exchange.called << ".." << exchange.returned << "] shard " << exchange.origin << ": "
      << name_of(request.verb) << ' ' << request.cart;
  if (request.id != HoldId{}) out << " hold " << (request.id.low >> 8 & 0xffffffff);
  for (const RequestItem& item : request.items) {
    out << ' ' << item.sku << '*' << item.quantity << (item.proven_for_us > 0 ? " proven" : "");
    if (item.if_version >= 0) out << " ifver " << item.if_version;
  }
  if (request.amount != 0 || request.verb == Verb::set_stock) out << ' ' << request.amount;
  if (request.if_version >= 0) out << " ifver " << request.if_version;
  if (!request.ref.empty()) out << " ref " << request.ref;
  if (!request.key.empty()) out << " key " << request.key;
  if (request.partial) out << " partial";
  if (request.late) out << " late";
  if (request.wait_us != 0) out << " wait " << request.wait_us;
  if (request.ttl_us != 0) out << " ttl " << request.ttl_us;
  if (request.verb == Verb::policy) {
    const PolicyChange& change = request.policy;
    if (change.sets_oversell) out << " oversell " << change.to.oversell;
    if (change.sets_percart) out << " percart " << change.to.percart;
    if (change.sets_paused) out << " paused " << change.to.paused;
    if (change.sets_challenge) out << " challenge " << change.to.challenge;
  }
  if (exchange.hung_up) out << " (hung up)";
  if (exchange.returned == 0) return out.str() + " -> no answer";
  out << " -> ";
  if (answer.refusal) {
    out << "error " << static_cast<int>(answer.refusal.error) << ' ' << answer.refused_sku
        << " want=" << answer.refusal.want << " have=" << answer.refusal.have << " max=" << answer.refusal.max
        << " held=" << answer.refusal.held;
    return out.str();
  }
  out << "seq " << answer.seq << " number " << answer.number;
  if (request.verb == Verb::reserve) out << " hold " << (answer.id.low >> 8 & 0xffffffff);
  if (exchange.replayed) out << " of an earlier one";
  for (const uint32_t units : answer.granted) out << " granted " << units;
  if (request.verb <= Verb::stock || request.verb == Verb::policy) write(out, answer.stock);
  for (const StockView& stock : answer.stocks) write(out, stock);
  for (const auto& [seq, id] : answer.holds) out << " hold " << (id.low >> 8 & 0xffffffff);
  if (request.verb == Verb::hold) {
    out << " state " << static_cast<int>(answer.hold.state) << " left " << answer.hold.expires_in_ms;
    for (const auto& [sku, quantity] : answer.hold.items) out << ' ' << sku << '*' << quantity;
  }
  return out.str();
}

std::string describe(const FactRecord& fact) {
  std::ostringstream out;
  out << "fact " << fact.seq << " at tick " << fact.tick << " by shard " << fact.shard << " at " << fact.now << " us";
  if (fact.what == FactRecord::What::other) return out.str();
  static constexpr const char* names[] = {"", "made", "changed", "ended", "sold late"};
  out << ": " << names[static_cast<size_t>(fact.what)] << " hold " << (fact.id.low >> 8 & 0xffffffff);
  for (const auto& [sku, quantity] : fact.items) out << ' ' << sku << '*' << quantity;
  if (fact.state) out << " to state " << static_cast<int>(*fact.state);
  if (fact.in_place != 0) out << ", in place at tick " << fact.in_place;
  return out.str();
}

std::string describe(const Point& point, const ShardWorld& world) {
  std::ostringstream out;
  out << name_of(point.kind) << " (" << point.from << ", ";
  if (point.until == UINT64_MAX) {
    out << "end)";
  } else {
    out << point.until << ')';
  }
  if (point.id != HoldId{}) out << " hold " << (point.id.low >> 8 & 0xffffffff);
  if (point.seq != 0) out << " seq " << point.seq;
  if (point.exchange != SIZE_MAX) out << " item " << point.item << " of " << describe(world.exchange(point.exchange));
  return out.str();
}

}  // namespace holdfast
