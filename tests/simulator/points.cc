#include "tests/simulator/points.h"

#include <map>
#include <sstream>

#include "engine/check.h"

namespace holdfast {
namespace {

struct HoldLife {
  std::string cart;
  uint64_t made = UINT64_MAX;  // tick
};
using HoldKey = std::pair<uint64_t, uint64_t>;
using Lives = std::map<HoldKey, HoldLife>;

Lives lives_of(const std::vector<FactRecord>& facts) {
  Lives lives;
  for (const FactRecord& fact : facts) {
    if (fact.what != FactRecord::What::hold_made) continue;
    lives[{fact.id.high, fact.id.low}] = {.cart = fact.cart, .made = fact.tick};
  }
  return lives;
}

class Builder {
 public:
  Builder(const ShardWorld& world, std::vector<FactRecord>& facts)
      : world_(world), facts_(facts), first_seq_(world.options().first_seq), lives_(lives_of(facts)) {}

  std::vector<Point> build() {
    for (size_t i = 0; i < world_.exchanges().size(); ++i) add(i);
    for (const FactRecord& fact : facts_) {
      if (fact.what != FactRecord::What::hold_ended) continue;
      Point point;
      point.kind = Point::Kind::end;
      point.from = may_begin(fact);
      point.until = UINT64_MAX;
      point.seq = fact.seq;
      point.hint = fact.turned;
      point.id = fact.id;
      points_.push_back(point);
    }
    return std::move(points_);
  }

 private:
  Point& add_point(Point::Kind kind, size_t number, size_t item = 0) {
    const Exchange& exchange = world_.exchange(number);
    Point& point = points_.emplace_back();
    point.kind = kind;
    point.exchange = number;
    point.item = item;
    point.from = exchange.called;
    point.until = exchange.returned;
    if (point.is_effect()) {
      const FactRecord& fact = facts_[exchange.answer.seq - first_seq_];
      CHECK(fact.tick > exchange.called && fact.tick < exchange.returned);
      point.seq = fact.seq;
      point.hint = fact.tick;
    }
    return point;
  }

  // A command may take effect from its call on, even before it is decided; a deadline has no call.
  uint64_t may_begin(const FactRecord& fact) const {
    uint64_t tick = fact.tick;
    for (const Exchange& exchange : world_.exchanges()) {
      if (exchange.called > fact.tick) break;
      if (exchange.returned < fact.tick || fact.state == HoldState::expired) continue;
      const Verb verb = exchange.request.verb;
      const bool names_it = (verb == Verb::commit || verb == Verb::release) && exchange.request.id == fact.id;
      const bool revokes_it =
          verb == Verb::revoke && exchange.request.cart == lives_.at({fact.id.high, fact.id.low}).cart;
      if (names_it || revokes_it) tick = std::min(tick, exchange.called);
    }
    return tick;
  }

  void add(size_t number) {
    const Exchange& exchange = world_.exchange(number);
    CHECK(exchange.returned > 0);
    const Answer& answer = exchange.answer;
    switch (exchange.request.verb) {
      case Verb::reserve:
        return add_reserve(number);
      case Verb::holds:
      case Verb::revoke:
        return add_cart(number);
      case Verb::extend:
        add_point(answer.refusal ? Point::Kind::hold_look : Point::Kind::extend, number);
        return;
      case Verb::commit:
      case Verb::release:
        if (!answer.refusal && answer.seq != 0) {
          facts_[answer.seq - first_seq_].state =
              exchange.request.verb == Verb::commit ? HoldState::committed : HoldState::released;
        }
        [[fallthrough]];
      case Verb::hold:
        add_point(Point::Kind::hold_look, number);
        return;
      case Verb::multi_stock:
        for (size_t i = 0; i < exchange.request.items.size(); ++i) add_point(Point::Kind::stock_look, number, i);
        return;
      default:
        add_point(answer.refusal || answer.seq == 0 ? Point::Kind::stock_look : Point::Kind::stock_effect, number);
    }
  }

  void add_reserve(size_t number) {
    const Exchange& exchange = world_.exchange(number);
    if (!exchange.answer.refusal) {
      add_point(Point::Kind::reserve, number).id = exchange.answer.id;
      return;
    }
    for (size_t i = 0; i < exchange.request.items.size(); ++i) {
      const bool told = exchange.request.items[i].sku == exchange.answer.refused_sku;
      add_point(told ? Point::Kind::told_refusal : Point::Kind::silent_item, number, i);
    }
  }

  // "Every hold made before the call and not ended; those made during it may or may not be met."
  void add_cart(size_t number) {
    const Exchange& exchange = world_.exchange(number);
    for (const auto& [key, life] : lives_) {
      if (life.cart != exchange.request.cart || life.made > exchange.returned) continue;
      const HoldId id{.high = key.first, .low = key.second};
      bool is_listed = false;
      for (const auto& [seq, listed] : exchange.answer.holds) is_listed |= listed == id;
      if (exchange.request.verb == Verb::holds && is_listed) {
        add_point(Point::Kind::hold_is_live, number).id = id;
      } else if (life.made < exchange.called) {
        add_point(Point::Kind::hold_is_over, number).id = id;
      }
    }
  }

  const ShardWorld& world_;
  std::vector<FactRecord>& facts_;
  Seq first_seq_;
  Lives lives_;
  std::vector<Point> points_;
};

const char* name_of(Verb verb) {
  static constexpr const char* names[] = {"SETSTOCK", "RESTOCK", "STOCK",   "MSTOCK", "DELSTOCK", "POLICY",
                                          "RESERVE",  "COMMIT",  "RELEASE", "EXTEND", "HOLD",     "HOLDS",
                                          "REVOKE",   "tour",    "end",     "forget"};
  return names[static_cast<size_t>(verb)];
}

const char* name_of(Point::Kind kind) {
  static constexpr const char* names[] = {"stock effect",  "reserve",      "extend",      "end of hold",
                                          "look at stock", "told refusal", "silent item", "told of hold",
                                          "hold is live",  "hold is over"};
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

std::vector<Point> points_of(const ShardWorld& world, std::vector<FactRecord>& facts) {
  return Builder(world, facts).build();
}

std::string describe(const Exchange& exchange) {
  std::ostringstream out;
  const Request& request = exchange.request;
  const Answer& answer = exchange.answer;
  out << '[' << exchange.called << ".." << exchange.returned << "] shard " << exchange.origin << ": "
      << name_of(request.verb) << ' ' << request.cart;
  if (request.id != HoldId{}) out << " hold " << (request.id.low >> 8 & 0xffffffff);
  for (const RequestItem& item : request.items) {
    out << ' ' << item.sku << '*' << item.quantity;
    if (item.if_version >= 0) out << " ifver " << item.if_version;
  }
  if (request.verb == Verb::set_stock || request.verb == Verb::restock) out << ' ' << request.amount;
  if (request.if_version >= 0) out << " ifver " << request.if_version;
  if (!request.ref.empty()) out << " ref " << request.ref;
  if (request.ttl_us != 0) out << " ttl " << request.ttl_us;
  if (exchange.returned == 0) return out.str() + " -> no answer";
  out << " -> ";
  if (answer.refusal) {
    out << "error " << static_cast<int>(answer.refusal.error) << ' ' << answer.refused_sku
        << " want=" << answer.refusal.want << " have=" << answer.refusal.have << " held=" << answer.refusal.held;
    return out.str();
  }
  out << "seq " << answer.seq << " number " << answer.number;
  if (request.verb == Verb::reserve) out << " hold " << (answer.id.low >> 8 & 0xffffffff);
  if (request.verb <= Verb::stock || request.verb == Verb::policy) write(out, answer.stock);
  for (const StockView& stock : answer.stocks) write(out, stock);
  for (const auto& [seq, id] : answer.holds) out << " hold " << (id.low >> 8 & 0xffffffff);
  if (request.verb == Verb::hold) {
    out << " state " << static_cast<int>(answer.hold.state) << " left " << answer.hold.expires_in_ms;
  }
  return out.str();
}

std::string describe(const FactRecord& fact) {
  std::ostringstream out;
  out << "fact " << fact.seq << " at tick " << fact.tick << " by shard " << fact.shard << " at " << fact.now << " us";
  if (fact.what == FactRecord::What::other) return out.str();
  out << (fact.what == FactRecord::What::hold_made ? ": made hold " : ": ended hold ")
      << (fact.id.low >> 8 & 0xffffffff);
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
