#include "protocol/command_docs.h"

#include <gtest/gtest.h>

#include "tests/protocol/fake_server.h"

namespace holdfast {
namespace {

class CommandDocs : public testing::Test {
 protected:
  std::string run(std::vector<std::string_view> args) { return server_.run(client_, std::move(args)); }

  FakeServer server_;
  Client& client_ = server_.connect();
};

// Rows that do not change when the product grows.
constexpr CommandRow plain(std::string_view name, int arity, std::string_view syntax, std::string_view flags) {
  return {name,    arity,   "stock", syntax, "", "Summary.", "1.2.3", "O(1)", flags, Ordering::resources,
          nullptr, nullptr, nullptr, {}};
}
constexpr std::array subcommands{plain("box|open", 2, "", "admin")};
constexpr std::array<CommandRow, 4> table{
    CommandRow{"box", -2, "server", "", "", "A box.", "1.2.3", "O(1)", "", Ordering::at_once, nullptr, nullptr, nullptr,
               subcommands},
    plain("look", -2, "sku [sku ...]", "readonly fast"),
    plain("take", -4, "cart [EX s] ITEMS sku qty [sku qty ...]", "write"),
    plain("wait", 1, "", "fast"),
};

template <class Write>
std::string written(int version, const Write& write) {
  Buffer buffer;
  RespWriter out(buffer, version);
  write(out);
  return std::string(buffer.view());
}

std::string info(int version, const CommandRow* row) {
  return written(version, [&](RespWriter& out) { write_command_info(row, out); });
}

std::string docs(int version, std::vector<std::string_view> names) {
  return written(version, [&](RespWriter& out) { write_command_docs(table, names, out); });
}

std::string keys(std::vector<std::string_view> request) {
  return written(2, [&](RespWriter& out) { write_command_keys(table, request, out); });
}

std::string list(std::vector<std::string_view> filter) {
  return written(2, [&](RespWriter& out) { write_command_list(table, filter, out); });
}

TEST(CommandInfo, HasTenFieldsAndTheKeysByIndex) {
  EXPECT_EQ(
      info(2, &table[1]),
      "*10\r\n$4\r\nlook\r\n:-2\r\n*2\r\n+readonly\r\n+fast\r\n:1\r\n:-1\r\n:1\r\n"
      "*3\r\n+@read\r\n+@fast\r\n+@stock\r\n*0\r\n*1\r\n"
      "*6\r\n$5\r\nflags\r\n*2\r\n+RO\r\n+access\r\n$12\r\nbegin_search\r\n*4\r\n$4\r\ntype\r\n$5\r\nindex\r\n"
      "$4\r\nspec\r\n*2\r\n$5\r\nindex\r\n:1\r\n$9\r\nfind_keys\r\n*4\r\n$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n"
      "*6\r\n$7\r\nlastkey\r\n:-1\r\n$7\r\nkeystep\r\n:1\r\n$5\r\nlimit\r\n:0\r\n*0\r\n");
}

TEST(CommandInfo, FindsKeysBehindAWord) {
  EXPECT_EQ(info(3, &table[2]),
            "*10\r\n$4\r\ntake\r\n:-4\r\n~2\r\n+write\r\n+movablekeys\r\n:0\r\n:0\r\n:0\r\n"
            "~3\r\n+@write\r\n+@slow\r\n+@stock\r\n~0\r\n~1\r\n"
            "%3\r\n$5\r\nflags\r\n~2\r\n+RW\r\n+update\r\n$12\r\nbegin_search\r\n%2\r\n$4\r\ntype\r\n$7\r\nkeyword\r\n"
            "$4\r\nspec\r\n%2\r\n$7\r\nkeyword\r\n$5\r\nITEMS\r\n$9\r\nstartfrom\r\n:1\r\n$9\r\nfind_keys\r\n%2\r\n"
            "$4\r\ntype\r\n$5\r\nrange\r\n$4\r\nspec\r\n%3\r\n$7\r\nlastkey\r\n:-1\r\n$7\r\nkeystep\r\n:2\r\n"
            "$5\r\nlimit\r\n:0\r\n~0\r\n");
}

TEST(CommandInfo, ContainsTheSubcommands) {
  EXPECT_EQ(info(2, table.data()),
            "*10\r\n$3\r\nbox\r\n:-2\r\n*0\r\n:0\r\n:0\r\n:0\r\n*2\r\n+@slow\r\n+@server\r\n*0\r\n*0\r\n*1\r\n"
            "*10\r\n$8\r\nbox|open\r\n:2\r\n*1\r\n+admin\r\n:0\r\n:0\r\n:0\r\n"
            "*4\r\n+@admin\r\n+@dangerous\r\n+@slow\r\n+@stock\r\n*0\r\n*0\r\n*0\r\n");
}

TEST(CommandInfo, IsNilForWhatIsNoCommand) {
  EXPECT_EQ(info(2, nullptr), "$-1\r\n");
  EXPECT_EQ(info(3, nullptr), "_\r\n");
}

TEST(CommandDocsOf, DescribeArgumentsAsRedisDoes) {
  EXPECT_EQ(docs(2, {"TAKE"}),
            "*2\r\n$4\r\ntake\r\n*10\r\n$7\r\nsummary\r\n$8\r\nSummary.\r\n$5\r\nsince\r\n$5\r\n1.2.3\r\n"
            "$5\r\ngroup\r\n$5\r\nstock\r\n$10\r\ncomplexity\r\n$4\r\nO(1)\r\n$9\r\narguments\r\n*3\r\n"
            "*4\r\n$4\r\nname\r\n$4\r\ncart\r\n$4\r\ntype\r\n$6\r\nstring\r\n"
            "*8\r\n$4\r\nname\r\n$1\r\ns\r\n$4\r\ntype\r\n$7\r\ninteger\r\n$5\r\ntoken\r\n$2\r\nEX\r\n"
            "$5\r\nflags\r\n*1\r\n+optional\r\n"
            "*10\r\n$4\r\nname\r\n$5\r\nitems\r\n$4\r\ntype\r\n$5\r\nblock\r\n$5\r\ntoken\r\n$5\r\nITEMS\r\n"
            "$5\r\nflags\r\n*1\r\n+multiple\r\n$9\r\narguments\r\n*2\r\n"
            "*6\r\n$4\r\nname\r\n$3\r\nsku\r\n$4\r\ntype\r\n$3\r\nkey\r\n$14\r\nkey_spec_index\r\n:0\r\n"
            "*4\r\n$4\r\nname\r\n$3\r\nqty\r\n$4\r\ntype\r\n$7\r\ninteger\r\n");
}

TEST(CommandDocsOf, ContainTheSubcommands) {
  EXPECT_EQ(docs(3, {"box"}),
            "%1\r\n$3\r\nbox\r\n%5\r\n$7\r\nsummary\r\n$6\r\nA box.\r\n$5\r\nsince\r\n$5\r\n1.2.3\r\n"
            "$5\r\ngroup\r\n$6\r\nserver\r\n$10\r\ncomplexity\r\n$4\r\nO(1)\r\n$11\r\nsubcommands\r\n%1\r\n"
            "$8\r\nbox|open\r\n%4\r\n$7\r\nsummary\r\n$8\r\nSummary.\r\n$5\r\nsince\r\n$5\r\n1.2.3\r\n"
            "$5\r\ngroup\r\n$5\r\nstock\r\n$10\r\ncomplexity\r\n$4\r\nO(1)\r\n");
}

TEST(CommandDocsOf, NameEachKnownCommandOnce) {
  EXPECT_EQ(docs(2, {"nosuch", "box|nosuch", "look|x"}), "*0\r\n");
  EXPECT_EQ(docs(2, {"wait", "WAIT"}).substr(0, 4), "*2\r\n");
  EXPECT_EQ(docs(2, {"BOX|OPEN"}).substr(0, 18), "*2\r\n$8\r\nbox|open\r\n");
  EXPECT_EQ(docs(3, {}).substr(0, 4), "%4\r\n");
}

TEST(CommandKeys, AreTheSkusOfARequest) {
  EXPECT_EQ(keys({"LOOK", "a", "b"}), "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
  EXPECT_EQ(keys({"take", "cart", "EX", "5", "items", "a", "1", "b", "2"}), "*2\r\n$1\r\na\r\n$1\r\nb\r\n");
}

TEST(CommandKeys, SayWhyThereAreNone) {
  EXPECT_EQ(keys({"nosuch", "a"}), "-ERR Invalid command specified\r\n");
  EXPECT_EQ(keys({"box", "nosuch"}), "-ERR Invalid command specified\r\n");
  EXPECT_EQ(keys({"box", "open"}), "-ERR The command has no key arguments\r\n");
  EXPECT_EQ(keys({"wait"}), "-ERR The command has no key arguments\r\n");
  EXPECT_EQ(keys({"look"}), "-ERR Invalid number of arguments specified for command\r\n");
  EXPECT_EQ(keys({"take", "cart", "EX", "5"}), "-ERR Invalid arguments specified for command\r\n");
}

TEST(CommandList, IsFilteredByCategoryPatternOrModule) {
  EXPECT_EQ(list({}), "*5\r\n$3\r\nbox\r\n$8\r\nbox|open\r\n$4\r\nlook\r\n$4\r\ntake\r\n$4\r\nwait\r\n");
  EXPECT_EQ(list({"FILTERBY", "PATTERN", "box*"}), "*2\r\n$3\r\nbox\r\n$8\r\nbox|open\r\n");
  EXPECT_EQ(list({"filterby", "aclcat", "read"}), "*1\r\n$4\r\nlook\r\n");
  EXPECT_EQ(list({"FILTERBY", "MODULE", "x"}), "*0\r\n");
  EXPECT_EQ(list({"FILTERBY", "COLOR", "x"}), "-ERR syntax error\r\n");
  EXPECT_EQ(list({"FILTERBY", "PATTERN"}), "-ERR syntax error\r\n");
}

TEST_F(CommandDocs, CommandCountsAndDescribesTheTable) {
  const std::string size = std::to_string(command_table().size());
  EXPECT_EQ(run({"COMMAND", "COUNT"}), ":" + size + "\r\n");
  EXPECT_EQ(run({"COMMAND"}).substr(0, size.size() + 3), "*" + size + "\r\n");
  EXPECT_EQ(run({"COMMAND", "INFO"}), run({"COMMAND"}));
  EXPECT_EQ(run({"COMMAND", "INFO", "nosuch", "client|nosuch"}), "*2\r\n$-1\r\n$-1\r\n");
  EXPECT_EQ(run({"COMMAND", "FOO"}), "-ERR unknown subcommand 'FOO'. Try COMMAND HELP.\r\n");
}

TEST_F(CommandDocs, TheSkusOfAReservationAreItsKeys) {
  EXPECT_EQ(run({"COMMAND", "GETKEYS", "RESERVE", "c", "EX", "5", "ITEMS", "shirt", "1", "pants", "2"}),
            "*2\r\n$5\r\nshirt\r\n$5\r\npants\r\n");
  EXPECT_EQ(run({"COMMAND", "GETKEYS", "SETSTOCK", "shirt", "5"}), "*1\r\n$5\r\nshirt\r\n");
}

}  // namespace
}  // namespace holdfast
