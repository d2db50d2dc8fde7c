#include "protocol/read_holds.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/hold_id.h"
#include "protocol/proof.h"
#include "tests/protocol/read_fixture.h"
#include "tests/support/allocations.h"
#include "tests/support/proof_token.h"

namespace holdfast {
namespace {

constexpr std::string_view id_text = "ABCDEFGHIJKLMNOPQRSTUV27";

using ReadHolds = ReadTest;

TEST_F(ReadHolds, ReservesForTheDefaultTimeWhereNoneIsSaid) {
  const Journey& journey = journey_of({"RESERVE", "cart-1", "ITEMS", "PS5", "2"});
  EXPECT_EQ(journey.verb, Verb::reserve);
  EXPECT_EQ(journey.cart, "cart-1");
  EXPECT_EQ(journey.cart_hash, services_.hasher().cart("cart-1"));
  EXPECT_EQ(journey.ttl_us, services_.settings().default_ttl_us);
  EXPECT_FALSE(journey.exclusive);
  ASSERT_EQ(journey.items.size(), 1u);
  EXPECT_EQ(journey.items[0].sku, "PS5");
  EXPECT_EQ(journey.items[0].hash, services_.hasher().sku("PS5"));
  EXPECT_EQ(journey.items[0].quantity, 2u);
  EXPECT_EQ(journey.items[0].if_version, -1);
}

TEST_F(ReadHolds, ReservesWithOptionsInAnyOrderBeforeItems) {
  const Journey& first =
      journey_of({"reserve", "c", "EX", "300", "IFVER", "7", "0", "ITEMS", "a", "1", "b", "2", "a", "3"});
  const Journey& second = journey_of({"reserve", "c", "ifver", "7", "0", "px", "300000", "items", "a", "4", "b", "2"});
  for (const Journey* journey : {&first, &second}) {
    EXPECT_EQ(journey->ttl_us, 300'000'000);
    EXPECT_TRUE(journey->exclusive);
    ASSERT_EQ(journey->items.size(), 2u);
    EXPECT_EQ(journey->items[0].sku, "a");
    EXPECT_EQ(journey->items[0].quantity, 4u);
    EXPECT_EQ(journey->items[0].if_version, 7);
    EXPECT_EQ(journey->items[1].sku, "b");
    EXPECT_EQ(journey->items[1].if_version, 0);
  }
  EXPECT_FALSE(journey_of({"RESERVE", "c", "IFVER", "1", "ITEMS", "a", "1", "a", "1"}).exclusive);
}

TEST_F(ReadHolds, TakesOptionWordsBehindItemsAndForTheCartAsNames) {
  const Journey& journey = journey_of({"RESERVE", "ITEMS", "ITEMS", "EX", "5", "ITEMS", "6"});
  EXPECT_EQ(journey.cart, "ITEMS");
  ASSERT_EQ(journey.items.size(), 2u);
  EXPECT_EQ(journey.items[0].sku, "EX");
  EXPECT_EQ(journey.items[1].sku, "ITEMS");
  EXPECT_EQ(journey.items[1].quantity, 6u);
  EXPECT_EQ(journey.ttl_us, services_.settings().default_ttl_us);
}

TEST_F(ReadHolds, TakesNamesOfAnyBytes) {
  const std::string_view sku("a\0\r\n", 4);
  const std::string_view cart("\xff\0", 2);
  const Journey& journey = journey_of({"RESERVE", cart, "ITEMS", sku, "1"});
  EXPECT_EQ(journey.cart, cart);
  EXPECT_EQ(journey.items[0].sku, sku);
}

TEST_F(ReadHolds, RefusesAReserveThatIsNotWellFormed) {
  const std::string too_long(256, 'x');
  EXPECT_EQ(error_of({"RESERVE", "", "ITEMS", "a", "1"}), "ERR cart must be 1 to 255 bytes");
  EXPECT_EQ(error_of({"RESERVE", too_long, "ITEMS", "a", "1"}), "ERR cart must be 1 to 255 bytes");
  EXPECT_EQ(error_of({"RESERVE", "c", "ITEMS", too_long, "1"}), "ERR sku must be 1 to 255 bytes");
  EXPECT_EQ(error_of({"RESERVE", "c", "ITEMS", "a", "1", "b"}),
            "ERR ITEMS must be followed by pairs of sku and quantity");
  EXPECT_EQ(error_of({"RESERVE", "c", "EX", "5", "ITEMS"}), "ERR ITEMS must be followed by pairs of sku and quantity");
  EXPECT_EQ(error_of({"RESERVE", "c", "PX", "1", "IFVER", "1"}), "ERR ITEMS is missing");
  EXPECT_EQ(error_of({"RESERVE", "c", "PX", "ITEMS", "a", "1"}), "ERR value is not an integer or out of range");
  EXPECT_EQ(error_of({"RESERVE", "c", "a", "1", "b"}), "ERR syntax error");
  EXPECT_EQ(error_of({"RESERVE", "c", "EX", "1", "EX", "1", "ITEMS", "a", "1"}), "ERR option EX is given twice");
  EXPECT_EQ(error_of({"RESERVE", "c", "EX", "1", "PX", "1", "ITEMS", "a", "1"}),
            "ERR options EX and PX exclude each other");
  EXPECT_EQ(error_of({"RESERVE", "c", "IFVER", "1", "IFVER", "1", "ITEMS", "a", "1"}),
            "ERR option IFVER is given twice");
  EXPECT_EQ(error_of({"RESERVE", "c", "IFVER", "ITEMS", "a", "1"}),
            "ERR IFVER needs one version for each item: 1, not 0");
  EXPECT_EQ(error_of({"RESERVE", "c", "IFVER", "1", "2", "ITEMS", "a", "1", "a", "1"}),
            "ERR IFVER needs one version for each item: 1, not 2");
  EXPECT_EQ(error_of({"RESERVE", "c", "IFVER", "x", "ITEMS", "a", "1"}),
            "ERR version must be an integer of 0 to 9223372036854775807");
}

TEST_F(ReadHolds, RefusesATimeOutsideTheLimitAsItIsSetNow) {
  EXPECT_EQ(error_of({"RESERVE", "c", "PX", "3600001", "ITEMS", "a", "1"}),
            "ERR invalid expire time in 'reserve' command: 1 ms to max-ttl, which is 3600000 ms");
  services_.settings_of(0).max_ttl_us = 500'000;
  EXPECT_EQ(error_of({"RESERVE", "c", "EX", "1", "ITEMS", "a", "1"}),
            "ERR invalid expire time in 'reserve' command: 1 ms to max-ttl, which is 500 ms");
  EXPECT_EQ(error_of({"EXTEND", id_text, "PX", "501"}),
            "ERR invalid expire time in 'extend' command: 1 ms to max-ttl, which is 500 ms");
  EXPECT_EQ(journey_of({"EXTEND", id_text, "PX", "500"}).ttl_us, 500'000);
}

TEST_F(ReadHolds, MarksTheItemsThatATokenProves) {
  services_.settings_of(0).challenge_secret = std::make_shared<const ProofSecret>("secret");
  const std::string of_b = proof_token("secret", "c", "b", unix_time_s() + 1800);
  const std::string of_d = proof_token("secret", "c", "d", unix_time_s() + 1800);
  const std::string old = proof_token("secret", "c", "a", unix_time_s() - 1800);
  const std::string far_ahead = proof_token("secret", "c", "a", unix_time_s() + 5400);
  const Journey& journey = journey_of({"RESERVE", "c", "PROOF", old, of_d, far_ahead, of_b, "PARTIAL", "ITEMS", "a",
                                       "1", "b", "1", "b", "1", "d", "1"});
  ASSERT_EQ(journey.items.size(), 3u);
  EXPECT_FALSE(journey.items[0].proven_for_us > 0);
  EXPECT_TRUE(journey.items[1].proven_for_us > 0);
  EXPECT_TRUE(journey.items[2].proven_for_us > 0);
  EXPECT_TRUE(journey.partial);
  EXPECT_FALSE(journey_of({"RESERVE", "c", "ITEMS", "b", "1"}).items[0].proven_for_us > 0);
}

TEST_F(ReadHolds, ProvesNothingWithoutASecretOrForAnotherCart) {
  const std::string token = proof_token("secret", "c", "b", unix_time_s() + 1800);
  EXPECT_FALSE(journey_of({"RESERVE", "c", "PROOF", token, "ITEMS", "b", "1"}).items[0].proven_for_us > 0);
  services_.settings_of(0).challenge_secret = std::make_shared<const ProofSecret>("secret");
  EXPECT_TRUE(journey_of({"RESERVE", "c", "PROOF", token, "ITEMS", "b", "1"}).items[0].proven_for_us > 0);
  EXPECT_FALSE(journey_of({"RESERVE", "d", "PROOF", token, "ITEMS", "b", "1"}).items[0].proven_for_us > 0);
}

TEST_F(ReadHolds, TakesOneToManyTokensOnce) {
  EXPECT_EQ(error_of({"RESERVE", "c", "PROOF", "ITEMS", "a", "1"}), "ERR option PROOF needs a value");
  EXPECT_EQ(error_of({"RESERVE", "c", "PROOF", "x", "EX", "1", "PROOF", "x", "ITEMS", "a", "1"}),
            "ERR option PROOF is given twice");
  std::vector<std::string_view> args{"RESERVE", "c", "PROOF"};
  args.resize(3 + 128, "x");
  args.insert(args.end(), {"ITEMS", "a", "1"});
  EXPECT_EQ(error_of(args), "(none)");
  args.insert(args.begin() + 3, "x");
  EXPECT_EQ(error_of(args), "ERR PROOF takes at most 128 tokens");
}

TEST_F(ReadHolds, NamesTheHoldAndWhatToDoWithIt) {
  const struct {
    std::vector<std::string_view> args;
    Verb verb;
  } cases[] = {{{"COMMIT", id_text}, Verb::commit},
               {{"RELEASE", id_text}, Verb::release},
               {{"EXTEND", id_text, "EX", "60"}, Verb::extend},
               {{"HOLD", id_text}, Verb::hold}};
  for (const auto& [args, verb] : cases) {
    const Journey& journey = journey_of(args);
    EXPECT_EQ(journey.verb, verb);
    EXPECT_EQ(journey.id, parse_hold_id(id_text));
  }
  EXPECT_EQ(journey_of({"EXTEND", id_text, "EX", "60"}).ttl_us, 60'000'000);
  EXPECT_EQ(journey_of({"COMMIT", id_text}).ref, "");
  EXPECT_EQ(journey_of({"COMMIT", id_text, "ref", "LATE"}).ref, "LATE");
}

TEST_F(ReadHolds, SaysNoHoldToAnIdThatCannotBeOne) {
  const std::string_view ids[] = {"",
                                  "ABC",
                                  "ABCDEFGHIJKLMNOPQRSTUV277",
                                  "abcdefghijklmnopqrstuv27",
                                  "ABCDEFGHIJKLMNOPQRSTUV2 ",
                                  "ABCDEFGHIJKLMNOPQRSTUV18"};
  const std::string_view told[] = {"\"\"",
                                   "ABC",
                                   "ABCDEFGHIJKLMNOPQRSTUV277",
                                   "abcdefghijklmnopqrstuv27",
                                   "\"ABCDEFGHIJKLMNOPQRSTUV2 \"",
                                   "ABCDEFGHIJKLMNOPQRSTUV18"};
  for (size_t i = 0; i < std::size(ids); ++i) {
    const std::string line = "NOHOLD id=" + std::string(told[i]);
    EXPECT_EQ(error_of({"COMMIT", ids[i], "REF", "r"}), line);
    EXPECT_EQ(error_of({"RELEASE", ids[i]}), line);
    EXPECT_EQ(error_of({"EXTEND", ids[i], "PX", "1"}), line);
    EXPECT_EQ(error_of({"HOLD", ids[i]}), line);
  }
}

TEST_F(ReadHolds, TellsWhatIsWrongWithTheArgumentsBeforeNoHold) {
  EXPECT_EQ(error_of({"COMMIT", "nope", "REF", ""}), "ERR ref must be 1 to 255 bytes");
  EXPECT_EQ(error_of({"COMMIT", "nope", "REF"}), "ERR option REF needs a value");
  EXPECT_EQ(error_of({"COMMIT", "nope", "REF", "a", "REF", "a"}), "ERR option REF is given twice");
  EXPECT_EQ(error_of({"COMMIT", "nope", "NOW"}), "ERR syntax error");
  EXPECT_EQ(error_of({"RELEASE", "nope", "NOW"}), "ERR syntax error");
  EXPECT_EQ(error_of({"EXTEND", "nope", "EX", "0"}),
            "ERR invalid expire time in 'extend' command: 1 ms to max-ttl, which is 3600000 ms");
  EXPECT_EQ(error_of({"EXTEND", "nope", "IN", "5"}), "ERR syntax error");
}

TEST_F(ReadHolds, NamesTheCartOfHoldsAndRevoke) {
  const Journey& holds = journey_of({"HOLDS", "cart-1"});
  EXPECT_EQ(holds.verb, Verb::holds);
  EXPECT_EQ(holds.cart, "cart-1");
  EXPECT_EQ(holds.cart_hash, services_.hasher().cart("cart-1"));
  EXPECT_EQ(journey_of({"REVOKE", "cart-1"}).verb, Verb::revoke);
  EXPECT_EQ(error_of({"HOLDS", ""}), "ERR cart must be 1 to 255 bytes");
  EXPECT_EQ(error_of({"REVOKE", ""}), "ERR cart must be 1 to 255 bytes");
}

TEST_F(ReadHolds, AllocatesNothingWhenWarm) {
  const std::string_view reserve[] = {"RESERVE", "cart-1", "EX", "300", "ITEMS", "PS5", "1"};
  const std::string_view commit[] = {"COMMIT", id_text, "REF", "a reference longer than any string within a string"};
  const std::string_view release[] = {"RELEASE", id_text};
  Journey journey;
  const auto read_all = [&] {
    const bool reserved = !read_reserve(reserve, services_, journey);
    journey.reset();
    const bool committed = !read_commit(commit, services_, journey);
    journey.reset();
    const bool released = !read_release(release, services_, journey);
    journey.reset();
    return reserved && committed && released;
  };
  const uint64_t cold = allocations_of_this_thread();
  ASSERT_TRUE(read_all());
  const uint64_t warm = allocations_of_this_thread();
  EXPECT_GT(warm, cold) << "nothing is counted";
  ASSERT_TRUE(read_all());
  EXPECT_EQ(allocations_of_this_thread(), warm);
}

}  // namespace
}  // namespace holdfast
