// What it is: PROOF tokens as the tier that shows the CAPTCHA makes them, for tests: in one step, with nothing of ours.
#pragma once

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace holdfast {

inline int64_t unix_time_s() {
  const auto since_epoch = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(since_epoch).count();
}

inline std::string proof_token(const std::string& secret, const std::string& cart, const std::string& sku,
                               int64_t expiry_s) {
  const std::string expiry = std::to_string(expiry_s);
  const std::string message =
      std::to_string(cart.size()) + ":" + cart + std::to_string(sku.size()) + ":" + sku + expiry;
  std::array<unsigned char, 32> mac{};
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(), mac.data(), nullptr);
  std::string token = expiry + ".";
  for (const unsigned char byte : mac) {
    token += "0123456789abcdef"[byte >> 4];
    token += "0123456789abcdef"[byte & 15];
  }
  return token;
}

}  // namespace holdfast
