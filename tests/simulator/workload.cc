#include "tests/simulator/workload.h"

#include <algorithm>

namespace holdfast {

Shape shape_of(uint64_t seed) {
  Random random(seed * 2 + 1);
  Shape shape;
  shape.shards = static_cast<uint32_t>(1 + random.below(8));
  shape.skus = 2 + random.below(11);
  shape.carts = 1 + random.below(5);
  shape.sessions = 2 + random.below(9);
  shape.requests = 60 + random.below(240);
  shape.versioned = random.one_of<uint64_t>({0, 5, 40});
  shape.storm = random.chance(3);
  shape.settings.max_tombstones = random.one_of<uint64_t>({0, 1, 3, 20, 4'000'000, 4'000'000, 4'000'000});
  shape.settings.tombstone_ttl_us = random.one_of<int64_t>({1'000, 20'000, 600'000'000});
  shape.settings.max_hold_life_us = random.one_of<int64_t>({25'000, 7'200'000'000});
  if (shape.storm) shape.requests = 60;
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

const std::string& Workload::any_sku() {
  const size_t hot = std::min<size_t>(skus_.size(), 3);
  return skus_[random_.chance(60) ? random_.below(hot) : random_.below(skus_.size())];
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

Request Workload::reserve() {
  Request request;
  request.verb = Verb::reserve;
  request.cart = random_.one_of(carts_);
  request.ttl_us = ttl();
  const bool versioned = random_.chance(shape_.versioned);
  const size_t most = random_.chance(40) ? 1 : random_.chance(60) ? 3 : 8;
  const size_t count = std::min(1 + random_.below(most), skus_.size());
  while (request.items.size() < count) {
    const std::string& sku = request.items.size() < 3 ? any_sku() : random_.one_of(skus_);
    const bool is_new = std::none_of(request.items.begin(), request.items.end(),
                                     [&](const RequestItem& item) { return item.sku == sku; });
    if (!is_new) continue;
    RequestItem item{.sku = sku, .quantity = static_cast<uint32_t>(1 + random_.below(random_.chance(70) ? 1 : 4))};
    if (versioned) item.if_version = version_of(sku);
    request.items.push_back(item);
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
    request.verb = Verb::policy;
    request.policy.sets_paused = random_.chance(40);
    request.policy.to.paused = random_.chance(30);
    request.policy.sets_oversell = !request.policy.sets_paused;
    request.policy.to.oversell = static_cast<int64_t>(random_.below(3));
  }
  const bool sets = request.verb == Verb::set_stock || request.verb == Verb::restock;
  if (sets && random_.chance(20)) request.if_version = version_of(sku);
  return request;
}

Request Workload::about_hold(const HoldId& id) {
  Request request;
  request.id = id;
  request.verb =
      random_.one_of<Verb>({Verb::commit, Verb::commit, Verb::release, Verb::release, Verb::extend, Verb::hold});
  if (request.verb == Verb::commit) request.ref = random_.one_of<std::string>({"", "", "order-1", "order-2"});
  if (request.verb == Verb::extend) request.ttl_us = ttl();
  return request;
}

Request Workload::next() {
  const uint64_t kind = random_.below(100);
  if (kind < 40) return reserve();
  if (kind < 62) return on_stock(any_sku());
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
  Request other = random_.chance(50) ? on_stock(request.items[0].sku) : reserve();
  if (other.verb != Verb::reserve) return other;
  other.items.resize(1);
  other.items[0] = {.sku = request.items[0].sku, .quantity = 1};
  return other;
}

void Workload::told(const Exchange& exchange) {
  const Answer& answer = exchange.answer;
  const Verb verb = exchange.request.verb;
  if (answer.refusal) return;
  if (verb == Verb::reserve) holds_.push_back(answer.id);
  for (const auto& [seq, id] : answer.holds) holds_.push_back(id);
  if (verb <= Verb::stock || verb == Verb::policy) {
    for (auto& [name, version] : versions_) {
      if (name == exchange.request.items[0].sku) version = static_cast<int64_t>(answer.stock.version);
    }
  }
}

}  // namespace holdfast
