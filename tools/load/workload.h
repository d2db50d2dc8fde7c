// What it is: what the buyers of a scenario do: their first request, and what follows from its answer.
// Threads: one owner; each worker has its own, and they draw different numbers.
// Time: O(items of a cart). Invariant: the same seed, worker and answers give the same requests.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <random>
#include <string_view>
#include <vector>

#include "protocol/buffer.h"
#include "tools/cli/resp_reader.h"
#include "tools/load/dialect.h"
#include "tools/load/options.h"
#include "tools/load/statistics.h"
#include "tools/load/zipf.h"

namespace holdfast::load {

// A request under way.
struct Exchange {
  Command command = Command::reserve;
  uint32_t units = 0;
  bool first = false;  // of its buyer
  TimeNs due = 0;
};

// A request that an answer leads to, later.
struct FollowUp {
  Command command = Command::commit;
  uint32_t units = 0;
  TimeNs due = 0;
  uint8_t id_size = 0;
  std::array<char, 24> id{};  // of the hold

  std::string_view id_text() const { return {id.data(), id_size}; }
};

class Workload {
 public:
  Workload(const Options& options, const Dialect& dialect, uint32_t worker);

  // Writes what a new buyer asks first.
  Exchange begin(Buffer& out, TimeNs due);
  Exchange follow(Buffer& out, const FollowUp& next) const;

  // What the answer to a buyer's first request leads to, if anything. The times of what follows never go back.
  std::optional<FollowUp> after(const Exchange& exchange, const RespReader& reply, TimeNs now);

 private:
  void choose_items();
  bool has(uint64_t sku) const;
  std::optional<Command> fate();

  const Options& options_;
  const Dialect& dialect_;
  std::mt19937_64 random_;
  Zipf zipf_;
  uint64_t cart_;
  std::vector<CartItem> items_;
};

}  // namespace holdfast::load
