// What it is: the holds of expiry-storm, all due within a short time, and the watch over their units while they come
// back. The n-th hold is due at due(n); its SKUs are ten, behind those of the other buyers.
//   late   how long after its deadline a unit was still held: from the deadline of the earliest hold not yet back to
//   the
//          answer that shows it, so the way of that answer counts as the server's time
//   early  units that were back before their deadline: there may be none
// Threads: fill by one; begin_watch starts one of its own, end_watch waits for it.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>

#include "tools/cli/server_link.h"
#include "tools/load/dialect.h"
#include "tools/load/options.h"

namespace holdfast::load {

inline constexpr uint64_t storm_skus = 10;

struct StormResult {
  uint64_t holds = 0;
  double fill_seconds = 0;
  double last_back_ms = -1;  // after the last deadline; -1: they never came
  double latest_ms = 0;      // most that any unit was late
  uint64_t early_units = 0;
  std::string failure;
};

class Storm {
 public:
  Storm(const Options& options, const Dialect& dialect)
      : options_(options), dialect_(dialect), watch_link_(options.address) {}
  ~Storm();

  static int64_t units_of_each_sku(uint64_t holds) {
    return static_cast<int64_t>((holds + storm_skus - 1) / storm_skus);
  }

  // Makes the holds. Fails also where the first deadline comes before the last hold.
  cli::LinkError fill(cli::ServerLink& link);
  TimeNs first_deadline() const { return first_deadline_; }
  TimeNs last_deadline() const { return first_deadline_ + options_.due_within_ms * ns_a_ms; }
  // When the n-th hold is due, from 0; last_deadline() behind the last. REQUIRES: fill.
  TimeNs due(uint64_t hold) const;
  // How many are due by then.
  uint64_t due_by(TimeNs time) const;

  cli::LinkError begin_watch();
  StormResult end_watch();  // waits until all units are back, for half a minute behind the last deadline at most

 private:
  void watch();
  cli::LinkError count_held(uint64_t& held);

  const Options& options_;
  const Dialect& dialect_;
  cli::ServerLink watch_link_;
  TimeNs first_deadline_ = 0;
  std::thread thread_;
  StormResult result_;
};

}  // namespace holdfast::load
