#include "tests/support/certificates.h"

#include <gtest/gtest.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>

#include "engine/check.h"

namespace holdfast {
namespace {

std::string path_of(const std::string& name, const std::string& what) {
  return testing::TempDir() + "holdfast_" + std::to_string(::getpid()) + "_" + name + "." + what;
}

template <class Write>
std::string written(const std::string& path, Write write) {
  std::FILE* const file = std::fopen(path.c_str(), "we");
  CHECK(file);
  CHECK(write(file) == 1);
  std::fclose(file);
  return path;
}

void add_extension(X509* certificate, int which, const char* value) {
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, which, value);
  CHECK(extension && X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

X509* new_certificate(const std::string& name, EVP_PKEY* key, int days) {
  constexpr long day_s = 24 * 3600;
  X509* const made = X509_new();
  CHECK(made && X509_set_version(made, 2) == 1 && X509_set_pubkey(made, key) == 1);
  static long serial = 0;
  ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(made), -30 * day_s);
  X509_gmtime_adj(X509_getm_notAfter(made), days * day_s);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return made;
}

}  // namespace

Authority::Authority(const std::string& name)
    : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(new_certificate(name, key_.get(), 30), X509_free) {
  X509_set_issuer_name(certificate_.get(), X509_get_subject_name(certificate_.get()));
  add_extension(certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  CHECK(X509_sign(certificate_.get(), key_.get(), EVP_sha256()) > 0);
  file_ = written(path_of(name, "pem"), [&](std::FILE* file) { return PEM_write_X509(file, certificate_.get()); });
}

CertificateFiles Authority::issue(const std::string& name, int days) const {
  const Key key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const Certificate made(new_certificate(name, key.get(), days), X509_free);
  X509_set_issuer_name(made.get(), X509_get_subject_name(certificate_.get()));
  add_extension(made.get(), NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
  CHECK(X509_sign(made.get(), key_.get(), EVP_sha256()) > 0);
  return {
      .certificate = written(path_of(name, "pem"), [&](std::FILE* file) { return PEM_write_X509(file, made.get()); }),
      .key = written(path_of(name, "key"), [&](std::FILE* file) {
        return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
      })};
}

}  // namespace holdfast
