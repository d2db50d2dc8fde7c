#include "protocol/command_syntax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iterator>

#include "protocol/commands.h"

namespace holdfast {
namespace {

// The structure as text: (name type token flags arguments).
std::string shown(std::span<const Argument> arguments) {
  std::string text;
  for (const Argument& argument : arguments) {
    text += (text.empty() ? "(" : " (") + argument.name + " " + std::string(type_name(argument.type));
    if (!argument.token.empty()) text += " " + argument.token;
    if (argument.optional) text += " optional";
    if (argument.multiple) text += " multiple";
    if (!argument.arguments.empty()) text += " " + shown(argument.arguments);
    text += ")";
  }
  return text;
}

std::string parsed(std::string_view syntax) {
  const auto arguments = parse_syntax(syntax);
  return arguments ? shown(*arguments) : "(none)";
}

TEST(CommandSyntax, ValuesHaveTheTypeOfTheirName) {
  EXPECT_EQ(parsed("sku on_hand glob message"), "(sku key) (on_hand integer) (glob pattern) (message string)");
  EXPECT_EQ(parsed(""), "");
}

TEST(CommandSyntax, ATokenTakesTheValuesBehindIt) {
  EXPECT_EQ(parsed("[IFVER v]"), "(v integer IFVER optional)");
  EXPECT_EQ(parsed("[PARTIAL]"), "(partial pure-token PARTIAL optional)");
  EXPECT_EQ(parsed("[AUTH user pass]"), "(auth block AUTH optional (user string) (pass string))");
  EXPECT_EQ(parsed("LATE REF ref"), "(late pure-token LATE) (ref string REF)");
}

TEST(CommandSyntax, ABarJoinsItsNeighbours) {
  const std::string ttl = "(ex-or-px oneof (s integer EX) (ms integer PX))";
  EXPECT_EQ(parsed("id EX s | PX ms"), "(id string) " + ttl);
  EXPECT_EQ(parsed("[EX s | PX ms]"), "(ex-or-px oneof optional (s integer EX) (ms integer PX))");
  EXPECT_EQ(parsed("<a | <b c>> d"), "(a-or-b_c oneof (a string) (b_c block (b string) (c string))) (d string)");
}

TEST(CommandSyntax, WordsJoinedWithoutBlanksAreAChoice) {
  EXPECT_EQ(parsed("[PAUSED yes|no]"), "(paused oneof PAUSED optional (yes pure-token yes) (no pure-token no))");
  EXPECT_EQ(parsed("ON|OFF"), "(on-or-off oneof (on pure-token ON) (off pure-token OFF))");
  EXPECT_EQ(parsed("[2|3 [SETNAME name]]"),
            "(2-or-3_setname block optional (2-or-3 oneof (2 pure-token 2) (3 pure-token 3)) (name string SETNAME "
            "optional))");
}

TEST(CommandSyntax, ARepetitionBehindTheSameNamesFoldsIntoThem) {
  EXPECT_EQ(parsed("sku [sku ...]"), "(sku key multiple)");
  EXPECT_EQ(parsed("parameter value [parameter value ...]"),
            "(parameter_value block multiple (parameter string) (value string))");
  EXPECT_EQ(parsed("ITEMS sku qty [sku qty ...]"), "(items block ITEMS multiple (sku key) (qty integer))");
  EXPECT_EQ(parsed("[ID client-id [client-id ...]]"), "(client-id integer ID optional multiple)");
}

TEST(CommandSyntax, AnyOtherRepetitionIsOptional) {
  EXPECT_EQ(parsed("[section ...]"), "(section string optional multiple)");
  EXPECT_EQ(parsed("[PROOF token ...]"), "(token string PROOF optional multiple)");
  EXPECT_EQ(parsed("a [b c ...]"), "(a string) (b_c block optional multiple (b string) (c string))");
}

TEST(CommandSyntax, ReserveOfTheContractIsUnderstood) {
  EXPECT_EQ(parsed("cart [EX s | PX ms] [KEY key] [PROOF token ...] [PARTIAL] [WAIT ms] [IFVER v ...] ITEMS sku qty "
                   "[sku qty ...]"),
            "(cart string) (ex-or-px oneof optional (s integer EX) (ms integer PX)) (key string KEY optional) "
            "(token string PROOF optional multiple) (partial pure-token PARTIAL optional) (ms integer WAIT optional) "
            "(v integer IFVER optional multiple) (items block ITEMS multiple (sku key) (qty integer))");
}

TEST(CommandSyntax, WhatDoesNotMatchIsRefused) {
  for (const std::string_view wrong : {"[a", "a]", "[a>", "<a", "[]", "<>", "a |", "| a", "a | | b", "...", "[...]",
                                       "EX s|PX ms", "yes||no", "[a | ]", "a > b"}) {
    EXPECT_EQ(parsed(wrong), "(none)") << wrong;
  }
}

TEST(CommandSyntax, EveryRowOfTheTableIsUnderstood) {
  size_t rows = 0;
  const std::function<void(std::span<const CommandRow>)> check = [&](std::span<const CommandRow> table) {
    for (const CommandRow& row : table) {
      const auto arguments = parse_syntax(row.syntax);
      ++rows;
      ASSERT_TRUE(arguments) << row.name;
      for (const Argument& argument : *arguments) EXPECT_FALSE(argument.name.empty()) << row.name;
      check(row.subcommands);
    }
  };
  check(command_table());
  EXPECT_GT(rows, 40u);
}

// The least number of words that a structure asks for.
size_t least_words(const Argument& argument) {
  if (argument.optional) return 0;
  if (argument.type == Argument::Type::pure_token) return 1;
  const size_t token = argument.token.empty() ? 0 : 1;
  if (argument.type == Argument::Type::block) {
    size_t words = token;
    for (const Argument& inner : argument.arguments) words += least_words(inner);
    return words;
  }
  if (argument.type != Argument::Type::oneof) return token + 1;
  size_t least = SIZE_MAX;
  for (const Argument& inner : argument.arguments) least = std::min(least, least_words(inner));
  return token + least;
}

TEST(CommandSyntax, AsksForAsManyWordsAsTheArity) {
  const std::function<void(std::span<const CommandRow>)> check = [&](std::span<const CommandRow> table) {
    for (const CommandRow& row : table) {
      size_t least = row.name.find('|') == std::string_view::npos ? 1 : 2;
      bool open = false;
      const auto arguments = parse_syntax(row.syntax);
      ASSERT_TRUE(arguments) << row.name;
      for (const Argument& argument : *arguments) {
        least += least_words(argument);
        open = open || argument.optional || argument.multiple;
      }
      check(row.subcommands);
      if (!row.subcommands.empty()) continue;
      const std::string_view lenient[] = {"quit", "client|kill"};  // QUIT ignores words; KILL wants one of its options
      if (std::find(std::begin(lenient), std::end(lenient), row.name) != std::end(lenient)) continue;
      EXPECT_EQ(std::abs(row.arity), static_cast<int>(least)) << row.name;
      EXPECT_TRUE(!open || row.arity < 0) << row.name;
    }
  };
  check(command_table());
}

}  // namespace
}  // namespace holdfast
