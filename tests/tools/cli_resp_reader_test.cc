#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tools/cli/resp_reader.h"

namespace holdfast {
namespace {

using namespace std::literals;

std::string shown(const RespReader& reader) {
  std::string text;
  for (const ReplyNode& node : reader.nodes()) {
    text += (text.empty() ? "" : " ") + std::to_string(static_cast<int>(node.kind)) + ":" +
            std::to_string(node.number) + ":" + std::string(node.size == 0 ? "" : reader.text(node));
  }
  return text;
}

// All replies of the stream, received in pieces of so many bytes, each time at another address.
std::vector<std::string> replies_of(const std::string& stream, size_t piece) {
  RespReader reader;
  std::vector<std::string> replies;
  std::string buffer;
  for (size_t at = 0; at < stream.size(); at += piece) {
    buffer += stream.substr(at, piece);
    for (;;) {
      const std::string moved = buffer;
      const ParseStatus status = reader.read(moved.data(), moved.size());
      if (status == ParseStatus::error) replies.push_back("error " + reader.error());
      if (status != ParseStatus::complete) break;
      replies.push_back(shown(reader));
      buffer.erase(0, reader.consumed());
      if (buffer.empty()) break;
    }
  }
  return replies;
}

std::string error_of(std::string_view bytes, ReplyLimits limits = {}) {
  RespReader reader(limits);
  return reader.read(bytes.data(), bytes.size()) == ParseStatus::error ? reader.error() : "none";
}

TEST(RespReader, ReadsEachKindOfReply) {
  const auto kind_of = [](const std::string& bytes) {
    RespReader reader;
    EXPECT_EQ(reader.read(bytes.data(), bytes.size()), ParseStatus::complete) << bytes;
    EXPECT_EQ(reader.consumed(), bytes.size());
    return reader.first().kind;
  };
  EXPECT_EQ(kind_of("+OK\r\n"), ReplyKind::status);
  EXPECT_EQ(kind_of("-ERR no\r\n"), ReplyKind::error);
  EXPECT_EQ(kind_of("!6\r\nERR no\r\n"), ReplyKind::error);
  EXPECT_EQ(kind_of(":-9223372036854775808\r\n"), ReplyKind::integer);
  EXPECT_EQ(kind_of("$0\r\n\r\n"), ReplyKind::text);
  EXPECT_EQ(kind_of("=7\r\ntxt:abc\r\n"), ReplyKind::verbatim);
  EXPECT_EQ(kind_of("$-1\r\n"), ReplyKind::nil);
  EXPECT_EQ(kind_of("*-1\r\n"), ReplyKind::nil);
  EXPECT_EQ(kind_of("_\r\n"), ReplyKind::nil);
  EXPECT_EQ(kind_of("#t\r\n"), ReplyKind::boolean);
  EXPECT_EQ(kind_of(",1.5e3\r\n"), ReplyKind::decimal);
  EXPECT_EQ(kind_of("(12345678901234567890\r\n"), ReplyKind::big_number);
  EXPECT_EQ(kind_of("*0\r\n"), ReplyKind::array);
  EXPECT_EQ(kind_of("%0\r\n"), ReplyKind::map);
  EXPECT_EQ(kind_of("~0\r\n"), ReplyKind::set);
  EXPECT_EQ(kind_of(">1\r\n+x\r\n"), ReplyKind::push);
}

TEST(RespReader, TellsValuesAndTexts) {
  const std::string bytes = "*4\r\n:-7\r\n$5\r\na\r\n\0b\r\n=5\r\ntxt:x\r\n#f\r\n"s;
  RespReader reader;
  ASSERT_EQ(reader.read(bytes.data(), bytes.size()), ParseStatus::complete);
  ASSERT_EQ(reader.nodes().size(), 5U);
  EXPECT_EQ(reader.first().number, 4);
  EXPECT_EQ(reader.nodes()[1].number, -7);
  EXPECT_EQ(reader.text(reader.nodes()[2]), "a\r\n\0b"sv);
  EXPECT_EQ(reader.text(reader.nodes()[3]), "x");
  EXPECT_EQ(reader.nodes()[4].number, 0);
}

TEST(RespReader, CountsKeysAndValuesOfAMap) {
  const std::string bytes = "%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n:2\r\n";
  RespReader reader;
  ASSERT_EQ(reader.read(bytes.data(), bytes.size()), ParseStatus::complete);
  EXPECT_EQ(reader.first().number, 4);
  EXPECT_EQ(reader.nodes().size(), 6U);
}

TEST(RespReader, ReadsTheSameHoweverTheBytesAreCut) {
  const std::string stream =
      "+OK\r\n*2\r\n*2\r\n$3\r\nPS5\r\n:1\r\n*-1\r\n%1\r\n$5\r\nitems\r\n*1\r\n*2\r\n$0\r\n\r\n:12\r\n"
      "|1\r\n+ttl\r\n:3600\r\n*2\r\n|1\r\n+x\r\n*1\r\n:1\r\n:5\r\n~1\r\n#t\r\n|0\r\n:8\r\n-ERR e\r\n,inf\r\n";
  const std::vector<std::string> whole = replies_of(stream, stream.size());
  ASSERT_EQ(whole.size(), 7U);
  for (size_t piece = 1; piece < stream.size(); ++piece) EXPECT_EQ(replies_of(stream, piece), whole) << piece;
}

TEST(RespReader, DropsAttributesWhereverTheyStand) {
  const auto plain = replies_of("*2\r\n:1\r\n:2\r\n", 1000);
  EXPECT_EQ(replies_of("|1\r\n+a\r\n:9\r\n*2\r\n:1\r\n|2\r\n+b\r\n*1\r\n+c\r\n+d\r\n:0\r\n:2\r\n", 1000), plain);
}

TEST(RespReader, RefusesWhatIsNoReply) {
  EXPECT_EQ(error_of("hello\r\n"), "unknown type");
  EXPECT_EQ(error_of("\r\n"), "line without type or CR");
  EXPECT_EQ(error_of("+OK\n"), "line without type or CR");
  EXPECT_EQ(error_of(":1x\r\n"), "bad integer");
  EXPECT_EQ(error_of(":+1\r\n"), "bad integer");
  EXPECT_EQ(error_of("$-2\r\n"), "bad length");
  EXPECT_EQ(error_of("$?\r\n"), "bad length");
  EXPECT_EQ(error_of("*99999999999\r\n"), "bad count");
  EXPECT_EQ(error_of("%-1\r\n"), "bad count");
  EXPECT_EQ(error_of("$3\r\nabcd\r\n"), "string without CRLF");
  EXPECT_EQ(error_of("=3\r\nabc\r\n"), "bad verbatim string");
  EXPECT_EQ(error_of("#x\r\n"), "bad boolean");
}

TEST(RespReader, HoldsDepthLengthAndLineToTheirLimits) {
  const ReplyLimits limits{.depth = 3, .bulk_bytes = 10, .line_bytes = 20};
  EXPECT_EQ(error_of("*1\r\n*1\r\n*1\r\n:1\r\n", limits), "none");
  EXPECT_EQ(error_of("*1\r\n*1\r\n*1\r\n*1\r\n:1\r\n", limits), "too deep");
  EXPECT_EQ(error_of("$10\r\n", limits), "none");
  EXPECT_EQ(error_of("$11\r\n", limits), "bad length");
  EXPECT_EQ(error_of("+" + std::string(19, 'x'), limits), "none");
  EXPECT_EQ(error_of("+" + std::string(20, 'x'), limits), "line too long");
}

TEST(RespReader, GoesOnAfterAnErrorOnlyWhenItIsReset) {
  const std::string good = "+OK\r\n";
  RespReader reader;
  ASSERT_EQ(reader.read("?\r\n", 3), ParseStatus::error);
  EXPECT_EQ(reader.read(good.data(), good.size()), ParseStatus::error);
  reader.reset();
  EXPECT_EQ(reader.read(good.data(), good.size()), ParseStatus::complete);
}

}  // namespace
}  // namespace holdfast
