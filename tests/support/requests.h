// What it is: requests as a client would write them, for tests of shards.
// Threads: none. Time: TTLs in milliseconds.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "tests/support/shard_world.h"

namespace holdfast {

inline Request about_sku(Verb verb, const std::string& sku, int64_t amount = 0, int64_t if_version = -1) {
  Request request;
  request.verb = verb;
  request.items = {{.sku = sku}};
  request.amount = amount;
  request.if_version = if_version;
  return request;
}
inline Request set_stock(const std::string& sku, int64_t on_hand, int64_t if_version = -1) {
  return about_sku(Verb::set_stock, sku, on_hand, if_version);
}
inline Request restock(const std::string& sku, int64_t delta, int64_t if_version = -1) {
  return about_sku(Verb::restock, sku, delta, if_version);
}
inline Request stock(const std::string& sku) {
  return about_sku(Verb::stock, sku);
}
inline Request delete_stock(const std::string& sku) {
  return about_sku(Verb::delete_stock, sku);
}
inline Request oversell(const std::string& sku, int64_t units) {
  Request request = about_sku(Verb::policy, sku);
  request.policy.sets_oversell = true;
  request.policy.to.oversell = units;
  return request;
}
inline Request percart(const std::string& sku, int64_t units) {
  Request request = about_sku(Verb::policy, sku);
  request.policy.sets_percart = true;
  request.policy.to.percart = units;
  return request;
}
inline Request pause(const std::string& sku, bool paused) {
  Request request = about_sku(Verb::policy, sku);
  request.policy.sets_paused = true;
  request.policy.to.paused = paused;
  return request;
}
inline Request multi_stock(std::initializer_list<std::string> skus) {
  Request request;
  request.verb = Verb::multi_stock;
  for (const std::string& sku : skus) request.items.push_back({.sku = sku});
  return request;
}

inline Request reserve(const std::string& cart, std::vector<RequestItem> items, int64_t ttl_ms = 1000) {
  Request request;
  request.verb = Verb::reserve;
  request.cart = cart;
  request.items = std::move(items);
  request.ttl_us = ttl_ms * 1000;
  return request;
}
inline Request waiting(Request request, int64_t wait_ms = 10'000) {
  request.wait_us = wait_ms * 1000;
  return request;
}

inline Request about_hold(Verb verb, const HoldId& id) {
  Request request;
  request.verb = verb;
  request.id = id;
  return request;
}
inline Request commit(const HoldId& id, const std::string& ref = {}) {
  Request request = about_hold(Verb::commit, id);
  request.ref = ref;
  return request;
}
inline Request release(const HoldId& id) {
  return about_hold(Verb::release, id);
}
inline Request release_some(const HoldId& id, std::vector<RequestItem> items) {
  Request request = release(id);
  request.items = std::move(items);
  return request;
}

inline Request amend(const HoldId& id, std::vector<RequestItem> items) {
  Request request = about_hold(Verb::amend, id);
  request.items = std::move(items);
  return request;
}

inline Request lock(const std::string& name, int64_t ttl_ms) {
  Request request = about_sku(Verb::lock, name);
  request.ttl_us = ttl_ms * 1000;
  return request;
}

inline Request unlock(const std::string& name, Seq token) {
  return about_sku(Verb::unlock, name, static_cast<int64_t>(token));
}

inline Request hold(const HoldId& id) {
  return about_hold(Verb::hold, id);
}
inline Request extend(const HoldId& id, int64_t ttl_ms) {
  Request request = about_hold(Verb::extend, id);
  request.ttl_us = ttl_ms * 1000;
  return request;
}

inline Request about_cart(Verb verb, const std::string& cart) {
  Request request;
  request.verb = verb;
  request.cart = cart;
  return request;
}
inline Request holds(const std::string& cart) {
  return about_cart(Verb::holds, cart);
}
inline Request revoke(const std::string& cart) {
  return about_cart(Verb::revoke, cart);
}

}  // namespace holdfast
