// What it is: how holdfast-load comes to its settings: a scenario and flags.
// Threads: one. Time: O(arguments).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <variant>

#include "tools/answer.h"
#include "tools/cli/server_link.h"
#include "tools/load/clock.h"

namespace holdfast::load {

enum class Scenario : uint8_t {
  flash,         // one SKU, more buyers than units; who gets one buys it
  hot,           // one-item carts, SKUs by Zipf's law
  spread,        // one-item carts, SKUs uniformly
  cart,          // carts of several SKUs
  checkout,      // reserve, think, then 80 % commit, 15 % release, 5 % are left to expire
  expiry_storm,  // many holds due within a second, while others buy
  wait,          // a line of waiters
  ping,          // PING, and SET of random keys: what a server costs that decides nothing
  set,
};
enum class Target : uint8_t { holdfast, redis_lua };
enum class Format : uint8_t { table, json, csv };

struct Options {
  cli::Address address;
  Target target = Target::holdfast;
  Scenario scenario = Scenario::spread;
  bool closed = false;   // each connection sends when it has an answer, instead of at its time
  double rate = 10'000;  // of an open loop: buyers a second
  uint32_t connections = 50;
  uint32_t threads = 1;
  uint32_t pipeline = 1;  // requests under way on one connection
  TimeNs duration = 10 * ns_a_second;
  TimeNs warmup = ns_a_second;
  uint64_t seed = 1;

  uint64_t skus = 0;         // 0: by scenario, as below
  int64_t stock = 0;         // units of each SKU
  uint32_t items_least = 1;  // SKUs of a cart
  uint32_t items_most = 1;
  double theta = 0.99;
  int64_t ttl_ms = 2'000;
  int64_t think_ms = 100;
  int64_t wait_ms = 10'000;
  uint64_t keys = 1'000'000;  // of SET
  // expiry-storm
  uint64_t holds = 1'000'000;
  int64_t due_within_ms = 1'000;
  int64_t fill_ms = 20'000;  // from the first of the holds to the first deadline

  bool load_only = false;  // the SKUs, and no traffic
  pid_t server_pid = 0;    // its CPU time and memory are told too; 0: not known
  Format format = Format::table;
  std::string hgrm;  // path; empty: not asked for
  std::string plot;
};

std::variant<Options, Answer> read_options(int argc, const char* const* argv);

const char* name_of(Scenario scenario);
const char* name_of(Target target);

}  // namespace holdfast::load
