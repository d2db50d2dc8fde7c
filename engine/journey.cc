#include "engine/journey.h"

#include <cstring>

#include "engine/check.h"
#include "engine/renew.h"

namespace holdfast {
namespace {

constexpr size_t items_kept = 256;
constexpr size_t bytes_kept = 8192;

}  // namespace

void Journey::own_bytes() {
  if (!owns_bytes) own_views();
}

void Journey::own_views() {
  size_t total = cart.size() + ref.size() + key.size();
  for (const Item& item : items) total += item.sku.size();
  // Some views may point into `bytes` already: then it cannot be written in place.
  std::vector<char> before;
  if (owns_bytes) before.swap(bytes);
  owns_bytes = true;
  bytes.resize(total);
  char* at = bytes.data();
  const auto move_here = [&at](std::string_view& view) {
    if (!view.empty()) std::memcpy(at, view.data(), view.size());
    view = {at, view.size()};
    at += view.size();
  };
  move_here(cart);
  move_here(ref);
  move_here(key);
  for (Item& item : items) {
    const char* const was_at = item.sku.data();
    move_here(item.sku);
    for (Refusal* refusal : {&reply.refusal, &reply.nothing_of}) {
      if (!refusal->name.empty() && refusal->name.data() == was_at) refusal->name = item.sku;
    }
  }
}

void Journey::reset() {
  DCHECK(pending == 0);
  phase = Phase::forward;
  static_cast<JourneyFlags&>(*this) = {};
  position = waits_for = 0;
  cart = {};
  ref = {};
  key = {};
  key_hash = 0;
  ttl_us = wait_us = wait_until_us = 0;
  counted_us = 0;
  live_holds = 0;
  arrival = 0;
  if_version = -1;
  hold_seq = seq_limit = 0;
  items.clear();
  steps.clear();
  tour.reset();
  scope.reset();
  parent = nullptr;
  words.clear();
  next = nullptr;
  renew(reply.refusal);
  renew(reply.nothing_of);
  reply.seq = 0;
  reply.number = 0;
  reply.stocks.clear();
  reply.holds.clear();
  reply.granted.clear();
  if (items.capacity() > items_kept || bytes.capacity() > bytes_kept || words.capacity() > bytes_kept ||
      reply.hold.items.capacity() > items_kept) {
    items = {};
    steps = {};
    bytes = {};
    words = {};
    reply = {};
  }
}

}  // namespace holdfast
