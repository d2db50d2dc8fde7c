// What it is: how passwords are kept: as a slow hash (scrypt, RFC 7914) with a salt of its own, written as
// `scrypt:N:r:p:salt:key` with salt and key in hex.
// Threads: pure functions. Time: password_matches takes what the hash was made to cost, some 50 ms and 16 MiB for one
// of hash_password: not for a shard's thread. Keys are compared in constant time. Limits: a hash that would cost more
// than 64 MiB or 16 passes is not taken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast {

struct PasswordHash {
  uint64_t cost = 0;  // N
  uint64_t block = 0;
  uint64_t parallel = 0;
  std::string salt;
  std::string key;

  friend bool operator==(const PasswordHash&, const PasswordHash&) = default;
};

inline constexpr uint64_t usual_password_cost = uint64_t{1} << 14;
// For a password that stands in the configuration anyway: it is not guessed faster than others (see LoginJudge), and to
// make its hash holds nobody up.
inline constexpr uint64_t least_password_cost = 2;

PasswordHash hash_password(std::string_view password, uint64_t cost = usual_password_cost);
bool password_matches(const PasswordHash& hash, std::string_view password);

std::string to_text(const PasswordHash& hash);
std::optional<PasswordHash> parse_password_hash(std::string_view text);

}  // namespace holdfast
