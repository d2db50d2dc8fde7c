// Clients that are not sure whether they were heard ask again, all of them at the same moment.
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/system/reply_client.h"

namespace holdfast {
namespace {

constexpr size_t connections = 200;
constexpr size_t copies = 3;
constexpr size_t skus = 8;

std::string sku(size_t number) {
  return "sku-" + std::to_string(number % skus);
}
std::string cart(size_t number) {
  return "cart-" + std::to_string(number);
}

// Two SKUs of eight, so that on several shards most carts live on two.
std::string reserve(size_t number, const std::string& quantity) {
  return "RESERVE " + cart(number) + " EX 600 KEY order ITEMS " + sku(number) + " " + quantity + " " +
         sku(number + 1 + number % 5) + " 1";
}

std::string idem(size_t number) {
  return "IDEM cart=" + cart(number) + " key=order";
}

class RetryStorm : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.ready());
    for (size_t i = 0; i < connections; ++i) clients_.push_back(std::make_unique<ReplyClient>(server_.port()));
    for (auto& client : clients_) ASSERT_EQ(client->ask("PING").text, "PONG");
  }

  void stock_up(int64_t units) {
    for (size_t i = 0; i < skus; ++i) {
      const WireReply reply = clients_[0]->ask("SETSTOCK " + sku(i) + " " + std::to_string(units));
      ASSERT_EQ(reply.figure("on_hand"), units);
    }
  }

  // Copies of each request, each over another connection, and all are there at the same moment.
  // The replies to each, in the order of its copies.
  template <class RequestOf>
  std::vector<std::vector<WireReply>> all_at_once(size_t how_often, RequestOf request_of) {
    server_.pause();
    const auto connection_of = [](size_t number, size_t copy) { return (number + copy * 53) % connections; };
    for (size_t copy = 0; copy < how_often; ++copy) {
      for (size_t i = 0; i < connections; ++i) {
        clients_[connection_of(i, copy)]->send(request_of(i, copy) + "\r\n");
      }
    }
    server_.resume();
    std::vector<std::vector<WireReply>> replies(connections);
    for (size_t copy = 0; copy < how_often; ++copy) {
      for (size_t i = 0; i < connections; ++i) replies[i].push_back(clients_[connection_of(i, copy)]->next());
    }
    return replies;
  }

  int64_t held() {
    int64_t units = 0;
    for (size_t i = 0; i < skus; ++i) units += clients_[0]->ask("STOCK " + sku(i)).figure("held");
    return units;
  }

  void expect_only_hold(size_t number, const std::string& id) {
    const WireReply holds = clients_[0]->ask("HOLDS " + cart(number));
    ASSERT_EQ(holds.items.size(), 1U) << holds.shown();
    EXPECT_EQ(holds.items[0].text, id);
  }

  ServerProcess server_{{"--port", "0", "--shards", std::to_string(GetParam())}};
  std::vector<std::unique_ptr<ReplyClient>> clients_;
};

INSTANTIATE_TEST_SUITE_P(Shards, RetryStorm, testing::Values(1, 4), testing::PrintToStringParamName());

TEST_P(RetryStorm, MakesOneHoldForOneKeyAndTellsAllCopiesOfIt) {
  stock_up(100'000);
  const auto replies = all_at_once(copies, [](size_t number, size_t) { return reserve(number, "1"); });
  std::set<std::string> ids;
  for (size_t i = 0; i < connections; ++i) {
    for (const WireReply& reply : replies[i]) {
      ASSERT_TRUE(reply.is_hold()) << reply.shown();
      EXPECT_EQ(reply.items[0].text, replies[i][0].items[0].text) << cart(i) << " has two holds";
    }
    EXPECT_TRUE(ids.insert(replies[i][0].items[0].text).second) << "two carts have one hold";
    expect_only_hold(i, replies[i][0].items[0].text);
  }
  EXPECT_EQ(held(), int64_t{connections} * 2);

  // And with other items it is another request, however often and wherever it is sent.
  const auto others = all_at_once(copies, [](size_t number, size_t copy) {
    return copy == 0 ? reserve(number, "2") : "RESERVE " + cart(number) + " EX 600 KEY order ITEMS pony 1";
  });
  for (size_t i = 0; i < connections; ++i) {
    for (const WireReply& reply : others[i]) EXPECT_EQ(reply.text, idem(i));
  }
  EXPECT_EQ(held(), int64_t{connections} * 2);
}

TEST_P(RetryStorm, OfTwoRequestsWithOneKeyOneIsTheFirstForAll) {
  stock_up(100'000);
  const auto replies =
      all_at_once(2 * copies, [](size_t number, size_t copy) { return reserve(number, copy % 2 == 0 ? "1" : "2"); });
  int64_t expected = 0;
  for (size_t i = 0; i < connections; ++i) {
    const size_t winner = replies[i][0].is_hold() ? 0 : 1;
    expected += winner == 0 ? 2 : 3;
    ASSERT_TRUE(replies[i][winner].is_hold()) << replies[i][0].shown() << " " << replies[i][1].shown();
    for (size_t copy = 0; copy < 2 * copies; ++copy) {
      const WireReply& reply = replies[i][copy];
      if (copy % 2 == winner) {
        ASSERT_TRUE(reply.is_hold()) << reply.shown();
        EXPECT_EQ(reply.items[0].text, replies[i][winner].items[0].text);
      } else {
        EXPECT_EQ(reply.text, idem(i)) << reply.shown();
      }
    }
    expect_only_hold(i, replies[i][winner].items[0].text);
  }
  EXPECT_EQ(held(), expected);
}

// Where there is not enough for all, a cart has its hold or is refused, whichever copy is asked.
TEST_P(RetryStorm, SellsNoUnitTwiceWhereThereAreFew) {
  stock_up(20);
  const auto replies = all_at_once(copies, [](size_t number, size_t) { return reserve(number, "1"); });
  int64_t holds = 0;
  for (size_t i = 0; i < connections; ++i) {
    const bool has_hold = replies[i][0].is_hold();
    holds += has_hold;
    for (const WireReply& reply : replies[i]) {
      ASSERT_EQ(reply.is_hold(), has_hold) << reply.shown();
      if (has_hold) {
        EXPECT_EQ(reply.items[0].text, replies[i][0].items[0].text);
      } else {
        EXPECT_TRUE(reply.text.starts_with("OUTOFSTOCK sku=")) << reply.shown();
      }
    }
    if (has_hold) expect_only_hold(i, replies[i][0].items[0].text);
  }
  EXPECT_EQ(held(), holds * 2);
  EXPECT_GT(holds, 0);
  EXPECT_LT(holds, int64_t{connections});
}

}  // namespace
}  // namespace holdfast
