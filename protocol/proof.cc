#include "protocol/proof.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <vector>

#include "engine/check.h"
#include "protocol/arguments.h"

namespace holdfast {
namespace {

constexpr size_t mac_bytes = 32;
using Mac = std::array<unsigned char, mac_bytes>;

constexpr int64_t us_per_s = 1'000'000;

struct Token {
  std::string_view expiry;
  int64_t expiry_s = 0;
  Mac mac;
};

// Below 0 where it is none.
int value_of_hex(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  const char lower = static_cast<char>(digit | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<Mac> read_hex(std::string_view text) {
  Mac mac;
  if (text.size() != 2 * mac.size()) return std::nullopt;
  for (size_t i = 0; i < mac.size(); ++i) {
    const int high = value_of_hex(text[2 * i]);
    const int low = value_of_hex(text[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    mac[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return mac;
}

// The token's two halves, where it has the form of one and its time is now.
std::optional<Token> read_token(std::string_view text, int64_t now_s) {
  const size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view expiry = text.substr(0, dot);
  const std::optional<Mac> mac = read_hex(text.substr(dot + 1));
  if (!mac) return std::nullopt;
  const std::optional<int64_t> expiry_s = parse_integer(expiry);
  if (!expiry_s || *expiry_s <= now_s || *expiry_s - now_s > proof_horizon_s) return std::nullopt;
  return Token{expiry, *expiry_s, *mac};
}

// Macs of many messages, one after the other. Keyed once: that costs more than the mac of a short message.
class Signer {
 public:
  explicit Signer(const EVP_MAC_CTX* keyed) : context_(EVP_MAC_CTX_dup(keyed)) { CHECK(context_); }
  ~Signer() { EVP_MAC_CTX_free(context_); }
  Signer(const Signer&) = delete;
  Signer& operator=(const Signer&) = delete;

  Mac sign(std::string_view beginning, std::string_view end) {
    Mac mac;
    size_t written = 0;
    CHECK(EVP_MAC_init(context_, nullptr, 0, nullptr) == 1);  // the same key again
    add(beginning);
    add(end);
    CHECK(EVP_MAC_final(context_, mac.data(), &written, mac.size()) == 1 && written == mac.size());
    return mac;
  }

 private:
  void add(std::string_view text) {
    CHECK(EVP_MAC_update(context_, reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1);
  }

  EVP_MAC_CTX* context_;
};

std::string unreadable() {
  return "cannot be read: " + std::generic_category().message(errno);
}

std::optional<std::string> read_secret(int fd, std::string& secret) {
  struct stat about {};
  if (fstat(fd, &about) != 0) return unreadable();
  if (!S_ISREG(about.st_mode)) return "cannot be read: not a regular file";
  secret.resize(proof_secret_bytes + 2);  // a newline, and a byte more than there may be
  size_t size = 0;
  while (size < secret.size()) {
    const ssize_t got = ::read(fd, secret.data() + size, secret.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable();
    if (got == 0) break;
    size += static_cast<size_t>(got);
  }
  secret.resize(size);
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.empty()) return "is empty";
  if (secret.size() > proof_secret_bytes) return fmt::format("is longer than {} bytes", proof_secret_bytes);
  return std::nullopt;
}

}  // namespace

ProofSecret::ProofSecret(std::string_view secret) {
  CHECK(!secret.empty());
  EVP_MAC* const hmac = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  CHECK(hmac);
  keyed_ = EVP_MAC_CTX_new(hmac);
  EVP_MAC_free(hmac);
  CHECK(keyed_);
  char digest[] = OSSL_DIGEST_NAME_SHA2_256;
  const OSSL_PARAM with[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                             OSSL_PARAM_construct_end()};
  CHECK(EVP_MAC_init(keyed_, reinterpret_cast<const unsigned char*>(secret.data()), secret.size(), with) == 1);
}

ProofSecret::~ProofSecret() {
  EVP_MAC_CTX_free(keyed_);
}

void ProofSecret::prove(std::string_view cart, std::span<const std::string_view> tokens, int64_t now_us,
                        std::span<Item> items) const {
  std::vector<Token> unused;
  for (const std::string_view text : tokens) {
    if (const std::optional<Token> token = read_token(text, now_us / us_per_s)) unused.push_back(*token);
  }
  if (unused.empty()) return;
  Signer signer(keyed_);
  for (Item& item : items) {
    const std::string beginning = fmt::format("{}:{}{}:{}", cart.size(), cart, item.sku.size(), item.sku);
    const auto proves = [&](const Token& token) {
      const Mac mac = signer.sign(beginning, token.expiry);
      return CRYPTO_memcmp(mac.data(), token.mac.data(), mac.size()) == 0;
    };
    const auto found = std::find_if(unused.begin(), unused.end(), proves);
    if (found == unused.end()) continue;
    item.proven_for_us = found->expiry_s * us_per_s - now_us;
    unused.erase(found);  // it names this SKU, so no other
  }
}

std::optional<std::string> read_proof_secret(const std::string& path, std::shared_ptr<const ProofSecret>& secret) {
  // A pipe is opened without waiting for its other end, and then refused.
  const int fd = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  if (fd < 0) return unreadable();
  std::string bytes;
  std::optional<std::string> wrong = read_secret(fd, bytes);
  ::close(fd);
  if (!wrong) secret = std::make_shared<const ProofSecret>(bytes);
  OPENSSL_cleanse(bytes.data(), bytes.size());
  return wrong;
}

}  // namespace holdfast
