#include "protocol/info.h"

#include <gtest/gtest.h>

#include "tests/protocol/fake_server.h"

namespace holdfast {
namespace {

InfoReport report_of_two_shards() {
  InfoReport report;
  report.process.id = 42;
  report.process.anonymous_bytes = 1'384'120;
  report.process.resident_bytes = 512;
  report.process.cpu_user_us = 1'000'001;
  report.port = 7379;
  report.settings.maxclients = 10'000;
  report.uptime_us = TimeUs{86'400 + 5} * 1'000'000 + 999'999;
  report.shards.resize(2);
  report.shards[0].skus = 3;
  report.shards[1].skus = 4;
  report.shards[1].reserves_refused = 5;
  report.shards[0].locks = 6;
  report.shards[1].locks = 2;
  report.reactors.resize(2);
  report.reactors[0].clients = 1;
  report.reactors[1].clients = 2;
  report.reactors[1].commands = 9;
  return report;
}

std::string info(std::vector<std::string_view> sections) {
  return info_text(report_of_two_shards(), sections);
}

bool has_line(const std::string& text, std::string_view line) {
  return ("\r\n" + text).find("\r\n" + std::string(line) + "\r\n") != std::string::npos;
}

// The names of the sections, in order.
std::string titles(const std::string& text) {
  std::string names;
  for (size_t at = text.find("# "); at != std::string::npos; at = text.find("# ", at + 1)) {
    names += text.substr(at + 2, text.find("\r\n", at) - at - 2) + " ";
  }
  return names;
}

TEST(Info, ShowsSectionsInRedissOrder) {
  const std::string by_default =
      "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace Stock Shards ";
  EXPECT_EQ(titles(info({})), by_default);
  EXPECT_EQ(titles(info({"default"})), by_default);
  EXPECT_EQ(titles(info({"EVERYTHING"})), titles(info({"all"})));
  EXPECT_EQ(titles(info({"all"})),
            "Server Clients Memory Persistence Stats Replication CPU Modules Commandstats Errorstats Latencystats "
            "Cluster Keyspace Stock Shards ");
}

TEST(Info, ShowsTheSectionsAskedForEachOnce) {
  EXPECT_EQ(info({"keyspace", "CLUSTER", "cluster"}),
            "# Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\ndb0:keys=7,expires=0,avg_ttl=0\r\n");
  EXPECT_EQ(info({"nosuch"}), "");
}

TEST(Info, AddsUpTheShards) {
  const std::string text = info({});
  EXPECT_TRUE(has_line(text, "connected_clients:3"));
  EXPECT_TRUE(has_line(text, "total_commands_processed:9"));
  EXPECT_TRUE(has_line(text, "skus:7"));
  EXPECT_TRUE(has_line(text, "reserves_refused:5"));
  EXPECT_TRUE(has_line(text, "locks:8"));
}

TEST(Info, GivesEachShardALine) {
  const std::string text = info({"shards"});
  EXPECT_NE(text.find("\r\nshard0:clients=1,commands=0,skus=3,"), std::string::npos);
  EXPECT_NE(text.find("\r\nshard1:clients=2,commands=9,skus=4,"), std::string::npos);
}

TEST(Info, HasTheFieldsThatClientsLookFor) {
  const std::string text = info({});
  for (const std::string_view line :
       {"redis_version:7.2.0", "redis_mode:standalone", "process_id:42", "tcp_port:7379", "uptime_in_seconds:86405",
        "uptime_in_days:1", "maxclients:10000", "used_memory:1384120", "used_memory_human:1.32M",
        "used_memory_rss_human:512B", "loading:0", "role:master", "connected_slaves:0", "used_cpu_user:1.000001",
        "used_cpu_sys:0.000000", "cluster_enabled:0"}) {
    EXPECT_TRUE(has_line(text, line)) << line;
  }
  EXPECT_TRUE(has_line(text, std::string("holdfast_version:") + HOLDFAST_VERSION));
}

TEST(Info, ShowsEachLimitOfClientsAndWhatTheirBuffersHold) {
  InfoReport report = report_of_two_shards();
  report.reactors[0].buffer_bytes = 5;
  report.reactors[1].buffer_bytes = 7;
  report.reactors[1].evicted = 2;
  report.reactors[0].late_closed = 3;
  const std::string text = info_text(report, {});
  for (const std::string_view line :
       {"mem_clients_normal:12", "evicted_clients:2", "authentication_timeout_disconnections:3",
        "maxmemory_clients:536870912", "client_query_buffer_limit:1048576", "query_buffer_limit_before_auth:16384",
        "authentication_timeout:10s", "unixsocket_clients:4", "max_new_connections_per_cycle:64",
        "max_commands_per_cycle:1024", "timeout:0", "output_limit_hard:67108864", "output_limit_soft:524288",
        "output_limit_time:1m", "tcp_keepalive:5m", "tcp_user_timeout:2m"}) {
    EXPECT_TRUE(has_line(text, line)) << line;
  }
}

TEST(Info, TellsADebugBuildFromARelease) {
  const std::string text = info_text({}, std::array<std::string_view, 1>{"server"});
  EXPECT_NE(has_line(text, "holdfast_build:Release"), has_line(text, "holdfast_build:Debug"));
}

TEST(Info, LeavesSectionsOfCommandsEmptyWhereNoneWasCalled) {
  EXPECT_EQ(info({"commandstats", "latencystats"}), "# Commandstats\r\n\r\n# Latencystats\r\n");
}

TEST(Info, LeavesTheKeyspaceEmptyWhereThereIsNoSku) {
  EXPECT_EQ(info_text({}, std::array<std::string_view, 1>{"keyspace"}), "# Keyspace\r\n");
}

TEST(Info, KnowsItsProcess) {
  const ProcessFigures figures = process_figures();
  EXPECT_GT(figures.anonymous_bytes, 0u);
  EXPECT_GE(figures.resident_bytes, figures.anonymous_bytes);
  EXPECT_GT(figures.machine_bytes, figures.resident_bytes);
  EXPECT_NE(figures.executable.find('/'), std::string::npos);
  EXPECT_EQ(figures.system.substr(0, 6), "Linux ");
}

class ServerCommands : public testing::Test {
 protected:
  std::string run(std::vector<std::string_view> args) { return server_.run(client_, std::move(args)); }

  FakeServer server_{2};
  Client& client_ = server_.connect(1);
};

TEST_F(ServerCommands, InfoComesFromAllShards) {
  server_.reactors[0]->figures.connections_received = 3;
  server_.reactors[1]->figures.connections_received = 4;
  server_.settings_of(1).maxclients = 77;
  const std::string text = text_of(run({"INFO"}));
  EXPECT_TRUE(has_line(text, "total_connections_received:7"));
  EXPECT_TRUE(has_line(text, "maxclients:77"));
  EXPECT_TRUE(has_line(text, "uptime_in_seconds:99"));
  EXPECT_NE(text.find("\r\nshard1:"), std::string::npos);
  client_.resp = 3;
  EXPECT_EQ(run({"INFO", "cluster"}), "=34\r\ntxt:# Cluster\r\ncluster_enabled:0\r\n\r\n");
}

TEST_F(ServerCommands, InfoCountsTheTimersOfAllShards) {
  client_.resp = 2;
  EXPECT_TRUE(has_line(text_of(run({"INFO", "stock"})), "timers:0"));
  for (uint32_t i = 0; i < 2; ++i) {
    Journey* journey = server_.shard(i).new_journey();
    std::string name = "lock-0";
    while (shard_of(slot_of(server_.hasher().lock(name)), 2) != i) name += "0";
    const std::vector<std::string_view> args = {"LOCK", name, "EX", "10"};
    ASSERT_FALSE(find_command("lock")->read(args, server_, *journey));
    ASSERT_TRUE(server_.shard(i).submit(journey));
    server_.shard(i).recycle(journey);
  }
  EXPECT_TRUE(has_line(text_of(run({"INFO", "stock"})), "timers:2"));
}

TEST_F(ServerCommands, ConfigSetReachesEveryShard) {
  EXPECT_EQ(run({"CONFIG", "SET", "default-ttl", "60", "max-hold-life", "3h"}), "+OK\r\n");
  for (ShardIndex i = 0; i < 2; ++i) {
    EXPECT_EQ(server_.settings_of(i).default_ttl_us, TimeUs{60} * 1'000'000);
    EXPECT_EQ(server_.shard(i).settings().max_hold_life_us, TimeUs{3 * 3600} * 1'000'000);
  }
}

TEST_F(ServerCommands, ARefusedConfigSetReachesNone) {
  EXPECT_EQ(run({"CONFIG", "SET", "default-ttl", "60", "nosuch", "1"}),
            "-ERR Unknown option or number of arguments for CONFIG SET - 'nosuch'\r\n");
  EXPECT_EQ(run({"CONFIG", "SET", "default-ttl"}), "-ERR wrong number of arguments for 'config|set' command\r\n");
  EXPECT_EQ(run({"CONFIG", "SET", "default-ttl", "60", "x"}),
            "-ERR wrong number of arguments for 'config|set' command\r\n");
  for (ShardIndex i = 0; i < 2; ++i) EXPECT_EQ(server_.settings_of(i).default_ttl_us, Settings{}.default_ttl_us);
}

TEST_F(ServerCommands, ConfigGetShowsTheSettingsOfTheClientsShard) {
  server_.settings_of(1).maxclients = 123;
  EXPECT_EQ(run({"CONFIG", "GET", "maxclients", "maxc*"}), "*2\r\n$10\r\nmaxclients\r\n$3\r\n123\r\n");
  EXPECT_EQ(run({"CONFIG", "GET", "nosuch"}), "*0\r\n");
  client_.resp = 3;
  EXPECT_EQ(run({"CONFIG", "GET", "nosuch"}), "%0\r\n");
}

TEST_F(ServerCommands, ResetStatReachesEveryShard) {
  server_.reactors[0]->figures.commands = 3;
  server_.reactors[1]->figures.commands = 4;
  EXPECT_EQ(run({"CONFIG", "RESETSTAT"}), "+OK\r\n");
  EXPECT_EQ(server_.reactors[0]->stats().commands + server_.reactors[1]->stats().commands, 0u);
}

TEST_F(ServerCommands, ShutdownEndsTheServerWithoutAReply) {
  EXPECT_EQ(run({"SHUTDOWN"}), "");
  EXPECT_EQ(run({"SHUTDOWN", "NOSAVE", "now", "FORCE"}), "");
  EXPECT_EQ(server_.shut_downs, 2);
}

TEST_F(ServerCommands, ARefusedShutdownEndsNothing) {
  EXPECT_EQ(run({"SHUTDOWN", "FOO"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run({"SHUTDOWN", "SAVE", "NOSAVE"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run({"SHUTDOWN", "ABORT", "NOW"}), "-ERR syntax error\r\n");
  EXPECT_EQ(run({"SHUTDOWN", "ABORT"}), "-ERR No shutdown in progress.\r\n");
  EXPECT_EQ(server_.shut_downs, 0);
}

TEST_F(ServerCommands, TimeIsTwoDecimals) {
  const std::string reply = run({"TIME"});
  EXPECT_EQ(reply.substr(0, 9), "*2\r\n$10\r\n");
  EXPECT_EQ(reply.find_first_not_of("0123456789*$\r\n"), std::string::npos);
}

TEST_F(ServerCommands, SlowlogIsEmpty) {
  EXPECT_EQ(run({"SLOWLOG", "GET"}), "*0\r\n");
  EXPECT_EQ(run({"SLOWLOG", "GET", "-1"}), "*0\r\n");
  EXPECT_EQ(run({"SLOWLOG", "GET", "-2"}), "-ERR count should be greater than or equal to -1\r\n");
  EXPECT_EQ(run({"SLOWLOG", "GET", "1", "2"}),
            "-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP.\r\n");
  EXPECT_EQ(run({"SLOWLOG", "LEN"}), ":0\r\n");
  EXPECT_EQ(run({"SLOWLOG", "RESET"}), "+OK\r\n");
}

TEST_F(ServerCommands, LatencyAndModulesAreEmpty) {
  EXPECT_EQ(run({"LATENCY", "LATEST"}), "*0\r\n");
  EXPECT_EQ(run({"LATENCY", "HISTORY", "command"}), "*0\r\n");
  EXPECT_EQ(run({"LATENCY", "RESET", "command"}), ":0\r\n");
  EXPECT_EQ(run({"MODULE", "LIST"}), "*0\r\n");
  client_.resp = 3;
  EXPECT_EQ(run({"LATENCY", "HISTOGRAM", "reserve"}), "%0\r\n");
}

}  // namespace
}  // namespace holdfast
