// What it is: the units of each SKU of the load: put in at the start, looked for at the end.
// The audit: of every SKU `on_hand + sold` is what was put in, and once the last deadline is over nothing is held. And
// all that was sold is what our buyers were told that they bought: somebody else would show.
// Threads: one. Time: O(SKUs), some hundred requests at a time on one connection.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tools/cli/server_link.h"
#include "tools/load/clock.h"
#include "tools/load/dialect.h"

namespace holdfast::load {

// Asks for `first` .. `last`-1, one request each, many under way. `take` says what is wrong with a reply, if anything.
cli::LinkError ask_each(cli::ServerLink& link, uint64_t first, uint64_t last,
                        const std::function<void(Buffer&, uint64_t)>& write,
                        const std::function<cli::LinkError(uint64_t, const RespReader&)>& take);

struct Audit {
  bool done = false;  // it could be made at all
  uint64_t skus = 0;
  uint64_t wrong_skus = 0;
  int64_t stocked = 0;
  int64_t on_hand = 0;
  int64_t sold = 0;
  int64_t held = 0;
  double back_ms = -1;     // after the last deadline it was seen that nothing is held any more; -1: it never was
  uint64_t told_sold = 0;  // units that our buyers were told they bought
  std::vector<std::string> complaints;

  bool passed() const { return done && complaints.empty(); }
};

class StockBook {
 public:
  StockBook(cli::ServerLink& link, const Dialect& dialect) : link_(link), dialect_(dialect) {}

  // Sets the stock of the next `count` SKUs. A line of progress on stderr each second, and one at the end.
  cli::LinkError load(uint64_t count, int64_t units);
  uint64_t skus() const { return before_.size(); }

  // How many SKUs have units held now.
  cli::LinkError count_held(uint64_t& skus);

  // `last_deadline`: from then on nothing may be held; the server has `patience` to get there, from now.
  // `told_sold`: units; `all_told`: no reply is missing, so that it must be exactly these.
  cli::LinkError audit(TimeNs last_deadline, TimeNs patience, uint64_t told_sold, bool all_told, Audit& result);

 private:
  cli::LinkError keep_held(std::vector<uint64_t>& skus);
  cli::LinkError look_for_held(TimeNs until, std::vector<uint64_t>& held);
  std::vector<uint64_t> all_skus() const;

  cli::ServerLink& link_;
  const Dialect& dialect_;
  std::vector<StockFigures> before_;  // right after loading
};

}  // namespace holdfast::load
