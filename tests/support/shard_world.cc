#include "tests/support/shard_world.h"

#include <algorithm>

#include "engine/check.h"

namespace holdfast {

class ShardWorld::Port final : public ShardPort {
 public:
  Port(ShardWorld& world, ShardIndex index) : world_(world), index_(index) {}

  Seq next_seq() override {
    world_.see_fact(index_);
    world_.see_lines();  // a try may begin and end within one event: who is on one now does not stand in line
    FactRecord fact;
    fact.seq = world_.options_.first_seq + world_.facts_.size();
    fact.tick = ++world_.tick_;
    fact.shard = index_;
    fact.now = world_.clocks_[index_];
    world_.facts_.push_back(fact);
    world_.fact_unseen_ = true;
    return fact.seq;
  }

  void record(const Fact& fact) override {
    KeptFact& kept = world_.kept_facts_.emplace_back();
    kept = {.seq = fact.seq, .at_us = fact.at_us, .bytes = std::string(encoded_bytes(fact), '\0')};
    encode_fact(fact, kept.bytes.data());
  }

  Seq last_seq() override { return world_.options_.first_seq + world_.facts_.size() - 1; }

  std::string_view shortage() override { return world_.shortage_; }

  uint32_t secret() override {
    world_.see_fact(index_);
    world_.makes_hold_ = true;
    return ++world_.secrets_;
  }

  void send(ShardIndex to, Journey* journey) override {
    world_.see_fact(index_);
    CHECK(to != index_);
    if (journey->ending && journey->phase == Phase::backward) world_.see_turned(journey->id);
    if (journey->phase != Phase::forward) world_.see_settled(index_, *journey);
    world_.channel(index_, to).push_back(journey);
  }

  void complete(Journey* journey) override {
    world_.see_fact(index_);
    CHECK(journey->origin == index_);
    world_.answered(*journey);
    world_.shards_[index_]->recycle(journey);
  }

 private:
  ShardWorld& world_;
  ShardIndex index_;
};

ShardWorld::ShardWorld(const Options& options)
    : options_(options),
      hasher_(options.hash_seed),
      ledger_(options.shards),
      clocks_(options.shards, options.start_us),
      channels_(size_t{options.shards} * options.shards),
      seen_(options.shards) {
  for (uint32_t i = 0; i < options.shards; ++i) {
    const auto index = static_cast<ShardIndex>(i);
    const ShardOptions own{.index = index, .shards = options.shards, .start_us = options.start_us};
    ports_.push_back(std::make_unique<Port>(*this, index));
    shards_.push_back(std::make_unique<Shard>(own, hasher_, ledger_, *ports_.back()));
    shards_.back()->set_settings(options.settings);
  }
}

ShardWorld::~ShardWorld() = default;

void fill(Journey& journey, const Request& request, const Hasher& hasher) {
  journey.verb = request.verb;
  journey.cart = request.cart;
  journey.ref = request.ref;
  journey.cart_hash = hasher.cart(request.cart);
  journey.id = request.id;
  journey.ttl_us = request.ttl_us;
  journey.key = request.key;
  if (!request.key.empty()) journey.key_hash = hasher.key(request.cart, request.key);
  journey.wait_us = request.wait_us;
  journey.partial = request.partial;
  journey.late = request.late;
  journey.amount = request.amount;
  journey.if_version = request.if_version;
  journey.policy = request.policy;
  const bool is_lock = request.verb == Verb::lock || request.verb == Verb::relock || request.verb == Verb::unlock;
  for (const RequestItem& item : request.items) {
    Item own;
    own.sku = item.sku;
    own.hash = is_lock ? hasher.lock(item.sku) : hasher.sku(item.sku);
    own.quantity = item.quantity;
    own.if_version = item.if_version;
    own.proven_for_us = item.proven_for_us;
    journey.items.push_back(own);
    journey.exclusive |= item.if_version >= 0 && request.items.size() > 1;
  }
}

namespace {

// What a session's buffer holds once the call is over.
void scribble(Request& request) {
  std::fill(request.cart.begin(), request.cart.end(), '#');
  std::fill(request.ref.begin(), request.ref.end(), '#');
  std::fill(request.key.begin(), request.key.end(), '#');
  for (RequestItem& item : request.items) std::fill(item.sku.begin(), item.sku.end(), '#');
}

}  // namespace

size_t ShardWorld::call(ShardIndex origin, const Request& request, uint64_t session) {
  if (!request.cart.empty() && std::find(carts_.begin(), carts_.end(), request.cart) == carts_.end()) {
    carts_.push_back(request.cart);
  }
  const size_t number = exchanges_.size();
  Exchange& exchange = exchanges_.emplace_back();
  exchange.request = request;
  exchange.origin = origin;
  exchange.session = session;
  exchange.called = ++tick_;
  exchange.clocks_called = clocks_;
  ++unanswered_;
  Journey* journey = shards_[origin]->new_journey();
  CHECK(journey);
  Request buffer = request;
  fill(*journey, buffer, hasher_);
  journey->ticket = {.session = session, .command = number};
  if (request.wait_us > 0) waiters_.push_back({.exchange = number, .journey = journey});
  const bool finished = shards_[origin]->submit(journey);
  if (finished) std::erase_if(waiters_, [&](const Waiter& waiter) { return waiter.exchange == number; });
  after_event(origin);
  if (finished) {
    answered(*journey);
    shards_[origin]->recycle(journey);
  }
  scribble(buffer);
  return number;
}

void ShardWorld::hang_up(ShardIndex origin, uint64_t session) {
  ++tick_;
  for (Exchange& exchange : exchanges_) {
    if (exchange.session == session && exchange.returned == 0) exchange.hung_up = true;
  }
  shards_[origin]->cancel_waits(session);
  after_event(origin);
}

void ShardWorld::answered(Journey& journey) {
  Exchange& exchange = exchanges_[journey.ticket.command];
  static_cast<Reply&>(exchange.answer) = journey.reply;
  exchange.answer.refused_sku = std::string(journey.reply.refusal.name);
  exchange.answer.refusal.name = exchange.answer.refused_sku;
  exchange.returned = ++tick_;
  exchange.clocks_returned = clocks_;
  exchange.replayed = journey.replays;
  if (!exchange.stays.empty() && exchange.stays.back().until == 0) end_stay(exchange);
  // An AMEND or COMMIT LATE, other than an end, is in place when its reply leaves.
  if (journey.reply.seq >= options_.first_seq) {
    FactRecord& fact = facts_[journey.reply.seq - options_.first_seq];
    if (fact.in_place == 0) fact.in_place = tick_;
  }
  CHECK(++exchange.answers == 1);
  --unanswered_;
}

void ShardWorld::turn(ShardIndex shard, TimeUs now) {
  CHECK(now >= clocks_[shard]);
  clocks_[shard] = now;
  shards_[shard]->begin_turn(now);
  after_event(shard);
}

void ShardWorld::deliver(ShardIndex from, ShardIndex to) {
  Journey* journey = channel(from, to).front();
  channel(from, to).pop_front();
  ++tick_;
  shards_[to]->deliver(journey);
  after_event(to);
}

void ShardWorld::after_event(ShardIndex at) {
  see_fact(at);
  see_effects_in_place();
  see_lines();
}

// Where a journey has arrived that stands in a line. Of several that came to one in this event, in the order in which
// they stand there.
void ShardWorld::see_lines() {
  std::erase_if(waiters_, [&](const Waiter& waiter) { return exchanges_[waiter.exchange].returned != 0; });
  std::stable_sort(waiters_.begin(), waiters_.end(),
                   [](const Waiter& a, const Waiter& b) { return a.journey->arrival < b.journey->arrival; });
  for (const Waiter& waiter : waiters_) {
    bool stands = waiter.journey->phase == Phase::line;
    for (const auto& letters : channels_) {
      stands = stands && std::find(letters.begin(), letters.end(), waiter.journey) == letters.end();
    }
    Exchange& exchange = exchanges_[waiter.exchange];
    std::vector<Stay>& stays = exchange.stays;
    const bool stood = !stays.empty() && stays.back().until == 0;
    const bool same = stood && stands && stays.back().item == waiter.journey->line_item;
    if (stood && !same) end_stay(exchange);
    if (stands && !same) stays.push_back({.item = waiter.journey->line_item, .from = ++tick_});
    if (stands) stays.back().seen = tick_;
  }
}

void ShardWorld::end_stay(Exchange& exchange) const {
  Stay& stay = exchange.stays.back();
  stay.until = stay.seen;
  stay.left_us = clocks_[shard_of_sku(exchange.request.items[stay.item].sku)];
}

void ShardWorld::see_hold_made(ShardIndex at, FactRecord& fact) {
  HoldTable& holds = shards_[at]->state().holds;
  for (const std::string& cart : carts_) {
    const Index index = holds.first_of_cart(cart, hasher_.cart(cart));
    if (index == no_index || holds[index].seq != fact.seq) continue;
    fact.what = FactRecord::What::hold_made;
    fact.id = holds[index].id;
    fact.cart = cart;
    holds.for_each_item(holds[index], [&](std::string_view sku, uint64_t, uint32_t quantity, Seq) {
      fact.items.emplace_back(sku, quantity);
    });
    seen_[at].push_back(look_at(at, index));
  }
  CHECK(fact.what == FactRecord::What::hold_made);
}

ShardWorld::Seen ShardWorld::look_at(ShardIndex at, Index index) {
  const HoldTable& holds = shards_[at]->state().holds;
  Seen seen{.id = holds[index].id, .state = holds[index].state, .items = {}};
  holds.for_each_item(holds[index], [&](std::string_view sku, uint64_t, uint32_t quantity, Seq) {
    if (quantity > 0) seen.items.emplace_back(sku, quantity);
  });
  return seen;
}

void ShardWorld::see_fact(ShardIndex at) {
  if (!fact_unseen_) return;
  fact_unseen_ = false;
  FactRecord& fact = facts_.back();
  const bool makes_hold = makes_hold_;
  makes_hold_ = false;
  if (makes_hold) return see_hold_made(at, fact);
  if (!see_change(at, fact)) return;
  const HoldTable& holds = shards_[at]->state().holds;
  const Index index = holds.find(fact.id);
  if (index != no_index && holds[index].busy) {
    under_way_.push_back(facts_.size() - 1);
  } else if (fact.what == FactRecord::What::hold_ended) {
    fact.turned = fact.in_place = fact.tick;
  } else {
    fact.turned = fact.tick;  // AMEND, COMMIT LATE; or all of it is here, and then the reply leaves at once
  }
}

// Which hold has changed with the last number, and how.
bool ShardWorld::see_change(ShardIndex at, FactRecord& fact) {
  const HoldTable& holds = shards_[at]->state().holds;
  std::vector<Seen>& known = seen_[at];
  for (Seen& seen : known) {
    const Index index = holds.find(seen.id);
    if (index == no_index && seen.state != HoldState::held) continue;  // forgotten
    Seen now{.id = seen.id, .state = HoldState::expired, .items = {}};
    if (index != no_index) now = look_at(at, index);
    if (now.state == seen.state && (index != no_index && now.items == seen.items)) continue;
    fact.id = seen.id;
    fact.items = now.items;
    if (seen.state != HoldState::held) {
      fact.what = FactRecord::What::committed_late;
    } else if (now.state == HoldState::held) {
      fact.what = FactRecord::What::hold_changed;
    } else {
      fact.what = FactRecord::What::hold_ended;
      if (index != no_index) fact.state = now.state;
    }
    seen = std::move(now);
    const bool may_change = index != no_index && (seen.state == HoldState::held || seen.state == HoldState::expired);
    if (!may_change) {
      seen = std::move(known.back());
      known.pop_back();
    }
    return true;
  }
  return false;
}

void ShardWorld::see_turned(const HoldId& id) {
  for (const size_t number : under_way_) {
    FactRecord& fact = facts_[number];
    if (fact.id == id && fact.turned == 0) fact.turned = ++tick_;
  }
}

// Of an end, or of what a request of its own made, on its way back.
void ShardWorld::see_settled(ShardIndex at, const Journey& journey) {
  if (journey.ending) {
    for (const size_t number : under_way_) {
      if (facts_[number].id == journey.id) facts_[number].settled.emplace_back(at, ++tick_);
    }
  } else if (journey.reply.seq >= options_.first_seq && !journey.replays) {
    facts_[journey.reply.seq - options_.first_seq].settled.emplace_back(at, ++tick_);
  }
}

void ShardWorld::see_effects_in_place() {
  std::erase_if(under_way_, [&](size_t number) {
    FactRecord& fact = facts_[number];
    const HoldTable& holds = shards_[fact.shard]->state().holds;
    const Index index = holds.find(fact.id);
    if (index != no_index && holds[index].busy) return false;
    fact.in_place = std::max(fact.tick, tick_);
    if (fact.turned == 0) fact.turned = fact.in_place;
    return true;
  });
}

void ShardWorld::settle() {
  for (bool moved = true; moved;) {
    moved = false;
    for (uint32_t to = 0; to < options_.shards; ++to) {
      for (uint32_t from = 0; from < options_.shards; ++from) {
        while (letters(static_cast<ShardIndex>(from), static_cast<ShardIndex>(to)) > 0) {
          deliver(static_cast<ShardIndex>(from), static_cast<ShardIndex>(to));
          moved = true;
        }
      }
      const auto index = static_cast<ShardIndex>(to);
      if (shards_[index]->next_wake() > clocks_[index]) continue;
      turn(index, clocks_[index]);
      moved = true;
    }
  }
}

void ShardWorld::pass_time_to(TimeUs now) {
  for (uint32_t i = 0; i < options_.shards; ++i) turn(static_cast<ShardIndex>(i), now);
  settle();
}

const Answer& ShardWorld::ask(const Request& request, ShardIndex origin) {
  const size_t number = call(origin, request);
  settle();
  return answer(number);
}

const Answer& ShardWorld::answer(size_t number) const {
  CHECK(is_answered(number));
  return exchanges_[number].answer;
}

std::string ShardWorld::sku_on(ShardIndex shard, int number) const {
  for (int i = 0;; ++i) {
    std::string name = "sku-" + std::to_string(i);
    if (shard_of_sku(name) == shard && number-- == 0) return name;
  }
}

}  // namespace holdfast
