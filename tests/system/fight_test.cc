// Many connections fight over few units, with carts that name their SKUs in opposite orders. HOLDFAST_FIGHT_SECONDS
// (10) is how long all of it takes.
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "tests/system/reply_client.h"

namespace holdfast {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int connections = 64;
constexpr int disturbers = 16;
constexpr int empty_skus = 8;  // that nobody can have: a cart with one of them is refused
constexpr int watchdog_ms = 5'000;

std::chrono::milliseconds fight_time() {
  const char* const seconds = std::getenv("HOLDFAST_FIGHT_SECONDS");
  return std::chrono::milliseconds(1000 * (seconds ? std::atoi(seconds) : 10));
}

// Two SKUs; on which shards they live is the server's secret, so a fight goes over several pairs.
struct Pair {
  std::array<std::string, 2> skus;
};

struct Fighter {
  std::unique_ptr<ReplyClient> client;
  int number = 0;
  int64_t granted = 0;
  int64_t refused = 0;
  std::array<int64_t, 2> sold{};  // of each SKU of the pair
  bool failed = false;

  WireReply ask(const std::string& line) {
    WireReply reply = client->ask(line);
    if (reply.type == 0) fail(line, reply);
    return reply;
  }

  void fail(const std::string& line, const WireReply& reply) {
    failed = true;
    ADD_FAILURE() << "connection " << number << ": " << line << " -> " << reply.shown();
  }
};

// Which SKUs of the pair a cart has, in which order.
std::vector<size_t> some_order(std::mt19937_64& random, bool single_carts) {
  switch (random() % (single_carts ? 4 : 2)) {
    case 0:
      return {0, 1};
    case 1:
      return {1, 0};
    case 2:
      return {0};
    default:
      return {1};
  }
}

// Whoever is told that it is short is told figures that say so.
bool is_short(const WireReply& reply, int64_t want) {
  const size_t available = reply.text.find(" available=");
  return reply.text.starts_with("OUTOFSTOCK sku=") && available != std::string::npos &&
         std::atoll(reply.text.c_str() + available + 11) < want;
}

// One reservation and its end: sold and put in again, or released.
void one_cart(Fighter& fighter, const Pair& pair, std::mt19937_64& random, bool single_carts) {
  const std::vector<size_t> order = some_order(random, single_carts);
  std::string line = "RESERVE cart-" + std::to_string(fighter.number) + " EX 600 ITEMS";
  for (const size_t i : order) line += " " + pair.skus[i] + " 1";
  const WireReply hold = fighter.ask(line);
  if (hold.is_error() && is_short(hold, 1)) {
    ++fighter.refused;
    return;
  }
  if (!hold.is_hold()) return fighter.fail(line, hold);
  ++fighter.granted;
  const std::string& id = hold.items[0].text;
  if (random() % 2 == 0) {
    const WireReply released = fighter.ask("RELEASE " + id);
    if (released.number != static_cast<int64_t>(order.size())) fighter.fail("RELEASE " + id, released);
    return;
  }
  const WireReply committed = fighter.ask("COMMIT " + id);
  if (committed.text != "OK") return fighter.fail("COMMIT " + id, committed);
  for (const size_t i : order) {
    ++fighter.sold[i];
    const WireReply stock = fighter.ask("RESTOCK " + pair.skus[i] + " 1");
    if (stock.type != '*' || stock.figure("short") != 0 || stock.figure("on_hand") < 1) fighter.fail("RESTOCK", stock);
  }
}

// Buys as long as there is anything, and puts nothing in again.
void buy_all(Fighter& fighter, const Pair& pair, std::mt19937_64& random) {
  for (;;) {
    const bool turned = random() % 2 == 0;
    const std::string line = "RESERVE cart-" + std::to_string(fighter.number) + " ITEMS " + pair.skus[turned] + " 1 " +
                             pair.skus[!turned] + " 1";
    const WireReply hold = fighter.ask(line);
    if (hold.is_error() && is_short(hold, 1)) {
      if (hold.text.ends_with(" held=0")) return;
      continue;  // some may come back
    }
    if (!hold.is_hold()) return fighter.fail(line, hold);
    const std::string end = (random() % 4 == 0 ? "RELEASE " : "COMMIT ") + hold.items[0].text;
    const WireReply ended = fighter.ask(end);
    if (ended.text == "OK") {
      ++fighter.sold[0];
    } else if (ended.number != 2) {
      return fighter.fail(end, ended);
    }
  }
}

struct Outcome {
  int64_t granted = 0;
  int64_t refused = 0;
};

// Takes a unit on its way to a refusal, wherever the empty SKU comes later in the journey's order.
void one_vain_cart(Fighter& fighter, const Pair& pair, std::mt19937_64& random) {
  const std::string empty = "empty-" + std::to_string(random() % empty_skus);
  const std::string line = "RESERVE vain ITEMS " + pair.skus[random() % 2] + " 1 " + empty + " 1";
  const WireReply reply = fighter.ask(line);
  if (reply.text != "OUTOFSTOCK sku=" + empty + " want=1 available=0 held=0") fighter.fail(line, reply);
}

// What each of them does, all at the same time.
template <class Work>
std::vector<Fighter> all_at_once(ServerProcess& server, int count, Work work) {
  std::vector<Fighter> fighters(static_cast<size_t>(count));
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) {
    Fighter& fighter = fighters[static_cast<size_t>(i)];
    fighter.number = i;
    fighter.client = std::make_unique<ReplyClient>(server.port(), watchdog_ms);
    threads.emplace_back([&fighter, &work] {
      std::mt19937_64 random(static_cast<uint64_t>(fighter.number));
      work(fighter, random);
    });
  }
  for (std::thread& thread : threads) thread.join();
  return fighters;
}

Outcome fight(ServerProcess& server, const Pair& pair, int64_t units, std::chrono::milliseconds time, bool gently) {
  ReplyClient observer(server.port());
  for (const std::string& sku : pair.skus) observer.ask("SETSTOCK " + sku + " " + std::to_string(units));
  const auto end = Clock::now() + time;
  for (int i = 0; i < empty_skus; ++i) observer.ask("SETSTOCK empty-" + std::to_string(i) + " 0");
  const int count = gently ? connections + disturbers : connections;
  std::vector<Fighter> fighters = all_at_once(server, count, [&](Fighter& fighter, std::mt19937_64& random) {
    do {
      fighter.number < connections ? one_cart(fighter, pair, random, gently) : one_vain_cart(fighter, pair, random);
    } while (!fighter.failed && Clock::now() < end);
  });

  fighters.resize(connections);
  Outcome outcome;
  std::array<int64_t, 2> sold{};
  for (const Fighter& fighter : fighters) {
    EXPECT_GT(fighter.granted, 0) << "connection " << fighter.number << " starved, refused " << fighter.refused;
    outcome.granted += fighter.granted;
    outcome.refused += fighter.refused;
    for (size_t i = 0; i < 2; ++i) sold[i] += fighter.sold[i];
  }
  for (size_t i = 0; i < 2; ++i) {
    const WireReply stock = observer.ask("STOCK " + pair.skus[i]);
    EXPECT_EQ(stock.figure("held"), 0) << stock.shown();
    EXPECT_EQ(stock.figure("sold"), sold[i]) << stock.shown();
    EXPECT_EQ(stock.figure("on_hand"), units) << stock.shown();  // all that was sold was put in again
  }
  return outcome;
}

// From `units` of each SKU to none.
void sell_out(ServerProcess& server, const Pair& pair, int64_t units) {
  ReplyClient observer(server.port());
  std::array<int64_t, 2> sold_before{};
  for (size_t i = 0; i < 2; ++i) sold_before[i] = observer.ask("STOCK " + pair.skus[i]).figure("sold");
  const std::vector<Fighter> fighters = all_at_once(
      server, connections, [&](Fighter& fighter, std::mt19937_64& random) { buy_all(fighter, pair, random); });
  int64_t sold = 0;
  for (const Fighter& fighter : fighters) sold += fighter.sold[0];
  EXPECT_EQ(sold, units);
  for (size_t i = 0; i < 2; ++i) {
    const WireReply stock = observer.ask("STOCK " + pair.skus[i]);
    EXPECT_EQ(stock.figure("sold"), sold_before[i] + units) << stock.shown();
    EXPECT_EQ(stock.figure("on_hand"), 0) << stock.shown();
    EXPECT_EQ(stock.figure("held"), 0) << stock.shown();
  }
}

Pair pair_number(int number) {
  const std::string text = std::to_string(number);
  return {{"shirt-" + text, "pants-" + text}};
}

TEST(Fight, SellsExactlyWhatWasThereAndNobodyHangsOrStarves) {
  ServerProcess server({"--port", "0", "--shards", "4"});
  ASSERT_TRUE(server.ready());
  constexpr int pairs = 5;
  Outcome all;
  for (int number = 0; number < pairs && !HasFailure(); ++number) {
    const Outcome outcome = fight(server, pair_number(number), 50, fight_time() * 7 / 10 / pairs, false);
    all.granted += outcome.granted;
    all.refused += outcome.refused;
    sell_out(server, pair_number(number), 50);
  }
  RecordProperty("granted", std::to_string(all.granted));
  EXPECT_GT(all.refused, 0) << "there was no fight";
}

// A unit for each connection, and none has more than one cart: whoever is refused was refused units that were free, or
// that others had taken on their way to a refusal.
TEST(Fight, RefusesNobodyWhereThereIsAUnitForEach) {
  for (const char* shards : {"1", "4"}) {
    ServerProcess server({"--port", "0", "--shards", shards});
    ASSERT_TRUE(server.ready());
    for (int number = 0; number < 2; ++number) {
      const Outcome outcome = fight(server, pair_number(number), connections, fight_time() * 3 / 40, true);
      EXPECT_EQ(outcome.refused, 0) << "of " << outcome.granted << " carts, on " << shards << " shards";
    }
  }
}

}  // namespace
}  // namespace holdfast
