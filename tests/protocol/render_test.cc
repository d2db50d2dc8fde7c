#include "protocol/render.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/hold_id.h"
#include "tests/support/allocations.h"

namespace holdfast {
namespace {

constexpr std::string_view id_text = "ABCDEFGHIJKLMNOPQRSTUV27";
constexpr std::string_view other_id_text = "722222222222222222222222";

template <typename Render>
std::string rendered(int version, Render render, const Journey& journey) {
  Buffer out;
  RespWriter writer(out, version);
  render(journey, writer);
  return std::string(out.view());
}

// "$5\r\nhello\r\n" of "hello".
std::string bulk(std::string_view text) {
  return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}
std::string bulks() {
  return {};
}
template <typename... More>
std::string bulks(std::string_view name, const std::string& value, const More&... more) {
  return bulk(name) + value + "\r\n" + bulks(more...);
}

Journey about(std::string_view sku) {
  Journey journey;
  journey.items.emplace_back().sku = sku;
  return journey;
}

Journey about_hold() {
  Journey journey;
  journey.id = *parse_hold_id(id_text);
  return journey;
}

const StockView some_stock{.on_hand = 50,
                           .held = 3,
                           .available = 49,
                           .sold = 7,
                           .oversell = 2,
                           .short_by = 1,
                           .version = 12,
                           .percart = 4,
                           .paused = true,
                           .challenge = false,
                           .waiting = 9,
                           .exists = true};

const std::string some_stock_body =
    bulks("on_hand", ":50", "held", ":3", "available", ":49", "sold", ":7", "oversell", ":2", "short", ":1", "version",
          ":12", "percart", ":4", "paused", ":1", "challenge", ":0", "waiting", ":9");

std::string refusal_line(Refusal refusal, Journey journey = {}) {
  journey.reply.refusal = refusal;
  const std::string line = rendered(2, render_refusal, journey);
  EXPECT_EQ(rendered(3, render_refusal, journey), line);
  EXPECT_TRUE(line.ends_with("\r\n"));
  return line.substr(0, line.size() - 2);
}

TEST(Render, StockAsAMapInTheOrderOfTheContract) {
  Journey journey = about("PS5");
  journey.reply.stock = some_stock;
  EXPECT_EQ(rendered(3, render_stock, journey), "%12\r\n" + bulk("sku") + bulk("PS5") + some_stock_body);
  EXPECT_EQ(rendered(2, render_stock, journey), "*24\r\n" + bulk("sku") + bulk("PS5") + some_stock_body);
}

TEST(Render, NumbersOfStockToTheirLimits) {
  Journey journey = about(std::string_view("\0\r\n", 3));
  journey.reply.stock = {
      .on_hand = -9007199254740991, .sold = 9007199254740991, .version = INT64_MAX, .challenge = true};
  EXPECT_EQ(rendered(3, render_stock, journey),
            "%12\r\n" + bulk("sku") + bulk({"\0\r\n", 3}) +
                bulks("on_hand", ":-9007199254740991", "held", ":0", "available", ":0", "sold", ":9007199254740991",
                      "oversell", ":0", "short", ":0", "version", ":9223372036854775807", "percart", ":0", "paused",
                      ":0", "challenge", ":1", "waiting", ":0"));
}

TEST(Render, SeveralStocksWithNilForThoseThatAreMissing) {
  Journey journey = about("a");
  journey.items.emplace_back().sku = "b";
  journey.items.emplace_back().sku = "a";
  journey.reply.stocks = {some_stock, StockView{}, some_stock};
  const std::string a = bulk("sku") + bulk("a") + some_stock_body;
  EXPECT_EQ(rendered(3, render_multi_stock, journey), "*3\r\n%12\r\n" + a + "_\r\n%12\r\n" + a);
  EXPECT_EQ(rendered(2, render_multi_stock, journey), "*3\r\n*24\r\n" + a + "$-1\r\n*24\r\n" + a);
}

TEST(Render, IntegersAndOk) {
  Journey journey;
  journey.reply.number = 1;
  EXPECT_EQ(rendered(2, render_number, journey), ":1\r\n");
  journey.reply.number = 128LL * 2147483647;
  EXPECT_EQ(rendered(3, render_number, journey), ":274877906816\r\n");
  EXPECT_EQ(rendered(2, render_ok, journey), "+OK\r\n");
}

TEST(Render, AReservationAsItsIdAndTheMillisecondsLeft) {
  Journey journey = about("PS5");
  journey.reply.id = *parse_hold_id(id_text);
  journey.reply.number = 300000;
  for (const int version : {2, 3}) {
    EXPECT_EQ(rendered(version, render_reservation, journey), "*2\r\n" + bulk(id_text) + ":300000\r\n");
  }
}

TEST(Render, AHoldAsAMapWithItsItemsAsPairs) {
  Journey journey = about_hold();
  journey.reply.hold = {.state = HoldState::committed,
                        .expires_in_ms = 0,
                        .seq = 1700000000000001,
                        .cart = "cart-1",
                        .ref = "order 7",
                        .items = {{"PS5", 2}, {"a\r\n", 2147483647}}};
  const std::string body = bulk("id") + bulk(id_text) + bulk("cart") + bulk("cart-1") + bulk("state") +
                           bulk("COMMITTED") + bulk("expires_in_ms") + ":0\r\n" + bulk("ref") + bulk("order 7") +
                           bulk("seq") + ":1700000000000001\r\n" + bulk("items") + "*2\r\n*2\r\n" + bulk("PS5") +
                           ":2\r\n*2\r\n" + bulk("a\r\n") + ":2147483647\r\n";
  EXPECT_EQ(rendered(3, render_hold, journey), "%7\r\n" + body);
  EXPECT_EQ(rendered(2, render_hold, journey), "*14\r\n" + body);
}

TEST(Render, EachStateOfAHoldByItsName) {
  const std::pair<HoldState, std::string_view> names[] = {{HoldState::held, "HELD"},
                                                          {HoldState::committed, "COMMITTED"},
                                                          {HoldState::released, "RELEASED"},
                                                          {HoldState::expired, "EXPIRED"},
                                                          {HoldState::revoked, "REVOKED"}};
  for (const auto& [state, name] : names) {
    Journey journey = about_hold();
    journey.reply.hold.state = state;
    const std::string reply = rendered(3, render_hold, journey);
    EXPECT_NE(reply.find(bulk("state") + bulk(name)), std::string::npos) << name;
    EXPECT_TRUE(reply.ends_with(bulk("items") + "*0\r\n"));
    EXPECT_NE(reply.find(bulk("ref") + bulk("")), std::string::npos);
  }
}

TEST(Render, TheHoldsOfACartInTheirOrder) {
  Journey journey;
  EXPECT_EQ(rendered(2, render_holds, journey), "*0\r\n");
  journey.reply.holds = {{5, *parse_hold_id(other_id_text)}, {9, *parse_hold_id(id_text)}};
  EXPECT_EQ(rendered(3, render_holds, journey), "*2\r\n" + bulk(other_id_text) + bulk(id_text));
}

TEST(Render, ALockAsItsTokenAndTheMillisecondsLeft) {
  Journey journey = about("PS5");
  journey.reply.seq = 1700000000000001;
  journey.reply.number = 300000;
  for (const int version : {2, 3}) {
    EXPECT_EQ(rendered(version, render_lock, journey), "*2\r\n:1700000000000001\r\n:300000\r\n");
  }
}

TEST(Render, ALockThatAnotherHasWithItsNameAndTimeLeft) {
  EXPECT_EQ(refusal_line({.error = Error::locked, .name = "PS5", .have = 1500}), "-LOCKED name=PS5 expires_in_ms=1500");
  EXPECT_EQ(refusal_line({.error = Error::locked, .name = "a b", .have = 1}), "-LOCKED name=\"a b\" expires_in_ms=1");
}

TEST(Render, RefusalsOfStockWithTheFieldsOfTheContract) {
  EXPECT_EQ(refusal_line({.error = Error::no_sku, .name = "PS5"}), "-NOSKU sku=PS5");
  EXPECT_EQ(refusal_line({.error = Error::paused, .name = "PS5"}), "-PAUSED sku=PS5");
  EXPECT_EQ(refusal_line({.error = Error::challenge, .name = "PS5"}), "-CHALLENGE sku=PS5");
  EXPECT_EQ(refusal_line({.error = Error::limit_kind, .name = "holds", .have = 5, .max = 4}),
            "-LIMIT kind=holds max=4 have=5");
  EXPECT_EQ(refusal_line({.error = Error::limit_sku, .name = "PS5", .want = 1, .have = 2, .max = 3}),
            "-LIMIT sku=PS5 max=3 have=2 want=1");
  EXPECT_EQ(refusal_line({.error = Error::version, .name = "PS5", .want = 4, .have = 5}),
            "-VERSION sku=PS5 want=4 have=5");
  EXPECT_EQ(refusal_line({.error = Error::version, .name = "PS5", .want = 4}), "-VERSION sku=PS5 want=4 have=0");
  EXPECT_EQ(refusal_line({.error = Error::out_of_stock, .name = "PS5", .want = 1, .have = 0, .held = 3}),
            "-OUTOFSTOCK sku=PS5 want=1 available=0 held=3");
  EXPECT_EQ(refusal_line({.error = Error::in_use, .name = "PS5", .held = 3}), "-INUSE sku=PS5 held=3");
  EXPECT_EQ(refusal_line({.error = Error::out_of_memory, .name = "memory"}), "-OOM kind=memory");
  EXPECT_TRUE(refusal_line({.error = Error::below_zero, .name = "PS5"}).starts_with("-ERR "));
  EXPECT_TRUE(refusal_line({.error = Error::above_limit, .name = "PS5"}).starts_with("-ERR "));
}

TEST(Render, RefusalsOfHoldsWithTheIdAsItWasSent) {
  const std::string id(id_text);
  EXPECT_EQ(refusal_line({.error = Error::no_hold, .name = {}}, about_hold()), "-NOHOLD id=" + id);
  EXPECT_EQ(refusal_line({.error = Error::hold_released, .name = {}}, about_hold()), "-RELEASED id=" + id);
  EXPECT_EQ(refusal_line({.error = Error::hold_expired, .name = {}}, about_hold()), "-EXPIRED id=" + id);
  EXPECT_EQ(refusal_line({.error = Error::hold_revoked, .name = {}}, about_hold()), "-REVOKED id=" + id);
  EXPECT_EQ(refusal_line({.error = Error::exceeds, .name = "PS5", .want = 3, .held = 2}),
            "-EXCEEDS sku=PS5 want=3 held=2");

  Journey committed = about_hold();
  EXPECT_EQ(refusal_line({.error = Error::hold_committed, .name = {}}, about_hold()),
            "-COMMITTED id=" + id + " ref=\"\"");
  committed.reply.ref = "order-7";
  committed.reply.refusal.error = Error::hold_committed;
  EXPECT_EQ(rendered(2, render_refusal, committed), "-COMMITTED id=" + id + " ref=order-7\r\n");
}

TEST(Render, ValuesOfUnusualBytesQuoted) {
  EXPECT_EQ(refusal_line({.error = Error::no_sku, .name = "a b"}), "-NOSKU sku=\"a b\"");
  EXPECT_EQ(refusal_line({.error = Error::no_sku, .name = "\r\n\"\\"}), "-NOSKU sku=\"\\r\\n\\\"\\\\\"");
  EXPECT_EQ(refusal_line({.error = Error::in_use, .name = {"\0\xff", 2}, .held = 1}),
            "-INUSE sku=\"\\x00\\xff\" held=1");
  const std::string longest(255, '\0');
  std::string escaped;
  for (int i = 0; i < 255; ++i) escaped += "\\x00";
  EXPECT_EQ(refusal_line({.error = Error::no_sku, .name = longest}), "-NOSKU sku=\"" + escaped + "\"");
}

TEST(Render, TheRefusalInsteadOfAnyReply) {
  Journey journey = about("PS5");
  journey.reply.refusal = {.error = Error::no_sku, .name = "PS5"};
  for (const auto render : {render_stock, render_multi_stock, render_number, render_ok, render_reservation, render_hold,
                            render_holds, render_lock}) {
    EXPECT_EQ(rendered(2, render, journey), "-NOSKU sku=PS5\r\n");
  }
}

TEST(Render, EachRefusalOfItsOwnAndNothingOfTheOneBefore) {
  refusal_line({.error = Error::out_of_stock, .name = "a long name of a SKU", .want = 1, .have = 0, .held = 3});
  EXPECT_EQ(refusal_line({.error = Error::no_sku, .name = "b"}), "-NOSKU sku=b");
}

TEST(Render, AllocatesNothing) {
  Journey journey = about("PS5");
  journey.reply.stock = some_stock;
  journey.reply.hold.items = {{"PS5", 1}};
  Buffer out;
  RespWriter writer(out, 3);
  const uint64_t before = allocations_of_this_thread();
  for (const auto render : {render_stock, render_number, render_ok, render_reservation, render_hold})
    render(journey, writer);
  journey.reply.refusal = {.error = Error::out_of_stock, .name = "PS5", .want = 1};
  render_refusal(journey, writer);
  EXPECT_EQ(allocations_of_this_thread(), before);
}

}  // namespace
}  // namespace holdfast
