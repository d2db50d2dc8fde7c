// What it is: libFuzzer target for the reader of requests: any bytes, cut anywhere, under any limits, must be read as
// the naive reader reads them as a whole. The first bytes of the input choose limits and cuts.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/check.h"
#include "tests/fuzz/custom_mutator.h"
#include "tests/protocol/naive_request_parser.h"
#include "tests/protocol/request_feeder.h"

const size_t bytes_before_requests = 4;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {  // NOLINT(readability-identifier-naming)
  using namespace holdfast;
  constexpr size_t choices = bytes_before_requests;
  if (size < choices) return 0;
  const ParserLimits limits{.request_bytes = data[0] < 128 ? limits::request_bytes : size_t{data[0]} - 127,
                            .args = data[1] < 128 ? size_t{1} << 20 : size_t{data[1]} - 128};
  const size_t piece = size_t{data[2]} + 1;
  const size_t first_piece = data[3];
  const std::string_view stream(reinterpret_cast<const char*>(data) + choices, size - choices);

  RequestFeeder feeder(limits, data[0] % 2 == 0);
  feeder.feed(stream.substr(0, first_piece));
  for (size_t at = first_piece; at < stream.size(); at += piece) feeder.feed(stream.substr(at, piece));
  CHECK(feeder.finish() == naive::parse_all(std::string(stream), limits));
  return 0;
}
