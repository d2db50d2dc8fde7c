// Pipelines, which a session reads some requests ahead: nobody can tell but by the time that it takes.
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "engine/limits.h"
#include "protocol/session.h"
#include "tests/protocol/session_world.h"

namespace holdfast {
namespace {

std::string resp(const std::vector<std::string>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return bytes;
}

// "SETSTOCK a 5" as an array: only those are read ahead.
std::string resp(const std::string& line) {
  std::vector<std::string> words;
  for (size_t at = 0; at <= line.size();) {
    const size_t end = std::min(line.find(' ', at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end + 1;
  }
  return resp(words);
}

// Ids are random.
std::string without_ids(const std::string& replies) {
  return std::regex_replace(replies, std::regex("[A-Z2-7]{24}"), "ID");
}

size_t journeys_under_way(SessionWorld& world) {
  size_t journeys = 0;
  for (uint32_t i = 0; i < world.shards(); ++i) journeys += world.shard(i).stats().journeys_under_way;
  return journeys;
}

const std::vector<std::string> mixed = {
    "SETSTOCK a 5",
    "RESERVE c1 EX 10 ITEMS a 2",
    "STOCK a",
    "RESERVE c1 EX 10 ITEMS a 9",
    "RESERVE c2 EX 10 ITEMS none 1",
    "SETSTOCK b 1",
    "RESERVE c2 EX 10 ITEMS a 1 b 1",
    "RESERVE c3 EX 0 ITEMS a 1",
    "STOCK b",
    "DELSTOCK c",
    "SETSTOCK c 7",
    "DELSTOCK c",
    "RESERVE c3 EX 10 ITEMS c 1",
    "SETSTOCK c 3",
    "RESERVE c3 EX 10 ITEMS c 1",
    "COMMIT nonsense",
    "COMMIT AAAAAAAAAAAAAAAAAAAAAAAA",
    "PING",
    "POLICY a PAUSED yes",
    "RESERVE c4 EX 10 ITEMS a 1",
    "CONFIG SET max-ttl 20000",
    "RESERVE c4 EX 30 ITEMS c 1",
    "CONFIG SET max-ttl 40000",
    "RESERVE c4 EX 30 ITEMS c 1",
    "MSTOCK a b c d",
    "CLIENT REPLY SKIP",
    "STOCK a",
    "STOCK b",
    "HOLDS c1",
    "NONSENSE",
    "STOCK",
    "LOCK a EX 10",
    "LOCK a EX 10",
    "LASTSEQ",
    "ECHO end",
};

class SessionAhead : public testing::TestWithParam<uint32_t> {};

TEST_P(SessionAhead, AnswersAPipelineAsItAnswersItsRequestsOneByOne) {
  const TimeUs start = engine_now();
  SessionWorld one_by_one{GetParam(), 1, start};
  Session& slow = one_by_one.connect();
  std::string expected;
  for (const std::string& line : mixed) {
    slow.input().append(resp(line));
    one_by_one.run();
    expected += take_output(slow);
  }
  SessionWorld pipelined{GetParam(), 1, start};
  Session& quick = pipelined.connect();
  for (const std::string& line : mixed) quick.input().append(resp(line));
  pipelined.run();
  EXPECT_EQ(without_ids(take_output(quick)), without_ids(expected));
  EXPECT_TRUE(without_ids(expected).ends_with("$3\r\nend\r\n"));
  EXPECT_EQ(journeys_under_way(pipelined), 0U);
}

INSTANTIATE_TEST_SUITE_P(Shards, SessionAhead, testing::Values(1, 3));

TEST(SessionAheadTest, ReadsAgainWhatStandsBehindOneThatMustWait) {
  SessionWorld world{3};
  Session& session = world.connect();
  const std::string near = world.sku_on(0);
  const std::string far = world.sku_on(1);
  session.input().append(resp("SETSTOCK " + near + " 9") + resp("SETSTOCK " + far + " 9"));
  world.run();
  take_output(session);
  session.input().append(resp("RESERVE c ITEMS " + near + " 1 " + far + " 1") + resp("STOCK " + near) +
                         resp("RESERVE c2 ITEMS " + near + " 1") + resp("STOCK " + near));
  world.turn(0);
  EXPECT_EQ(take_output(session), "");
  EXPECT_FALSE(session.wants_turn()) << "the second waits for the first";
  EXPECT_EQ(journeys_under_way(world), 1U) << "what was read in vain has been given back";
  world.run();
  const std::string said = without_ids(take_output(session));
  EXPECT_NE(said.find("held\r\n:1\r\n"), std::string::npos) << said;
  EXPECT_NE(said.find("held\r\n:2\r\n"), std::string::npos) << said;
  EXPECT_LT(said.find("held\r\n:1\r\n"), said.find("held\r\n:2\r\n"));
  EXPECT_EQ(journeys_under_way(world), 0U);
}

TEST(SessionAheadTest, ExecutesNoMoreThanItsBudget) {
  SessionWorld world{1};
  Session& session = world.connect();
  for (int i = 0; i < 40; ++i) session.input().append(resp("STOCK none"));
  const std::string reply = "-NOSKU sku=none\r\n";
  for (const size_t budget : {size_t{1}, size_t{3}, size_t{20}}) {
    session.process(budget);
    EXPECT_EQ(take_output(session).size(), budget * reply.size());
    EXPECT_TRUE(session.wants_turn());
  }
  session.process(1000);
  EXPECT_EQ(take_output(session).size(), 16 * reply.size());
  EXPECT_FALSE(session.wants_turn());
}

TEST(SessionAheadTest, StopsInTheMiddleOfWhatItHasReadWhereTheClientDoesNotTakeItsReplies) {
  SessionWorld world{1};
  Session& session = world.connect();
  constexpr size_t requests = 5'000;
  std::string pipeline;
  for (size_t i = 0; i < requests; ++i) pipeline += resp({"STOCK", std::string(200, 'x')});
  session.input().append(pipeline);
  for (int i = 0; i < 20; ++i) world.turn(0);
  const size_t line = 11 + 200 + 2;  // -NOSKU sku= and the name
  EXPECT_EQ(session.output().size(), (limits::output_bytes / line + 1) * line) << "it stops with the one that is over";
  EXPECT_EQ(journeys_under_way(world), 0U);
  size_t said = 0;
  for (int i = 0; i < 20; ++i) {
    world.run();
    said += take_output(session).size();
  }
  EXPECT_EQ(said, requests * line);
}

TEST(SessionAheadTest, HasNoMoreUnderWayThanTheLimit) {
  SessionWorld world{2};
  Session& session = world.connect();
  const std::string far = world.sku_on(1);
  for (size_t i = 0; i < limits::pending_replies + 100; ++i) session.input().append(resp("STOCK " + far));
  for (int i = 0; i < 10; ++i) world.turn(0);
  session.refresh_client();
  EXPECT_EQ(session.client().in_flight, limits::pending_replies);
  EXPECT_EQ(journeys_under_way(world), limits::pending_replies);
  world.run();
  EXPECT_EQ(take_output(session).size(), (limits::pending_replies + 100) * ("-NOSKU sku=" + far + "\r\n").size());
}

TEST(SessionAheadTest, AnswersWhatStandsBeforeAProtocolErrorAndThenTheError) {
  SessionWorld world{1};
  Session& session = world.connect();
  session.input().append(resp("STOCK a") + resp("STOCK b") + "*1\r\n%5\r\n" + resp("STOCK c"));
  world.run();
  EXPECT_EQ(take_output(session), "-NOSKU sku=a\r\n-NOSKU sku=b\r\n-ERR Protocol error: expected '$', got '%'\r\n");
  EXPECT_TRUE(session.finished());
}

TEST(SessionAheadTest, GoesOnWithTheRequestOfWhichOnlyAPartWasThere) {
  SessionWorld world{1};
  const std::string pipeline = resp("STOCK a") + resp("STOCK b") + resp("STOCK c") + resp("STOCK d");
  for (size_t cut = 1; cut < pipeline.size(); ++cut) {
    Session& session = world.connect();
    session.input().append(pipeline.substr(0, cut));
    world.run();
    session.input().append(pipeline.substr(cut));
    world.run();
    EXPECT_EQ(take_output(session), "-NOSKU sku=a\r\n-NOSKU sku=b\r\n-NOSKU sku=c\r\n-NOSKU sku=d\r\n") << cut;
  }
}

}  // namespace
}  // namespace holdfast
