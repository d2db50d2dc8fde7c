// A busy server does not allocate on the path of a one-item RESERVE, COMMIT or RELEASE once it is warm.
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "tests/protocol/session_world.h"
#include "tests/support/allocations.h"

namespace holdfast {
namespace {

constexpr size_t id_bytes = 24;

// A buyer whose own words allocate nothing.
class Buyer {
 public:
  Buyer(SessionWorld& world, std::string sku) : world_(world), session_(world.connect()), sku_(std::move(sku)) {}

  void stock_up() { ask("SETSTOCK ", sku_, " 1000000000\r\n"); }

  // Reserves and ends the hold; true where both were granted.
  bool buy(std::string_view ending) {
    std::array<char, 20> cart{};
    const char* const cart_end = std::to_chars(cart.data(), cart.data() + cart.size(), ++carts_).ptr;
    append("RESERVE a-cart-with-a-long-name-", {cart.data(), cart_end}, " EX 300 ITEMS ");
    const std::string_view hold = ask(sku_, " 1", "\r\n");
    if (!hold.starts_with("*2\r\n$24\r\n")) return false;
    std::array<char, id_bytes> id{};
    std::copy_n(hold.begin() + 9, id_bytes, id.begin());
    const std::string_view end = ask(ending, {id.data(), id.size()}, "\r\n");
    return end == "+OK\r\n" || end == ":1\r\n";
  }

 private:
  void append(std::string_view one, std::string_view two, std::string_view three) {
    for (const std::string_view part : {one, two, three}) session_.input().append(part);
  }
  std::string_view ask(std::string_view one, std::string_view two, std::string_view three) {
    session_.output().clear();
    append(one, two, three);
    world_.settle();
    return session_.output().view();
  }

  SessionWorld& world_;
  Session& session_;
  std::string sku_;
  uint64_t carts_ = 0;
};

// So few ended holds are remembered that no segment of the index that finds them ever has to grow: its growth is the
// one allocation that a steady load may still see, now and then, by the luck of the draw of ids.
constexpr uint64_t remembered = 100;

// operator new is counted; what malloc hands out else (Buffer) shows as bytes in use.
void expect_no_allocations(SessionWorld& world, Buyer& buyer, std::string_view ending) {
  constexpr int cycles = 20'000;
  for (uint32_t i = 0; i < world.shards(); ++i) world.shard(i).set_settings({.max_tombstones = remembered});
  buyer.stock_up();
  for (int i = 0; i < cycles; ++i) ASSERT_TRUE(buyer.buy(ending));
  const size_t bytes = mallinfo2().uordblks;
  const uint64_t allocations = allocations_of_this_thread();
  bool all_granted = true;
  for (int i = 0; i < cycles; ++i) all_granted = buyer.buy(ending) && all_granted;
  EXPECT_EQ(allocations_of_this_thread(), allocations) << ending;
  EXPECT_EQ(mallinfo2().uordblks, bytes) << ending;
  EXPECT_TRUE(all_granted);
}

TEST(SessionAllocations, AreNoneForACartThatLivesWithTheConnection) {
  for (const std::string_view ending : {"COMMIT ", "RELEASE "}) {
    SessionWorld world(1);
    Buyer buyer(world, world.sku_on(0));
    expect_no_allocations(world, buyer, ending);
  }
}

TEST(SessionAllocations, AreNoneForACartThatLivesOnAnotherShard) {
  for (const std::string_view ending : {"COMMIT ", "RELEASE "}) {
    SessionWorld world(2);
    Buyer buyer(world, world.sku_on(1));
    expect_no_allocations(world, buyer, ending);
  }
}

}  // namespace
}  // namespace holdfast
