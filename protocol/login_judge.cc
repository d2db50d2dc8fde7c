#include "protocol/login_judge.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <asio/ip/address.hpp>
#include <utility>

#include "engine/check.h"
#include "engine/engine.h"

namespace holdfast {
namespace {

constexpr int64_t guess_us = 1'000'000 / guesses_a_second;
constexpr int64_t full_us = guess_us * guesses_at_once;
constexpr size_t secret_bytes = 32;
constexpr std::string_view everybody_else = "others";

}  // namespace

std::string login_source(std::string_view address) {
  const size_t colon = address.rfind(':');
  if (colon == std::string_view::npos) return std::string(address);
  if (!address.starts_with('[')) return std::string(address.substr(0, colon));
  asio::error_code error;
  const auto parsed = asio::ip::make_address_v6(std::string(address.substr(1, address.rfind(']') - 1)), error);
  if (error) return std::string(address);
  if (parsed.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, parsed).to_string();
  auto bytes = parsed.to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
  return asio::ip::make_address_v6(bytes).to_string() + "/64";
}

void GuessLimiter::fill(Bucket& bucket, TimeUs now) {
  bucket.left_us = std::min(full_us, bucket.left_us + std::max<TimeUs>(0, now - bucket.filled_us));
  bucket.filled_us = now;
}

// Where there are too many, those that are full again can be forgotten: they say nothing.
GuessLimiter::Bucket& GuessLimiter::bucket_of(const std::string& source, TimeUs now) {
  const auto found = buckets_.find(source);
  if (found != buckets_.end()) return found->second;
  if (buckets_.size() >= sources_remembered) {
    for (auto at = buckets_.begin(); at != buckets_.end();) {
      fill(at->second, now);
      at = at->second.left_us == full_us ? buckets_.erase(at) : std::next(at);
    }
  }
  const bool has_room = buckets_.size() < sources_remembered;
  return buckets_.try_emplace(has_room ? source : std::string(everybody_else), Bucket{full_us, now}).first->second;
}

bool GuessLimiter::take(const std::string& source, TimeUs now) {
  Bucket& bucket = bucket_of(source, now);
  fill(bucket, now);
  if (bucket.left_us < guess_us) return false;
  bucket.left_us -= guess_us;
  return true;
}

void GuessLimiter::give_back(const std::string& source) {
  const auto found = buckets_.find(source);
  if (found != buckets_.end()) found->second.left_us = std::min(full_us, found->second.left_us + guess_us);
}

void GuessLimiter::spend_time(const std::string& source, TimeUs now) {
  const auto found = buckets_.find(source);
  if (found != buckets_.end()) found->second.filled_us = std::max(found->second.filled_us, now);
}

LoginJudge::LoginJudge(Clock clock) : clock_(std::move(clock)), decoy_(hash_password("")), secret_(secret_bytes, '\0') {
  random_bytes(secret_.data(), secret_.size());
}

LoginOutcome LoginJudge::judge(const LoginAttempt& attempt) {
  if (!limiter_.take(attempt.source, clock_())) return LoginOutcome::too_many;
  ++evaluated_;
  if (!is_right(attempt)) {
    limiter_.spend_time(attempt.source, clock_());
    return LoginOutcome::wrong;
  }
  limiter_.give_back(attempt.source);
  return LoginOutcome::welcome;
}

bool LoginJudge::is_right(const LoginAttempt& attempt) {
  const bool exists = attempt.user && attempt.user->password;
  const PasswordHash& hash = exists ? *attempt.user->password : decoy_;
  const std::string digest = digest_of(hash, attempt.password);
  const std::string name = exists ? attempt.user->name : "";
  const auto known = last_right_.find(name);
  const bool is_known =
      known != last_right_.end() && CRYPTO_memcmp(known->second.data(), digest.data(), digest.size()) == 0;
  if (exists && is_known) return true;
  const bool matches = password_matches(hash, attempt.password);
  if (hash.cost < decoy_.cost) password_matches(decoy_, attempt.password);  // as long as for everybody
  if (!exists || !matches) return false;
  last_right_[name] = digest;
  return true;
}

// The hash is part of it: once the user has another password, the old one is not known any more.
std::string LoginJudge::digest_of(const PasswordHash& hash, std::string_view password) const {
  const std::string text = secret_ + to_text(hash) + ":" + std::string(password);
  std::string digest(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  CHECK(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(digest.data()), &size, EVP_sha256(),
                   nullptr) == 1);
  digest.resize(size);
  return digest;
}

}  // namespace holdfast
