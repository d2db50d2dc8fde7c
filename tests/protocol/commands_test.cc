#include "protocol/commands.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>

#include "protocol/arguments.h"
#include "tests/protocol/plain_services.h"

namespace holdfast {
namespace {

std::string in_upper_case(std::string_view name) {
  std::string upper(name);
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  return upper;
}

TEST(CommandTable, IsSortedByNameAndKnowsEachOnce) {
  const auto table = command_table();
  ASSERT_FALSE(table.empty());
  for (size_t i = 1; i < table.size(); ++i) EXPECT_LT(table[i - 1].name, table[i].name);
}

TEST(CommandTable, HasTheDataCommandsOfThisVersion) {
  std::set<std::string_view> names;
  for (const CommandRow& row : command_table()) names.insert(row.name);
  for (const char* name :
       {"setstock", "restock", "stock", "mstock", "delstock", "policy", "reserve", "commit", "release", "extend",
        "hold", "holds", "revoke", "lock", "relock", "unlock", "lastseq", "waitdurable"}) {
    EXPECT_TRUE(names.contains(name)) << name;
  }
  EXPECT_TRUE(names.contains("amend"));
}

TEST(CommandTable, HasRowsThatAreComplete) {
  for (const CommandRow& row : command_table()) {
    SCOPED_TRACE(row.name);
    EXPECT_NE(row.arity, 0);
    EXPECT_FALSE(row.group.empty());
    EXPECT_FALSE(row.summary.empty());
    EXPECT_FALSE(row.since.empty());
    EXPECT_FALSE(row.complexity.empty());
    EXPECT_EQ(row.read == nullptr, row.render == nullptr);
    EXPECT_TRUE(row.read || row.run || !row.subcommands.empty());
    EXPECT_FALSE(row.read && row.run);
  }
}

TEST(FindCommand, FindsEachRowInAnyCase) {
  std::mt19937_64 random(20260102);
  for (const CommandRow& row : command_table()) {
    EXPECT_EQ(find_command(row.name), &row);
    EXPECT_EQ(find_command(in_upper_case(row.name)), &row);
    for (int i = 0; i < 20; ++i) {
      std::string mixed(row.name);
      for (char& c : mixed) c = random() % 2 ? static_cast<char>(std::toupper(c)) : c;
      EXPECT_EQ(find_command(mixed), &row) << mixed;
    }
  }
}

TEST(FindCommand, FindsNothingElse) {
  EXPECT_EQ(find_command(""), nullptr);
  EXPECT_EQ(find_command("nonsense"), nullptr);
  EXPECT_EQ(find_command(std::string(1000, 'x')), nullptr);
  std::set<std::string_view> names;
  for (const CommandRow& row : command_table()) names.insert(row.name);
  for (const CommandRow& row : command_table()) {
    const std::string name(row.name);
    for (size_t at = 0; at < name.size(); ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string other = name;
        other[at] = static_cast<char>(byte);
        std::string lower = other;
        for (char& letter : lower) letter = letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + 32) : letter;
        if (!names.contains(lower)) {
          EXPECT_EQ(find_command(other), nullptr) << other;
        }
      }
    }
    for (const std::string& other : {name + "x", name + name, "x" + name, name.substr(1),
                                     name.substr(0, name.size() - 1), name + std::string(1, '\0')}) {
      if (!names.contains(other)) {
        EXPECT_EQ(find_command(other), nullptr) << other;
      }
    }
  }
}

TEST(FindCalled, FindsTheSubcommandOfAContainer) {
  const auto called = [](std::vector<std::string_view> request) { return find_called(request); };
  EXPECT_EQ(called({"CONFIG", "Set", "a", "b"})->name, "config|set");
  EXPECT_EQ(called({"config", "nonsense"}), nullptr);
  EXPECT_EQ(called({"config"}), find_command("config"));
  EXPECT_EQ(called({"command"}), find_command("command"));
  EXPECT_EQ(called({"ping", "set"}), find_command("ping"));
  EXPECT_EQ(called({"nonsense", "set"}), nullptr);
}

TEST(AllCommands, AreNumberedInOrderWithTheSubcommandsBehindTheOthers) {
  const auto all = all_commands();
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].number, i);
  size_t subcommands = 0;
  for (const CommandRow& row : command_table()) {
    for (const CommandRow& subcommand : row.subcommands) {
      EXPECT_EQ(&subcommand, &all[subcommand.number]);
      EXPECT_TRUE(subcommand.name.starts_with(row.name) && subcommand.name[row.name.size()] == '|');
      ++subcommands;
    }
  }
  EXPECT_EQ(all.size(), command_table().size() + subcommands);
}

TEST(Arity, CountsTheNameAndIsALeastWhereNegative) {
  CommandRow row{};
  row.arity = 2;
  EXPECT_FALSE(arity_fits(row, 1));
  EXPECT_TRUE(arity_fits(row, 2));
  EXPECT_FALSE(arity_fits(row, 3));
  row.arity = -2;
  EXPECT_FALSE(arity_fits(row, 1));
  EXPECT_TRUE(arity_fits(row, 2));
  EXPECT_TRUE(arity_fits(row, 300));
}

TEST(Arity, IsThatOfTheSyntaxOfDataCommands) {
  const auto arity = [](const char* name) { return find_command(name)->arity; };
  EXPECT_EQ(arity("setstock"), -3);
  EXPECT_EQ(arity("restock"), -3);
  EXPECT_EQ(arity("stock"), 2);
  EXPECT_EQ(arity("mstock"), -2);
  EXPECT_EQ(arity("delstock"), 2);
  EXPECT_EQ(arity("policy"), -2);
  EXPECT_EQ(arity("reserve"), -5);
  EXPECT_EQ(arity("commit"), -2);
  EXPECT_EQ(arity("release"), -2);
  EXPECT_EQ(arity("extend"), 4);
  EXPECT_EQ(arity("hold"), 2);
  EXPECT_EQ(arity("holds"), 2);
  EXPECT_EQ(arity("revoke"), 2);
  EXPECT_EQ(arity("lock"), 4);
  EXPECT_EQ(arity("relock"), 5);
  EXPECT_EQ(arity("unlock"), 3);
  EXPECT_EQ(arity("lastseq"), 1);
  EXPECT_EQ(arity("waitdurable"), 2);
}

class SequenceCommands : public testing::Test {
 protected:
  std::string run(std::vector<std::string_view> args) {
    Buffer text;
    RespWriter out(text, 3);
    EXPECT_EQ(find_command(args[0])->run(args, client_, services_, out), nullptr);
    return std::string(text.view());
  }

  PlainServices services_;
  Client client_;
};

TEST_F(SequenceCommands, TellTheNumberOfTheLastChangeAfterAllBeforeThem) {
  EXPECT_EQ(find_command("lastseq")->ordering, Ordering::barrier);
  EXPECT_EQ(run({"LASTSEQ"}), ":0\r\n");
  client_.last_seq = 1700000000000001;
  EXPECT_EQ(run({"LASTSEQ"}), ":1700000000000001\r\n");
}

TEST_F(SequenceCommands, CannotWaitForAJournalThatIsNotThere) {
  EXPECT_EQ(find_command("waitdurable")->ordering, Ordering::barrier);
  EXPECT_EQ(run({"WAITDURABLE", "0"}), "-ERR there is no journal without --dir\r\n");
  EXPECT_EQ(run({"WAITDURABLE", "-1"}), "-ERR ms must be an integer of 0 to 9223372036854775807\r\n");
  EXPECT_EQ(run({"WAITDURABLE", "soon"}), "-ERR ms must be an integer of 0 to 9223372036854775807\r\n");
}

TEST(DataCommands, AreBarriersWhereTheyLookAtMoreThanTheirNamesSay) {
  for (const CommandRow& row : command_table()) {
    if (!row.read) continue;
    const bool barrier = row.name == "mstock" || row.name == "holds" || row.name == "revoke";
    if (row.group == "stock" || row.group == "holds" || row.group == "locks") {
      EXPECT_EQ(row.ordering, barrier ? Ordering::barrier : Ordering::resources) << row.name;
    }
  }
}

}  // namespace
}  // namespace holdfast
