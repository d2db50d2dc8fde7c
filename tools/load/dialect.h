// What it is: how a buyer's steps are said to one kind of server, and what its figures of a SKU mean.
//   holdfast   our own commands
//   redis-lua  EVALSHA of our scripts (redis_scripts.h): what a shop does that keeps its stock in Redis today
// Threads: immutable once prepared, shared by all workers. Time: a request is written once, into the buffer it is sent
// from. Both kinds answer a reservation with an array, hold id and milliseconds, and a refusal with an error whose
// first word is its code.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/buffer.h"
#include "tools/cli/resp_reader.h"
#include "tools/cli/server_link.h"
#include "tools/load/options.h"

namespace holdfast::load {

struct CartItem {
  uint64_t sku = 0;
  int64_t quantity = 1;
};

struct StockFigures {
  int64_t on_hand = 0;
  int64_t held = 0;
  int64_t sold = 0;
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  // Once, before anything else. Fails: why this server cannot be used.
  virtual cli::LinkError prepare(cli::ServerLink& link) = 0;

  // `wait_ms` 0: not in line.
  virtual void reserve(Buffer& out, std::string_view cart, std::span<const CartItem> items, int64_t ttl_ms,
                       int64_t wait_ms) const = 0;
  virtual void commit(Buffer& out, std::string_view id) const = 0;
  virtual void release(Buffer& out, std::string_view id) const = 0;

  // Asks for one reply; figures_of() reads it.
  virtual void set_stock(Buffer& out, uint64_t sku, int64_t on_hand) const = 0;
  virtual void read_stock(Buffer& out, uint64_t sku) const = 0;
  // None where this is no reply to the two above.
  virtual std::optional<StockFigures> figures_of(const RespReader& reply) const = 0;

  // Gives back what is due, `most` holds at a time; replies how many it were. Empty: the server does that by itself.
  virtual std::string sweep(int64_t most) const = 0;
};

std::unique_ptr<Dialect> dialect_of(Target target);

// Requests that are the same for every target.
void write_ping(Buffer& out);
void write_set(Buffer& out, uint64_t key);

}  // namespace holdfast::load
