#include "protocol/escape.h"

#include <gtest/gtest.h>

#include <string>

#include "protocol/resp_parser.h"

namespace holdfast {
namespace {

std::string field_value(std::string_view value) {
  Buffer out;
  out.append("sku=");
  append_field_value(out, value);
  return std::string(out.view().substr(4));
}

TEST(Escape, LeavesAPlainFieldValueRaw) {
  EXPECT_EQ(field_value("PS5"), "PS5");
  EXPECT_EQ(field_value("!"), "!");
  EXPECT_EQ(field_value("~'=$#"), "~'=$#");
  EXPECT_EQ(field_value(std::string(255, 'x')), std::string(255, 'x'));
}

TEST(Escape, QuotesAFieldValueThatIsNotPlain) {
  EXPECT_EQ(field_value(""), R"("")");
  EXPECT_EQ(field_value("blue shirt"), R"("blue shirt")");
  EXPECT_EQ(field_value(R"(19" rack)"), R"("19\" rack")");
  EXPECT_EQ(field_value(R"(a\b)"), R"("a\\b")");
  EXPECT_EQ(field_value("\n\r\t\a\b"), R"("\n\r\t\a\b")");
  EXPECT_EQ(field_value(std::string_view("\0\x1f\x7f", 3)), R"("\x00\x1f\x7f")");
  EXPECT_EQ(field_value("h\xc3\xa9\xff"), R"("h\xc3\xa9\xff")");
}

TEST(Escape, FindsTheOneByteThatIsNotPlainWhereverItStands) {
  for (size_t at = 0; at < 40; ++at) {
    std::string value(40, 'x');
    value[at] = ' ';
    EXPECT_EQ(field_value(value), '"' + value + '"');
  }
}

TEST(Escape, InQuotesAlwaysQuotes) {
  EXPECT_EQ(in_quotes("PS5"), R"("PS5")");
  EXPECT_EQ(in_quotes(""), R"("")");
  EXPECT_EQ(in_quotes("a b\n"), R"("a b\n")");
}

TEST(Escape, InJsonKeepsTextAndEscapesBytes) {
  EXPECT_EQ(in_json("PS5"), R"("PS5")");
  EXPECT_EQ(in_json("a\"\\\n\r\t\x01\x7f"), R"("a\"\\\n\r\t\u0001\u007f")");
  EXPECT_EQ(in_json("h\xc3\xa9"), "\"h\xc3\xa9\"");
  EXPECT_EQ(in_json("h\xe9"), R"("h\u00e9")");
  EXPECT_EQ(in_json(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(Escape, IsReadBackByAnInlineRequestAsTheSameBytes) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  for (const std::string& value : {every_byte, every_byte + every_byte, std::string("\\x41"), std::string("'")}) {
    const std::string line = "ECHO " + in_quotes(value) + "\n";
    RequestParser parser;
    ASSERT_EQ(parser.parse(line.data(), line.size()), ParseStatus::complete);
    ASSERT_EQ(parser.args().size(), 2u);
    EXPECT_EQ(parser.args()[1], value);
  }
}

}  // namespace
}  // namespace holdfast
