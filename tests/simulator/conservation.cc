#include <algorithm>
#include <sstream>

#include "tests/simulator/points.h"
#include "tests/simulator/simulation.h"

namespace holdfast {

Conservation::Conservation(ShardWorld& world, const std::vector<std::string>& skus) : world_(world), skus_(skus) {
  for (const std::string& sku : skus) units_[sku] = {};
}

void Conservation::see_facts() {
  stock_was_set_ = false;
  for (; facts_seen_ < world_.facts().size(); ++facts_seen_) see_fact(facts_seen_);
  std::erase_if(returning_, [&](const Returning& returning) {
    if (world_.facts()[returning.fact].in_place == 0) return false;
    for (const auto& [sku, quantity] : returning.items) {
      units_[sku].ending -= quantity;
      units_[sku].carts[returning.cart].ending -= quantity;
    }
    for (const auto& [sku, quantity] : returning.taken_anew) units_[sku].carts[returning.cart].taken_anew -= quantity;
    return true;
  });
}

// A hold has `fact.items` from now on; what it had before and was not sold is on its way back.
void Conservation::see_fact(size_t number) {
  const FactRecord& fact = world_.facts()[number];
  stock_was_set_ |= fact.what == FactRecord::What::other;
  if (fact.what == FactRecord::What::other) return;
  HoldUnits& hold = holds_[key_of(fact.id)];
  if (fact.what == FactRecord::What::hold_made) hold = {.seq = fact.seq, .cart = fact.cart, .items = {}, .taken = {}};
  const bool is_over = fact.what == FactRecord::What::hold_ended || fact.what == FactRecord::What::committed_late;
  const bool is_late = fact.what == FactRecord::What::committed_late;  // counted as of now
  const bool is_sold = is_over && (fact.state == HoldState::committed || !fact.state);
  Returning returning{.fact = number, .cart = hold.cart, .items = {}, .taken_anew = {}};
  const Units before = std::move(hold.items);
  for (const auto& [sku, quantity] : before) {
    const uint32_t kept = is_over ? 0 : units_of(fact.items, sku);
    units_[sku].live -= quantity;
    if (kept < quantity) returning.items.emplace_back(sku, quantity - kept);
    CartUnits& cart = units_[sku].carts[hold.cart];
    cart.of_hold.erase(hold.taken[sku]);
    if (kept < quantity) cart.ending += quantity - kept;
    if (is_over && !fact.state && fact.what == FactRecord::What::hold_ended) cart.is_known = false;
  }
  for (const auto& [sku, quantity] : fact.items) {
    CartUnits& cart = units_[sku].carts[hold.cart];
    const uint32_t had = units_of(before, sku);
    if (is_late || (!is_over && quantity > had)) {
      hold.taken[sku] = fact.seq;
      if (!is_late && had > 0) returning.taken_anew.emplace_back(sku, had), cart.taken_anew += had;
    }
    if (!is_over) units_[sku].live += quantity;
    if (!is_over || is_sold) cart.of_hold[hold.taken[sku]] = quantity;
  }
  for (const auto& [sku, quantity] : returning.items) units_[sku].ending += quantity;
  returning_.push_back(returning);
  if (!is_over) hold.items = fact.items;
}

std::string Conservation::check() {
  see_facts();
  std::string wrong;
  for (const std::string& sku : skus_) wrong += check_sku(sku, units_[sku]);
  return wrong + check_lines();
}

// One before him in that line would be served if carts that are undecided gave back what they have taken.
bool Conservation::hangs_on_undecided(const Journey& journey, const Stock& stock) const {
  const int64_t units = stock.contention ? stock.contention->escrow : 0;
  const std::string_view sku = journey.items[journey.line_item].sku;
  return std::any_of(world_.waiters().begin(), world_.waiters().end(), [&](const ShardWorld::Waiter& other) {
    const Exchange& exchange = world_.exchange(other.exchange);
    if (exchange.stays.empty() || exchange.stays.back().until != 0) return false;
    const RequestItem& item = exchange.request.items[exchange.stays.back().item];
    const int64_t wanted = exchange.request.partial ? 1 : item.quantity;
    return item.sku == sku && other.journey->arrival < journey.arrival && wanted > stock.free_units() &&
           wanted <= stock.free_units() + units;
  });
}

// No letter is on its way, and no shard has work left.
bool Conservation::is_quiet() const {
  for (uint32_t i = 0; i < world_.shards(); ++i) {
    const auto at = static_cast<ShardIndex>(i);
    if (world_.shard(at).next_wake() <= world_.clock(at)) return false;
    for (uint32_t to = 0; to < world_.shards(); ++to) {
      if (world_.letters(at, static_cast<ShardIndex>(to)) > 0) return false;
    }
  }
  return true;
}

// This SKU puts an end to a wait, whatever becomes of the others.
bool Conservation::is_in_vain(const RequestItem& item, bool partial) const {
  const StockTable& stocks = world_.shard(world_.shard_of_sku(item.sku)).state().stocks;
  const Index index = stocks.find(item.sku, world_.hasher().sku(item.sku));
  if (index == no_index || stocks[index].paused) return true;
  return !partial && item.quantity > stocks[index].on_hand + stocks[index].oversell;
}

// Nobody stands in a line who could be served, or whose wait should have ended; and nobody there holds anything.
std::string Conservation::check_lines() {
  std::ostringstream out;
  std::map<std::string, size_t> standing;
  const bool quiet = is_quiet();
  for (const ShardWorld::Waiter& waiter : world_.waiters()) {
    const Exchange& exchange = world_.exchange(waiter.exchange);
    if (exchange.stays.empty() || exchange.stays.back().until != 0) continue;
    const auto fail = [&](const char* what) { out << what << ": " << describe(exchange) << '\n'; };
    const RequestItem& item = exchange.request.items[exchange.stays.back().item];
    const int64_t wanted = exchange.request.partial ? 1 : item.quantity;
    ++standing[item.sku];
    const ShardIndex at = world_.shard_of_sku(item.sku);
    Shard& shard = world_.shard(at);
    const StockTable& stocks = shard.state().stocks;
    const Index index = stocks.find(item.sku, world_.hasher().sku(item.sku));
    const auto& items = waiter.journey->items;
    if (std::any_of(items.begin(), items.end(), [](const Item& own) { return own.taken; })) fail("holds and waits");
    if (shard.next_wake() > world_.clock(at) && waiter.journey->wait_until_us <= world_.clock(at))
      fail("waits too long");
    if (index == no_index) {
      fail("waits for a SKU that is not there");
      continue;
    }
    const Stock& stock = stocks[index];
    if (wanted <= stock.free_units() && !hangs_on_undecided(*waiter.journey, stock)) fail("could be served, and waits");
    if (stock.paused || wanted > stock.on_hand + stock.oversell) fail("waits in vain");
    // Of its other SKUs it is told by letters.
    const bool in_vain =
        std::any_of(exchange.request.items.begin(), exchange.request.items.end(),
                    [&](const RequestItem& other) { return is_in_vain(other, exchange.request.partial); });
    if (quiet && in_vain) fail("waits, and one of its SKUs can never be had");
  }
  for (const std::string& sku : skus_) {
    const StockTable& stocks = world_.shard(world_.shard_of_sku(sku)).state().stocks;
    const Index index = stocks.find(sku, world_.hasher().sku(sku));
    const size_t length = index == no_index || !stocks[index].line ? 0 : stocks[index].line->size();
    if (length != standing[sku]) out << sku << ": in line " << length << ", expected " << standing[sku] << '\n';
  }
  return out.str();
}

std::string Conservation::check_sku(const std::string& sku, SkuUnits& units) {
  const StockTable& stocks = world_.shard(world_.shard_of_sku(sku)).state().stocks;
  const Index index = stocks.find(sku, world_.hasher().sku(sku));
  const auto fail = [&](const char* what, int64_t found, int64_t expected) {
    std::ostringstream out;
    out << sku << ": " << what << ' ' << found << ", expected " << expected << '\n';
    return out.str();
  };
  if (index == no_index) {
    if (units.live != 0) return fail("deleted while held: units in live holds", units.live, 0);
    if (units.put_in != 0 && !stock_was_set_) return fail("units gone: on hand and sold", 0, units.put_in);
    units.put_in = units.free = 0;
    return {};
  }
  const Stock& stock = stocks[index];
  const int64_t escrow = stock.contention ? stock.contention->escrow : 0;
  if (stock.held < units.live - escrow) return fail("held and escrow", stock.held + escrow, units.live);
  if (stock.held > units.live + units.ending) return fail("held", stock.held, units.live + units.ending);
  // What is sold may come to a SKU before the AMEND that took it: for that time it is in escrow.
  if (stock.held + escrow < 0 || stock.sold < 0 || escrow < 0)
    return fail("held, sold or escrow below 0:", stock.held, 0);
  const int64_t put_in = stock.on_hand + stock.sold;
  if (put_in != units.put_in && !stock_was_set_) return fail("on hand and sold", put_in, units.put_in);
  const int64_t free = std::min<int64_t>(stock.free_units(), 0);
  if (free < units.free && !stock_was_set_) return fail("promised beyond what is there:", free, units.free);
  units.put_in = put_in;
  units.free = free;
  return check_carts(sku, stock, units);
}

// PERCART: what is counted of each cart is what its holds have, and what they were sold for.
std::string Conservation::check_carts(const std::string& sku, const Stock& stock, SkuUnits& units) {
  if (!stock.carts) return {};
  const int64_t escrow = stock.contention ? stock.contention->escrow : 0;
  for (const auto& [cart, of_cart] : units.carts) {
    int64_t expected = 0;
    for (const auto& [seq, quantity] : of_cart.of_hold) expected += seq > stock.carts->since ? quantity : 0;
    const int64_t counted = stock.carts->of(cart);
    if (counted >= expected - escrow - of_cart.taken_anew && counted <= expected + of_cart.ending) continue;
    if (!of_cart.is_known) continue;
    std::ostringstream out;
    out << sku << ": counted of " << cart << ' ' << counted << ", expected " << expected << '\n';
    return out.str();
  }
  return {};
}

std::string Conservation::check_at_rest() {
  std::string wrong = check();
  for (const std::string& sku : skus_) {
    const SkuUnits& units = units_[sku];
    if (units.live != 0 || units.ending != 0) wrong += sku + ": units still in holds\n";
    const StockTable& stocks = world_.shard(world_.shard_of_sku(sku)).state().stocks;
    const Index index = stocks.find(sku, world_.hasher().sku(sku));
    if (index == no_index) continue;
    if (stocks[index].held != 0) wrong += sku + ": still held\n";
    if (stocks[index].contention) wrong += sku + ": contention is left\n";
  }
  for (uint32_t i = 0; i < world_.shards(); ++i) {
    const ShardStats stats = world_.shard(static_cast<ShardIndex>(i)).stats();
    const std::string name = "shard " + std::to_string(i);
    if (stats.journeys_under_way != 0) wrong += name + ": journeys are left\n";
    if (stats.live_holds != 0) wrong += name + ": live holds are left\n";
  }
  if (world_.unanswered() != 0) wrong += std::to_string(world_.unanswered()) + " requests have no answer\n";
  return wrong;
}

}  // namespace holdfast
