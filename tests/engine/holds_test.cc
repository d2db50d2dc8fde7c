// The table of holds: what it finds by id and by cart, against a naive list.
#include "engine/holds.h"

#include <gtest/gtest.h>

#include <deque>
#include <map>
#include <random>
#include <string>

#include "engine/hash.h"
#include "engine/hold_id.h"

namespace holdfast {
namespace {

class HoldsTest : public testing::Test {
 protected:
  HoldsTest() { stock_ = stocks_.create("sku", hasher_.sku("sku")); }

  HoldId create(const std::string& cart) {
    Item item{.sku = "sku", .hash = hasher_.sku("sku"), .quantity = 1, .change = {}};
    const HoldId id = make_hold_id(0, holds_.next_record(), ++seq_, 0);
    holds_.create(fact(FactType::held, id, cart, item), hasher_.cart(cart), stock_);
    return id;
  }
  void end(const HoldId& id, const std::string& cart) {
    Item item{.sku = "sku", .hash = hasher_.sku("sku"), .quantity = 1, .change = {}};
    ++seq_;
    holds_.end(holds_.find(id), HoldState::released, fact(FactType::released, id, cart, item), hasher_.cart(cart));
  }
  std::deque<HoldId> live_of(const std::string& cart) {  // the newest first
    std::deque<HoldId> found;
    Index index = holds_.first_of_cart(cart, hasher_.cart(cart));
    for (; index != no_index; index = holds_[index].cart_next) found.push_back(holds_[index].id);
    return found;
  }
  Fact fact(FactType type, const HoldId& id, const std::string& cart, Item& item) const {
    return {.type = type, .seq = seq_, .items = {&item, 1}, .policy = {}, .id = id, .cart = cart, .ref = {}};
  }

  Hasher hasher_{1};
  StockTable stocks_;
  HoldTable holds_{stocks_, 0};
  Index stock_;
  Seq seq_ = 0;
};

TEST_F(HoldsTest, FindsByIdWhatIsRememberedAndNothingElse) {
  const HoldId id = create("cart");
  EXPECT_NE(holds_.find(id), no_index);
  HoldId forged = id;
  forged.low ^= uint64_t{1} << 8;  // another secret
  EXPECT_EQ(holds_.find(forged), no_index);
  EXPECT_EQ(holds_.find(make_hold_id(0, (Index{1} << 28) - 1, 1, 0)), no_index);  // no such record
  end(id, "cart");
  EXPECT_NE(holds_.find(id), no_index);
  holds_.forget(holds_.find(id));
  EXPECT_EQ(holds_.find(id), no_index);
  const HoldId next = create("cart");
  EXPECT_EQ(next.record(), id.record());  // the record again
  EXPECT_NE(next, id);
  EXPECT_EQ(holds_.find(id), no_index);
}

TEST_F(HoldsTest, ShowsTheLiveHoldsOfEachCartHoweverLateTheyAreEntered) {
  std::mt19937 random(2);
  std::map<std::string, std::deque<HoldId>> naive;
  std::deque<std::pair<HoldId, std::string>> live;
  std::deque<HoldId> ended;
  for (int step = 0; step < 50'000; ++step) {
    const auto kind = random() % 100;
    if (kind < 50 || live.empty()) {
      const std::string cart = "cart " + std::to_string(random() % 20);
      naive[cart].push_front(create(cart));
      live.emplace_back(naive[cart].front(), cart);
    } else if (kind < 85) {
      // Often one of the latest, whose entry is not made yet.
      const size_t back = random() % 4 == 0 ? random() % live.size() : random() % std::min<size_t>(live.size(), 4);
      const auto at = live.end() - 1 - static_cast<std::ptrdiff_t>(back);
      end(at->first, at->second);
      std::erase(naive[at->second], at->first);
      ended.push_back(at->first);
      live.erase(at);
    } else if (kind < 98 && !ended.empty()) {
      // Sometimes the one that ended last: its record is free before its cart was changed.
      const bool last = random() % 2 == 0;
      holds_.forget(holds_.find(last ? ended.back() : ended.front()));
      last ? ended.pop_back() : ended.pop_front();
    } else {
      const std::string cart = "cart " + std::to_string(random() % 20);
      ASSERT_EQ(live_of(cart), naive[cart]) << "step " << step;
    }
  }
}

}  // namespace
}  // namespace holdfast
