#include "tests/fuzz/stock_ledger.h"

#include "engine/check.h"
#include "tests/fuzz/reply_reader.h"

namespace holdfast {
namespace {

// A figure of the stock map of this SKU. (A SKU may be called like a figure: what stands behind its name counts.)
int64_t figure(std::string_view map, std::string_view sku, const std::string& name) {
  const std::string heading = "sku\r\n$" + std::to_string(sku.size()) + "\r\n" + std::string(sku) + "\r\n";
  const size_t start = map.find(heading);
  CHECK(start != std::string_view::npos);
  const std::string label = "\r\n" + name + "\r\n:";
  const size_t at = map.find(label, start + heading.size());
  CHECK(at != std::string_view::npos);
  const size_t digits = at + label.size();
  return number_in_reply(map.substr(digits, map.find('\r', digits) - digits));
}

}  // namespace

void StockLedger::heard(const Words& words, std::string_view reply) {
  if (reply.starts_with('-')) return;
  if (begins_with(words, "delstock")) {
    CHECK((put_in_.erase(words[1]) == 1) == (reply == ":1\r\n"));
  } else if (begins_with(words, "setstock")) {
    CHECK(figure(reply, words[1], "on_hand") == number_in_reply(words[2]));
    put_in_[words[1]] = number_in_reply(words[2]) + figure(reply, words[1], "sold");
  } else if (begins_with(words, "restock")) {
    put_in_[words[1]] += number_in_reply(words[2]);
    CHECK(figure(reply, words[1], "on_hand") + figure(reply, words[1], "sold") == put_in_[words[1]]);
  }
}

void StockLedger::settle(SessionWorld& world, bool all_heard) {
  std::map<std::string, int64_t> held;
  std::map<std::string, int64_t> units;
  for (uint32_t i = 0; i < world.shards(); ++i) {
    const HoldTable& holds = world.shard(static_cast<ShardIndex>(i)).state().holds;
    holds.for_each([&](Index index) {
      if (holds[index].state != HoldState::held) return;
      holds.for_each_item(holds[index], [&](std::string_view sku, uint64_t, uint32_t quantity, Seq) {
        held[std::string(sku)] += quantity;
      });
    });
  }
  for (uint32_t i = 0; i < world.shards(); ++i) {
    const StockTable& stocks = world.shard(static_cast<ShardIndex>(i)).state().stocks;
    stocks.for_each([&](Index index) {
      const Stock& stock = stocks[index];
      const std::string sku(stock.sku.view());
      CHECK(stock.held == held[sku]);
      CHECK(stock.held >= 0 && stock.sold >= 0 && stock.oversell >= 0 && stock.percart >= 0);
      CHECK(!stock.contention || (stock.contention->escrow == 0 && !stock.contention->marked()));
      units[sku] = stock.on_hand + stock.sold;
      held.erase(sku);
    });
  }
  CHECK(held.empty());  // of what is not sold here
  if (sure_ && all_heard) CHECK(units == put_in_);
  put_in_ = std::move(units);
  sure_ = all_heard;
}

}  // namespace holdfast
