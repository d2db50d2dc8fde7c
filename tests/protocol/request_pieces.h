// What it is: streams of requests for tests: how they are made, and what is read of them when they are cut to pieces.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/protocol/naive_request_parser.h"
#include "tests/protocol/request_feeder.h"

namespace holdfast {

// What is read of stream when it is cut at these places. REQUIRES: cuts ascend.
inline std::vector<naive::Request> fed(std::string_view stream, const std::vector<size_t>& cuts,
                                       ParserLimits limits = {}, bool warm = true) {
  RequestFeeder feeder(limits, warm);
  size_t from = 0;
  for (const size_t cut : cuts) {
    feeder.feed(stream.substr(from, cut - from));
    from = cut;
  }
  feeder.feed(stream.substr(from));
  return feeder.finish();
}

inline std::vector<naive::Request> fed_whole(std::string_view stream, ParserLimits limits = {}) {
  auto requests = fed(stream, {}, limits);
  EXPECT_EQ(fed(stream, {}, limits, false), requests) << "a cold parser read something else";
  return requests;
}

inline std::string array_of(const std::vector<std::string>& words) {
  std::string request = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) request += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return request;
}

}  // namespace holdfast
