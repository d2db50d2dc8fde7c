#include "tools/load/workload.h"

#include <algorithm>

#include "engine/check.h"
#include "tools/load/names.h"

namespace holdfast::load {
namespace {

// What becomes of the holds of checkout, per cent; the rest is left to expire.
constexpr uint64_t committed = 80;
constexpr uint64_t released = 15;

std::mt19937_64 random_of(uint64_t seed, uint32_t worker) {
  std::seed_seq all{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32), worker};
  return std::mt19937_64(all);
}

}  // namespace

// Carts are numbered on from a random number, so that those of two runs, or of two workers, are different.
Workload::Workload(const Options& options, const Dialect& dialect, uint32_t worker)
    : options_(options),
      dialect_(dialect),
      random_(random_of(options.seed, worker)),
      zipf_(std::max<uint64_t>(options.skus, 1), options.theta),
      cart_(random_()) {}

Exchange Workload::begin(Buffer& out, TimeNs due) {
  switch (options_.scenario) {
    case Scenario::ping:
      write_ping(out);
      return {.command = Command::ping, .units = 0, .first = true, .due = due};
    case Scenario::set:
      write_set(out, random_() % options_.keys);
      return {.command = Command::set, .units = 0, .first = true, .due = due};
    default:
      break;
  }
  choose_items();
  const int64_t wait_ms = options_.scenario == Scenario::wait ? options_.wait_ms : 0;
  dialect_.reserve(out, CartName(++cart_).view(), items_, options_.ttl_ms, wait_ms);
  return {.command = Command::reserve, .units = static_cast<uint32_t>(items_.size()), .first = true, .due = due};
}

Exchange Workload::follow(Buffer& out, const FollowUp& next) const {
  if (next.command == Command::commit) {
    dialect_.commit(out, next.id_text());
  } else {
    dialect_.release(out, next.id_text());
  }
  return {.command = next.command, .units = next.units, .first = false, .due = next.due};
}

std::optional<FollowUp> Workload::after(const Exchange& exchange, const RespReader& reply, TimeNs now) {
  if (exchange.command != Command::reserve || reply.first().kind != ReplyKind::array) return std::nullopt;
  const std::optional<Command> command = fate();
  if (!command) return std::nullopt;
  const std::string_view id = reply.text(reply.nodes()[1]);
  FollowUp next{.command = *command,
                .units = exchange.units,
                .due = now + options_.think_ms * ns_a_ms,
                .id_size = static_cast<uint8_t>(id.size())};
  CHECK(id.size() <= next.id.size());
  id.copy(next.id.data(), id.size());
  return next;
}

std::optional<Command> Workload::fate() {
  switch (options_.scenario) {
    case Scenario::flash:
      return Command::commit;
    case Scenario::wait:
      return Command::release;
    case Scenario::checkout: {
      const uint64_t drawn = random_() % 100;
      if (drawn < committed) return Command::commit;
      if (drawn < committed + released) return Command::release;
      return std::nullopt;
    }
    default:
      return std::nullopt;
  }
}

void Workload::choose_items() {
  const uint64_t spread = options_.items_most - options_.items_least + 1;
  const size_t count = options_.items_least + random_() % spread;
  items_.clear();
  while (items_.size() < count) {
    const uint64_t sku = options_.scenario == Scenario::hot ? zipf_(random_) : random_() % options_.skus;
    if (!has(sku)) items_.push_back({.sku = sku, .quantity = 1});
  }
}

bool Workload::has(uint64_t sku) const {
  return std::any_of(items_.begin(), items_.end(), [sku](const CartItem& item) { return item.sku == sku; });
}

}  // namespace holdfast::load
