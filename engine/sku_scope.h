// What it is: which SKUs somebody may touch: those whose names begin with one of its prefixes. A request that names a
// hold carries it home, for only there the hold's SKUs are known; where there is none, every SKU may be touched.
// Threads: never changes, so all may share one. Time: O(prefixes) a SKU.
// Invariant: a scope without prefixes admits nothing, not even a hold that has no SKUs any more.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast {

class SkuScope {
 public:
  explicit SkuScope(std::vector<std::string> prefixes) : prefixes_(std::move(prefixes)) {}

  bool admits(std::string_view sku) const {
    return std::any_of(prefixes_.begin(), prefixes_.end(),
                       [&](const std::string& prefix) { return sku.starts_with(prefix); });
  }
  bool admits_nothing() const { return prefixes_.empty(); }
  const std::vector<std::string>& prefixes() const { return prefixes_; }

 private:
  std::vector<std::string> prefixes_;
};

}  // namespace holdfast
