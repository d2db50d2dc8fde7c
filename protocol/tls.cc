#include "protocol/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include <asio/error.hpp>
#include <asio/ssl/context.hpp>

#include "engine/check.h"

namespace holdfast {
namespace {

using Context = asio::ssl::context;

std::string reason(std::string_view what, const std::string& path, const asio::error_code& error) {
  return fmt::format("{} {}: {}", what, path, error.message());
}

void set_rules(SSL_CTX* native) {
  SSL_CTX_set_min_proto_version(native, TLS1_2_VERSION);
  SSL_CTX_set_options(native, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_TICKET |
                                  SSL_OP_CIPHER_SERVER_PREFERENCE |
                                  SSL_OP_IGNORE_UNEXPECTED_EOF);  // a request is complete or not, whoever cuts
  SSL_CTX_set_session_cache_mode(native, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(native, 0);
  // Idle connections hold no buffers.
  SSL_CTX_set_mode(native,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

// The certificate, and the key that proves that it is ours.
std::optional<std::string> show(Context& context, std::string_view what, const std::string& certificate,
                                std::string_view what_key, const std::string& key) {
  asio::error_code error;
  // Without this OpenSSL would ask for a password at the terminal.
  context.set_password_callback([](size_t, Context::password_purpose) { return std::string(); }, error);
  context.use_certificate_chain_file(certificate, error);
  if (error) return reason(what, certificate, error);
  context.use_private_key_file(key, Context::pem, error);
  if (error) return reason(what_key, key, error);
  return std::nullopt;
}

std::optional<std::string> ask_clients(Context& context, const TlsFiles& files) {
  if (files.auth_clients == "no") return std::nullopt;
  if (files.ca.empty()) return "tls-auth-clients asks clients for certificates and needs tls-ca-cert-file; or say no";
  asio::error_code error;
  context.load_verify_file(files.ca, error);
  STACK_OF(X509_NAME)* const names = error ? nullptr : SSL_load_client_CA_file(files.ca.c_str());
  if (!names) return reason("tls-ca-cert-file", files.ca, error);
  SSL_CTX_set_client_CA_list(context.native_handle(), names);
  const bool must = files.auth_clients == "yes";
  context.set_verify_mode(asio::ssl::verify_peer | (must ? asio::ssl::verify_fail_if_no_peer_cert : 0), error);
  return std::nullopt;
}

}  // namespace

TlsContext::TlsContext(bool is_server)
    : context_(std::make_unique<Context>(is_server ? Context::tls_server : Context::tls_client)),
      is_server_(is_server) {}
TlsContext::~TlsContext() = default;

std::optional<std::string> TlsContext::load(const TlsFiles& files, std::shared_ptr<const TlsContext>& context) {
  ERR_clear_error();
  if (files.certificate.empty() || files.key.empty()) return "tls-port needs tls-cert-file and tls-key-file";
  std::shared_ptr<TlsContext> made(new TlsContext(true));
  Context& asio_context = *made->context_;
  set_rules(asio_context.native_handle());
  if (auto wrong = show(asio_context, "tls-cert-file", files.certificate, "tls-key-file", files.key)) return wrong;
  if (auto wrong = ask_clients(asio_context, files)) return wrong;
  context = std::move(made);
  return std::nullopt;
}

std::optional<std::string> TlsContext::load(const TlsTrust& trust, std::shared_ptr<const TlsContext>& context) {
  ERR_clear_error();
  std::shared_ptr<TlsContext> made(new TlsContext(false));
  Context& asio_context = *made->context_;
  set_rules(asio_context.native_handle());
  asio::error_code error;
  if (trust.ca.empty()) {
    asio_context.set_default_verify_paths(error);
  } else {
    asio_context.load_verify_file(trust.ca, error);
    if (error) return reason("--cacert", trust.ca, error);
  }
  if (!trust.certificate.empty()) {
    if (auto wrong = show(asio_context, "--cert", trust.certificate, "--key", trust.key)) return wrong;
  }
  asio_context.set_verify_mode(trust.insecure ? asio::ssl::verify_none : asio::ssl::verify_peer, error);
  made->server_ = trust.server;
  context = std::move(made);
  return std::nullopt;
}

TlsStream::TlsStream(const TlsContext& context, int fd) : ssl_(SSL_new(context.context_->native_handle())) {
  CHECK(ssl_ && SSL_set_fd(ssl_, fd) == 1);
  if (context.is_server_) {
    SSL_set_accept_state(ssl_);
    return;
  }
  SSL_set_connect_state(ssl_);
  const char* const server = context.server_.c_str();
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), server) == 1) return;
  CHECK(SSL_set1_host(ssl_, server) == 1);
  SSL_set_tlsext_host_name(ssl_, server);
}

TlsStream::~TlsStream() {
  SSL_free(ssl_);
}

void TlsStream::shake_hands(asio::error_code& error) {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl_);
  error = result == 1 ? asio::error_code() : error_of(result);
}

bool TlsStream::is_ready() const {
  return SSL_is_init_finished(ssl_) == 1;
}

bool TlsStream::has_ended() const {
  return (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
}

// Record after record, as small as they may be, while one more would fit whatever its size.
size_t TlsStream::receive(char* at, size_t room, asio::error_code& error) {
  size_t total = 0;
  is_drained_ = false;
  while (room - total >= tls_record_bytes) {
    size_t got = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_, at + total, room - total, &got);
    if (result != 1) {
      error = error_of(result);
      is_drained_ = error == asio::error::would_block;
      break;
    }
    total += got;
  }
  if (total > 0) error.clear();  // it will be said again
  return total;
}

size_t TlsStream::send(const char* from, size_t bytes, asio::error_code& error) {
  size_t sent = 0;
  ERR_clear_error();
  const int result = SSL_write_ex(ssl_, from, bytes, &sent);
  error = result == 1 ? asio::error_code() : error_of(result);
  return sent;
}

asio::error_code TlsStream::error_of(int result) {
  const int code = SSL_get_error(ssl_, result);
  wants_write_ = code == SSL_ERROR_WANT_WRITE;
  if (wants_write_ || code == SSL_ERROR_WANT_READ) return asio::error::would_block;
  if (code == SSL_ERROR_ZERO_RETURN) return asio::error::eof;
  trouble_ = ERR_peek_last_error();
  return asio::error::connection_aborted;
}

std::string TlsStream::trouble() const {
  const long verdict = SSL_get_verify_result(ssl_);
  if (verdict != X509_V_OK) return X509_verify_cert_error_string(verdict);
  const char* const text = ERR_reason_error_string(trouble_);
  return text ? text : "";
}

void TlsStream::say_goodbye() {
  if (!is_ready()) return;
  ERR_clear_error();
  SSL_shutdown(ssl_);
}

}  // namespace holdfast
