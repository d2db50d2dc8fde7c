// RESERVE ... WAIT from outside: who stands in line, in which order they are served, and what the others notice.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "engine/check.h"
#include "tests/system/reply_client.h"

namespace holdfast {
namespace {

constexpr size_t waiters = 1'000;

void allow_descriptors(rlim_t wanted) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  ASSERT_GE(limit.rlim_max, wanted);
  limit.rlim_cur = std::max(limit.rlim_cur, wanted);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
}

std::string wait_for(size_t number, int units = 1) {
  return "RESERVE cart-" + std::to_string(number) + " EX 3600 WAIT 600000 ITEMS seat " + std::to_string(units) + "\r\n";
}

class LineOfClients : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    allow_descriptors(2 * waiters + 100);
    ASSERT_TRUE(server_.ready());
    shop_ = std::make_unique<ReplyClient>(server_.port());
  }

  // All units are held, each by a hold of its own.
  void sell_out(size_t units) {
    ASSERT_EQ(shop_->ask("SETSTOCK seat " + std::to_string(units)).figure("available"), static_cast<int64_t>(units));
    for (size_t i = 0; i < units; ++i) shop_->send("RESERVE shop EX 3600 ITEMS seat 1\r\n");
    for (size_t i = 0; i < units; ++i) {
      const WireReply reply = shop_->next();
      ASSERT_TRUE(reply.is_hold()) << reply.shown();
      held_.push_back(reply.items[0].text);
    }
  }

  // One after the other: whoever arrives stands in line before the next one is sent.
  void wait_until_waiting(int64_t count) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    for (;;) {
      const WireReply stock = shop_->ask("STOCK seat");
      ASSERT_EQ(stock.type, '*') << stock.shown();
      if (stock.figure("waiting") == count) return;
      ASSERT_LT(std::chrono::steady_clock::now(), end) << stock.shown() << ", and not " << count;
    }
  }

  std::unique_ptr<ReplyClient> stand_in_line(size_t number, int64_t already, int units = 1) {
    auto client = std::make_unique<ReplyClient>(server_.port());
    client->send(wait_for(number, units));
    wait_until_waiting(already + 1);
    return client;
  }

  // A unit comes back: by expiry, by release, or because there is a new one, in turn.
  void bring_back_one(size_t number) {
    if (number % 3 == 2) {
      ASSERT_EQ(shop_->ask("RESTOCK seat 1").type, '*');
      return;
    }
    const std::string id = held_.back();
    held_.pop_back();
    const WireReply reply = shop_->ask(number % 3 == 0 ? "EXTEND " + id + " PX 1" : "RELEASE " + id);
    ASSERT_EQ(reply.number, 1) << reply.shown();
  }

  void expect_cart(const WireReply& hold, size_t number) {
    ASSERT_TRUE(hold.is_hold()) << hold.shown();
    const WireReply shown = shop_->ask("HOLD " + hold.items[0].text);
    ASSERT_EQ(shown.items.size(), 14U) << shown.shown();
    EXPECT_EQ(shown.items[3].text, "cart-" + std::to_string(number));
  }

  ServerProcess server_{{"--port", "0", "--shards", std::to_string(GetParam()), "--max-wait", "600s"}};
  std::unique_ptr<ReplyClient> shop_;
  std::vector<std::string> held_;
};

INSTANTIATE_TEST_SUITE_P(Shards, LineOfClients, testing::Values(1, 4), testing::PrintToStringParamName());

TEST_P(LineOfClients, AThousandAreServedInTheOrderOfTheirArrival) {
  sell_out(waiters);
  std::vector<std::unique_ptr<ReplyClient>> line;
  for (size_t i = 0; i < waiters && !HasFailure(); ++i) line.push_back(stand_in_line(i, static_cast<int64_t>(i)));
  ASSERT_FALSE(HasFailure());
  for (size_t i = 0; i < waiters; ++i) {
    bring_back_one(i);
    expect_cart(line[i]->next(), i);
    ASSERT_FALSE(HasFailure()) << "waiter " << i;
    const auto is_answered = [](const auto& client) { return client->has_answer(); };
    ASSERT_TRUE(std::none_of(line.begin() + static_cast<std::ptrdiff_t>(i), line.end(), is_answered));
  }
  const WireReply stock = shop_->ask("STOCK seat");
  EXPECT_EQ(stock.figure("waiting"), 0);
  EXPECT_EQ(stock.figure("available"), 0);
  EXPECT_EQ(stock.figure("held"), static_cast<int64_t>(held_.size() + waiters));
}

// A process of its own with connections of its own: each byte that it is told makes the next one stand in line.
class OtherClients {
 public:
  explicit OtherClients(uint16_t port, size_t count) {
    int told[2];
    CHECK(::pipe(told) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      std::vector<std::unique_ptr<TestClient>> clients;
      for (size_t i = 0; i < count; ++i) clients.push_back(std::make_unique<TestClient>(port));
      char byte = 0;
      for (size_t next = 0; ::read(told[0], &byte, 1) == 1; ++next) clients[next]->send(wait_for(2 * next + 1));
      ::_exit(0);
    }
    ::close(told[0]);
    tell_ = told[1];
  }
  ~OtherClients() {
    kill();
    ::close(tell_);
  }
  OtherClients(const OtherClients&) = delete;
  OtherClients& operator=(const OtherClients&) = delete;

  void next_one() const { EXPECT_EQ(::write(tell_, "n", 1), 1); }
  void kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }

 private:
  pid_t pid_ = -1;
  int tell_ = -1;
};

TEST_P(LineOfClients, AProcessThatIsKilledLosesItsOwnPlacesAndNobodyElses) {
  constexpr size_t half = waiters / 4;
  sell_out(half + 10);
  OtherClients others(server_.port(), half);
  std::vector<std::unique_ptr<ReplyClient>> line;
  for (size_t i = 0; i < half && !HasFailure(); ++i) {
    line.push_back(stand_in_line(2 * i, static_cast<int64_t>(2 * i)));
    others.next_one();
    wait_until_waiting(static_cast<int64_t>(2 * i + 2));
  }
  ASSERT_FALSE(HasFailure());
  others.kill();
  wait_until_waiting(half);
  for (size_t i = 0; i < half; ++i) {
    ASSERT_FALSE(line[i]->has_answer());
    bring_back_one(i);
    expect_cart(line[i]->next(), 2 * i);
    ASSERT_FALSE(HasFailure()) << "waiter " << i;
  }
  EXPECT_EQ(shop_->ask("STOCK seat").figure("waiting"), 0);
}

TEST_P(LineOfClients, WhoWaitsForManyKeepsNoUnitFromWhoWantsFew) {
  sell_out(100);
  const auto greedy = stand_in_line(0, 0, 50);
  for (size_t i = 1; i <= 20; ++i) {
    const auto modest = stand_in_line(i, 1);
    bring_back_one(1);
    expect_cart(modest->next(), i);
    bring_back_one(1);  // nobody in line wants this one: it is for who comes
    ReplyClient passer_by(server_.port());
    EXPECT_TRUE(passer_by.ask("RESERVE passer-by EX 3600 ITEMS seat 1").is_hold());
    ASSERT_FALSE(greedy->has_answer());
  }
  for (size_t i = 0; i < 50; ++i) bring_back_one(1);
  expect_cart(greedy->next(), 0);
}

TEST_P(LineOfClients, IsSeenInInfoAndItsConnectionsAnswerNothingElse) {
  sell_out(2);
  const auto blocked = [&] {
    const std::string info = shop_->ask("INFO clients").text;
    const size_t at = info.find("blocked_clients:");
    return at == std::string::npos ? std::string("none") : info.substr(at + 16, info.find('\r', at) - at - 16);
  };
  EXPECT_EQ(blocked(), "0");
  const auto first = stand_in_line(1, 0);
  const auto second = stand_in_line(2, 1);
  EXPECT_EQ(blocked(), "2");
  first->send("PING\r\nSTOCK seat\r\nECHO last\r\n");
  ReplyClient other(server_.port());
  for (int i = 0; i < 100; ++i) ASSERT_EQ(other.ask("PING").text, "PONG");  // others are not concerned
  EXPECT_EQ(shop_->ask("STOCK seat").figure("waiting"), 2);
  EXPECT_FALSE(first->has_answer());

  bring_back_one(1);
  expect_cart(first->next(), 1);
  EXPECT_EQ(first->next().text, "PONG");
  EXPECT_EQ(first->next().figure("waiting"), 1);
  EXPECT_EQ(first->next().text, "last");
  EXPECT_EQ(blocked(), "1");
  EXPECT_FALSE(second->has_answer());

  bring_back_one(0);
  expect_cart(second->next(), 2);
  EXPECT_EQ(blocked(), "0");
}

}  // namespace
}  // namespace holdfast
