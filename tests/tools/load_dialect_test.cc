// How steps are said to each kind of server, and what it says of a SKU.
#include <gtest/gtest.h>

#include <array>
#include <string>

#include "tools/load/dialect.h"
#include "tools/load/process_figures.h"
#include "tools/load/storm.h"

namespace holdfast::load {
namespace {

std::optional<StockFigures> figures(Target target, const std::string& reply) {
  RespReader reader;
  EXPECT_EQ(reader.read(reply.data(), reply.size()), ParseStatus::complete);
  return dialect_of(target)->figures_of(reader);
}

TEST(LoadDialect, ReservesSeveralSkus) {
  Buffer out;
  const std::array<CartItem, 2> items = {{{.sku = 1, .quantity = 1}, {.sku = 2, .quantity = 12}}};
  dialect_of(Target::holdfast)->reserve(out, "cart", items, 2'000, 0);
  EXPECT_EQ(out.view(),
            "*9\r\n$7\r\nRESERVE\r\n$4\r\ncart\r\n$2\r\nPX\r\n$4\r\n2000\r\n$5\r\nITEMS\r\n"
            "$16\r\nsku:000000000001\r\n$1\r\n1\r\n$16\r\nsku:000000000002\r\n$2\r\n12\r\n");
}

TEST(LoadDialect, ScriptsGetTheirSkusAsKeys) {
  Buffer out;
  const std::array<CartItem, 2> items = {{{.sku = 1, .quantity = 1}, {.sku = 2, .quantity = 12}}};
  dialect_of(Target::redis_lua)->reserve(out, "cart", items, 2'000, 0);
  EXPECT_EQ(out.view(),
            "*9\r\n$7\r\nEVALSHA\r\n$0\r\n\r\n$1\r\n2\r\n$16\r\nsku:000000000001\r\n$16\r\nsku:000000000002\r\n"
            "$4\r\ncart\r\n$4\r\n2000\r\n$1\r\n1\r\n$2\r\n12\r\n");
}

TEST(LoadDialect, ReadsFiguresOfASku) {
  const auto ours = figures(Target::holdfast,
                            "*8\r\n$3\r\nsku\r\n$1\r\na\r\n$7\r\non_hand\r\n:7\r\n$4\r\nheld\r\n:2\r\n"
                            "$4\r\nsold\r\n:3\r\n");
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->on_hand, 7);
  EXPECT_EQ(ours->held, 2);
  EXPECT_EQ(ours->sold, 3);
  const auto theirs = figures(Target::redis_lua, "*3\r\n$1\r\n7\r\n$1\r\n2\r\n$1\r\n3\r\n");
  ASSERT_TRUE(theirs);
  EXPECT_EQ(theirs->on_hand, 7);
  EXPECT_EQ(theirs->held, 2);
  EXPECT_EQ(theirs->sold, 3);
}

TEST(LoadDialect, TakesNothingElseForFigures) {
  EXPECT_FALSE(figures(Target::holdfast, "-NOSKU sku=a\r\n"));
  EXPECT_FALSE(figures(Target::holdfast, "*2\r\n$3\r\nsku\r\n$1\r\na\r\n"));
  EXPECT_FALSE(figures(Target::redis_lua, "*3\r\n$-1\r\n$-1\r\n$-1\r\n"));
  EXPECT_FALSE(figures(Target::redis_lua, "-ERR no\r\n"));
}

TEST(LoadDialect, OnlyRedisHasToBeSwept) {
  EXPECT_EQ(dialect_of(Target::holdfast)->sweep(10), "");
  EXPECT_NE(dialect_of(Target::redis_lua)->sweep(10), "");
}

TEST(LoadProcessFigures, ReadPastAnyProgramName) {
  const auto use = read_process_stat(
      "42 (a) (b c) S 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 3 0 1000 99999 256 18446744073709551615 1", 100,
      4096);
  ASSERT_TRUE(use);
  EXPECT_EQ(use->cpu, 2 * ns_a_second);
  EXPECT_EQ(use->resident_bytes, 256 * 4096);
  EXPECT_FALSE(read_process_stat("42", 100, 4096));
  EXPECT_FALSE(read_process_stat("42 (a) S 1", 100, 4096));
  EXPECT_FALSE(read_process_stat("42 (a) Z 1 42 42 0 -1 4194560 100 0 0 0 150 50 0 0 20 0 3 0 1000 0 0", 100, 4096))
      << "a process that has ended";
}

TEST(LoadStorm, SpreadsDeadlinesEvenlyAndCountsThoseThatAreOver) {
  Options options;
  options.holds = 1'000;
  options.due_within_ms = 1'000;
  const auto dialect = dialect_of(Target::holdfast);
  const Storm storm(options, *dialect);
  EXPECT_EQ(storm.due(0), storm.first_deadline());
  EXPECT_EQ(storm.due(500) - storm.first_deadline(), 500 * ns_a_ms);
  EXPECT_EQ(storm.last_deadline() - storm.first_deadline(), 1'000 * ns_a_ms);
  EXPECT_EQ(storm.due_by(storm.first_deadline() - 1), 0U);
  EXPECT_EQ(storm.due_by(storm.first_deadline()), 1U);
  EXPECT_EQ(storm.due_by(storm.first_deadline() + 10 * ns_a_ms + 1), 11U);
  EXPECT_EQ(storm.due_by(storm.last_deadline() + ns_a_second), 1'000U);
}

}  // namespace
}  // namespace holdfast::load
