// What it is: a history taken apart into points: what must have happened at one instant, and between which ticks. An
// *effect* changes something; a *look* must only be true. A command may have several points where the contract
// promises no common instant (MSTOCK, HOLDS, a refused cart: SKU by SKU).
// Threads: values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/support/shard_world.h"

namespace holdfast {

struct Point {
  enum class Kind : uint8_t {
    // effects
    stock_effect,
    reserve,
    extend,
    reduce,  // RELEASE ... ITEMS of a hold that lives on
    amend,
    lock_effect,
    late,  // COMMIT ... LATE of an expired hold
    end,
    // looks
    stock_look,    // STOCK, one map of MSTOCK, or a setter that changed nothing or was refused
    told_refusal,  // the item that a refused RESERVE, AMEND or COMMIT ... LATE names
    silent_item,   // another item of it: nothing that comes before what was told
    partial_item,  // PARTIAL, of several items: this one got less than was asked for
    in_turn,       // a RESERVE of several items: nobody in line could use the units that it took of this one
    key_look,      // what a copy of a RESERVE ... KEY was told, or -IDEM
    key_is_free,   // a RESERVE ... KEY that was refused is no copy
    hold_look,     // what a command that names a hold was told
    hold_is_live,  // HOLDS lists it
    hold_is_over,  // HOLDS does not list it, REVOKE is done
    may_come,      // a wait, when it goes to stand in line: of this item there may be enough some day
    lock_look,     // -LOCKED, or a lock that is not yours any more
    rule,          // a refusal that names no SKU: judged by the rule for it
  };

  Kind kind = Kind::stock_look;
  uint64_t from = 0;   // it happened after this tick
  uint64_t until = 0;  // and before this one
  Seq seq = 0;         // effects
  uint64_t hint = 0;   // effects: the order to try first: the tick at which it became visible
  size_t exchange = SIZE_MAX;
  size_t item = 0;
  RequestItem wanted;  // told_refusal, silent_item, partial_item, in_turn, may_come
  HoldId id;           // end, late, hold_is_live, hold_is_over

  bool is_effect() const { return kind <= Kind::end; }
};

// Of what the world wrote down, all answered. A fact whose hold was forgotten at once gets its state from the answers.
std::vector<Point> points_of(const ShardWorld& world, std::vector<FactRecord>& facts);

std::string describe(const Point& point, const ShardWorld& world);
std::string describe(const Exchange& exchange);
std::string describe(const FactRecord& fact);

}  // namespace holdfast
