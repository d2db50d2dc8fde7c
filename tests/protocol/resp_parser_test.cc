#include "protocol/resp_parser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/protocol/naive_request_parser.h"
#include "tests/protocol/request_pieces.h"

namespace holdfast {
namespace {

using Words = std::vector<std::string>;

// REQUIRES: stream is one good request.
Words words_of(std::string_view stream) {
  const auto requests = fed_whole(stream);
  EXPECT_EQ(requests.size(), 2u) << stream;
  EXPECT_EQ(requests[0].status, ParseStatus::complete) << stream;
  EXPECT_EQ(requests[0].consumed, stream.size()) << stream;
  return requests[0].args;
}

std::string error_of(std::string_view stream, ParserLimits limits = {}) {
  const auto last = fed_whole(stream, limits).back();
  EXPECT_EQ(last.status, ParseStatus::error) << stream.substr(0, 80);
  constexpr std::string_view prefix = "Protocol error: ";
  EXPECT_TRUE(last.error.starts_with(prefix)) << last.error;
  return last.error.substr(std::min(prefix.size(), last.error.size()));
}

bool waits_for_more(std::string_view stream, ParserLimits limits = {}) {
  return fed_whole(stream, limits).back().status == ParseStatus::incomplete;
}

const std::string too_large = "request larger than 1048576 bytes";

TEST(RequestParser, ReadsAnArrayOfBulkStrings) {
  EXPECT_EQ(words_of("*1\r\n$4\r\nPING\r\n"), (Words{"PING"}));
  EXPECT_EQ(words_of("*2\r\n$4\r\nECHO\r\n$0\r\n\r\n"), (Words{"ECHO", ""}));
  EXPECT_EQ(words_of("*2\r\n$4\r\nECHO\r\n$10\r\n*1\r\n$1\r\nab\r\n"), (Words{"ECHO", "*1\r\n$1\r\nab"}));
}

TEST(RequestParser, TakesEveryByteInABulkString) {
  Words words;
  for (int byte = 0; byte < 256; ++byte)
    words.push_back(std::string(static_cast<size_t>(byte), static_cast<char>(byte)));
  EXPECT_EQ(words_of(array_of(words)), words);
}

TEST(RequestParser, ReadsAnInlineLineUpToLfOrCrlf) {
  EXPECT_EQ(words_of("PING\n"), (Words{"PING"}));
  EXPECT_EQ(words_of("PING\r\n"), (Words{"PING"}));
  EXPECT_EQ(words_of("  STOCK\tPS5\v\f \r\n"), (Words{"STOCK", "PS5\v\f"}));
  EXPECT_EQ(words_of("a\rb\r\r\n"), (Words{"a", "b"}));
  EXPECT_EQ(words_of(" *1\n"), (Words{"*1"}));
  EXPECT_EQ(words_of(std::string("a\0b c\n", 6)), (Words{std::string("a\0b", 3), "c"}));
}

TEST(RequestParser, UnderstandsQuotesAsRedisDoes) {
  EXPECT_EQ(words_of(R"(ECHO "blue shirt" 'red shirt')"
                     "\n"),
            (Words{"ECHO", "blue shirt", "red shirt"}));
  EXPECT_EQ(words_of(R"("" '' x)"
                     "\n"),
            (Words{"", "", "x"}));
  EXPECT_EQ(words_of(R"("\n\r\t\b\a\"\\\q")"
                     "\n"),
            (Words{"\n\r\t\b\a\"\\q"}));
  EXPECT_EQ(words_of(R"("\x41\xfF\x4" "\xzz" "\x")"
                     "\n"),
            (Words{"A\xffx4", "xzz", "x"}));
  EXPECT_EQ(words_of(R"('\n\x41\\ ' '\'' '\\'b' 'a"b')"
                     "\n"),
            (Words{R"(\n\x41\\ )", "'", "\\'b", "a\"b"}));
  EXPECT_EQ(words_of(R"(sku="a b" \"x")"
                     "\n"),
            (Words{"sku=a b", "\\x"}));
  EXPECT_EQ(words_of("'a'\v\"b\"\f\r\n"), (Words{"a", "b"}));
}

TEST(RequestParser, RefusesQuotesThatDoNotMatch) {
  for (const std::string line : {R"(")", R"(')", R"("abc)", R"('abc)", R"("abc\)", R"("abc\")", R"('abc\')", R"("a"b)",
                                 R"('a'b)", R"("a""b")", R"(x"a"'b')", R"("\x4)"}) {
    EXPECT_EQ(error_of(line + "\n"), "unbalanced quotes in request") << line;
    EXPECT_EQ(error_of(line + "\r\n"), "unbalanced quotes in request") << line;
  }
}

TEST(RequestParser, KeepsQuotedWordsOfALineApartHoweverManyThereAre) {
  std::string line;
  Words words;
  for (int i = 0; i < 3000; ++i) {
    words.push_back("w " + std::to_string(i));
    line += i % 2 == 0 ? "\"w\\x20" + std::to_string(i) + "\" " : "'" + words.back() + "'\t";
  }
  EXPECT_EQ(words_of(line + "\n"), words);
}

TEST(RequestParser, TellsAnEmptyRequestAsOneWithoutArgs) {
  for (const std::string_view stream : {"\n", "\r\n", "  \t\n", "*0\r\n", "*-1\r\n", "*-9223372036854775808\r\n"}) {
    EXPECT_EQ(words_of(stream), Words{}) << stream;
  }
}

TEST(RequestParser, SaysWhetherARequestCameAsALine) {
  const auto requests = fed_whole("PING\n*1\r\n$4\r\nPING\r\n\n*0\r\n");
  ASSERT_EQ(requests.size(), 5u);
  EXPECT_TRUE(requests[0].is_inline);
  EXPECT_FALSE(requests[1].is_inline);
  EXPECT_TRUE(requests[2].is_inline);
  EXPECT_FALSE(requests[3].is_inline);
}

TEST(RequestParser, RefusesACountThatIsNoStrictNumberOrOutOfRange) {
  for (const std::string count :
       {"", "-", "+1", " 1", "1 ", "01", "-0", "00", "1x", "x", "0x1", "1.0", "--1", "1048577", "9223372036854775807",
        "9223372036854775808", "-9223372036854775809", "18446744073709551617", "100000000000000000000"}) {
    EXPECT_EQ(error_of("*" + count + "\r\n"), "invalid multibulk length") << count;
  }
}

TEST(RequestParser, RefusesALengthThatIsNoStrictNumberOrOutOfRange) {
  for (const std::string length : {"", "-", "-1", "+1", " 1", "1 ", "01", "-0", "00", "1x", "9223372036854775808",
                                   "18446744073709551620", "100000000000000000000"}) {
    EXPECT_EQ(error_of("*1\r\n$" + length + "\r\nPING\r\n"), "invalid bulk length") << length;
  }
}

TEST(RequestParser, RefusesWhatIsNoBulkStringInAnArray) {
  EXPECT_EQ(error_of("*1\r\nPING\r\n"), "expected '$', got 'P'");
  EXPECT_EQ(error_of("*2\r\n$1\r\na\r\n:1\r\n"), "expected '$', got ':'");
  EXPECT_EQ(error_of("*1\r\n\r\n"), "expected '$', got '\r'");
}

TEST(RequestParser, RefusesALengthLineWithoutCrlf) {
  EXPECT_EQ(error_of("*1\n$4\r\nPING\r\n"), "expected CRLF after multibulk length");
  EXPECT_EQ(error_of("*1\rx"), "expected CRLF after multibulk length");
  EXPECT_EQ(error_of("*1\r\r\n"), "expected CRLF after multibulk length");
  EXPECT_EQ(error_of("*1\r\n$4\nPING\r\n"), "expected CRLF after bulk length");
  EXPECT_EQ(error_of("*1\r\n$4\rPING\r\n"), "expected CRLF after bulk length");
}

TEST(RequestParser, RefusesABulkStringWithoutCrlf) {
  for (const std::string_view end : {"x", "\n", "\rx", "\r\r", "GG\r\n"}) {
    EXPECT_EQ(error_of("*1\r\n$4\r\nPING" + std::string(end)), "expected CRLF after bulk") << end;
  }
}

TEST(RequestParser, StaysInErrorUntilReset) {
  RequestParser parser;
  EXPECT_EQ(parser.parse("*x\r\n", 4), ParseStatus::error);
  EXPECT_EQ(parser.parse("PING\n", 5), ParseStatus::error);
  EXPECT_TRUE(parser.args().empty());
  parser.reset();
  EXPECT_EQ(parser.parse("PING\n", 5), ParseStatus::complete);
}

TEST(RequestParser, ForgetsAnUnfinishedRequestAtReset) {
  RequestParser parser;
  EXPECT_EQ(parser.parse("*2\r\n$4\r\nPI", 10), ParseStatus::incomplete);
  parser.reset();
  ASSERT_EQ(parser.parse("PING\n", 5), ParseStatus::complete);
  EXPECT_EQ(parser.args()[0], "PING");
}

TEST(RequestParser, TakesARequestOfExactlyTheLimitAndNoByteMore) {
  const std::string frame = "*2\r\n$4\r\nECHO\r\n$1048550\r\n\r\n";
  const std::string value(1048576 - frame.size(), 'x');
  const auto request = [](size_t size) { return array_of({"ECHO", std::string(size, 'x')}); };
  ASSERT_EQ(request(value.size()).size(), 1048576u);
  EXPECT_EQ(words_of(request(value.size())), (Words{"ECHO", value}));
  EXPECT_EQ(error_of(request(value.size() + 1)), too_large);
}

TEST(RequestParser, RefusesATooLargeRequestAsSoonAsItsLengthSaysSo) {
  EXPECT_EQ(error_of("*1\r\n$1048576\r\n"), too_large);
  EXPECT_EQ(error_of("*1\r\n$9223372036854775807\r\n"), too_large);
  EXPECT_TRUE(waits_for_more("*1\r\n$1048560\r\n"));  // 4 + 10 + 1048560 + 2 = 1048576
  EXPECT_EQ(error_of("*1\r\n$1048561\r\n"), too_large);
  EXPECT_TRUE(waits_for_more("*2\r\n$1048554\r\n"));  // and at least 6 for the other one
  EXPECT_EQ(error_of("*2\r\n$1048555\r\n"), too_large);
  EXPECT_TRUE(waits_for_more("*174761\r\n"));  // 9 + 6 * 174761 = 1048575
  EXPECT_EQ(error_of("*174762\r\n"), too_large);
}

TEST(RequestParser, RefusesALineWithoutEndAt64KiB) {
  const std::string line(65536, '1');
  EXPECT_TRUE(waits_for_more(line));
  EXPECT_EQ(words_of(line + "\n"), (Words{line}));
  EXPECT_EQ(error_of(line + "1"), "too big inline request");
  EXPECT_EQ(error_of(line + "1\n"), "too big inline request");
  EXPECT_TRUE(waits_for_more("*" + line.substr(1)));
  EXPECT_EQ(error_of("*" + line), "too big mbulk count string");
  EXPECT_TRUE(waits_for_more("*1\r\n$" + line.substr(1)));
  EXPECT_EQ(error_of("*1\r\n$" + line), "too big bulk count string");
}

TEST(RequestParser, HoldsAStrangerToSmallerLimits) {
  const ParserLimits small{.request_bytes = 64, .args = 3};
  EXPECT_EQ(error_of("*4\r\n", small), "invalid multibulk length");
  EXPECT_EQ(error_of("*3\r\n$60\r\n", small), "request larger than 64 bytes");
  EXPECT_EQ(error_of(std::string(64, 'x'), small), "request larger than 64 bytes");
  EXPECT_EQ(error_of(std::string(64, 'x') + "\n", small), "request larger than 64 bytes");
  EXPECT_TRUE(waits_for_more(std::string(63, 'x'), small));
  EXPECT_EQ(fed_whole(std::string(63, 'x') + "\n", small)[0].status, ParseStatus::complete);
}

TEST(RequestParser, AppliesNewLimitsFromTheNextRequestOn) {
  const std::string request = array_of({"a", "b", "c", "d"});
  RequestParser parser;
  EXPECT_EQ(parser.parse(request.data(), request.size()), ParseStatus::complete);
  parser.set_limits({.request_bytes = 64, .args = 3});
  EXPECT_EQ(parser.parse(request.data(), request.size()), ParseStatus::error);
  parser.reset();
  parser.set_limits({});
  EXPECT_EQ(parser.parse(request.data(), request.size()), ParseStatus::complete);
}

TEST(RequestParser, SurvivesLimitsThatShrinkUnderAnUnfinishedRequest) {
  for (const std::string_view request :
       {"*3\r\n$1\r\na\r\n$30\r\nbbbbbbb", "*1\r\n$1", "a line of more than ten bytes"}) {
    RequestParser parser;
    EXPECT_EQ(parser.parse(request.data(), request.size()), ParseStatus::incomplete);
    parser.set_limits({.request_bytes = 5, .args = 1});
    EXPECT_EQ(parser.parse(request.data(), request.size()), ParseStatus::error) << request;
  }
}

TEST(RequestParser, ReusesTheStorageOfItsArgsFromRequestToRequest) {
  const std::string request = array_of(Words(100, "word"));
  RequestParser parser;
  ASSERT_EQ(parser.parse(request.data(), request.size()), ParseStatus::complete);
  const auto* const first = parser.args().data();
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(parser.parse(request.data(), request.size()), ParseStatus::complete);
    EXPECT_EQ(parser.args().data(), first);
  }
}

TEST(RequestParser, ReusesTheStorageOfQuotedWordsFromLineToLine) {
  const std::string line = "ECHO '" + std::string(200, 'x') + "'\n";
  RequestParser parser;
  ASSERT_EQ(parser.parse(line.data(), line.size()), ParseStatus::complete);
  const char* const first = parser.args()[1].data();
  for (int i = 0; i < 10; ++i) {
    ASSERT_EQ(parser.parse(line.data(), line.size()), ParseStatus::complete);
    EXPECT_EQ(parser.args()[1].data(), first);
  }
}

TEST(RequestParser, ReadsOnAfterItsStorageWasReleased) {
  const std::string request = array_of(Words(100, "word"));
  RequestParser parser;
  ASSERT_EQ(parser.parse(request.data(), request.size()), ParseStatus::complete);
  parser.release_if_idle();
  EXPECT_TRUE(parser.args().empty());
  ASSERT_EQ(parser.parse(request.data(), 50), ParseStatus::incomplete);
  parser.release_if_idle();  // a request is under way: nothing happens
  ASSERT_EQ(parser.parse(request.data(), request.size()), ParseStatus::complete);
  EXPECT_EQ(parser.args().size(), 100u);
}

TEST(RequestParser, ReadsAnOrdinaryRequestAfterAnEnormousOne) {
  const Words many(100000, "ab");
  const auto requests = fed_whole(array_of(many) + array_of({"PING"}) + "PING\n");
  ASSERT_EQ(requests.size(), 4u);
  EXPECT_EQ(requests[0].args, many);
  EXPECT_EQ(requests[1].args, (Words{"PING"}));
  EXPECT_EQ(requests[2].args, (Words{"PING"}));
}

}  // namespace
}  // namespace holdfast
