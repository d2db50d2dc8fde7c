// A lock's life as one client and another see it, byte for byte, in RESP2 and RESP3, on one shard and on four: sessions
// over an engine whose clock is the test's.
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "engine/engine.h"
#include "protocol/session.h"
#include "tests/protocol/plain_services.h"

namespace holdfast {
namespace {

constexpr uint64_t hash_seed = 42;           // that of PlainServices
constexpr TimeUs noon_us = TimeUs{1} << 50;  // later than any machine has been up
constexpr Seq first_token = 1'700'000'000'000'000;

class Host final : public SessionHost {
 public:
  Host(Engine& engine, ShardIndex shard) : engine_(engine), shard_(shard) {}

  Shard& shard() override { return engine_.actor(shard_).shard(); }
  Services& services() override { return services_; }
  ReactorStats& counters() override { return counters_; }
  TimeUs now() const override { return 0; }
  void equip(Buffer&) override {}
  void reclaim(Buffer&) override {}

 private:
  Engine& engine_;
  ShardIndex shard_;
  PlainServices services_;
  ReactorStats counters_;
};

// Engine, a session on the first shard and one on the last.
class LockScenario : public testing::TestWithParam<std::tuple<uint32_t, int>> {
 protected:
  LockScenario() {
    for (uint32_t i = 0; i < shards_; ++i) {
      engine_.actor(static_cast<ShardIndex>(i)).connect([this](Journey* journey) { complete(*journey); }, [] {});
    }
    for (Session* session : {&first_, &second_}) session->client().resp = std::get<1>(GetParam());
    at_ms(0);
  }

  void at_ms(int64_t ms) { at_us(ms * 1000); }
  void at_us(int64_t us) {
    for (uint32_t i = 0; i < shards_; ++i) engine_.actor(static_cast<ShardIndex>(i)).begin_turn(noon_us + us);
    run();
  }

  std::string say(Session& session, std::string_view request) {
    session.input().append(request);
    session.input().append("\r\n");
    do {
      session.process(1000);
      run();
    } while (session.wants_turn());
    std::string replies(session.output().view());
    session.output().clear();
    return replies;
  }

  // Delivers what is under way until nothing is.
  void run() {
    for (uint32_t rounds = 0; rounds < 4; ++rounds) {
      for (uint32_t i = 0; i < shards_; ++i) {
        ShardActor& actor = engine_.actor(static_cast<ShardIndex>(i));
        actor.take_mail();
        actor.flush();
      }
    }
  }

  void complete(Journey& journey) {
    (journey.ticket.session == 1 ? first_ : second_).complete(journey);
    engine_.actor(journey.origin).shard().recycle(&journey);
  }

  const uint32_t shards_ = std::get<0>(GetParam());
  Engine engine_{{.shards = shards_, .hash_seed = hash_seed, .first_seq = first_token}};
  Host first_host_{engine_, 0};
  Host second_host_{engine_, static_cast<ShardIndex>(shards_ - 1)};
  Session first_{first_host_, 1};
  Session second_{second_host_, 2};
};

INSTANTIATE_TEST_SUITE_P(ShardsAndResp, LockScenario, testing::Combine(testing::Values(1, 4), testing::Values(2, 3)),
                         [](const auto& test) {
                           return std::to_string(std::get<0>(test.param)) + "ShardsResp" +
                                  std::to_string(std::get<1>(test.param));
                         });

TEST_P(LockScenario, OneHasItAndTheOtherHearsHowLong) {
  EXPECT_EQ(say(first_, "LOCK lock:PS5 EX 300"), "*2\r\n:1700000000000000\r\n:300000\r\n");
  EXPECT_EQ(say(second_, "LOCK lock:PS5 EX 300"), "-LOCKED name=lock:PS5 expires_in_ms=300000\r\n");
  EXPECT_EQ(say(first_, "lock lock:PS5 px 1"), "-LOCKED name=lock:PS5 expires_in_ms=300000\r\n");
  at_us(1);
  EXPECT_EQ(say(second_, "LOCK lock:PS5 EX 300"), "-LOCKED name=lock:PS5 expires_in_ms=300000\r\n");
  at_us(1000);
  EXPECT_EQ(say(second_, "LOCK lock:PS5 EX 300"), "-LOCKED name=lock:PS5 expires_in_ms=299999\r\n");
  EXPECT_EQ(say(second_, "LOCK \"two words\" PX 5"), "*2\r\n:1700000000000001\r\n:5\r\n");
  EXPECT_EQ(say(second_, "LOCK \"two words\" PX 5"), "-LOCKED name=\"two words\" expires_in_ms=5\r\n");
}

TEST_P(LockScenario, ItIsFreeAtTheDeadlineAndTheLateHolderHears0) {
  EXPECT_EQ(say(first_, "LOCK till EX 1"), "*2\r\n:1700000000000000\r\n:1000\r\n");
  at_us(999'999);
  EXPECT_EQ(say(second_, "LOCK till EX 1"), "-LOCKED name=till expires_in_ms=1\r\n");
  at_ms(1000);
  // The number between is that of the fact that it expired.
  EXPECT_EQ(say(second_, "LOCK till EX 2"), "*2\r\n:1700000000000002\r\n:2000\r\n");
  EXPECT_EQ(say(first_, "UNLOCK till 1700000000000000"), ":0\r\n");
  EXPECT_EQ(say(first_, "RELOCK till 1700000000000000 EX 60"), ":0\r\n");
  EXPECT_EQ(say(second_, "RELOCK till 1700000000000002 EX 60"), ":60000\r\n");
  EXPECT_EQ(say(second_, "UNLOCK till 1700000000000002"), ":1\r\n");
  EXPECT_EQ(say(second_, "UNLOCK till 1700000000000002"), ":0\r\n");
  EXPECT_EQ(say(second_, "UNLOCK till 0"), ":0\r\n");
}

TEST_P(LockScenario, LastseqCountsChangesOnly) {
  EXPECT_EQ(say(first_, "LASTSEQ"), ":0\r\n");
  say(first_, "LOCK till EX 1");
  EXPECT_EQ(say(first_, "LASTSEQ"), ":1700000000000000\r\n");
  say(first_, "RELOCK till 1700000000000000 EX 2");
  EXPECT_EQ(say(first_, "LASTSEQ"), ":1700000000000001\r\n");
  say(first_, "LOCK till EX 1");
  say(first_, "RELOCK till 7 EX 2");
  say(first_, "UNLOCK till 7");
  EXPECT_EQ(say(first_, "LASTSEQ"), ":1700000000000001\r\n");
  say(first_, "UNLOCK till 1700000000000000");
  EXPECT_EQ(say(first_, "LASTSEQ"), ":1700000000000002\r\n");
  EXPECT_EQ(say(second_, "LASTSEQ"), ":0\r\n");
}

TEST_P(LockScenario, WhatIsSentAtOnceForOneLockTakesEffectInTheOrderSent) {
  std::string requests, replies;
  for (int i = 0; i < 8; ++i) {
    const std::string name = "till-" + std::to_string(i);  // they live on several shards
    requests += "LOCK " + name + " PX 5000\r\nLOCK " + name + " PX 7\r\n";
    replies += "*2\r\n:token\r\n:5000\r\n-LOCKED name=" + name + " expires_in_ms=5000\r\n";
  }
  std::string got = say(first_, requests);
  for (Seq token = first_token; token < first_token + 8; ++token) {
    const std::string text = std::to_string(token);  // which shard takes which is not said
    const size_t at = got.find(':' + text);
    ASSERT_NE(at, std::string::npos);
    got.replace(at + 1, text.size(), "token");
  }
  EXPECT_EQ(got, replies);
}

TEST_P(LockScenario, WrongRequestsAreToldWhatIsWrong) {
  EXPECT_EQ(say(first_, "LOCK till"), "-ERR wrong number of arguments for 'lock' command\r\n");
  EXPECT_EQ(say(first_, "RELOCK till 1"), "-ERR wrong number of arguments for 'relock' command\r\n");
  EXPECT_EQ(say(first_, "LOCK \"\" EX 5"), "-ERR name must be 1 to 255 bytes\r\n");
  EXPECT_EQ(say(first_, "LOCK till EX 3601"),
            "-ERR invalid expire time in 'lock' command: 1 ms to max-ttl, which is 3600000 ms\r\n");
  EXPECT_EQ(say(first_, "UNLOCK till x"), "-ERR token must be an integer of 0 to 9223372036854775807\r\n");
  EXPECT_EQ(say(first_, "LASTSEQ"), ":0\r\n");
}

}  // namespace
}  // namespace holdfast
