#include "tests/simulator/workload.h"

#include <algorithm>

namespace holdfast {
namespace {

constexpr TimeUs proof_us = 3'600'000'000;  // no simulation lasts so long

}  // namespace

Shape shape_of(uint64_t seed) {
  Random random(seed * 2 + 1);
  Shape shape;
  shape.shards = static_cast<uint32_t>(1 + random.below(8));
  shape.skus = 2 + random.below(11);
  shape.carts = 1 + random.below(5);
  shape.sessions = 2 + random.below(9);
  shape.requests = 60 + random.below(240);
  shape.versioned = random.one_of<uint64_t>({0, 5, 40});
  shape.keyed = random.one_of<uint64_t>({0, 10, 40});
  shape.partial = random.one_of<uint64_t>({0, 10, 40});
  shape.amended = random.one_of<uint64_t>({0, 15, 40});
  shape.waiting = random.one_of<uint64_t>({0, 20, 60});
  shape.percart = random.chance(30);
  shape.storm = random.chance(3);
  shape.settings.max_tombstones = random.one_of<uint64_t>({0, 1, 3, 20, 4'000'000, 4'000'000, 4'000'000});
  shape.settings.tombstone_ttl_us = random.one_of<int64_t>({1'000, 20'000, 600'000'000});
  shape.settings.max_waiters = random.one_of<int64_t>({1, 4, 100'000, 100'000});
  shape.challenged = random.chance(20);
  shape.settings.max_holds_per_cart = random.one_of<int64_t>({0, 0, 0, 0, 1, 3});
  shape.settings.max_reserves_per_minute = random.one_of<int64_t>({0, 0, 0, 0, 5, 20});
  shape.settings.max_hold_life_us = random.one_of<int64_t>({25'000, 7'200'000'000});
  if (shape.storm) shape.requests = 60;
  if (shape.storm) shape.settings.max_hold_life_us = 7'200'000'000;  // never less than any TTL
  return shape;
}

Workload::Workload(const Shape& shape, Random& random) : shape_(shape), random_(random) {
  for (size_t i = 0; i < shape.skus; ++i) {
    skus_.push_back("sku-" + std::to_string(i) + (i % 4 == 3 ? "-with-a-name-that-is-long" : ""));
    versions_.emplace_back(skus_.back(), 1);
  }
  for (size_t i = 0; i < shape.carts; ++i) carts_.push_back("cart-" + std::to_string(i));
}

std::vector<Request> Workload::opening() {
  std::vector<Request> requests;
  for (const std::string& sku : skus_) {
    Request request;
    request.verb = Verb::set_stock;
    request.amount = static_cast<int64_t>(random_.below(12));
    request.items = {{.sku = sku}};
    requests.push_back(request);
  }
  return requests;
}

const std::string& Workload::any_of(const std::vector<std::string>& skus) {
  const size_t hot = std::min<size_t>(skus.size(), 3);
  return skus[random_.chance(60) ? random_.below(hot) : random_.below(skus.size())];
}

int64_t Workload::version_of(const std::string& sku) {
  for (const auto& [name, version] : versions_) {
    if (name == sku) return random_.chance(80) ? version : static_cast<int64_t>(random_.below(20));
  }
  return 0;
}

TimeUs Workload::ttl() {
  return 1000 * static_cast<TimeUs>(1 + random_.below(random_.chance(50) ? 4 : 25));
}

void Workload::choose_items(Request& request, const std::vector<std::string>& from, size_t count) {
  while (request.items.size() < std::min(count, from.size())) {
    const std::string& sku = request.items.size() < 3 ? any_of(from) : random_.one_of(from);
    const bool is_new = std::none_of(request.items.begin(), request.items.end(),
                                     [&](const RequestItem& item) { return item.sku == sku; });
    if (!is_new) continue;
    request.items.push_back(
        {.sku = sku, .quantity = static_cast<uint32_t>(1 + random_.below(random_.chance(70) ? 1 : 4))});
  }
}

Request Workload::reserve() {
  if (!keyed_.empty() && random_.chance(shape_.keyed)) return again();
  Request request;
  request.verb = Verb::reserve;
  request.cart = random_.one_of(carts_);
  request.ttl_us = ttl();
  const size_t most = random_.chance(40) ? 1 : random_.chance(60) ? 3 : 8;
  choose_items(request, skus_, 1 + random_.below(most));
  for (RequestItem& item : request.items) item.proven_for_us = shape_.challenged && random_.chance(80) ? proof_us : 0;
  request.partial = random_.chance(shape_.partial);
  if (random_.chance(shape_.versioned)) {
    for (RequestItem& item : request.items) item.if_version = version_of(item.sku);
  } else if (random_.chance(shape_.waiting)) {
    request.wait_us = ttl();
  }
  if (!random_.chance(shape_.keyed)) return request;
  request.key = "key-" + std::to_string(random_.chance(80) ? ++keys_ : random_.below(keys_ + 1));
  keyed_.push_back(request);
  if (keyed_.size() > 6) keyed_.erase(keyed_.begin());
  return request;
}

// The same cart and key; mostly the same request, in another order, without its IFVER, or quite another one.
Request Workload::again() {
  Request request = random_.one_of(keyed_);
  if (random_.chance(30)) std::reverse(request.items.begin(), request.items.end());
  for (RequestItem& item : request.items) item.if_version = -1;
  if (random_.chance(30)) request.wait_us = random_.chance(shape_.waiting) ? ttl() : 0;
  if (random_.chance(85)) return request;
  switch (random_.below(4)) {
    case 0:
      request.ttl_us += 1000;
      break;
    case 1:
      request.partial = !request.partial;
      break;
    case 2:
      ++request.items[0].quantity;
      break;
    default:
      request.items.clear();
      choose_items(request, skus_, 1 + random_.below(3));
  }
  return request;
}

Request Workload::storm_reserve(const std::string& sku) {
  Request request;
  request.verb = Verb::reserve;
  request.cart = random_.one_of(carts_);
  request.ttl_us = 30'000;
  request.items = {{.sku = sku, .quantity = 1}};
  if (random_.chance(10)) {
    const std::string& other = random_.one_of(skus_);
    if (other != sku) request.items.push_back({.sku = other, .quantity = 1});
  }
  return request;
}

Request Workload::on_stock(const std::string& sku) {
  Request request;
  request.items = {{.sku = sku}};
  const uint64_t kind = random_.below(100);
  if (kind < 45) {
    request.verb = Verb::stock;
  } else if (kind < 60) {
    request.verb = Verb::set_stock;
    request.amount = static_cast<int64_t>(random_.below(10));
  } else if (kind < 80) {
    request.verb = Verb::restock;
    request.amount = static_cast<int64_t>(random_.below(7)) - 2;
    if (request.amount == 0) request.amount = 3;
  } else if (kind < 90) {
    request.verb = Verb::delete_stock;
  } else {
    return policy(sku);
  }
  const bool sets = request.verb == Verb::set_stock || request.verb == Verb::restock;
  if (sets && random_.chance(20)) request.if_version = version_of(sku);
  return request;
}

Request Workload::policy(const std::string& sku) {
  Request request;
  request.verb = Verb::policy;
  request.items = {{.sku = sku}};
  PolicyChange& change = request.policy;
  change.sets_paused = random_.chance(40);
  change.to.paused = random_.chance(30);
  change.sets_percart = shape_.percart && random_.chance(60);
  change.to.percart = static_cast<int64_t>(random_.below(6));
  change.sets_challenge = shape_.challenged && random_.chance(60);
  change.to.challenge = random_.chance(60);
  change.sets_oversell = !change.sets_paused && !change.sets_percart;
  change.to.oversell = static_cast<int64_t>(random_.below(3));
  return request;
}

Request Workload::lock() {
  Request request;
  request.verb = Verb::lock;
  request.items = {{.sku = "lock-" + std::to_string(random_.below(3))}};
  request.ttl_us = ttl();
  if (tokens_.empty() || random_.chance(50)) return request;
  const auto& [name, token] = tokens_[tokens_.size() - 1 - random_.below(std::min<size_t>(tokens_.size(), 4))];
  request.verb = random_.chance(50) ? Verb::relock : Verb::unlock;
  if (random_.chance(90)) request.items[0].sku = name;
  request.amount = static_cast<int64_t>(token);
  if (request.verb == Verb::unlock) request.ttl_us = 0;
  return request;
}

// Some of what the hold has, now and then a little more than that.
void Workload::choose_part(Request& request) {
  for (const RequestItem& item : items_[key_of(request.id)]) {
    if (random_.chance(40)) continue;
    const bool too_much = random_.chance(5);
    const auto units = static_cast<uint32_t>(too_much ? item.quantity + 1 : 1 + random_.below(item.quantity));
    request.items.push_back({.sku = item.sku, .quantity = units});
  }
}

// What the hold has, with some of it gone, more or less of it, or other SKUs instead.
Request Workload::amend(const HoldId& id) {
  Request request;
  request.id = id;
  request.verb = Verb::amend;
  for (const RequestItem& item : items_[key_of(id)]) {
    const uint64_t kind = random_.below(100);
    if (kind < 25) continue;
    RequestItem& amended = request.items.emplace_back(item);
    amended.if_version = -1;
    amended.proven_for_us = 0;
    if (kind < 50) ++amended.quantity;
    if (kind >= 50 && kind < 75 && amended.quantity > 1) --amended.quantity;
  }
  if (request.items.empty() || random_.chance(40)) choose_items(request, skus_, request.items.size() + 1);
  if (random_.chance(20)) std::reverse(request.items.begin(), request.items.end());
  return request;
}

Request Workload::about_hold(const HoldId& id) {
  if (random_.chance(shape_.amended)) return amend(id);
  Request request;
  request.id = id;
  request.verb =
      random_.one_of<Verb>({Verb::commit, Verb::commit, Verb::release, Verb::release, Verb::extend, Verb::hold});
  if (request.verb == Verb::commit) {
    request.ref = random_.one_of<std::string>({"", "", "order-1", "order-2"});
    request.late = random_.chance(40);
  }
  if (request.verb == Verb::extend) request.ttl_us = ttl();
  const bool may_be_part = request.verb == Verb::commit || request.verb == Verb::release;
  if (may_be_part && random_.chance(30)) choose_part(request);
  return request;
}

Request Workload::next() {
  const uint64_t kind = random_.below(100);
  if (kind < 38) return reserve();
  if (kind < 58) return on_stock(any_of(skus_));
  if (kind < 62) return lock();
  if (kind < 88 && !holds_.empty()) {
    const size_t recent = std::min<size_t>(holds_.size(), 12);
    return about_hold(random_.chance(80) ? holds_[holds_.size() - 1 - random_.below(recent)] : random_.one_of(holds_));
  }
  Request request;
  if (kind < 92) {
    request.verb = Verb::multi_stock;
    for (size_t i = 0; i < 1 + random_.below(4); ++i) request.items.push_back({.sku = random_.one_of(skus_)});
    return request;
  }
  if (kind < 93) return about_hold(HoldId{.high = random_.below(slot_count) << 50, .low = 5 << 8});
  request.verb = kind < 97 ? Verb::holds : Verb::revoke;
  request.cart = random_.one_of(carts_);
  return request;
}

Request Workload::like(const Request& request) {
  if (request.id != HoldId{}) return about_hold(request.id);
  if (request.verb == Verb::lock || request.verb == Verb::relock || request.verb == Verb::unlock) {
    Request other = lock();
    other.items = request.items;
    return other;
  }
  Request other = random_.chance(50) ? on_stock(request.items[0].sku) : reserve();
  if (other.verb != Verb::reserve) return other;
  other.key.clear();
  other.partial = false;
  other.wait_us = 0;
  other.items.resize(1);
  other.items[0] = {.sku = request.items[0].sku, .quantity = 1};
  return other;
}

void Workload::told(const Exchange& exchange) {
  const Request& request = exchange.request;
  const Answer& answer = exchange.answer;
  const Verb verb = request.verb;
  if (answer.refusal) return;
  if (verb == Verb::reserve) {
    holds_.push_back(answer.id);
    items_[key_of(answer.id)] = request.items;
  }
  if (verb == Verb::amend) items_[key_of(request.id)] = request.items;
  if (verb == Verb::lock) tokens_.emplace_back(request.items[0].sku, answer.seq);
  for (const auto& [seq, id] : answer.holds) holds_.push_back(id);
  if (verb <= Verb::stock || verb == Verb::policy) {
    for (auto& [name, version] : versions_) {
      if (name == exchange.request.items[0].sku) version = static_cast<int64_t>(answer.stock.version);
    }
  }
}

}  // namespace holdfast
