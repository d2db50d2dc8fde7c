// What it is: where a resource lives. XXH3 (Yann Collet) over its name with the seed of this data; the low 14 bits of
// the hash are its slot, the others find it in the tables of the shard that owns the slot. Each name is hashed once,
// when its request is read, and the hash travels with it.
// Threads: a value, shared freely.
#pragma once

#include <cstdint>
#include <string_view>

namespace holdfast {

// XXH3, 64 bits.
uint64_t hash_bytes(std::string_view bytes, uint64_t seed);

class Hasher {
 public:
  explicit Hasher(uint64_t seed) : seed_(seed) {}

  uint64_t sku(std::string_view name) const { return hash_bytes(name, seed_); }
  uint64_t cart(std::string_view name) const { return hash_bytes(name, seed_ + 1); }
  uint64_t lock(std::string_view name) const { return hash_bytes(name, seed_ + 2); }
  uint64_t key(std::string_view cart, std::string_view key) const {
    return hash_bytes(key, hash_bytes(cart, seed_ + 3));
  }

 private:
  uint64_t seed_;
};

}  // namespace holdfast
