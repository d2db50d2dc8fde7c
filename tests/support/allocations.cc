#include "tests/support/allocations.h"

#include <cstdlib>
#include <new>

namespace {

thread_local uint64_t allocations = 0;

void* allocate(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size ? size : 1);
  if (!memory) std::abort();
  return memory;
}

}  // namespace

uint64_t holdfast::allocations_of_this_thread() {
  return allocations;
}

// The forms for arrays and for sizes end in these two.
void* operator new(std::size_t size) {
  return allocate(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
