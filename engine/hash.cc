// The one place that compiles XXH3: into this file, where the compiler knows that names are short.
#define XXH_INLINE_ALL
#include "engine/hash.h"

#include <xxhash.h>

namespace holdfast {

uint64_t hash_bytes(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace holdfast
