// What it is: all that a run has to tell, and what there is to be said about it. The reports only write it down.
// Threads: plain values.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/load/options.h"
#include "tools/load/process_figures.h"
#include "tools/load/statistics.h"
#include "tools/load/stock_book.h"
#include "tools/load/storm.h"

namespace holdfast::load {

struct ServerFacts {
  std::string name;   // "holdfast 0.1.0", "redis 7.0.15"
  std::string build;  // "Release", "Debug"; empty where it does not say
};

// Of --server-pid, at moments of the run.
struct ServerUse {
  ProcessUse before_skus;
  ProcessUse after_skus;
  ProcessUse after_holds;  // of expiry-storm; else as after_skus
  ProcessUse measure_from;
  ProcessUse measure_to;
};

struct Result {
  Options options;
  ServerFacts server;
  TimeNs measured = 0;  // how long; less than asked for where the run was interrupted
  Tally tally;
  std::vector<Second> seconds;
  std::optional<ServerUse> use;
  std::optional<StormResult> storm;
  Audit audit;
  bool audited = false;  // the scenario has SKUs
  std::string failure;   // why the run broke off; empty: it did not

  double rate() const;           // requests answered a second
  double buyers_rate() const;    // of these, buyers' first requests
  double generator_cpu() const;  // of one core for each thread: 0..1
  // Server CPU time for each request answered, in microseconds. REQUIRES: use, and a request.
  double cpu_us_a_request() const;
  bool fell_behind() const;
  int exit_code() const;
};

// What must not be overlooked, each a line: who fell behind, whose build is slow.
std::vector<std::string> warnings_of(const Result& result);

// "open loop, 10000 buyers/s" or "CLOSED LOOP ..."
std::string loop_text(const Options& options);

}  // namespace holdfast::load
