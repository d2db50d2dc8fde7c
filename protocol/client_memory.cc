#include "protocol/client_memory.h"

#include <algorithm>

namespace holdfast {

std::vector<uint64_t> largest_holders(std::vector<MemoryHolder> holders, int64_t excess) {
  const auto less = [](const MemoryHolder& a, const MemoryHolder& b) { return a.bytes < b.bytes; };
  std::make_heap(holders.begin(), holders.end(), less);
  std::vector<uint64_t> clients;
  while (excess > 0 && !holders.empty() && holders.front().bytes > 0) {
    std::pop_heap(holders.begin(), holders.end(), less);
    clients.push_back(holders.back().client);
    excess -= holders.back().bytes;
    holders.pop_back();
  }
  return clients;
}

}  // namespace holdfast
