#include "protocol/footprint.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <initializer_list>
#include <random>
#include <vector>

#include "engine/limits.h"

namespace holdfast {
namespace {

uint64_t hash_of(uint64_t name) {
  return name * 0x9e3779b97f4a7c15;
}

Journey on_skus(Verb verb, std::initializer_list<uint64_t> skus, uint64_t cart = 0) {
  Journey journey;
  journey.verb = verb;
  for (const uint64_t sku : skus) journey.items.emplace_back().hash = hash_of(sku);
  if (cart) journey.cart_hash = hash_of(cart);
  return journey;
}
Journey reserve(uint64_t cart, std::initializer_list<uint64_t> skus) {
  return on_skus(Verb::reserve, skus, cart);
}
Journey stock(uint64_t sku) {
  return on_skus(Verb::stock, {sku});
}
Journey on_hold(Verb verb, uint64_t id) {
  Journey journey;
  journey.verb = verb;
  journey.id = {id, id};
  return journey;
}
Journey plain(Verb verb) {
  return on_skus(verb, {});
}

// May the second start while the first is under way?
bool together(const Journey& first, const Journey& second) {
  Footprint footprint;
  EXPECT_TRUE(footprint.may_start(first));
  footprint.started(first);
  const bool may = footprint.may_start(second);
  footprint.finished(first);
  EXPECT_TRUE(footprint.empty());
  EXPECT_TRUE(footprint.may_start(second));
  return may;
}

constexpr uint64_t a = 1, b = 2, c = 3, cart = 11, other_cart = 12, hold = 21, other_hold = 22;

TEST(Footprint, LetsCommandsOnOneSkuFollowEachOther) {
  const Verb verbs[] = {Verb::set_stock, Verb::restock, Verb::stock, Verb::delete_stock, Verb::policy};
  for (const Verb first : verbs) {
    for (const Verb second : verbs) EXPECT_TRUE(together(on_skus(first, {a}), on_skus(second, {a})));
    EXPECT_TRUE(together(on_skus(first, {a}), reserve(cart, {a})));
    EXPECT_TRUE(together(reserve(cart, {a}), on_skus(first, {a})));
  }
  EXPECT_TRUE(together(reserve(cart, {a}), reserve(cart, {a})));
  EXPECT_TRUE(together(reserve(cart, {a}), reserve(other_cart, {a})));
}

TEST(Footprint, LetsUnrelatedCommandsRunTogether) {
  EXPECT_TRUE(together(stock(a), stock(b)));
  EXPECT_TRUE(together(reserve(cart, {a}), reserve(other_cart, {b})));
  EXPECT_TRUE(together(reserve(cart, {a, b}), reserve(other_cart, {c})));
  EXPECT_TRUE(together(reserve(cart, {a, b}), stock(c)));
}

TEST(Footprint, HoldsBackWhatSharesASkuWithACartOfSeveral) {
  EXPECT_FALSE(together(reserve(cart, {a, b}), reserve(other_cart, {b, c})));
  EXPECT_FALSE(together(reserve(cart, {a, b}), reserve(cart, {a, b})));
  EXPECT_FALSE(together(reserve(cart, {a, b}), stock(b)));
  EXPECT_FALSE(together(stock(b), reserve(cart, {a, b})));
}

TEST(Footprint, HoldsBackWhatSharesACartOverDifferentSkus) {
  EXPECT_FALSE(together(reserve(cart, {a}), reserve(cart, {b})));
  EXPECT_FALSE(together(reserve(cart, {a}), reserve(cart, {b, c})));
  EXPECT_FALSE(together(reserve(cart, {a, b}), reserve(cart, {c})));
}

TEST(Footprint, HoldsBackWhatSharesACartWithAnyOfSeveralUnderWay) {
  Footprint footprint;
  const Journey first = reserve(cart, {a});
  const Journey second = reserve(cart, {a});
  const Journey third = reserve(cart, {b});
  footprint.started(first);
  footprint.started(second);
  footprint.finished(first);
  EXPECT_FALSE(footprint.may_start(third));
  footprint.finished(second);
  EXPECT_TRUE(footprint.may_start(third));
}

TEST(Footprint, KeepsChangesOfHoldsAndUsersOfStockApart) {
  for (const Verb verb : {Verb::commit, Verb::release}) {
    for (const Journey& user : {stock(a), reserve(cart, {a}), reserve(cart, {a, b}), on_skus(Verb::set_stock, {c})}) {
      EXPECT_FALSE(together(on_hold(verb, hold), user));
      EXPECT_FALSE(together(user, on_hold(verb, hold)));
    }
  }
}

TEST(Footprint, LetsChangesOfOneHoldFollowEachOtherButNotOfTwo) {
  for (const Verb first : {Verb::commit, Verb::release}) {
    for (const Verb second : {Verb::commit, Verb::release}) {
      EXPECT_TRUE(together(on_hold(first, hold), on_hold(second, hold)));
      EXPECT_FALSE(together(on_hold(first, hold), on_hold(second, other_hold)));
    }
  }
}

TEST(Footprint, LetsLooksAtHoldsAndNewDeadlinesRunWithAllButBarriers) {
  for (const Verb verb : {Verb::extend, Verb::hold}) {
    for (const Journey& other :
         {on_hold(Verb::extend, hold), on_hold(Verb::hold, other_hold), on_hold(Verb::commit, hold),
          on_hold(Verb::release, other_hold), stock(a), reserve(cart, {a, b})}) {
      EXPECT_TRUE(together(on_hold(verb, hold), other));
      EXPECT_TRUE(together(other, on_hold(verb, hold)));
    }
  }
}

TEST(Footprint, LetsCommandsOnLocksRunWithAllButBarriers) {
  for (const Verb verb : {Verb::lock, Verb::relock, Verb::unlock}) {
    for (const Journey& other : {on_skus(Verb::lock, {a}), on_skus(Verb::unlock, {b}), on_hold(Verb::commit, hold),
                                 on_hold(Verb::hold, hold), stock(a), reserve(cart, {a}), reserve(cart, {a, b})}) {
      EXPECT_TRUE(together(on_skus(verb, {a}), other));
      EXPECT_TRUE(together(other, on_skus(verb, {a})));
    }
    EXPECT_FALSE(together(on_skus(verb, {a}), plain(Verb::tour)));
    EXPECT_FALSE(together(plain(Verb::tour), on_skus(verb, {a})));
  }
}

TEST(Footprint, LetsNothingPassABarrier) {
  for (const Verb verb : {Verb::multi_stock, Verb::holds, Verb::revoke, Verb::tour}) {
    for (const Journey& other : {stock(a), reserve(cart, {a}), on_hold(Verb::commit, hold), on_hold(Verb::hold, hold),
                                 plain(Verb::tour), on_skus(Verb::multi_stock, {b})}) {
      EXPECT_FALSE(together(plain(verb), other));
      EXPECT_FALSE(together(other, plain(verb)));
    }
  }
}

TEST(Footprint, ForgetsAllWhenReset) {
  Footprint footprint;
  footprint.started(reserve(cart, {a, b}));
  footprint.started(on_hold(Verb::hold, hold));
  EXPECT_FALSE(footprint.empty());
  footprint.reset();
  EXPECT_TRUE(footprint.empty());
  EXPECT_TRUE(footprint.may_start(reserve(cart, {a, b})));
  footprint.started(reserve(cart, {a, b}));
  EXPECT_FALSE(footprint.may_start(stock(a)));
}

TEST(Footprint, CountsAsManyAsAConnectionMayHaveUnderWay) {
  Footprint footprint;
  const Journey one = reserve(cart, {a});
  for (size_t i = 0; i < limits::pending_replies; ++i) footprint.started(one);
  EXPECT_FALSE(footprint.may_start(reserve(cart, {b})));
  for (size_t i = 0; i < limits::pending_replies; ++i) footprint.finished(one);
  EXPECT_TRUE(footprint.empty());
  EXPECT_TRUE(footprint.may_start(reserve(cart, {b})));
}

TEST(Footprint, MayBeOnACartWhoseHashIsThatOfItsSku) {
  const Journey strange = reserve(a, {a});
  EXPECT_TRUE(together(strange, strange));
  EXPECT_FALSE(together(strange, reserve(a, {b})));
}

// The rule itself, over a list: must the second wait for the first?
bool must_wait(const Journey& first, const Journey& second) {
  const auto is_barrier = [](const Journey& j) {
    return j.verb == Verb::multi_stock || j.verb == Verb::holds || j.verb == Verb::revoke || j.verb == Verb::tour;
  };
  const auto names_hold = [](const Journey& j) {
    return j.verb == Verb::commit || j.verb == Verb::release || j.verb == Verb::extend || j.verb == Verb::hold;
  };
  const auto moves_units = [](const Journey& j) { return j.verb == Verb::commit || j.verb == Verb::release; };
  if (is_barrier(first) || is_barrier(second)) return true;
  if (names_hold(first) && names_hold(second))
    return moves_units(first) && moves_units(second) && first.id != second.id;
  if (names_hold(first) || names_hold(second)) return moves_units(first) || moves_units(second);
  const bool share_cart =
      first.verb == Verb::reserve && second.verb == Verb::reserve && first.cart_hash == second.cart_hash;
  bool share_sku = false;
  for (const Item& one : first.items) {
    for (const Item& other : second.items) share_sku = share_sku || one.hash == other.hash;
  }
  const bool same_only_sku = first.items.size() == 1 && second.items.size() == 1 && share_sku;
  return (share_sku || share_cart) && !same_only_sku;
}

// With `names` SKUs and as many carts and holds.
Journey random_journey(std::mt19937_64& random, uint64_t names, uint64_t (*hash)(uint64_t)) {
  constexpr Verb verbs[] = {Verb::set_stock, Verb::restock, Verb::stock,   Verb::delete_stock,
                            Verb::policy,    Verb::reserve, Verb::reserve, Verb::reserve,
                            Verb::commit,    Verb::release, Verb::extend,  Verb::hold};
  constexpr Verb barriers[] = {Verb::multi_stock, Verb::holds, Verb::revoke, Verb::tour};
  Journey journey;
  journey.verb = random() % 50 == 0 ? barriers[random() % 4] : verbs[random() % std::size(verbs)];
  journey.cart_hash = hash(1000 + random() % names);
  journey.id = {random() % names, 0};
  const size_t items = journey.verb == Verb::reserve ? 1 + random() % 3 : 1;
  for (size_t i = 0; i < items; ++i) {
    const uint64_t sku = hash(1 + random() % names);
    const auto same = [sku](const Item& item) { return item.hash == sku; };
    if (std::none_of(journey.items.begin(), journey.items.end(), same)) journey.items.emplace_back().hash = sku;
  }
  return journey;
}

struct Tally {
  size_t may = 0;
  size_t must_wait = 0;
};

// Random commands start where they may and finish in any order; whatever must wait waits, and all is admitted in the
// end.
Tally compare_with_list(uint64_t seed, uint64_t names, uint64_t (*hash)(uint64_t)) {
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  Footprint footprint;
  std::deque<Journey> under_way;
  Tally tally;
  for (int i = 0; i < 20000; ++i) {
    if (!under_way.empty() && random() % 5 < 2) {
      const auto victim = under_way.begin() + static_cast<ptrdiff_t>(random() % under_way.size());
      footprint.finished(*victim);
      under_way.erase(victim);
    } else {
      Journey journey = random_journey(random, names, hash);
      const bool may = footprint.may_start(journey);
      const bool must = std::any_of(under_way.begin(), under_way.end(),
                                    [&](const Journey& other) { return must_wait(other, journey); });
      EXPECT_NE(may, must) << "command " << i;
      ++(must ? tally.must_wait : tally.may);
      if (may && !must && under_way.size() < limits::pending_replies) {
        footprint.started(journey);
        under_way.push_back(std::move(journey));
      }
    }
    EXPECT_EQ(footprint.empty(), under_way.empty());
    if (under_way.empty()) {
      EXPECT_TRUE(footprint.may_start(random_journey(random, names, hash)));
    }
  }
  return tally;
}

TEST(Footprint, HoldsBackExactlyWhatAListWould) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Tally tally = compare_with_list(seed, 1 + seed, hash_of);
    EXPECT_GT(tally.may, 1000u);
    EXPECT_GT(tally.must_wait, 1000u);
  }
}

TEST(Footprint, KnowsEachOfManyUntilItIsFinished) {
  std::mt19937_64 random(7);
  std::vector<Journey> all;
  for (uint64_t name = 1; name <= 3000; ++name) all.push_back(reserve(name + 10000, {name}));
  Footprint footprint;
  for (const Journey& journey : all) {
    ASSERT_TRUE(footprint.may_start(journey));
    footprint.started(journey);
  }
  std::shuffle(all.begin(), all.end(), random);
  for (size_t finished = 0; finished < all.size(); ++finished) {
    footprint.finished(all[finished]);
    for (size_t i = finished % 50; i < all.size(); i += 50) {
      Journey of_the_same_cart = reserve(0, {999999});
      of_the_same_cart.cart_hash = all[i].cart_hash;
      ASSERT_EQ(footprint.may_start(of_the_same_cart), i <= finished);
    }
  }
  EXPECT_TRUE(footprint.empty());
}

TEST(Footprint, HoldsBackExactlyWhatAListWouldWhereAllProbesMeet) {
  const auto eight_homes = [](uint64_t name) { return (name % 8) << 32 | (name + 1); };
  for (uint64_t seed = 1; seed <= 20; ++seed) compare_with_list(seed, 20, eight_homes);
}

}  // namespace
}  // namespace holdfast
