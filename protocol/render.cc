#include "protocol/render.h"

#include <charconv>

#include "engine/check.h"
#include "engine/hold_id.h"
#include "protocol/buffer.h"
#include "protocol/escape.h"

namespace holdfast {
namespace {

// Kept from line to line, so that a flash sale's sold-outs do not allocate.
thread_local Buffer error_text;

// One error line: the code and its fields, in the order in which they are called.
class ErrorLine {
 public:
  explicit ErrorLine(std::string_view code) {
    error_text.clear();
    error_text.append(code);
  }

  ErrorLine& field(std::string_view name, std::string_view value) {
    start(name);
    append_field_value(error_text, value);
    return *this;
  }

  ErrorLine& field(std::string_view name, int64_t value) {
    start(name);
    char* const at = error_text.prepare(number_chars);
    error_text.commit(static_cast<size_t>(std::to_chars(at, at + number_chars, value).ptr - at));
    return *this;
  }

  ErrorLine& id(const HoldId& id) {
    const auto text = to_text(id);
    return field("id", {text.data(), text.size()});
  }

  void write(RespWriter& out) const { out.error(error_text.view()); }

 private:
  static constexpr size_t number_chars = 20;

  void start(std::string_view name) {
    error_text.append(' ');
    error_text.append(name);
    error_text.append('=');
  }
};

// True where the reply is a refusal, which is written then.
bool refused(const Journey& journey, RespWriter& out) {
  if (!journey.reply.refusal) [[likely]]
    return false;
  render_refusal(journey, out);
  return true;
}

void write_hold_refusal(const Journey& journey, RespWriter& out) {
  switch (journey.reply.refusal.error) {
    case Error::no_hold:
      return ErrorLine("NOHOLD").id(journey.id).write(out);
    case Error::hold_committed:
      return ErrorLine("COMMITTED").id(journey.id).field("ref", journey.reply.ref).write(out);
    case Error::hold_released:
      return ErrorLine("RELEASED").id(journey.id).write(out);
    case Error::hold_expired:
      return ErrorLine("EXPIRED").id(journey.id).write(out);
    case Error::hold_revoked:
      return ErrorLine("REVOKED").id(journey.id).write(out);
    default:
      CHECK(false);
  }
}

void write_stock_refusal(const Refusal& r, RespWriter& out) {
  switch (r.error) {
    case Error::below_zero:
      return out.error("ERR on hand would be below 0");
    case Error::above_limit:
      return out.error("ERR on hand would be above 9007199254740991");
    case Error::exceeds:
      return ErrorLine("EXCEEDS").field("sku", r.name).field("want", r.want).field("held", r.held).write(out);
    case Error::no_sku:
      return ErrorLine("NOSKU").field("sku", r.name).write(out);
    case Error::paused:
      return ErrorLine("PAUSED").field("sku", r.name).write(out);
    case Error::challenge:
      return ErrorLine("CHALLENGE").field("sku", r.name).write(out);
    case Error::limit_kind:
      return ErrorLine("LIMIT").field("kind", r.name).field("max", r.max).field("have", r.have).write(out);
    case Error::limit_sku:
      return ErrorLine("LIMIT")
          .field("sku", r.name)
          .field("max", r.max)
          .field("have", r.have)
          .field("want", r.want)
          .write(out);
    case Error::version:
      return ErrorLine("VERSION").field("sku", r.name).field("want", r.want).field("have", r.have).write(out);
    case Error::out_of_stock:
      return ErrorLine("OUTOFSTOCK")
          .field("sku", r.name)
          .field("want", r.want)
          .field("available", r.have)
          .field("held", r.held)
          .write(out);
    case Error::in_use:
      return ErrorLine("INUSE").field("sku", r.name).field("held", r.held).write(out);
    case Error::out_of_memory:
      return ErrorLine("OOM").field("kind", r.name).write(out);
    default:
      CHECK(false);  // of a command that does not exist yet
  }
}

void write_id(const HoldId& id, RespWriter& out) {
  const auto text = to_text(id);
  out.bulk({text.data(), text.size()});
}

void write_stock_map(std::string_view sku, const StockView& stock, RespWriter& out) {
  const auto field = [&out](std::string_view name, auto value) {
    out.bulk(name);
    out.integer(value);
  };
  out.map(12);
  out.bulk("sku");
  out.bulk(sku);
  field("on_hand", stock.on_hand);
  field("held", stock.held);
  field("available", stock.available);
  field("sold", stock.sold);
  field("oversell", stock.oversell);
  field("short", stock.short_by);
  field("version", stock.version);
  field("percart", stock.percart);
  field("paused", stock.paused ? 1 : 0);
  field("challenge", stock.challenge ? 1 : 0);
  field("waiting", stock.waiting);
}

std::string_view name_of(HoldState state) {
  switch (state) {
    case HoldState::held:
      return "HELD";
    case HoldState::committed:
      return "COMMITTED";
    case HoldState::released:
      return "RELEASED";
    case HoldState::expired:
      return "EXPIRED";
    case HoldState::revoked:
      return "REVOKED";
  }
  CHECK(false);
  return {};
}

}  // namespace

void render_refusal(const Journey& journey, RespWriter& out) {
  const Refusal& refusal = journey.reply.refusal;
  DCHECK(refusal);
  if (refusal.error == Error::cart_revoked) return ErrorLine("REVOKED").field("cart", journey.cart).write(out);
  if (refusal.error == Error::idem) {
    return ErrorLine("IDEM").field("cart", journey.cart).field("key", journey.key).write(out);
  }
  if (refusal.error >= Error::no_hold && refusal.error <= Error::hold_revoked) return write_hold_refusal(journey, out);
  if (refusal.error == Error::locked) {
    return ErrorLine("LOCKED").field("name", refusal.name).field("expires_in_ms", refusal.have).write(out);
  }
  write_stock_refusal(refusal, out);
}

void render_stock(const Journey& journey, RespWriter& out) {
  if (refused(journey, out)) return;
  write_stock_map(journey.items[0].sku, journey.reply.stock, out);
}

void render_multi_stock(const Journey& journey, RespWriter& out) {
  if (refused(journey, out)) return;
  const std::vector<StockView>& stocks = journey.reply.stocks;
  DCHECK(stocks.size() == journey.items.size());
  out.array(stocks.size());
  for (size_t i = 0; i < stocks.size(); ++i) {
    if (stocks[i].exists) {
      write_stock_map(journey.items[i].sku, stocks[i], out);
    } else {
      out.nil();
    }
  }
}

void render_number(const Journey& journey, RespWriter& out) {
  if (refused(journey, out)) return;
  out.integer(journey.reply.number);
}

void render_ok(const Journey& journey, RespWriter& out) {
  if (refused(journey, out)) return;
  out.simple("OK");
}

void render_reservation(const Journey& journey, RespWriter& out) {
  if (refused(journey, out)) return;
  out.array(journey.partial ? 3 : 2);
  write_id(journey.reply.id, out);
  out.integer(journey.reply.number);
  if (!journey.partial) return;
  out.array(journey.reply.granted.size());
  for (const uint32_t units : journey.reply.granted) out.integer(units);
}

void render_hold(const Journey& journey, RespWriter& out) {
  if (refused(journey, out)) return;
  const HoldView& hold = journey.reply.hold;
  out.map(7);
  out.bulk("id");
  write_id(journey.id, out);
  out.bulk("cart");
  out.bulk(hold.cart);
  out.bulk("state");
  out.bulk(name_of(hold.state));
  out.bulk("expires_in_ms");
  out.integer(hold.expires_in_ms);
  out.bulk("ref");
  out.bulk(hold.ref);
  out.bulk("seq");
  out.integer(hold.seq);
  out.bulk("items");
  out.array(hold.items.size());
  for (const auto& [sku, quantity] : hold.items) {
    out.array(2);
    out.bulk(sku);
    out.integer(quantity);
  }
}

void render_holds(const Journey& journey, RespWriter& out) {
  if (refused(journey, out)) return;
  out.array(journey.reply.holds.size());
  for (const auto& [seq, id] : journey.reply.holds) write_id(id, out);
}

void render_lock(const Journey& journey, RespWriter& out) {
  if (refused(journey, out)) return;
  out.array(2);
  out.integer(journey.reply.seq);
  out.integer(journey.reply.number);
}

}  // namespace holdfast
