// Very many holds fall due at once. HOLDFAST_STORM_HOLDS (1,000,000) is how many.
//
// The server stands still (SIGSTOP) while their deadlines pass, so all of them are over at its next turn, however fast
// the machine is; and what is sent meanwhile is there at that turn too.
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string>
#include <vector>

#include "tests/system/reply_client.h"

namespace holdfast {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t batch = 2'000;

size_t storm_holds() {
  const char* const holds = std::getenv("HOLDFAST_STORM_HOLDS");
  return holds ? static_cast<size_t>(std::atoll(holds)) : 1'000'000;
}

int64_t ms_until(Clock::time_point time) {
  return std::max<int64_t>(1, std::chrono::duration_cast<milliseconds>(time - Clock::now()).count());
}

void wait_until(Clock::time_point time) {
  while (Clock::now() < time) ::poll(nullptr, 0, static_cast<int>(ms_until(time)));
}

// Makes as many holds as there are carts in `items`, for an hour.
std::vector<std::string> reserve(ReplyClient& client, const std::vector<std::string>& items, size_t holds) {
  std::vector<std::string> ids;
  while (ids.size() < holds) {
    std::string requests;
    const size_t first = ids.size();
    const size_t last = std::min(first + batch, holds);
    for (size_t i = first; i < last; ++i) {
      requests += "RESERVE cart-" + std::to_string(i) + " EX 3600 ITEMS " + items[i % items.size()] + "\r\n";
    }
    client.send(requests);
    for (size_t i = first; i < last; ++i) {
      const WireReply reply = client.next();
      if (!reply.is_hold()) {
        ADD_FAILURE() << reply.shown();
        return ids;
      }
      ids.push_back(reply.items[0].text);
    }
  }
  return ids;
}

// Gives all of them a deadline at `end`, to the millisecond and what a batch takes.
void extend_until(ReplyClient& client, const std::vector<std::string>& ids, Clock::time_point end) {
  for (size_t first = 0; first < ids.size(); first += batch) {
    const std::string ttl = std::to_string(ms_until(end));
    const size_t last = std::min(first + batch, ids.size());
    std::string requests;
    for (size_t i = first; i < last; ++i) requests += "EXTEND " + ids[i] + " PX " + ttl + "\r\n";
    client.send(requests);
    for (size_t i = first; i < last; ++i) ASSERT_EQ(client.next().type, ':');
  }
}

// Holds of these carts, all with a deadline that passed while the server stood still. On return it still does.
void brew(ServerProcess& server, const std::vector<std::string>& items) {
  ReplyClient client(server.port());
  const auto began = Clock::now();
  const std::vector<std::string> ids = reserve(client, items, storm_holds());
  auto patience = Clock::now() - began + milliseconds(300);
  for (;;) {  // again with more time where the machine was too slow for this one
    const auto end = Clock::now() + patience;
    extend_until(client, ids, end);
    if (testing::Test::HasFatalFailure()) return;
    if (Clock::now() < end - milliseconds(100)) {
      wait_until(end - milliseconds(100));
      server.pause();
      wait_until(end + milliseconds(500));
      return;
    }
    patience *= 2;
    if (patience > std::chrono::minutes(1)) FAIL() << "too slow";
  }
}

TEST(Storm, GrantsEveryUnitWhoseTimeIsOverAndServesOthersBetweenTheSlices) {
  ServerProcess server({"--port", "0", "--shards", "1"});
  ASSERT_TRUE(server.ready());
  ReplyClient buyer(server.port());
  ReplyClient other(server.port());
  const auto holds = static_cast<int64_t>(storm_holds());
  const std::string half = std::to_string(holds / 2);
  buyer.ask("SETSTOCK hot " + half);
  buyer.ask("SETSTOCK w " + half);
  brew(server, {"hot 1", "w 1"});
  ASSERT_FALSE(HasFailure());

  // Wants every unit of the one SKU. The other connection looks at the other SKU, for at least five turns at 1,024
  // commands a turn; as little as this is in the server's socket when it goes on.
  constexpr size_t looks = 5'000;
  std::string requests;
  for (size_t i = 0; i < looks; ++i) requests += "STOCK w\r\n";
  buyer.send("RESERVE all EX 3600 ITEMS hot " + half + "\r\n");
  other.send(requests);
  server.resume();
  // Every hold was over when the server went on: a reply that shows some came between two slices.
  size_t between = 0;
  for (size_t i = 0; i < looks; ++i) between += other.next().figure("held") > 0;
  EXPECT_EQ(between, looks);

  const WireReply all = buyer.next();
  EXPECT_TRUE(all.is_hold()) << all.shown();
  WireReply witness = buyer.ask("STOCK w");
  while (witness.type == '*' && witness.figure("held") > 0) witness = buyer.ask("STOCK w");
  EXPECT_EQ(witness.figure("available"), holds / 2) << witness.shown();
  EXPECT_EQ(buyer.ask("STOCK hot").figure("held"), holds / 2);
}

TEST(Storm, GivesBackAllUnitsOfCartsThatLiveOnSeveralShards) {
  ServerProcess server({"--port", "0", "--shards", "2"});
  ASSERT_TRUE(server.ready());
  ReplyClient client(server.port());
  const std::string units = std::to_string(storm_holds());
  std::vector<std::string> skus;
  std::vector<std::string> carts;
  for (int i = 0; i < 128; ++i) skus.push_back("sku-" + std::to_string(i));
  for (const std::string& sku : skus) client.ask("SETSTOCK " + sku + " " + units);
  for (const std::string& sku : skus) carts.push_back(sku + " 1");
  for (size_t i = 0; i < skus.size(); i += 2) carts.push_back(skus[i + 1] + " 2 " + skus[i] + " 1");
  brew(server, carts);
  ASSERT_FALSE(HasFailure());

  server.resume();
  for (const std::string& sku : skus) {
    WireReply stock = client.ask("STOCK " + sku);
    while (stock.type == '*' && stock.figure("held") > 0) stock = client.ask("STOCK " + sku);
    EXPECT_EQ(std::to_string(stock.figure("available")), units) << stock.shown();
  }
  const WireReply all = client.ask("RESERVE all ITEMS " + skus[0] + " " + units + " " + skus[1] + " " + units);
  EXPECT_TRUE(all.is_hold()) << all.shown();
}

}  // namespace
}  // namespace holdfast
