// What it is: certificates made on the spot, for tests of TLS: an authority, and what it signs, as PEM files.
// Threads: one. Time: some milliseconds each (elliptic curves).
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

namespace holdfast {

struct CertificateFiles {
  std::string certificate;
  std::string key;
};

class Authority {
 public:
  explicit Authority(const std::string& name);

  const std::string& file() const { return file_; }  // its own certificate

  // For localhost and 127.0.0.1. `days` of life, over already where below 0.
  CertificateFiles issue(const std::string& name, int days = 2) const;

 private:
  using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
  using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

  Key key_;
  Certificate certificate_;
  std::string file_;
};

}  // namespace holdfast
