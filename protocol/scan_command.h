// What it is: SCAN over the SKUs of all shards. A cursor says where the next call goes on: the shard and the index of
// the next record there. A SKU keeps its index as long as it exists, so one that is there from the first call to the
// last is met exactly once, and one that comes or goes meanwhile at most once for each time it came. Threads: a tour;
// it looks at one shard after the other, in ascending order. Time: O(COUNT) names a call and scan_indexes_a_call
// indexes, whatever COUNT says.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/subcommands.h"

namespace holdfast {

// More is asked for by calling again: Redis's COUNT is a hint, and no call may hold a shard up for long.
inline constexpr uint32_t scan_indexes_a_call = 100'000;

// 0 is the beginning, and as an answer the end. Shard and index fit into 53 bits, so that JavaScript keeps cursors
// whole.
struct ScanCursor {
  uint32_t shard = 0;
  uint32_t index = 0;

  uint64_t number() const { return (uint64_t{shard} << 32) | index; }
  static ScanCursor of(uint64_t number) { return {static_cast<uint32_t>(number >> 32), static_cast<uint32_t>(number)}; }
};

struct ScanRequest {
  uint64_t cursor = 0;
  uint64_t count = 10;
  std::optional<std::string> glob;
  bool other_type = false;  // TYPE names something else than stock: nothing can match
};
ReadError read_scan(Args args, ScanRequest& request);

TourPointer run_scan(Args args, Client& client, Services& services, RespWriter& out);

}  // namespace holdfast
