// What it is: the units of each SKU as the replies to SETSTOCK, RESTOCK and DELSTOCK tell of them, held against what
// the engine has: nothing is lost or made in between. What is held is held against the live holds.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "tests/fuzz/reply_ledger.h"
#include "tests/protocol/session_world.h"

namespace holdfast {

class StockLedger {
 public:
  // Every change of stock was heard of, in order.
  bool is_sure() const { return sure_; }
  void heard(const Words& words, std::string_view reply);

  // Nothing moves: looks at every shard. `all_heard`: of the changes so far; where not, it learns anew from the engine.
  void settle(SessionWorld& world, bool all_heard);

 private:
  std::map<std::string, int64_t> put_in_;  // on hand and sold
  bool sure_ = true;
};

}  // namespace holdfast
