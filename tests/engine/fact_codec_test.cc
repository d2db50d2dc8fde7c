// Facts as bytes and back: every type, random facts, and whatever else the bytes may be.
#include "engine/fact_codec.h"

#include <gtest/gtest.h>

#include "tests/support/random_facts.h"

namespace holdfast {
namespace {

std::string encoded(const Fact& fact) {
  std::string bytes(encoded_bytes(fact), '\0');
  EXPECT_EQ(encode_fact(fact, bytes.data()), bytes.data() + bytes.size());
  EXPECT_LE(bytes.size(), max_fact_bytes);
  return bytes;
}

constexpr int rounds = 20'000;

TEST(FactCodec, GivesBackEveryFact) {
  for (const FactType type : all_fact_types) {
    RandomFacts random(static_cast<uint64_t>(type));
    for (int i = 0; i < rounds / 10; ++i) {
      const Fact fact = random.next(type, 100, 5'000'000);
      const std::string bytes = encoded(fact);
      DecodedFact decoded;
      ASSERT_TRUE(decode_fact(fact.seq, fact.at_us, bytes, decoded)) << describe(fact);
      ASSERT_EQ(describe(decoded.fact), describe(fact));
    }
  }
}

TEST(FactCodec, KeepsTheLongestFactsWithinTheirBound) {
  RandomFacts random(1);
  for (const FactType type : all_fact_types) {
    const Fact fact = random.longest(type);
    const std::string bytes = encoded(fact);
    DecodedFact decoded;
    ASSERT_TRUE(decode_fact(fact.seq, fact.at_us, bytes, decoded)) << describe(fact);
    ASSERT_EQ(describe(decoded.fact), describe(fact));
  }
}

TEST(FactCodec, RefusesEveryPrefixAndEveryByteTooMany) {
  RandomFacts random(2);
  for (int i = 0; i < 2'000; ++i) {
    const Fact fact = random.next(100, 5'000'000);
    const std::string bytes = encoded(fact);
    DecodedFact decoded;
    for (size_t size = 0; size < bytes.size(); ++size) {
      ASSERT_FALSE(decode_fact(fact.seq, fact.at_us, std::string_view(bytes).substr(0, size), decoded))
          << describe(fact) << " at " << size;
    }
    ASSERT_FALSE(decode_fact(fact.seq, fact.at_us, bytes + '\0', decoded));
  }
}

// Each fact has one encoding, so what is decoded from other bytes is another fact, or none.
TEST(FactCodec, TakesAFlippedBitForAnotherFactOrNone) {
  RandomFacts random(3);
  size_t refused = 0;
  size_t taken = 0;
  for (int i = 0; i < 1'000; ++i) {
    const Fact fact = random.next(100, 5'000'000);
    std::string bytes = encoded(fact);
    if (bytes.size() > 200) continue;
    for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
      DecodedFact decoded;
      if (decode_fact(fact.seq, fact.at_us, bytes, decoded)) {
        ++taken;
        ASSERT_EQ(encoded(decoded.fact), bytes) << describe(fact);
      } else {
        ++refused;
      }
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    }
  }
  EXPECT_GT(refused, 0u);
  EXPECT_GT(taken, 0u);
}

TEST(FactCodec, SurvivesAnyBytes) {
  std::mt19937_64 random(4);
  DecodedFact decoded;
  for (int i = 0; i < rounds * 5; ++i) {
    std::string bytes(random() % 60, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random() % 4 == 0 ? random() : random() % 20);
    if (decode_fact(100, 5'000'000, bytes, decoded)) {
      ASSERT_EQ(encoded(decoded.fact), bytes);
    }
  }
}

TEST(FactCodec, SpendsLittleOnTheFactsOfEveryDay) {
  const std::array items = {Item{.sku = "PS5", .quantity = 1, .change = {.held = 1}}};
  const Fact held{.type = FactType::held,
                  .seq = 9,
                  .at_us = 1'000'000,
                  .items = items,
                  .policy = {},
                  .id = {},
                  .cart = "cart-1",
                  .ref = {},
                  .deadline_us = 301'000'000};
  EXPECT_EQ(encoded_bytes(held), 1u + 15 + 7 + 1 + 5 + 1 + 4 + 1);
}

TEST(FactCodec, ComputesTheHashesOfAllNames) {
  const Hasher hasher(7);
  RandomFacts random(5);
  for (const FactType type : all_fact_types) {
    const Fact fact = random.longest(type);
    const std::string bytes = encoded(fact);
    DecodedFact decoded;
    ASSERT_TRUE(decode_fact(fact.seq, fact.at_us, bytes, decoded));
    hash_names(decoded, hasher);
    for (const Item& item : decoded.fact.items) {
      EXPECT_EQ(item.hash, type >= FactType::locked ? hasher.lock(item.sku) : hasher.sku(item.sku));
    }
    EXPECT_EQ(decoded.fact.cart_hash, fact.cart.empty() ? 0 : hasher.cart(fact.cart));
    EXPECT_EQ(decoded.fact.key_hash, fact.key.empty() ? 0 : hasher.key(fact.cart, fact.key));
  }
}

}  // namespace
}  // namespace holdfast
