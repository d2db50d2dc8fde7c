#include "protocol/password.h"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <bit>

#include "engine/check.h"
#include "engine/engine.h"
#include "protocol/arguments.h"

namespace holdfast {
namespace {

constexpr size_t salt_bytes = 16;
constexpr size_t key_bytes = 32;
constexpr uint64_t most_memory_bytes = uint64_t{64} << 20;
constexpr uint64_t most_parallel = 16;
constexpr uint64_t usual_block = 8;

std::string derive(const PasswordHash& hash, std::string_view password, size_t bytes) {
  std::string key(bytes, '\0');
  // OpenSSL counts some tables more than N * r * 128 bytes.
  CHECK(EVP_PBE_scrypt(password.data(), password.size(), reinterpret_cast<const unsigned char*>(hash.salt.data()),
                       hash.salt.size(), hash.cost, hash.block, hash.parallel, 2 * most_memory_bytes,
                       reinterpret_cast<unsigned char*>(key.data()), key.size()) == 1);
  return key;
}

std::string to_hex(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) text += fmt::format("{:02x}", static_cast<uint8_t>(byte));
  return text;
}

std::optional<std::string> from_hex(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  if (text.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const size_t high = digits.find(text[i]);
    const size_t low = digits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
  }
  return bytes;
}

std::optional<uint64_t> read_number(std::string_view text, uint64_t least, uint64_t most) {
  const auto number = parse_integer(text);
  if (!number || *number < 0) return std::nullopt;
  const auto value = static_cast<uint64_t>(*number);
  return value < least || value > most ? std::nullopt : std::optional(value);
}

}  // namespace

PasswordHash hash_password(std::string_view password, uint64_t cost) {
  PasswordHash hash{
      .cost = cost, .block = usual_block, .parallel = 1, .salt = std::string(salt_bytes, '\0'), .key = {}};
  random_bytes(hash.salt.data(), hash.salt.size());
  hash.key = derive(hash, password, key_bytes);
  return hash;
}

bool password_matches(const PasswordHash& hash, std::string_view password) {
  const std::string key = derive(hash, password, hash.key.size());
  return CRYPTO_memcmp(key.data(), hash.key.data(), key.size()) == 0;
}

std::string to_text(const PasswordHash& hash) {
  return fmt::format("scrypt:{}:{}:{}:{}:{}", hash.cost, hash.block, hash.parallel, to_hex(hash.salt),
                     to_hex(hash.key));
}

std::optional<PasswordHash> parse_password_hash(std::string_view text) {
  std::array<std::string_view, 6> parts;
  for (size_t i = 0; i < parts.size(); ++i) {
    const size_t end = std::min(text.find(':'), text.size());
    const bool is_last = i + 1 == parts.size();
    if ((end == text.size()) != is_last) return std::nullopt;
    parts[i] = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  if (parts[0] != "scrypt") return std::nullopt;
  const auto cost = read_number(parts[1], least_password_cost, most_memory_bytes / 128);
  const auto block = read_number(parts[2], 1, 64);
  const auto parallel = read_number(parts[3], 1, most_parallel);
  const auto salt = from_hex(parts[4]);
  const auto key = from_hex(parts[5]);
  if (!cost || !block || !parallel || !salt || !key) return std::nullopt;
  const bool affordable = std::has_single_bit(*cost) && *cost * *block * 128 <= most_memory_bytes;
  if (!affordable || salt->size() < 8 || key->size() < 16 || key->size() > 64) return std::nullopt;
  return PasswordHash{.cost = *cost, .block = *block, .parallel = *parallel, .salt = *salt, .key = *key};
}

}  // namespace holdfast
