// No room, on the disk or in memory: what would make the state grow is refused, and whatever ends goes on.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/requests.h"

namespace holdfast {
namespace {

class Shortage : public testing::TestWithParam<const char*> {
 protected:
  Shortage() : world_({.shards = 2}), here_(world_.sku_on(0)), there_(world_.sku_on(1)) {
    for (const std::string& sku : {here_, there_}) world_.ask(set_stock(sku, 10));
  }

  void expect_refused(const Request& request) {
    const Answer& answer = world_.ask(request);
    EXPECT_EQ(answer.refusal.error, Error::out_of_memory);
    EXPECT_EQ(answer.refusal.name, GetParam());
  }

  StockView look(const std::string& sku) { return world_.ask(stock(sku)).stock; }

  ShardWorld world_;
  std::string here_, there_;
};

INSTANTIATE_TEST_SUITE_P(Of, Shortage, testing::Values("disk", "memory"));

TEST_P(Shortage, RefusesWhatGrowsAndChangesNothing) {
  const HoldId id = world_.ask(reserve("cart", {{here_, 2}, {there_, 2}})).id;
  const uint64_t version = look(here_).version;
  const size_t facts = world_.facts().size();
  world_.set_shortage(GetParam());
  expect_refused(reserve("other", {{here_, 1}}));
  expect_refused(reserve("other", {{here_, 1}, {there_, 1}}));
  expect_refused(set_stock(here_, 11));
  expect_refused(set_stock("new", 11));
  expect_refused(restock(here_, 1));
  expect_refused(pause(here_, true));
  expect_refused(extend(id, 5'000));
  expect_refused(amend(id, {{here_, 3}}));
  expect_refused(lock("till", 5'000));
  expect_refused(release_some(id, {{here_, 1}}));
  EXPECT_EQ(look(here_).held, 2);
  EXPECT_EQ(look(here_).version, version);
  EXPECT_EQ(world_.facts().size(), facts);
}

TEST_P(Shortage, TellsOtherReasonsFirst) {
  world_.set_shortage(GetParam());
  EXPECT_EQ(world_.ask(reserve("cart", {{here_, 11}})).refusal.error, Error::out_of_stock);
  EXPECT_EQ(world_.ask(reserve("cart", {{"none", 1}, {there_, 1}})).refusal.error, Error::no_sku);
}

TEST_P(Shortage, LetsEverythingEnd) {
  const HoldId sold = world_.ask(reserve("a", {{here_, 1}, {there_, 1}})).id;
  const HoldId given_back = world_.ask(reserve("b", {{here_, 1}})).id;
  world_.ask(reserve("c", {{there_, 1}}));
  world_.ask(reserve("d", {{here_, 1}, {there_, 1}}));
  const Seq token = world_.ask(lock("till", 600'000)).seq;
  world_.set_shortage(GetParam());
  EXPECT_FALSE(world_.ask(commit(sold)).refusal);
  EXPECT_EQ(world_.ask(release(given_back)).number, 1);
  EXPECT_EQ(world_.ask(revoke("c")).number, 1);
  EXPECT_EQ(world_.ask(unlock("till", token)).number, 1);
  world_.pass_time_to(world_.clock(0) + 3'600'000'000);
  for (const std::string& sku : {here_, there_}) {
    EXPECT_EQ(look(sku).held, 0);
    EXPECT_EQ(look(sku).sold, 1);
  }
}

}  // namespace
}  // namespace holdfast
