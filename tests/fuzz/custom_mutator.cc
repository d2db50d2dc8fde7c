#include "tests/fuzz/custom_mutator.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "tests/fuzz/request_mutator.h"

// Now and then as if nothing were known of requests: what the parser refuses has to be found, too.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  if (seed % 8 == 0 || size < bytes_before_requests) return LLVMFuzzerMutate(data, size, max_size);
  char* const requests = reinterpret_cast<char*>(data) + bytes_before_requests;
  const std::string_view stream(requests, size - bytes_before_requests);
  const std::string changed = holdfast::RequestMutator(seed).mutate(stream);
  const size_t length = std::min(changed.size(), max_size - bytes_before_requests);
  std::copy_n(changed.begin(), length, requests);
  return bytes_before_requests + length;
}
