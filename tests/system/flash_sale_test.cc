// All the world wants the same few units at the same moment.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/system/reply_client.h"

namespace holdfast {
namespace {

constexpr rlim_t spare_descriptors = 64;

// As many connections as this process may open, up to `wanted`.
size_t connections_allowed(size_t wanted) {
  rlimit limit{};
  EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_max, wanted + spare_descriptors);
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  return static_cast<size_t>(limit.rlim_cur - spare_descriptors);
}

TEST(FlashSale, SellsFiftyUnitsToFiftyOfTenThousandAndTellsTheOthersWhy) {
  const size_t buyers = connections_allowed(10'000);
  RecordProperty("connections", std::to_string(buyers));
  ServerProcess server({"--port", "0", "--shards", "2", "--maxclients", std::to_string(buyers + 1)});
  ASSERT_TRUE(server.ready());
  ReplyClient shop(server.port());
  ASSERT_EQ(shop.ask("SETSTOCK PS5 50").figure("available"), 50);
  std::vector<std::unique_ptr<ReplyClient>> clients;
  for (size_t i = 0; i < buyers; ++i) {
    clients.push_back(std::make_unique<ReplyClient>(server.port()));
    ASSERT_TRUE(clients.back()->connected()) << i;
  }
  for (auto& client : clients) ASSERT_EQ(client->ask("PING").text, "PONG");  // all are served, not only accepted

  server.pause();  // so that all requests are there at the same moment
  for (size_t i = 0; i < buyers; ++i) clients[i]->send("RESERVE cart-" + std::to_string(i) + " ITEMS PS5 1\r\n");
  server.resume();

  size_t granted = 0;
  size_t refused = 0;
  for (auto& client : clients) {
    const WireReply reply = client->next();
    granted += reply.is_hold();
    refused += reply.is_error();
    if (reply.is_error()) {
      ASSERT_EQ(reply.text, "OUTOFSTOCK sku=PS5 want=1 available=0 held=50");
    }
  }
  EXPECT_EQ(granted, 50U);
  EXPECT_EQ(refused, buyers - 50);
  EXPECT_EQ(shop.ask("STOCK PS5").figure("held"), 50);
}

}  // namespace
}  // namespace holdfast
