// What it is: the fixture of those who read requests into journeys: what came of the words, or what was wrong with
// them.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/protocol/plain_services.h"

namespace holdfast {

class ReadTest : public testing::Test {
 protected:
  Journey& journey_of(std::vector<std::string_view> args) {
    ReadRequest& request = read(kept_, services_, std::move(args));
    EXPECT_EQ(request.error, std::nullopt);
    return request.journey;
  }

  std::string error_of(std::vector<std::string_view> args) {
    return read(kept_, services_, std::move(args)).error.value_or("(none)");
  }

  PlainServices services_;
  std::deque<ReadRequest> kept_;
};

}  // namespace holdfast
