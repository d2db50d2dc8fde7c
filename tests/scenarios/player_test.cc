// The player itself: it says what goes otherwise than the text, and where.
#include <gtest/gtest.h>

#include <string>

#include "tests/scenarios/scenario.h"

namespace holdfast {
namespace {

using testing::Test;

std::string play_here(const std::string& text, int resp = 2) {
  return play(text, {.shards = 2, .resp = resp});
}

void expect_wrong(const std::string& text, const std::string& what) {
  for (const int resp : {2, 3}) {
    const std::string wrong = play_here(text, resp);
    EXPECT_NE(wrong.find(what), std::string::npos) << text << "\n" << wrong;
  }
}

TEST(ScenarioPlayer, IsContentWithWhatIsTrue) {
  const std::string text =
      "# A comment.\n\na> PING\n  +PONG\na>> ECHO \"two words\"\na> ECHO 5\n  \"two words\"\n  \"5\"\n"
      "a> SETSTOCK s 5\n  {sku s ... held 0 ... sold 0 ...}\na> DELSTOCK s\n  1\nb> MSTOCK none\n  [nil]\n"
      "b> nonsense\n  -ERR unknown command ...\n+ 5 ms\n";
  EXPECT_EQ(play_here(text, 2), "");
  EXPECT_EQ(play_here(text, 3), "");
}

TEST(ScenarioPlayer, FindsAnotherReply) {
  expect_wrong("a> PING\n  +PANG\n", "line 2: expected \"+PANG\\r\\n\"");
  expect_wrong("a> PING\n  +PON\n", "line 2: expected");
  expect_wrong("a> DELSTOCK s\n  1\n", "line 2: expected \":1\\r\\n\"");
  expect_wrong("a> ECHO 5\n  5\n", "line 2: expected \":5\\r\\n\"");
  expect_wrong("a> MSTOCK s\n  [nil nil]\n", "line 2: expected \"*2\\r\\n\"");
  expect_wrong("a> MSTOCK s\n  [0]\n", "line 2: expected \":0\\r\\n\"");
  expect_wrong("a> STOCK s\n  -NOSKU sku=t\n", "line 2: expected");
}

TEST(ScenarioPlayer, FindsAnotherFieldOfAMap) {
  expect_wrong("a> SETSTOCK s 5\n  {... on_hand 6 ...}\n", "on_hand: expected \":6\\r\\n\"");
  expect_wrong("a> SETSTOCK s 5\n  {... none 0 ...}\n", "a field is missing: none");
  expect_wrong("a> SETSTOCK s 5\n  {... held 0 ... on_hand 5 ...}\n", "a field is missing: on_hand");
  expect_wrong("a> SETSTOCK s 5\n  {sku s held 0 ...}\n", "expected the field held");
  expect_wrong("a> SETSTOCK s 5\n  {sku s}\n", "line 2: expected");
  expect_wrong("a> SETSTOCK s 5\n  {... held 0}\n", "a field too many");
}

TEST(ScenarioPlayer, FindsRepliesThatAreMissingOrTooMany) {
  expect_wrong("a> PING\n  +PONG\n  +PONG\n", "line 3: there is no reply yet");
  expect_wrong("a>> PING\na> PING\n  +PONG\n", "a heard also \"+PONG\\r\\n\"");
  expect_wrong("a> PING\n  ...\n", "line 2: expected no reply yet");
  expect_wrong("a> PING\na> PING\n  +PONG\n", "line 2: the line above has no reply");
  expect_wrong(
      "a> SETSTOCK s 0\n  {...}\na> RESERVE c WAIT 9 ITEMS s 1\n  -OUTOFSTOCK sku=s want=1 available=0 held=0\n"
      "a> POLICY s OVERSELL 1\n  {...}\na> RESERVE c ITEMS s 1\n  [new $h 300000]\n"
      "b> RESERVE c WAIT 9 ITEMS s 1\n  ...\n",
      "b has not been answered");
}

TEST(ScenarioPlayer, LearnsNamesOnceAndHoldsOnToThem) {
  const std::string hold = "a> SETSTOCK s 5\n  {...}\na> RESERVE c ITEMS s 1\n  [new $h 300000]\n";
  EXPECT_EQ(
      play_here(hold + "a> HOLDS c\n  [$h]\na> COMMIT $h\n  +OK\na> EXTEND $h EX 1\n  -COMMITTED id=$h ref=\"\"\n"),
      "");
  EXPECT_EQ(play_here(hold + "a> LASTSEQ\n  new $s\na> RELEASE $h\n  1\nb> LASTSEQ\n  0\na> LASTSEQ\n  $s+1\n"), "");
  expect_wrong(hold + "a> HOLDS c\n  [new $g]\n", "expected something new: $g");
  expect_wrong(hold + "a> HOLDS c\n  [$g]\n", "$g stands for nothing yet");
  expect_wrong(hold + "a> HOLD $g\n  nil\n", "a name stands for nothing yet");
  expect_wrong(hold + "a> LASTSEQ\n  new $s\na> RELEASE $h\n  1\na> LASTSEQ\n  $s\n", "expected \":17");
  expect_wrong(hold +
                   "a> LASTSEQ\n  new $s\nb> SETSTOCK s 6\n  {...}\nb> LASTSEQ\n  new $t > $s\nc> LASTSEQ\n"
                   "  new $u > $s\n",
               "line 12: expected a number above $s");
}

TEST(ScenarioPlayer, DoesNotGuessWhatALineMeans) {
  expect_wrong("  +PONG\n", "whose reply is this?");
  expect_wrong("+ 5 days\n", "a time is `+ 5 ms`");
  expect_wrong("a waves\n", "nobody is called a");
  expect_wrong("a> PING\n  +PONG\na waves\n", "what is 'a waves'?");
  expect_wrong("a> DELSTOCK s\n  [0\n", "a ] is missing");
  expect_wrong("a> DELSTOCK s\n  0 0\n", "something follows the reply");
}

}  // namespace
}  // namespace holdfast
