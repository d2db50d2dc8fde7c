// What sessions note of their commands, and what INFO, LATENCY, SLOWLOG and CONFIG RESETSTAT say of it.
#include "protocol/command_monitor.h"

#include <gtest/gtest.h>

#include <string>

#include "protocol/subcommands.h"
#include "tests/protocol/session_world.h"

namespace holdfast {
namespace {

class MonitorTest : public testing::Test {
 protected:
  std::string ask(Session& session, const std::string& bytes) {
    session.input().append(bytes);
    world_.run();
    return take_output(session);
  }
  std::string ask(const std::string& bytes) { return ask(session_, bytes); }
  // Without the bulk string's header and the section's title.
  std::string info(const std::string& section) {
    const std::string reply = ask(operator_, "INFO " + section + "\r\n");
    return reply.substr(reply.find("# "));
  }
  bool has_line(const std::string& section, const std::string& line) {
    return info(section).find("\r\n" + line + "\r\n") != std::string::npos;
  }
  // Its one unit is held, by somebody on shard 2.
  void sell_out(const std::string& sku) {
    ask(operator_, "SETSTOCK " + sku + " 1\r\nRESERVE rival ITEMS " + sku + " 1\r\n");
  }
  const CommandFigures& figures(const char* name, ShardIndex shard = 0) {
    return world_.reactor(shard).monitor().stats().of(*find_in(command_table(), name));
  }

  SessionWorld world_{3};
  Session& session_ = world_.connect();
  Session& operator_ = world_.connect(2);
  const std::string near_ = world_.sku_on(0);
  const std::string far_ = world_.sku_on(1);
};

TEST_F(MonitorTest, CountsCallsAndTheirTimeAsRedisWritesThem) {
  world_.let_commands_take_ns(2'500);
  ask("SETSTOCK " + near_ + " 5\r\n");
  ask("RESERVE cart ITEMS " + near_ + " 1\r\n");
  ask("RESERVE cart ITEMS " + near_ + " 9\r\n");
  ask("RESERVE cart\r\n");
  EXPECT_EQ(info("commandstats"),
            "# Commandstats\r\n"
            "cmdstat_reserve:calls=2,usec=5,usec_per_call=2.50,rejected_calls=1,failed_calls=1\r\n"
            "cmdstat_setstock:calls=1,usec=2,usec_per_call=2.50,rejected_calls=0,failed_calls=0\r\n\r\n");
}

TEST_F(MonitorTest, CountsSubcommandsUnderTheirFullNames) {
  ask("CONFIG GET port\r\nCONFIG SET\r\nCONFIG nonsense\r\nCONFIG\r\nnonsense\r\nCLIENT SETNAME a\r\n");
  const std::string text = info("commandstats");
  EXPECT_NE(text.find("\r\ncmdstat_config|get:calls=1,"), std::string::npos);
  EXPECT_NE(text.find("\r\ncmdstat_config|set:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0\r\n"),
            std::string::npos);
  EXPECT_NE(text.find("\r\ncmdstat_config:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0\r\n"),
            std::string::npos);
  EXPECT_NE(text.find("\r\ncmdstat_client|setname:calls=1,"), std::string::npos);
  EXPECT_EQ(text.find("nonsense"), std::string::npos);
}

TEST_F(MonitorTest, CountsErrorsByTheirCodes) {
  ask("SETSTOCK " + near_ + " 1\r\nRESERVE c ITEMS " + near_ + " 2\r\nRESERVE c ITEMS " + far_ + " 1\r\nnonsense\r\n");
  ask("STOCK " + far_ + "\r\nHELLO 9\r\nSTOCK\r\n");
  EXPECT_EQ(info("errorstats"),
            "# Errorstats\r\nerrorstat_ERR:count=2\r\nerrorstat_NOPROTO:count=1\r\nerrorstat_NOSKU:count=2\r\n"
            "errorstat_OUTOFSTOCK:count=1\r\n\r\n");
  EXPECT_TRUE(has_line("stats", "total_error_replies:6"));
}

TEST_F(MonitorTest, CountsErrorsThatAreNotSaid) {
  ask("CLIENT REPLY OFF\r\nSTOCK " + near_ + "\r\nSTOCK " + far_ + "\r\n");
  EXPECT_TRUE(has_line("errorstats", "errorstat_NOSKU:count=2"));
  EXPECT_EQ(figures("stock").failed, 2u);
}

TEST_F(MonitorTest, TellsPercentilesInMicroseconds) {
  world_.let_commands_take_ns(1'500);
  for (int i = 0; i < 99; ++i) ask("PING\r\n");
  world_.let_commands_take_ns(250'000);
  ask("PING\r\n");
  EXPECT_EQ(info("latencystats"),
            "# Latencystats\r\nlatency_percentiles_usec_ping:p50=1.500,p99=1.500,p99.9=250.000\r\n"
            "\r\n");
}

TEST_F(MonitorTest, TimesWhatTravelsUntilItIsBack) {
  session_.input().append("STOCK " + far_ + "\r\n");
  world_.turn(0);
  world_.turn(1);
  world_.pass_time(700);
  world_.turn(0);
  EXPECT_EQ(figures("stock").calls, 1u);
  EXPECT_EQ(figures("stock").busy_ns, 700'000u);
}

TEST_F(MonitorTest, DoesNotCountTheTimeInLine) {
  int64_t calls = 0;
  for (const std::string& sku : {near_, far_}) {
    sell_out(sku);
    world_.let_commands_take_ns(3'000);
    ask("RESERVE c WAIT 5000 ITEMS " + sku + " 1\r\n");
    EXPECT_EQ(figures("reserve").calls, static_cast<uint64_t>(++calls)) << "as soon as it stands in line";
    world_.pass_time(6'000'000);
    world_.run();
    EXPECT_EQ(take_output(session_), "-OUTOFSTOCK sku=" + sku + " want=1 available=0 held=1\r\n");
    EXPECT_EQ(figures("reserve").calls, static_cast<uint64_t>(calls));
    EXPECT_EQ(figures("reserve").failed, static_cast<uint64_t>(calls));
    EXPECT_EQ(figures("reserve").busy_ns, static_cast<uint64_t>(3'000 * calls));
    world_.let_commands_take_ns(0);
  }
}

TEST_F(MonitorTest, CountsAllOfAPipelineAndTimesSome) {
  world_.let_commands_take_ns(1'000);
  std::string pipeline;
  for (int i = 0; i < 1'000; ++i) pipeline += "STOCK " + near_ + "\r\nRELEASE x\r\n";
  for (int i = 0; i < 10; ++i) ask(pipeline);
  for (const char* name : {"stock", "release"}) {
    const CommandFigures& all = figures(name);
    EXPECT_EQ(all.calls, 10'000u);
    EXPECT_EQ(all.failed, 10'000u);
    EXPECT_EQ(all.latency.count() + all.untimed, all.calls);
    EXPECT_LT(all.untimed, 64u);
    EXPECT_EQ(all.busy_ns, all.latency.count() * 1'000);
  }
}

TEST_F(MonitorTest, TimesAllOfAPipelineForASlowlogOfLessThanAMillisecond) {
  ask("CONFIG SET slowlog-log-slower-than 999\r\n");
  std::string pipeline;
  for (int i = 0; i < 1'000; ++i) pipeline += "STOCK " + near_ + "\r\n";
  ask(pipeline);
  EXPECT_EQ(figures("stock").latency.count(), 1'000u);
}

TEST_F(MonitorTest, ResetstatForgetsCountsTimesAndErrorsButNotWhoIsThere) {
  ask("STOCK none\r\n");
  sell_out(near_);
  Session& buyer = world_.connect();
  ask(buyer, "RESERVE c WAIT 5000 ITEMS " + near_ + " 1\r\n");
  ask("CONFIG SET slowlog-log-slower-than 0\r\n");
  EXPECT_EQ(ask("CONFIG RESETSTAT\r\n"), "+OK\r\n");
  EXPECT_EQ(info("errorstats"), "# Errorstats\r\n\r\n");
  EXPECT_EQ(figures("stock").calls, 0u);
  EXPECT_EQ(figures("stock").latency.count(), 0u);
  EXPECT_TRUE(has_line("clients", "blocked_clients:1"));
  EXPECT_NE(ask("SLOWLOG LEN\r\n"), ":0\r\n") << "as in Redis";
}

// ---- LATENCY HISTOGRAM

TEST_F(MonitorTest, ShowsHistogramsAsRedisDoes) {
  for (const int64_t ns : {900, 1'500, 1'900, 60'000}) {
    world_.let_commands_take_ns(ns);
    ask("PING\r\n");
  }
  world_.let_commands_take_ns(0);
  ask("CLIENT ID\r\n");
  EXPECT_EQ(ask(operator_, "LATENCY HISTOGRAM ping nonsense client\r\n"),
            "*4\r\n$4\r\nping\r\n*4\r\n$5\r\ncalls\r\n:4\r\n$14\r\nhistogram_usec\r\n*6\r\n:1\r\n:1\r\n:2\r\n:3\r\n"
            ":65\r\n:4\r\n$9\r\nclient|id\r\n*4\r\n$5\r\ncalls\r\n:1\r\n$14\r\nhistogram_usec\r\n*2\r\n:1\r\n:1\r\n");
  ask(operator_, "HELLO 3\r\n");
  EXPECT_EQ(ask(operator_, "LATENCY HISTOGRAM PING\r\n"),
            "%1\r\n$4\r\nping\r\n%2\r\n$5\r\ncalls\r\n:4\r\n$14\r\nhistogram_usec\r\n%3\r\n:1\r\n:1\r\n:2\r\n:3\r\n"
            ":65\r\n:4\r\n");
  EXPECT_EQ(ask(operator_, "LATENCY HISTOGRAM nonsense\r\n"), "%0\r\n");
  EXPECT_EQ(ask(operator_, "LATENCY HISTOGRAM\r\n").substr(0, 4), "%4\r\n");
}

// ---- SLOWLOG

TEST_F(MonitorTest, SlowlogShowsEntriesOfAllShardsNewestFirst) {
  const std::string when = ":" + std::to_string(SessionWorld::first_unix_time_s) + "\r\n";
  session_.client().address = "127.0.0.1:5001";
  operator_.client().address = "127.0.0.1:5002";
  ask(operator_, "CLIENT SETNAME boss\r\n");
  world_.let_commands_take_ns(9'999'999);
  ask("PING\r\n");
  EXPECT_EQ(ask("SLOWLOG LEN\r\n"), ":0\r\n");
  world_.let_commands_take_ns(10'000'000);
  ask("ECHO \"a b\"\r\n");
  ask(operator_, "PING\r\n");
  world_.let_commands_take_ns(0);
  const std::string newest =
      "*6\r\n:1\r\n" + when + ":10000\r\n*1\r\n$4\r\nPING\r\n$14\r\n127.0.0.1:5002\r\n$4\r\nboss\r\n";
  const std::string oldest =
      "*6\r\n:0\r\n" + when + ":10000\r\n*2\r\n$4\r\nECHO\r\n$3\r\na b\r\n$14\r\n127.0.0.1:5001\r\n$0\r\n\r\n";
  EXPECT_EQ(ask("SLOWLOG LEN\r\n"), ":2\r\n");
  EXPECT_EQ(ask("SLOWLOG GET\r\n"), "*2\r\n" + newest + oldest);
  EXPECT_EQ(ask("SLOWLOG GET 1\r\n"), "*1\r\n" + newest);
  EXPECT_EQ(ask("SLOWLOG GET 0\r\n"), "*0\r\n");
  EXPECT_EQ(ask("HELLO 3\r\nSLOWLOG GET -1\r\n").substr(0, 2), "%7");
  EXPECT_EQ(ask("SLOWLOG GET -1\r\n"), "*2\r\n" + newest + oldest);
  EXPECT_EQ(ask("SLOWLOG RESET\r\n"), "+OK\r\n");
  EXPECT_EQ(ask("SLOWLOG LEN\r\n"), ":0\r\n");
  world_.let_commands_take_ns(20'000'000);
  ask("PING\r\n");
  world_.let_commands_take_ns(0);
  EXPECT_EQ(ask("SLOWLOG GET\r\n").substr(0, 12), "*1\r\n*6\r\n:2\r\n") << "ids go on";
}

TEST_F(MonitorTest, SlowlogKeepsTheRequestOfWhatTravels) {
  session_.input().append("*2\r\n$5\r\nStock\r\n$" + std::to_string(far_.size()) + "\r\n" + far_ + "\r\n");
  world_.turn(0);
  world_.turn(1);
  world_.pass_time(30'000);
  world_.run();
  take_output(session_);
  EXPECT_NE(
      ask("SLOWLOG GET\r\n").find(":30000\r\n*2\r\n$5\r\nStock\r\n$" + std::to_string(far_.size()) + "\r\n" + far_),
      std::string::npos);
}

TEST_F(MonitorTest, SlowlogKeepsAsManyAsItIsTold) {
  ask("CONFIG SET slowlog-log-slower-than 0 slowlog-max-len 3\r\nSLOWLOG RESET\r\n");
  for (int i = 0; i < 5; ++i) ask("PING " + std::to_string(i) + "\r\n");
  for (int i = 5; i < 7; ++i) ask(operator_, "PING " + std::to_string(i) + "\r\n");
  const std::string entries = ask(operator_, "SLOWLOG GET -1\r\n");
  EXPECT_TRUE(entries.starts_with("*3\r\n"));
  for (const char* kept : {"$1\r\n4\r\n", "$1\r\n5\r\n", "$1\r\n6\r\n"})
    EXPECT_NE(entries.find(kept), std::string::npos);
  ask("CONFIG SET slowlog-max-len 0\r\n");
  EXPECT_EQ(ask("SLOWLOG LEN\r\n"), ":0\r\n");
  ask("CONFIG SET slowlog-max-len 9 slowlog-log-slower-than -1\r\nSLOWLOG RESET\r\nPING\r\n");
  EXPECT_EQ(ask("SLOWLOG LEN\r\n"), ":0\r\n");
}

std::string packed(std::vector<std::string_view> words) {
  std::string text;
  pack_words(words, text);
  Buffer buffer;
  RespWriter out(buffer, 2);
  write_packed_words(text, out);
  return std::string(buffer.view());
}

TEST(PackedWords, AreCutAsRedisCuts) {
  EXPECT_EQ(packed({std::string(128, 'x')}), "*1\r\n$128\r\n" + std::string(128, 'x') + "\r\n");
  EXPECT_EQ(packed({std::string(200, 'x')}), "*1\r\n$147\r\n" + std::string(128, 'x') + "... (72 more bytes)\r\n");
  std::vector<std::string_view> words(32, "w");
  EXPECT_TRUE(packed(words).ends_with("$1\r\nw\r\n"));
  words.resize(41, "w");
  EXPECT_TRUE(packed(words).starts_with("*32\r\n"));
  EXPECT_TRUE(packed(words).ends_with("$1\r\nw\r\n$23\r\n... (10 more arguments)\r\n"));
}

TEST(PackedWords, HaveNoSecrets) {
  const std::string gone = "$10\r\n(redacted)\r\n";
  EXPECT_EQ(packed({"AUTH", "secret"}), "*2\r\n$4\r\nAUTH\r\n" + gone);
  EXPECT_EQ(packed({"auth", "user", "secret"}), "*3\r\n$4\r\nauth\r\n" + gone + gone);
  EXPECT_EQ(packed({"HELLO", "3", "AUTH", "user", "secret", "SETNAME", "till"}),
            "*7\r\n$5\r\nHELLO\r\n$1\r\n3\r\n$4\r\nAUTH\r\n" + gone + gone + "$7\r\nSETNAME\r\n$4\r\ntill\r\n");
  EXPECT_EQ(packed({"CONFIG", "SET", "requirepass", "secret", "port", "1"}),
            "*6\r\n$6\r\nCONFIG\r\n$3\r\nSET\r\n$11\r\nrequirepass\r\n" + gone + "$4\r\nport\r\n$1\r\n1\r\n");
}

// ---- LATENCY LATEST, HISTORY, RESET

TEST_F(MonitorTest, KeepsSlowMomentsWhereItIsToldTo) {
  const std::string when = ":" + std::to_string(SessionWorld::first_unix_time_s) + "\r\n";
  const std::string later = ":" + std::to_string(SessionWorld::first_unix_time_s + 2) + "\r\n";
  world_.let_commands_take_ns(50'000'000);
  ask("PING\r\n");
  world_.let_commands_take_ns(0);
  EXPECT_EQ(ask("LATENCY LATEST\r\n"), "*0\r\n");
  ask("CONFIG SET latency-monitor-threshold 20\r\n");
  for (const int64_t ms : {19, 70, 30}) {
    world_.let_commands_take_ns(ms * 1'000'000);
    ask("PING\r\n");
    ask(operator_, "CLIENT ID\r\n");
  }
  world_.pass_time(2'000'000);
  ask(operator_, "PING\r\n");
  world_.let_commands_take_ns(0);
  EXPECT_EQ(ask("LATENCY LATEST\r\n"), "*2\r\n*4\r\n$7\r\ncommand\r\n" + when +
                                           ":70\r\n:70\r\n*4\r\n$12\r\nfast-command\r\n" + later + ":30\r\n:70\r\n");
  EXPECT_EQ(ask("LATENCY HISTORY fast-command\r\n"), "*2\r\n*2\r\n" + when + ":70\r\n*2\r\n" + later + ":30\r\n");
  EXPECT_EQ(ask("LATENCY HISTORY nonsense\r\n"), "*0\r\n");
  EXPECT_EQ(ask("LATENCY RESET nonsense command\r\n"), ":1\r\n");
  EXPECT_EQ(ask("LATENCY RESET\r\n"), ":1\r\n");
  EXPECT_EQ(ask("LATENCY LATEST\r\n"), "*0\r\n");
}

TEST(SlowMoments, AreTheLongestOfEachSecondTheLast160) {
  SlowMoments moments;
  for (int64_t second = 0; second < 200; ++second) {
    moments.note(second, 200 - second);
    moments.note(second, 1);
  }
  ASSERT_EQ(moments.samples().size(), 160u);
  EXPECT_EQ(moments.samples().front().unix_s, 40);
  EXPECT_EQ(moments.samples().front().duration_ms, 160);
  EXPECT_EQ(moments.longest_ms(), 200);
}

TEST(SlowMoments, AreMergedByTheSecond) {
  SlowMoments a, b;
  a.note(1, 10);
  a.note(3, 30);
  b.note(1, 11);
  b.note(2, 20);
  a.merge(b);
  ASSERT_EQ(a.samples().size(), 3u);
  EXPECT_EQ(a.samples()[0].duration_ms, 11);
  EXPECT_EQ(a.samples()[1].unix_s, 2);
  EXPECT_EQ(a.samples()[2].unix_s, 3);
  EXPECT_EQ(a.longest_ms(), 30);
}

}  // namespace
}  // namespace holdfast
