// What it is: PROOF (the wire contract, "Stock"): whoever showed a buyer the CAPTCHA signs cart, SKU and an expiry with
// a secret that this server knows too. A token is `expiry.mac`: unix seconds as a strict decimal, and 64 hex digits,
// of either case, of HMAC-SHA256 (RFC 2104) over `<len>:cart<len>:sku<expiry>` with the lengths in bytes.
// Time: the wall clock's, given by the caller. As everywhere here, at its expiry a token is over: it counts while
// now_s < expiry <= now_s + proof_horizon_s.
// Threads: a ProofSecret never changes, so all may use one. Limits: each token proves one SKU, so that 128 tokens for
// 128 items cost 8,256 MACs in the worst honest order and 16,384 (some 10 ms) where they are forged.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/facts.h"

struct evp_mac_ctx_st;  // OpenSSL's EVP_MAC_CTX

namespace holdfast {

inline constexpr int64_t proof_horizon_s = 3600;
inline constexpr size_t proof_secret_bytes = 4096;

class ProofSecret {
 public:
  explicit ProofSecret(std::string_view secret);  // REQUIRES: it is not empty
  ~ProofSecret();
  ProofSecret(const ProofSecret&) = delete;
  ProofSecret& operator=(const ProofSecret&) = delete;

  // Sets `proven_for_us` of each item that one of the tokens proves for this cart: what is left until the token's
  // expiry. MACs are compared in constant time.
  void prove(std::string_view cart, std::span<const std::string_view> tokens, int64_t now_us,
             std::span<Item> items) const;

 private:
  evp_mac_ctx_st* keyed_;  // only ever copied from
};

// Makes the secret of what a regular file holds: its bytes without one LF at the end, 1..proof_secret_bytes of them.
// Returns what is wrong with the file, or none; the secret is changed only where none is. Never waits for a writer.
std::optional<std::string> read_proof_secret(const std::string& path, std::shared_ptr<const ProofSecret>& secret);

}  // namespace holdfast
