// max-holds-per-cart and max-reserves-per-minute-per-cart.
#include <algorithm>

#include "tests/simulator/checker.h"

namespace holdfast {

// Of which the time is not over by these clocks.
int64_t Checker::live_holds(const std::string& cart, const std::vector<TimeUs>& clocks) const {
  return std::count_if(reference_.holds().begin(), reference_.holds().end(), [&](const auto& entry) {
    const HoldFigures& hold = entry.second;
    return hold.live() && hold.cart == cart && hold.deadline_us > clocks[hold.home];
  });
}

// A simulation is over long before a minute is, so all count.
int64_t Checker::reserved(const std::string& cart) const {
  return std::count_if(reference_.holds().begin(), reference_.holds().end(),
                       [&](const auto& entry) { return entry.second.made && entry.second.cart == cart; });
}

// Those that were granted or stood in line by then, or may have been.
int64_t Checker::may_have_reserved(const Exchange& exchange) const {
  return std::count_if(world_.exchanges().begin(), world_.exchanges().end(), [&](const Exchange& other) {
    const Request& request = other.request;
    if (request.verb != Verb::reserve || request.cart != exchange.request.cart || &other == &exchange) return false;
    const bool stood = request.wait_us > 0 && other.returned > exchange.called;
    return !other.replayed && other.called < exchange.returned && (!other.answer.refusal || stood);
  });
}

// It was granted, and might be.
bool Checker::is_paced(const Exchange& exchange) const {
  const ShardSettings& settings = world_.options().settings;
  const std::string& cart = exchange.request.cart;
  const int64_t most_holds = settings.max_holds_per_cart;
  const int64_t most_reserves = settings.max_reserves_per_minute;
  return (most_holds == 0 || live_holds(cart, exchange.clocks_returned) < most_holds) &&
         (most_reserves == 0 || reserved(cart) < most_reserves);
}

// It was refused for that, and what it was told is so. Holds whose time is over are not counted, and when that is seen
// lies between its call and its return.
bool Checker::is_too_fast(const Exchange& exchange) const {
  const Refusal& told = exchange.answer.refusal;
  const ShardSettings& settings = world_.options().settings;
  if (told.max == 0 || told.have < told.max) return false;
  if (told.name == "reserves") {
    return told.max == settings.max_reserves_per_minute && told.have <= may_have_reserved(exchange);
  }
  const std::string& cart = exchange.request.cart;
  return told.name == "holds" && told.max == settings.max_holds_per_cart &&
         live_holds(cart, exchange.clocks_returned) <= told.have &&
         told.have <= live_holds(cart, exchange.clocks_called);
}

}  // namespace holdfast
