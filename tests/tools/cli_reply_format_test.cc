// The expected texts of terminal and raw are what redis-cli 7 shows for the same bytes.
#include <gtest/gtest.h>

#include <string>

#include "tools/cli/reply_format.h"

namespace holdfast::cli {
namespace {

std::string shown(const std::string& bytes, OutputFormat format, bool plain = false) {
  RespReader reader;
  EXPECT_EQ(reader.read(bytes.data(), bytes.size()), ParseStatus::complete) << bytes;
  return formatted(reader, format, plain);
}
std::string at_terminal(const std::string& bytes) {
  return shown(bytes, OutputFormat::terminal);
}
std::string raw(const std::string& bytes) {
  return shown(bytes, OutputFormat::raw);
}
std::string json(const std::string& bytes) {
  return shown(bytes, OutputFormat::json);
}

TEST(ReplyFormat, AtATerminalSaysTheKindOfAValue) {
  EXPECT_EQ(at_terminal("+OK\r\n"), "OK\n");
  EXPECT_EQ(at_terminal("-NOSKU sku=x\r\n"), "(error) NOSKU sku=x\n");
  EXPECT_EQ(at_terminal(":1\r\n"), "(integer) 1\n");
  EXPECT_EQ(at_terminal("$4\r\na\"\n\xff\r\n"), "\"a\\\"\\n\\xff\"\n");
  EXPECT_EQ(at_terminal("_\r\n"), "(nil)\n");
  EXPECT_EQ(at_terminal("#t\r\n"), "(true)\n");
  EXPECT_EQ(at_terminal(",1.5\r\n"), "(double) 1.5\n");
  EXPECT_EQ(at_terminal("*0\r\n"), "(empty array)\n");
  EXPECT_EQ(at_terminal("%0\r\n"), "(empty hash)\n");
  EXPECT_EQ(at_terminal("~0\r\n"), "(empty set)\n");
}

TEST(ReplyFormat, AtATerminalNumbersAndIndentsWhatIsInside) {
  EXPECT_EQ(at_terminal("*2\r\n$1\r\na\r\n*2\r\n:1\r\n:2\r\n"),
            "1) \"a\"\n"
            "2) 1) (integer) 1\n"
            "   2) (integer) 2\n");
  std::string ten = "*10\r\n";
  std::string expected;
  for (int i = 1; i <= 10; ++i) {
    ten += ":0\r\n";
    expected += (i < 10 ? " " : "") + std::to_string(i) + ") (integer) 0\n";
  }
  EXPECT_EQ(at_terminal(ten), expected);
}

TEST(ReplyFormat, AtATerminalShowsMapsAsPairsAndLongValuesOnLinesOfTheirOwn) {
  EXPECT_EQ(at_terminal("%3\r\n$3\r\nsku\r\n$3\r\nPS5\r\n+one\r\n*1\r\n:1\r\n+two\r\n~2\r\n+x\r\n+y\r\n"),
            "1# \"sku\" => \"PS5\"\n"
            "2# one => 1) (integer) 1\n"
            "3# two => \n"
            "   1~ x\n"
            "   2~ y\n");
}

TEST(ReplyFormat, RawIsTheValueAndNothingElse) {
  EXPECT_EQ(raw("$4\r\na\"\n\xff\r\n"), "a\"\n\xff\n");
  EXPECT_EQ(raw("*3\r\n$1\r\na\r\n*2\r\n:1\r\n$-1\r\n:2\r\n"), "a\n1\n\n2\n");
  EXPECT_EQ(raw("%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n"), "a 1\nb 2\n");
  EXPECT_EQ(raw("-ERR no\r\n"), "ERR no\n");
}

TEST(ReplyFormat, PlainTextIsNeitherQuotedNorEndedTwice) {
  EXPECT_EQ(shown("$6\r\na:1\r\nb\r\n", OutputFormat::terminal, true), "a:1\r\nb\n");
  EXPECT_EQ(shown("=8\r\ntxt:a:1\n\r\n", OutputFormat::terminal, true), "a:1\n");
  EXPECT_EQ(shown("-ERR no\r\n", OutputFormat::terminal, true), "(error) ERR no\n");
  EXPECT_EQ(shown("$2\r\na\n\r\n", OutputFormat::json, true), "\"a\\n\"\n");
}

TEST(ReplyFormat, JsonHasObjectsArraysAndScalars) {
  EXPECT_EQ(json("%2\r\n$3\r\nsku\r\n$3\r\nPS5\r\n$5\r\nitems\r\n*2\r\n:1\r\n_\r\n"),
            "{\"sku\":\"PS5\",\"items\":[1,null]}\n");
  EXPECT_EQ(json("*4\r\n#f\r\n,1.5\r\n,inf\r\n~0\r\n"), "[false,1.5,\"inf\",[]]\n");
  EXPECT_EQ(json("%1\r\n:1\r\n%0\r\n"), "{\"1\":{}}\n");
  EXPECT_EQ(json("-NOSKU sku=\"a b\"\r\n"), "{\"error\":\"NOSKU sku=\\\"a b\\\"\"}\n");
}

TEST(ReplyFormat, JsonKeepsUtf8AndTellsOtherBytesOneByOne) {
  EXPECT_EQ(json("$2\r\n\xc3\xa9\r\n"), "\"\xc3\xa9\"\n");
  EXPECT_EQ(json("$3\r\n\xc3\xa9\xff\r\n"), "\"\\u00c3\\u00a9\\u00ff\"\n");
  EXPECT_EQ(json("$3\r\n\x01\x7f\\\r\n"), "\"\\u0001\\u007f\\\\\"\n");
  EXPECT_EQ(json("$3\r\n\xed\xa0\x80\r\n"), "\"\\u00ed\\u00a0\\u0080\"\n") << "a surrogate is no UTF-8";
  EXPECT_EQ(json("$2\r\n\xc0\xaf\r\n"), "\"\\u00c0\\u00af\"\n") << "an overlong form is no UTF-8";
}

}  // namespace
}  // namespace holdfast::cli
