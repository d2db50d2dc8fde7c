#include "tools/load/dialect.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "tools/load/names.h"
#include "tools/load/redis_scripts.h"
#include "tools/load/request_writer.h"

namespace holdfast::load {
namespace {

class HoldfastDialect final : public Dialect {
 public:
  cli::LinkError prepare(cli::ServerLink&) override { return std::nullopt; }

  void reserve(Buffer& out, std::string_view cart, std::span<const CartItem> items, int64_t ttl_ms,
               int64_t wait_ms) const override {
    RequestWriter request(out, 5 + (wait_ms > 0 ? 2 : 0) + 2 * items.size());
    request.word("RESERVE").word(cart).word("PX").number(ttl_ms);
    if (wait_ms > 0) request.word("WAIT").number(wait_ms);
    request.word("ITEMS");
    for (const CartItem& item : items) request.word(SkuName(item.sku).view()).number(item.quantity);
  }

  void commit(Buffer& out, std::string_view id) const override { RequestWriter(out, 2).word("COMMIT").word(id); }
  void release(Buffer& out, std::string_view id) const override { RequestWriter(out, 2).word("RELEASE").word(id); }

  void set_stock(Buffer& out, uint64_t sku, int64_t on_hand) const override {
    RequestWriter(out, 3).word("SETSTOCK").word(SkuName(sku).view()).number(on_hand);
  }
  void read_stock(Buffer& out, uint64_t sku) const override {
    RequestWriter(out, 2).word("STOCK").word(SkuName(sku).view());
  }

  // The stock map in RESP2: names and figures in turn.
  std::optional<StockFigures> figures_of(const RespReader& reply) const override {
    const auto nodes = reply.nodes();
    if (nodes.front().kind != ReplyKind::array || nodes.size() % 2 == 0) return std::nullopt;
    StockFigures figures;
    int found = 0;
    for (size_t i = 1; i + 1 < nodes.size(); i += 2) {
      const std::string_view name = reply.text(nodes[i]);
      int64_t* const figure = name == "on_hand" ? &figures.on_hand
                              : name == "held"  ? &figures.held
                              : name == "sold"  ? &figures.sold
                                                : nullptr;
      if (figure == nullptr) continue;
      *figure = nodes[i + 1].number;
      ++found;
    }
    if (found != 3) return std::nullopt;
    return figures;
  }

  std::string sweep(int64_t) const override { return ""; }
};

class RedisDialect final : public Dialect {
 public:
  cli::LinkError prepare(cli::ServerLink& link) override {
    for (const auto& [text, hash] : {std::pair(redis_scripts::reserve, &reserve_),
                                     {redis_scripts::commit, &commit_},
                                     {redis_scripts::release, &release_},
                                     {redis_scripts::sweep, &sweep_},
                                     {redis_scripts::set_stock, &set_stock_}}) {
      const std::array<std::string_view, 3> words = {"SCRIPT", "LOAD", text};
      if (auto error = link.send(cli::request_of(words))) return error;
      if (auto error = link.receive()) return error;
      const ReplyNode& node = link.reply().first();
      if (node.kind != ReplyKind::text) {
        return fmt::format("SCRIPT LOAD: {}", node.kind == ReplyKind::error ? link.reply().text(node) : "no hash");
      }
      *hash = link.reply().text(node);
    }
    return std::nullopt;
  }

  void reserve(Buffer& out, std::string_view cart, std::span<const CartItem> items, int64_t ttl_ms,
               int64_t) const override {
    RequestWriter request(out, 5 + 2 * items.size());
    request.word("EVALSHA").word(reserve_).number(static_cast<int64_t>(items.size()));
    for (const CartItem& item : items) request.word(SkuName(item.sku).view());
    request.word(cart).number(ttl_ms);
    for (const CartItem& item : items) request.number(item.quantity);
  }

  void commit(Buffer& out, std::string_view id) const override { by_id(out, commit_, id); }
  void release(Buffer& out, std::string_view id) const override { by_id(out, release_, id); }

  void set_stock(Buffer& out, uint64_t sku, int64_t on_hand) const override {
    RequestWriter(out, 5).word("EVALSHA").word(set_stock_).word("1").word(SkuName(sku).view()).number(on_hand);
  }
  void read_stock(Buffer& out, uint64_t sku) const override {
    RequestWriter(out, 5).word("HMGET").word(SkuName(sku).view()).word("on_hand").word("held").word("sold");
  }

  std::optional<StockFigures> figures_of(const RespReader& reply) const override {
    const auto nodes = reply.nodes();
    if (nodes.size() != 4 || nodes.front().kind != ReplyKind::array) return std::nullopt;
    StockFigures figures;
    const std::array<int64_t*, 3> places = {&figures.on_hand, &figures.held, &figures.sold};
    for (size_t i = 0; i < places.size(); ++i) {
      const std::string_view text = reply.text(nodes[i + 1]);
      const char* const end = text.data() + text.size();
      if (nodes[i + 1].kind != ReplyKind::text) return std::nullopt;
      if (std::from_chars(text.data(), end, *places[i]).ptr != end) return std::nullopt;
    }
    return figures;
  }

  std::string sweep(int64_t most) const override {
    const std::string most_text = std::to_string(most);
    const std::array<std::string_view, 4> words = {"EVALSHA", sweep_, "0", most_text};
    return cli::request_of(words);
  }

 private:
  static void by_id(Buffer& out, std::string_view hash, std::string_view id) {
    RequestWriter(out, 4).word("EVALSHA").word(hash).word("0").word(id);
  }

  std::string reserve_;  // hashes of the scripts
  std::string commit_;
  std::string release_;
  std::string sweep_;
  std::string set_stock_;
};

}  // namespace

std::unique_ptr<Dialect> dialect_of(Target target) {
  if (target == Target::redis_lua) return std::make_unique<RedisDialect>();
  return std::make_unique<HoldfastDialect>();
}

void write_ping(Buffer& out) {
  RequestWriter(out, 1).word("PING");
}

// Three bytes under a key of sixteen, as redis-benchmark does.
void write_set(Buffer& out, uint64_t key) {
  RequestWriter(out, 3).word("SET").word(KeyName(key).view()).word("xxx");
}

}  // namespace holdfast::load
