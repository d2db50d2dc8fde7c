#include "protocol/read_stock.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/limits.h"
#include "tests/protocol/read_fixture.h"

namespace holdfast {
namespace {

class ReadStock : public ReadTest {
 protected:
  void expect_one_sku(const Journey& journey, Verb verb, std::string_view sku) {
    EXPECT_EQ(journey.verb, verb);
    ASSERT_EQ(journey.items.size(), 1u);
    EXPECT_EQ(journey.items[0].sku, sku);
    EXPECT_EQ(journey.items[0].hash, services_.hasher().sku(sku));
  }
};

const std::string not_a_version = "ERR version must be an integer of 0 to 9223372036854775807";

TEST_F(ReadStock, SetsAnyNumberUpTo2To53) {
  const Journey& journey = journey_of({"SETSTOCK", "PS5", "50"});
  expect_one_sku(journey, Verb::set_stock, "PS5");
  EXPECT_EQ(journey.amount, 50);
  EXPECT_EQ(journey.if_version, -1);
  EXPECT_EQ(journey_of({"SETSTOCK", "PS5", "0"}).amount, 0);
  EXPECT_EQ(journey_of({"SETSTOCK", "PS5", "9007199254740991"}).amount, limits::units);
  const std::string wrong = "ERR on_hand must be an integer of 0 to 9007199254740991";
  for (const char* on_hand : {"-1", "9007199254740992", "x", "", "1.5", "007"}) {
    EXPECT_EQ(error_of({"SETSTOCK", "PS5", on_hand}), wrong) << on_hand;
  }
}

TEST_F(ReadStock, SetsAndAddsOnlyAtAVersion) {
  EXPECT_EQ(journey_of({"SETSTOCK", "PS5", "50", "IFVER", "0"}).if_version, 0);
  EXPECT_EQ(journey_of({"RESTOCK", "PS5", "-5", "ifver", "9223372036854775807"}).if_version, INT64_MAX);
  EXPECT_EQ(error_of({"SETSTOCK", "PS5", "50", "IFVER", "-1"}), not_a_version);
  EXPECT_EQ(error_of({"RESTOCK", "PS5", "50", "IFVER", "x"}), not_a_version);
  EXPECT_EQ(error_of({"SETSTOCK", "PS5", "50", "IFVER"}), "ERR option IFVER needs a value");
  EXPECT_EQ(error_of({"SETSTOCK", "PS5", "50", "IFVER", "1", "IFVER", "1"}), "ERR option IFVER is given twice");
  EXPECT_EQ(error_of({"SETSTOCK", "PS5", "50", "IFVER", "1", "2"}), "ERR syntax error");
  EXPECT_EQ(error_of({"SETSTOCK", "PS5", "50", "EX", "1"}), "ERR syntax error");
}

TEST_F(ReadStock, AddsAndTakesAnyNumberButZero) {
  const Journey& journey = journey_of({"RESTOCK", "PS5", "-3"});
  expect_one_sku(journey, Verb::restock, "PS5");
  EXPECT_EQ(journey.amount, -3);
  EXPECT_EQ(error_of({"RESTOCK", "PS5", "0"}), "ERR delta must not be 0");
  EXPECT_EQ(error_of({"RESTOCK", "PS5", "+1"}), "ERR value is not an integer or out of range");
  EXPECT_EQ(error_of({"RESTOCK", "PS5", "9223372036854775808"}), "ERR value is not an integer or out of range");
}

// on hand is within 2^53 of 0, so a delta beyond 2^54 is refused whatever it is exactly.
TEST_F(ReadStock, CutsAnAbsurdDeltaToOneThatNoSumOverflowsWith) {
  for (const char* delta : {"9223372036854775807", "-9223372036854775808"}) {
    const int64_t amount = journey_of({"RESTOCK", "PS5", delta}).amount;
    EXPECT_EQ(amount < 0, delta[0] == '-');
    EXPECT_GT(amount < 0 ? -amount : amount, 2 * limits::units);
    EXPECT_LT(amount < 0 ? -amount : amount, int64_t{1} << 60);
  }
  EXPECT_EQ(journey_of({"RESTOCK", "PS5", "18014398509481982"}).amount, 2 * limits::units);
}

TEST_F(ReadStock, NamesOneSkuOrSeveral) {
  expect_one_sku(journey_of({"stock", "PS5"}), Verb::stock, "PS5");
  expect_one_sku(journey_of({"delstock", "a b"}), Verb::delete_stock, "a b");
  const Journey& journey = journey_of({"MSTOCK", "b", "a", "b"});
  EXPECT_EQ(journey.verb, Verb::multi_stock);
  ASSERT_EQ(journey.items.size(), 3u);
  EXPECT_EQ(journey.items[0].sku, "b");
  EXPECT_EQ(journey.items[1].sku, "a");
  EXPECT_EQ(journey.items[2].sku, "b");
  for (const Item& item : journey.items) EXPECT_EQ(item.hash, services_.hasher().sku(item.sku));
}

TEST_F(ReadStock, RefusesNamesThatAreEmptyOrTooLong) {
  const std::string wrong = "ERR sku must be 1 to 255 bytes";
  const std::string longest(255, 'x');
  const std::string too_long(256, 'x');
  EXPECT_EQ(error_of({"STOCK", longest}), "(none)");
  for (const std::string_view sku : {std::string_view(), std::string_view(too_long)}) {
    EXPECT_EQ(error_of({"SETSTOCK", sku, "1"}), wrong);
    EXPECT_EQ(error_of({"RESTOCK", sku, "1"}), wrong);
    EXPECT_EQ(error_of({"STOCK", sku}), wrong);
    EXPECT_EQ(error_of({"MSTOCK", "a", sku}), wrong);
    EXPECT_EQ(error_of({"DELSTOCK", sku}), wrong);
    EXPECT_EQ(error_of({"POLICY", sku, "PAUSED", "yes"}), wrong);
  }
}

TEST_F(ReadStock, SetsOfAPolicyWhatIsNamedAndNothingElse) {
  const Journey& paused = journey_of({"POLICY", "PS5", "paused", "YES"});
  expect_one_sku(paused, Verb::policy, "PS5");
  EXPECT_TRUE(paused.policy.sets_paused && paused.policy.to.paused);
  EXPECT_FALSE(paused.policy.sets_oversell || paused.policy.sets_percart || paused.policy.sets_challenge);

  const PolicyChange challenged = journey_of({"POLICY", "PS5", "challenge", "Yes"}).policy;
  EXPECT_TRUE(challenged.sets_challenge && challenged.to.challenge);
  EXPECT_FALSE(challenged.sets_oversell || challenged.sets_percart || challenged.sets_paused);

  const PolicyChange all =
      journey_of({"POLICY", "PS5", "CHALLENGE", "no", "PERCART", "0", "PAUSED", "no", "OVERSELL", "9007199254740991"})
          .policy;
  EXPECT_TRUE(all.sets_oversell && all.sets_percart && all.sets_paused && all.sets_challenge);
  EXPECT_EQ(all.to, (Policy{.oversell = limits::units}));

  const PolicyChange none = journey_of({"POLICY", "PS5"}).policy;
  EXPECT_FALSE(none.sets_oversell || none.sets_percart || none.sets_paused || none.sets_challenge);
}

TEST_F(ReadStock, ForgetsThePolicyOfTheRequestBefore) {
  Journey journey;
  const std::string_view first[] = {"POLICY", "a", "OVERSELL", "5", "PAUSED", "yes"};
  const std::string_view second[] = {"POLICY", "a", "PAUSED", "no"};
  ASSERT_EQ(read_policy(first, services_, journey), std::nullopt);
  journey.reset();
  ASSERT_EQ(read_policy(second, services_, journey), std::nullopt);
  EXPECT_FALSE(journey.policy.sets_oversell);
  EXPECT_EQ(journey.policy.to, Policy{});
}

TEST_F(ReadStock, RefusesPoliciesOutOfRange) {
  EXPECT_EQ(error_of({"POLICY", "a", "OVERSELL", "-1"}), "ERR OVERSELL must be an integer of 0 to 9007199254740991");
  EXPECT_EQ(error_of({"POLICY", "a", "OVERSELL", "9007199254740992"}),
            "ERR OVERSELL must be an integer of 0 to 9007199254740991");
  EXPECT_EQ(error_of({"POLICY", "a", "PERCART", "x"}), "ERR PERCART must be an integer of 0 to 9007199254740991");
  EXPECT_EQ(error_of({"POLICY", "a", "CHALLENGE", "1"}), "ERR CHALLENGE must be yes or no");
  EXPECT_EQ(error_of({"POLICY", "a", "PAUSED", ""}), "ERR PAUSED must be yes or no");
  EXPECT_EQ(error_of({"POLICY", "a", "PAUSED"}), "ERR option PAUSED needs a value");
  EXPECT_EQ(error_of({"POLICY", "a", "PAUSED", "no", "paused", "no"}), "ERR option PAUSED is given twice");
  EXPECT_EQ(error_of({"POLICY", "a", "LIMIT", "1"}), "ERR syntax error");
}

}  // namespace
}  // namespace holdfast
