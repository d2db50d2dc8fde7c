#include "protocol/resp_writer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

namespace holdfast {
namespace {

template <typename Write>
std::string written(int version, Write write) {
  Buffer out;
  RespWriter writer(out, version);
  write(writer);
  return std::string(out.view());
}

// The same reply in both versions.
template <typename Write>
void expect_reply(Write write, std::string_view resp2, std::string_view resp3) {
  EXPECT_EQ(written(2, write), resp2);
  EXPECT_EQ(written(3, write), resp3);
}

TEST(RespWriter, WritesStringsAlikeInBothVersions) {
  expect_reply([](RespWriter& w) { w.simple("OK"); }, "+OK\r\n", "+OK\r\n");
  expect_reply([](RespWriter& w) { w.simple(""); }, "+\r\n", "+\r\n");
  expect_reply([](RespWriter& w) { w.error("NOHOLD id=x"); }, "-NOHOLD id=x\r\n", "-NOHOLD id=x\r\n");
  expect_reply([](RespWriter& w) { w.bulk("PS5"); }, "$3\r\nPS5\r\n", "$3\r\nPS5\r\n");
  expect_reply([](RespWriter& w) { w.bulk(""); }, "$0\r\n\r\n", "$0\r\n\r\n");
  expect_reply([](RespWriter& w) { w.bulk({}); }, "$0\r\n\r\n", "$0\r\n\r\n");
  expect_reply([](RespWriter& w) { w.bulk({"\r\n\0", 3}); }, {"$3\r\n\r\n\0\r\n", 9}, {"$3\r\n\r\n\0\r\n", 9});
}

TEST(RespWriter, AnnouncesTheLengthOfABulkWhateverItsDigits) {
  for (const size_t size : {1u, 9u, 10u, 11u, 99u, 100u, 12345u}) {
    const std::string text(size, 'x');
    EXPECT_EQ(written(2, [&](RespWriter& w) { w.bulk(text); }), "$" + std::to_string(size) + "\r\n" + text + "\r\n");
  }
}

TEST(RespWriter, LetsNoLineEndThroughWhereALineIsTheFrame) {
  EXPECT_EQ(written(2, [](RespWriter& w) { w.error("ERR a\r\n+OK\rb\n"); }), "-ERR a  +OK b \r\n");
  EXPECT_EQ(written(3, [](RespWriter& w) { w.simple("\n\r"); }), "+  \r\n");
}

TEST(RespWriter, WritesEveryInteger) {
  const auto of = [](auto value) { return written(2, [value](RespWriter& w) { w.integer(value); }); };
  for (const int64_t value : {INT64_MIN, INT64_MIN + 1, int64_t{-10}, int64_t{-9}, int64_t{-1}, int64_t{0}, int64_t{9},
                              int64_t{10}, int64_t{99}, int64_t{300000}, INT64_MAX - 1, INT64_MAX}) {
    EXPECT_EQ(of(value), ":" + std::to_string(value) + "\r\n");
  }
  EXPECT_EQ(of(uint64_t{INT64_MAX}), ":9223372036854775807\r\n");
  EXPECT_EQ(of(7), ":7\r\n");
  EXPECT_EQ(of(7u), ":7\r\n");
  EXPECT_EQ(of(uint8_t{255}), ":255\r\n");
  EXPECT_EQ(of(int8_t{-128}), ":-128\r\n");
}

TEST(RespWriter, WritesNothingness) {
  expect_reply([](RespWriter& w) { w.nil(); }, "$-1\r\n", "_\r\n");
  expect_reply([](RespWriter& w) { w.nil_array(); }, "*-1\r\n", "_\r\n");
}

TEST(RespWriter, OpensAggregates) {
  expect_reply([](RespWriter& w) { w.array(0); }, "*0\r\n", "*0\r\n");
  expect_reply([](RespWriter& w) { w.array(12); }, "*12\r\n", "*12\r\n");
  expect_reply([](RespWriter& w) { w.map(12); }, "*24\r\n", "%12\r\n");
  expect_reply([](RespWriter& w) { w.set(3); }, "*3\r\n", "~3\r\n");
  expect_reply([](RespWriter& w) { w.push(3); }, "*3\r\n", ">3\r\n");
}

TEST(RespWriter, WritesBooleans) {
  expect_reply([](RespWriter& w) { w.boolean(true); }, ":1\r\n", "#t\r\n");
  expect_reply([](RespWriter& w) { w.boolean(false); }, ":0\r\n", "#f\r\n");
}

TEST(RespWriter, WritesRealNumbersAsRedisDoes) {
  const auto real = [](double value) { return written(3, [value](RespWriter& w) { w.real(value); }); };
  expect_reply([](RespWriter& w) { w.real(0.25); }, "$4\r\n0.25\r\n", ",0.25\r\n");
  EXPECT_EQ(real(0.1), ",0.1\r\n");
  EXPECT_EQ(real(0), ",0\r\n");
  EXPECT_EQ(real(-0.0), ",-0\r\n");
  EXPECT_EQ(real(100000), ",100000\r\n");
  EXPECT_EQ(real(-9007199254740991), ",-9007199254740991\r\n");
  EXPECT_EQ(real(1e300), ",1e+300\r\n");
  EXPECT_EQ(real(-std::numeric_limits<double>::min()), ",-2.2250738585072014e-308\r\n");
  expect_reply([](RespWriter& w) { w.real(HUGE_VAL); }, "$3\r\ninf\r\n", ",inf\r\n");
  expect_reply([](RespWriter& w) { w.real(-HUGE_VAL); }, "$4\r\n-inf\r\n", ",-inf\r\n");
  expect_reply([](RespWriter& w) { w.real(std::nan("")); }, "$3\r\nnan\r\n", ",nan\r\n");
}

TEST(RespWriter, SaysThatVerbatimTextIsText) {
  expect_reply([](RespWriter& w) { w.verbatim("# Server\r\n"); }, "$10\r\n# Server\r\n\r\n",
               "=14\r\ntxt:# Server\r\n\r\n");
  expect_reply([](RespWriter& w) { w.verbatim(""); }, "$0\r\n\r\n", "=4\r\ntxt:\r\n");
}

TEST(RespWriter, AppendsOneElementBehindTheOther) {
  const auto reserved = [](RespWriter& w) {
    w.array(2);
    w.bulk("0123456789abcdefghijklmn");
    w.integer(300000);
  };
  EXPECT_EQ(written(2, reserved), "*2\r\n$24\r\n0123456789abcdefghijklmn\r\n:300000\r\n");
}

}  // namespace
}  // namespace holdfast
