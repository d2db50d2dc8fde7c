// What it is: looks for one order of all points of a history, consistent with real time, in which the naive reference
// gives the same answers: strict serializability (Herlihy & Wing, "Linearizability", 1990; the search follows Wing &
// Gong, "Testing and Verifying Concurrent Objects", 1993, with Lowe's memory of states seen).
// How it stays quick: effects are tried in the order of their numbers; a look is put at the first place where it is
// true, which never spoils anything; and as a version comes only once, an effect on a SKU waits while a point that
// needs the version of now has no place yet. So it hardly ever has to turn back.
// Threads: one. Limits: gives up, and says so, after `max_dead_ends`.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "tests/simulator/points.h"
#include "tests/simulator/reference.h"

namespace holdfast {

class Checker {
 public:
  // REQUIRES: every request of the world has been answered, and nothing is under way.
  explicit Checker(const ShardWorld& world);

  // Empty where an order was found, otherwise what could not be placed.
  std::string check();

 private:
  struct Frame {
    size_t cursor = 0;  // the next effect to try
    size_t placed = 0;  // points in placed_ when it began
  };
  struct Placed {
    size_t point = 0;
    size_t reference_mark = 0;
  };
  using VersionKey = std::pair<uint32_t, uint64_t>;  // incarnation, version

  static constexpr size_t max_dead_ends = 3'000'000;
  static constexpr ShardIndex nowhere = UINT16_MAX;

  void order_effects(ShardIndex seen_at);
  bool search();
  bool try_next(Frame& frame);  // places one effect and all looks that follow; false: none fits
  void place_looks();
  bool may_place(const Point& point) const;
  bool place_effect(size_t number);
  void note_placed(size_t number, size_t reference_mark);
  void undo_to(size_t placed);
  uint64_t min_until();
  void remember_best();

  // ---- what a point needs (checker_points.cc)
  bool apply(const Point& point);    // an effect; the reference may be half changed where false
  bool is_true(const Point& point);  // a look
  bool apply_reserve(const Point& point, const Exchange& exchange, const FactRecord& fact);
  bool sells(const Point& point, const FactRecord& fact);
  bool stock_told_truly(const Point& point, const Exchange& exchange);
  bool item_told_truly(const Point& point, const Exchange& exchange) const;
  bool item_is_silent(const Point& point, const Exchange& exchange) const;
  bool may_be_judged(const Exchange& exchange) const;
  bool counts_units_of_the_past(const Exchange& exchange, const std::string& sku) const;
  bool waits_long_enough(const Exchange& exchange) const;
  bool waits_in_line(const Exchange& exchange) const;
  bool is_revoked_meanwhile(const Exchange& exchange) const;
  bool overtakes(const Exchange& exchange, const FactRecord& fact, const std::string& sku) const;
  TimeUs wait_ends_at(const Exchange& exchange) const;
  bool is_hopeless(const Exchange& exchange) const;
  bool could_be_served(const Exchange& waiter, size_t item) const;
  bool counts_those_in_line(const Exchange& exchange, const std::string& sku, const StockView& stock) const;
  bool is_paced(const Exchange& exchange) const;     // checker_pacing.cc
  bool is_too_fast(const Exchange& exchange) const;  // checker_pacing.cc
  int64_t live_holds(const std::string& cart, const std::vector<TimeUs>& clocks) const;
  int64_t reserved(const std::string& cart) const;
  int64_t may_have_reserved(const Exchange& exchange) const;
  bool rule_is_kept(const Exchange& exchange) const;
  const FactRecord& fact_of(Seq seq) const { return facts_[seq - world_.options().first_seq]; }
  Units sold_by(const Exchange& commit, const FactRecord& fact) const;
  std::vector<std::string> skus_changed_by(const Point& point) const;

  // ---- holds, keys and locks (checker_holds.cc)
  bool hold_told_truly(const Exchange& exchange) const;
  bool live_hold_told_truly(const Exchange& exchange, const HoldFigures& hold) const;
  bool is_view_of(const Exchange& exchange, const HoldFigures& hold) const;
  bool is_left(const Exchange& exchange, const HoldFigures& hold, int64_t left_ms) const;
  bool has_state_of(const Answer& answer, const HoldFigures& hold) const;
  bool exceeds(const Exchange& exchange, const HoldFigures& hold) const;
  bool is_surely_forgotten(const Exchange& exchange, const HoldFigures& hold) const;
  bool may_be_forgotten(const Exchange& exchange, const HoldFigures& hold) const;
  bool key_may_be_free(const Exchange& exchange) const;
  bool key_told_truly(const Exchange& exchange) const;
  bool lock_told_truly(const Exchange& exchange) const;

  // ---- versions that a point needs
  void find_incarnations();
  void expect_version(size_t point, const std::string& sku, uint64_t version);
  void expect_versions(size_t point);

  std::string compare_with_shards();
  std::string count_ends();
  std::string check_revoked_waits();

  const ShardWorld& world_;
  std::vector<FactRecord> facts_;
  std::vector<Point> points_;
  Reference reference_;
  std::vector<size_t> waits_;                // the exchanges of RESERVE ... WAIT
  std::multimap<Seq, size_t> committed_by_;  // the exchanges of COMMITs that report this number

  std::vector<size_t> effects_;     // by hint
  std::vector<uint64_t> earliest_;  // of effects_[i] and all after it: the smallest `from`
  std::vector<size_t> looks_;       // by from
  std::vector<size_t> by_until_;
  std::vector<size_t> rank_;  // a point's place in by_until_
  size_t first_until_ = 0;    // nothing before it is unplaced
  size_t first_look_ = 0;
  std::vector<bool> is_placed_;
  std::vector<Placed> placed_;
  std::vector<size_t> unplaced_of_;  // points of each exchange
  std::vector<uint64_t> zobrist_;
  uint64_t signature_ = 0;
  std::unordered_set<uint64_t> seen_;
  size_t dead_ends_ = 0;
  std::vector<size_t> best_;  // what was stuck when most was placed
  size_t best_placed_ = 0;

  std::map<std::string, std::vector<uint64_t>> creations_;                // ticks
  std::map<std::string, std::map<VersionKey, std::set<size_t>>> needed_;  // points not yet placed that need it
  std::vector<std::vector<std::pair<std::string, VersionKey>>> needs_;    // of each point
};

}  // namespace holdfast
