#include <gtest/gtest.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <vector>

#include "protocol/commands.h"
#include "tools/cli/assistance.h"
#include "tools/cli/help.h"
#include "tools/cli/history_file.h"
#include "tools/cli/syntax_progress.h"
#include "tools/cli/words.h"

namespace holdfast::cli {
namespace {

using Words = std::vector<std::string_view>;

std::string rest_of(std::string_view syntax, const Words& words) {
  const auto arguments = parse_syntax(syntax);
  if (!arguments) return "bad syntax";
  const Progress progress = progress_of(*arguments, words);
  return progress.fits ? syntax_text(progress.rest) : "does not fit";
}

std::vector<std::string> candidates(std::string_view line) {
  return complete(line).candidates;
}

void for_each_row(std::span<const CommandRow> rows, const std::function<void(const CommandRow&)>& visit) {
  for (const CommandRow& row : rows) {
    visit(row);
    for_each_row(row.subcommands, visit);
  }
}

constexpr std::string_view reserve = "cart [EX s | PX ms] [IFVER v ...] ITEMS sku qty [sku qty ...]";

TEST(SyntaxProgress, ShowsTheWholeSyntaxOfEveryCommandBeforeItsFirstWord) {
  for_each_row(command_table(), [](const CommandRow& row) {
    const std::string shown = rest_of(row.syntax, {});
    const auto again = parse_syntax(shown);
    ASSERT_TRUE(again) << row.name << ": " << shown;
    EXPECT_EQ(syntax_text(*again), shown) << row.name;
  });
  EXPECT_EQ(rest_of(reserve, {}), reserve);
}

TEST(SyntaxProgress, LeavesOutWhatHasBeenSaid) {
  EXPECT_EQ(rest_of(reserve, {"c"}), "[EX s | PX ms] [IFVER v ...] ITEMS sku qty [sku qty ...]");
  EXPECT_EQ(rest_of(reserve, {"c", "px", "1"}), "[IFVER v ...] ITEMS sku qty [sku qty ...]");
  EXPECT_EQ(rest_of(reserve, {"c", "ITEMS", "a", "1"}), "[sku qty ...]");
}

TEST(SyntaxProgress, TakesOptionsInAnyOrder) {
  EXPECT_EQ(rest_of(reserve, {"c", "IFVER", "1", "EX", "5"}), "ITEMS sku qty [sku qty ...]");
  EXPECT_EQ(rest_of("sku [OVERSELL n] [PAUSED yes|no]", {"s", "PAUSED", "yes"}), "[OVERSELL n]");
}

TEST(SyntaxProgress, AsksForTheRestOfWhatIsHalfSaid) {
  EXPECT_EQ(rest_of(reserve, {"c", "EX"}), "s [IFVER v ...] ITEMS sku qty [sku qty ...]");
  EXPECT_EQ(rest_of(reserve, {"c", "ITEMS"}), "sku qty [sku qty ...]");
  EXPECT_EQ(rest_of(reserve, {"c", "ITEMS", "a"}), "qty");
  EXPECT_EQ(rest_of("sku [PAUSED yes|no]", {"s", "PAUSED"}), "yes|no");
}

TEST(SyntaxProgress, EndsARepetitionAtTheNextToken) {
  EXPECT_EQ(rest_of(reserve, {"c", "IFVER", "1", "2"}), "[v ...] [EX s | PX ms] ITEMS sku qty [sku qty ...]");
  EXPECT_EQ(rest_of(reserve, {"c", "IFVER", "1", "2", "ITEMS", "a"}), "qty");
}

TEST(SyntaxProgress, KnowsAWordThatHasNoPlace) {
  EXPECT_EQ(rest_of(reserve, {"c", "nonsense"}), "does not fit");
  EXPECT_EQ(rest_of("sku", {"a", "b"}), "does not fit");
  EXPECT_EQ(rest_of("", {"a"}), "does not fit");
}

TEST(Hint, FollowsTheCommandTable) {
  EXPECT_EQ(hint_for("reserve"), " " + std::string(find_command("reserve")->syntax));
  EXPECT_EQ(hint_for("extend id "), "EX s | PX ms");
  EXPECT_EQ(hint_for("  stock \"a b\" "), "");
  EXPECT_EQ(hint_for("stock "), "sku");
  EXPECT_EQ(hint_for("client setname"), " connection-name");
  EXPECT_NE(hint_for("client ").find("LIST | "), std::string::npos);
  EXPECT_EQ(hint_for(""), "");
  EXPECT_EQ(hint_for("nonsense "), "");
  EXPECT_EQ(hint_for("help "), "[command | @group]");
}

TEST(Completion, OffersCommandsInTheCaseThatIsTyped) {
  EXPECT_EQ(candidates("reser"), std::vector<std::string>{"reserve"});
  EXPECT_EQ(candidates("RESER"), std::vector<std::string>{"RESERVE"});
  EXPECT_EQ(candidates("exi"), std::vector<std::string>{"exit"});
  EXPECT_EQ(candidates("zzz"), std::vector<std::string>{});
  EXPECT_EQ(complete("reser").word_bytes, 5U);
}

TEST(Completion, OffersOnlyOptionsThatMayStandNext) {
  EXPECT_EQ(candidates("extend id "), (std::vector<std::string>{"ex", "px"}));
  EXPECT_EQ(candidates("EXTEND id EX "), std::vector<std::string>{});
  EXPECT_EQ(candidates("RESERVE c ITEMS a "), std::vector<std::string>{});
  EXPECT_EQ(candidates("RESERVE c EX 5 IT"), std::vector<std::string>{"ITEMS"});
  const auto of_policy = candidates("POLICY sku PAUSED ");
  EXPECT_EQ(of_policy, (std::vector<std::string>{"NO", "YES"}));
}

TEST(Completion, OffersSubcommandsAndTopicsOfHelp) {
  EXPECT_EQ(candidates("client setn"), std::vector<std::string>{"setname"});
  EXPECT_EQ(candidates("help @hol"), std::vector<std::string>{"@holds"});
  EXPECT_EQ(candidates("HELP RESER"), std::vector<std::string>{"RESERVE"});
}

TEST(HelpText, NamesEveryCommand) {
  const std::string all = help_about({}).text;
  for (const CommandRow& row : command_table())
    EXPECT_NE(all.find("  " + upper_case(row.name) + " "), std::string::npos);
}

TEST(HelpText, TellsOfACommandASubcommandAndAGroup) {
  const Help command = help_about(Words{"Reserve"});
  EXPECT_TRUE(command.found);
  EXPECT_NE(command.text.find("RESERVE " + std::string(find_command("reserve")->syntax)), std::string::npos);
  EXPECT_NE(help_about(Words{"client", "kill"}).text.find("CLIENT KILL "), std::string::npos);
  const std::string group = help_about(Words{"@holds"}).text;
  EXPECT_NE(group.find("COMMIT id"), std::string::npos);
  EXPECT_EQ(group.find("SETSTOCK"), std::string::npos);
}

TEST(HelpText, SaysWhatThereIsNot) {
  EXPECT_FALSE(help_about(Words{"nonsense"}).found);
  EXPECT_FALSE(help_about(Words{"client", "nonsense"}).found);
  EXPECT_FALSE(help_about(Words{"@nonsense"}).found);
}

TEST(Words, AreSplitAsTheServerSplitsAnInlineRequest) {
  EXPECT_EQ(split_line("SETSTOCK \"a\\x41 b\" 1"), (std::vector<std::string>{"SETSTOCK", "aA b", "1"}));
  EXPECT_EQ(split_line("*3"), std::vector<std::string>{"*3"});
  EXPECT_EQ(split_line("   "), std::vector<std::string>{});
  EXPECT_EQ(split_line("STOCK \"a"), std::nullopt);
}

TEST(History, NeverKeepsAPassword) {
  EXPECT_TRUE(says_password("auth secret"));
  EXPECT_TRUE(says_password("  HELLO 3 AUTH default secret"));
  EXPECT_FALSE(says_password("STOCK auth"));
}

TEST(History, GivesBackTheLastLinesOfEarlierSessions) {
  const std::string path = testing::TempDir() + "holdfast_history_" + std::to_string(::getpid());
  ::unlink(path.c_str());
  EXPECT_TRUE(load_history(path).empty());
  for (size_t i = 0; i < 2 * history_lines; ++i) append_to_history(path, "line " + std::to_string(i));
  const auto lines = load_history(path);
  ASSERT_EQ(lines.size(), history_lines);
  EXPECT_EQ(lines.front(), "line " + std::to_string(history_lines));
  EXPECT_EQ(lines.back(), "line " + std::to_string(2 * history_lines - 1));
  append_to_history(path, "one more");
  EXPECT_EQ(load_history(path).back(), "one more") << "the file was cut, and goes on";
  ::unlink(path.c_str());
}

}  // namespace
}  // namespace holdfast::cli
