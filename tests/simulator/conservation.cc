#include <algorithm>
#include <sstream>

#include "tests/simulator/simulation.h"

namespace holdfast {

Conservation::Conservation(ShardWorld& world, const std::vector<std::string>& skus) : world_(world), skus_(skus) {
  for (const std::string& sku : skus) units_[sku] = {};
}

void Conservation::see_facts() {
  stock_was_set_ = false;
  for (; facts_seen_ < world_.facts().size(); ++facts_seen_) {
    const FactRecord& fact = world_.facts()[facts_seen_];
    stock_was_set_ |= fact.what == FactRecord::What::other;
    const auto key = std::pair(fact.id.high, fact.id.low);
    if (fact.what == FactRecord::What::hold_made) {
      made_[key] = fact.items;
      for (const auto& [sku, quantity] : fact.items) units_[sku].live += quantity;
    } else if (fact.what == FactRecord::What::hold_ended) {
      for (const auto& [sku, quantity] : made_[key]) {
        units_[sku].live -= quantity;
        units_[sku].ending += quantity;
      }
      ending_.push_back(facts_seen_);
    }
  }
  std::erase_if(ending_, [&](size_t number) {
    const FactRecord& fact = world_.facts()[number];
    if (fact.in_place == 0) return false;
    const auto key = std::pair(fact.id.high, fact.id.low);
    for (const auto& [sku, quantity] : made_[key]) units_[sku].ending -= quantity;
    made_.erase(key);
    return true;
  });
}

std::string Conservation::check() {
  see_facts();
  std::string wrong;
  for (const std::string& sku : skus_) wrong += check_sku(sku, units_[sku]);
  return wrong;
}

std::string Conservation::check_sku(const std::string& sku, Units& units) {
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
  if (stock.held < 0 || stock.sold < 0 || escrow < 0) return fail("held, sold or escrow below 0:", stock.held, 0);
  const int64_t put_in = stock.on_hand + stock.sold;
  if (put_in != units.put_in && !stock_was_set_) return fail("on hand and sold", put_in, units.put_in);
  const int64_t free = std::min<int64_t>(stock.free_units(), 0);
  if (free < units.free && !stock_was_set_) return fail("promised beyond what is there:", free, units.free);
  units.put_in = put_in;
  units.free = free;
  return {};
}

std::string Conservation::check_at_rest() {
  std::string wrong = check();
  for (const std::string& sku : skus_) {
    const Units& units = units_[sku];
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
