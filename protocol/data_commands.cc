#include <algorithm>
#include <array>

#include "protocol/arguments.h"
#include "protocol/command_rows.h"
#include "protocol/read_holds.h"
#include "protocol/read_locks.h"
#include "protocol/read_stock.h"
#include "protocol/render.h"

namespace holdfast {
namespace {

constexpr std::string_view since = "0.1.0";
constexpr std::string_view stock_map =
    "map: sku on_hand held available sold oversell short version percart paused challenge waiting";

constexpr CommandRow data(std::string_view name, int arity, std::string_view group, std::string_view syntax,
                          std::string_view reply, std::string_view summary, std::string_view complexity,
                          std::string_view flags, Ordering ordering, ReadFunction read, RenderFunction render) {
  return {name, arity, group, syntax, reply, summary, since, complexity, flags, ordering, read, render, nullptr, {}};
}

std::unique_ptr<ReplyTour> run_lastseq(Args, Client& client, Services&, RespWriter& out) {
  out.integer(client.last_seq);
  return nullptr;
}

std::unique_ptr<ReplyTour> run_waitdurable(Args args, Client& client, Services& services, RespWriter& out) {
  constexpr int64_t most_ms = never_us / 2000;
  int64_t timeout_ms = 0;
  if (const ReadError error = read_integer(args[1], "ms", 0, INT64_MAX, timeout_ms)) return out.error(*error), nullptr;
  const Journal* journal = services.journal();
  if (!journal) return out.error("ERR there is no journal without --dir"), nullptr;
  const Seq durable = journal->durable();
  if (durable >= client.highest_seq) return out.integer(durable), nullptr;
  const TimeUs wait_us = std::min(timeout_ms, most_ms) * 1000;
  client.durable_wait = {.seq = client.highest_seq, .until_us = wait_us == 0 ? never_us : client.active_us + wait_us};
  return nullptr;
}

constexpr std::array rows{
    data("setstock", -3, "stock", "sku on_hand [IFVER v]", stock_map,
         "Sets what is on hand of a SKU; creates the SKU. IFVER: only at this version, 0 for one that must not exist.",
         "O(1)", "write denyoom fast", Ordering::resources, read_set_stock, render_stock),
    data("restock", -3, "stock", "sku delta [IFVER v]", stock_map,
         "Adds units to what is on hand of a SKU, or takes them away; creates the SKU when it adds.", "O(1)",
         "write denyoom fast", Ordering::resources, read_restock, render_stock),
    data("stock", 2, "stock", "sku", stock_map, "Shows the figures of a SKU.", "O(1)", "readonly fast",
         Ordering::resources, read_stock, render_stock),
    data("mstock", -2, "stock", "sku [sku ...]", "array: a stock map or nil for each",
         "Shows the figures of several SKUs, each at an instant of its own.", "O(N) where N is the number of SKUs",
         "readonly fast", Ordering::barrier, read_multi_stock, render_multi_stock),
    data("delstock", 2, "stock", "sku", "integer: 1, or 0 where there is none",
         "Deletes a SKU of which no units are held.", "O(1)", "write fast", Ordering::resources, read_delete_stock,
         render_number),
    data("policy", -2, "stock", "sku [OVERSELL n] [PERCART n] [PAUSED yes|no] [CHALLENGE yes|no]", stock_map,
         "Sets the rules of a SKU: OVERSELL, units it may promise beyond what is on hand; PERCART, most units that one "
         "cart may hold and have bought, 0 for no limit; PAUSED, RESERVE is refused; CHALLENGE, RESERVE needs a PROOF.",
         "O(1)", "write fast", Ordering::resources, read_policy, render_stock),

    data(
        "reserve", -5, "holds",
        "cart [EX s | PX ms] [KEY key] [PROOF token ...] [PARTIAL] [WAIT ms] [IFVER v ...] ITEMS sku qty [sku qty ...]",
        "array: id of the hold, milliseconds left; with PARTIAL an array of the units granted",
        "Holds units of one or more SKUs for a cart until a deadline, all or none. PARTIAL: what is left of them. "
        "KEY: may be repeated, and answers from the first one's hold. PROOF: a token for each challenged SKU. "
        "WAIT: stands in line for units.",
        "O(N) where N is the number of items", "write denyoom fast", Ordering::resources, read_reserve,
        render_reservation),
    data("commit", -2, "holds", "id [REF ref] [LATE] [ITEMS sku qty [sku qty ...]]", "OK",
         "Sells the units of a hold, or these of them. Again with the same REF it answers OK again. LATE: also an "
         "expired "
         "hold, if its units are still there.",
         "O(N) where N is the number of items", "write fast", Ordering::resources, read_commit, render_ok),
    data("release", -2, "holds", "id [ITEMS sku qty [sku qty ...]]", "integer: units that went back just now",
         "Gives the units of a hold back, or these of them.", "O(N) where N is the number of items", "write fast",
         Ordering::resources, read_release, render_number),
    data("amend", -5, "holds", "id ITEMS sku qty [sku qty ...]", "array: id of the hold, milliseconds left",
         "Replaces the items of a live hold in one step; refused, it stays as it was.",
         "O(N) where N is the number of items", "write denyoom", Ordering::resources, read_amend, render_reservation),
    data("extend", 4, "holds", "id EX s | PX ms", "integer: milliseconds left from now",
         "Sets the deadline of a live hold to now plus this time.", "O(1)", "write fast", Ordering::resources,
         read_extend, render_number),
    data("hold", 2, "holds", "id", "map: id cart state expires_in_ms ref seq items",
         "Shows a hold: its state, what is left of its time, its items.", "O(N) where N is the number of items",
         "readonly fast", Ordering::resources, read_hold, render_hold),
    data("holds", 2, "holds", "cart", "array: ids, oldest first", "Lists the live holds of a cart.",
         "O(N) where N is the number of shards and of the cart's holds", "readonly", Ordering::barrier, read_holds,
         render_holds),
    data("revoke", 2, "holds", "cart", "integer: live holds ended",
         "Ends all live holds of a cart; their units are back.",
         "O(N) where N is the number of shards and of the holds' items", "write", Ordering::barrier, read_revoke,
         render_number),
    CommandRow{"lastseq",
               1,
               "holds",
               "",
               "integer: the number of the change, 0 if there was none",
               "Shows the number of this connection's last change.",
               since,
               "O(1)",
               "readonly fast",
               Ordering::barrier,
               nullptr,
               nullptr,
               run_lastseq,
               {}},
    CommandRow{"waitdurable",
               2,
               "holds",
               "ms",
               "integer: the highest number on disk",
               "Waits until this connection's changes are on disk; an error without --dir. 0: as long as it takes.",
               since,
               "O(1)",
               "readonly blocking",
               Ordering::barrier,
               nullptr,
               nullptr,
               run_waitdurable,
               {}},

    data("lock", 4, "locks", "name EX s | PX ms", "array: token, milliseconds left",
         "Takes a lock until a deadline, where nobody has it. The token only grows from lock to lock, so it fences.",
         "O(1)", "write denyoom fast", Ordering::resources, read_lock, render_lock),
    data("relock", 5, "locks", "name token EX s | PX ms", "integer: milliseconds left, 0 when it is not yours any more",
         "Sets the deadline of your lock to now plus this time.", "O(1)", "write fast", Ordering::resources,
         read_relock, render_number),
    data("unlock", 3, "locks", "name token", "integer: 1, or 0 when it is not yours any more", "Gives your lock back.",
         "O(1)", "write fast", Ordering::resources, read_unlock, render_number),
};

}  // namespace

std::span<const CommandRow> data_commands() {
  return rows;
}

}  // namespace holdfast
