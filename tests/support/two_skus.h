// What it is: two shards with one SKU each, so many units of either, for tests of what happens between them.
// Threads: none.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/support/requests.h"

namespace holdfast {

class TwoSkus : public testing::Test {
 protected:
  explicit TwoSkus(int64_t on_hand) {
    for (const std::string& sku : {a_, b_}) world_.ask(set_stock(sku, on_hand));
  }

  ShardWorld world_{{.shards = 2}};
  const std::string a_ = world_.sku_on(0);
  const std::string b_ = world_.sku_on(1);
};

}  // namespace holdfast
