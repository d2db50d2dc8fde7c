#include "tests/simulator/points.h"

#include <algorithm>
#include <map>
#include <set>

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
      : world_(world), facts_(facts), first_seq_(world.options().first_seq), lives_(lives_of(facts)) {
    for (const Exchange& exchange : world.exchanges()) {
      for (const Stay& stay : exchange.stays) skus_with_lines_.insert(exchange.request.items[stay.item].sku);
    }
  }

  std::vector<Point> build() {
    for (size_t i = 0; i < world_.exchanges().size(); ++i) add(i);
    for (const FactRecord& fact : facts_) {
      const bool is_end = fact.what == FactRecord::What::hold_ended;
      if (!is_end && fact.what != FactRecord::What::committed_late) continue;
      Point point;
      point.kind = is_end ? Point::Kind::end : Point::Kind::late;
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
  FactRecord& fact_of(const Exchange& exchange) { return facts_[exchange.answer.seq - first_seq_]; }

  Point& add_point(Point::Kind kind, size_t number, size_t item = 0) {
    const Exchange& exchange = world_.exchange(number);
    Point& point = points_.emplace_back();
    point.kind = kind;
    point.exchange = number;
    point.item = item;
    point.from = exchange.called;
    point.until = exchange.returned;
    if (point.is_effect()) {
      const FactRecord& fact = fact_of(exchange);
      CHECK(fact.tick > exchange.called && fact.tick < exchange.returned);
      point.seq = fact.seq;
      point.hint = std::max(fact.tick, fact.turned);
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
    const auto add_either = [&](bool has_effect, Point::Kind effect, Point::Kind look) {
      add_point(has_effect ? effect : look, number);
    };
    switch (exchange.request.verb) {
      case Verb::reserve:
        return add_reserve(number);
      case Verb::holds:
      case Verb::revoke:
        return add_cart(number);
      case Verb::extend:
        return add_either(!answer.refusal, Point::Kind::extend, Point::Kind::hold_look);
      case Verb::lock:
      case Verb::relock:
      case Verb::unlock:
        return add_either(answer.seq != 0, Point::Kind::lock_effect, Point::Kind::lock_look);
      case Verb::amend:
        if (is_about_stock(answer.refusal.error)) return add_refused(number, exchange.request.items);
        return add_either(answer.seq != 0, Point::Kind::amend, Point::Kind::hold_look);
      case Verb::commit:
        return add_commit(number);
      case Verb::release: {
        if (answer.seq != 0 && !fact_of(exchange).state) fact_of(exchange).state = HoldState::released;
        const bool is_part = answer.seq != 0 && fact_of(exchange).what == FactRecord::What::hold_changed;
        return add_either(is_part, Point::Kind::reduce, Point::Kind::hold_look);
      }
      case Verb::hold:
        add_point(Point::Kind::hold_look, number);
        return;
      case Verb::multi_stock:
        for (size_t i = 0; i < exchange.request.items.size(); ++i) add_point(Point::Kind::stock_look, number, i);
        return;
      default:
        add_either(!answer.refusal && answer.seq != 0, Point::Kind::stock_effect, Point::Kind::stock_look);
    }
  }

  // What is said of a SKU, and what is judged by the state of a hold or a key.
  static bool is_about_stock(Error error) { return error >= Error::no_sku && error <= Error::out_of_stock; }

  void add_commit(size_t number) {
    const Exchange& exchange = world_.exchange(number);
    if (is_about_stock(exchange.answer.refusal.error)) {
      if (!exchange.request.items.empty()) return add_refused(number, exchange.request.items);
      std::vector<RequestItem> all;
      for (const FactRecord& fact : facts_) {
        if (fact.what != FactRecord::What::hold_ended || fact.id != exchange.request.id) continue;
        for (const auto& [sku, quantity] : fact.items) all.push_back({.sku = sku, .quantity = quantity});
      }
      return add_refused(number, all);
    }
    if (!exchange.answer.refusal && !fact_of(exchange).state) fact_of(exchange).state = HoldState::committed;
    add_point(Point::Kind::hold_look, number);
  }

  // "More than `on_hand + oversell` ends it at once": a cart does not go to a line where one of its SKUs can never be
  // had. Each is seen at an instant of its own of the try before. (That of its line is looked at after each event, see
  // conservation.cc; with PARTIAL the others are no reason.)
  void add_stays(size_t number) {
    const Exchange& exchange = world_.exchange(number);
    const Request& request = exchange.request;
    uint64_t began = exchange.called;
    for (const Stay& stay : exchange.stays) {
      for (size_t i = 0; i < request.items.size() && !request.partial; ++i) {
        if (i == stay.item) continue;
        Point& point = add_point(Point::Kind::may_come, number, i);
        point.wanted = request.items[i];
        point.from = began;
        point.until = stay.from;
      }
      began = stay.until;
    }
  }

  void add_reserve(size_t number) {
    add_stays(number);
    const Exchange& exchange = world_.exchange(number);
    const Request& request = exchange.request;
    const Answer& answer = exchange.answer;
    if (exchange.replayed || answer.refusal.error == Error::idem) {
      add_point(Point::Kind::key_look, number);
      return;
    }
    if (answer.refusal) {
      if (exchange.hung_up) return;  // nobody hears it
      if (answer.refusal.error == Error::cart_revoked) return add_refused(number, {});
      if (!request.key.empty()) add_point(Point::Kind::key_is_free, number);
      return add_refused(number, request.items);
    }
    add_point(Point::Kind::reserve, number).id = answer.id;
    if (request.items.size() == 1) return;
    const auto add_before_decision = [&](Point::Kind kind, size_t item) {
      Point& point = add_point(kind, number, item);
      point.wanted = request.items[item];
      point.until = fact_of(exchange).tick;
    };
    for (size_t i = 0; i < request.items.size(); ++i) {
      const uint32_t granted = request.partial ? answer.granted.at(i) : request.items[i].quantity;
      if (granted < request.items[i].quantity) add_before_decision(Point::Kind::partial_item, i);
      if (granted > 0 && skus_with_lines_.contains(request.items[i].sku)) add_before_decision(Point::Kind::in_turn, i);
    }
  }

  void add_refused(size_t number, const std::vector<RequestItem>& items) {
    const Answer& answer = world_.exchange(number).answer;
    bool is_told = false;
    for (size_t i = 0; i < items.size(); ++i) {
      const bool told = items[i].sku == answer.refused_sku && is_about_stock(answer.refusal.error);
      is_told |= told;
      Point& point = add_point(told ? Point::Kind::told_refusal : Point::Kind::silent_item, number, i);
      point.wanted = items[i];
      // A wait that ended was judged anew then.
      const std::vector<Stay>& stays = world_.exchange(number).stays;
      if (told && !stays.empty()) point.from = stays.back().from;
    }
    const bool may_wait = world_.exchange(number).request.wait_us > 0 && answer.refusal.error == Error::out_of_stock;
    if (!is_told || may_wait) add_point(Point::Kind::rule, number);
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
  std::set<std::string> skus_with_lines_;
  std::vector<Point> points_;
};

}  // namespace

std::vector<Point> points_of(const ShardWorld& world, std::vector<FactRecord>& facts) {
  return Builder(world, facts).build();
}

}  // namespace holdfast
