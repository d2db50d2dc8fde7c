#include "tests/fuzz/fixed_random.h"

#include <cstddef>
#include <cstdint>

#include "engine/random.h"

namespace holdfast {
namespace {

uint64_t state = 0;

}  // namespace

FixedRandom::FixedRandom() {
  state = 0;
}

// SplitMix64 (Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", 2014).
void random_bytes(void* out, size_t size) {
  auto* const bytes = static_cast<unsigned char*>(out);
  for (size_t i = 0; i < size; ++i) {
    uint64_t mixed = state += 0x9e3779b97f4a7c15;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
    bytes[i] = static_cast<unsigned char>(mixed >> 56);
  }
}

}  // namespace holdfast
