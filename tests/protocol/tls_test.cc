#include "protocol/tls.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <asio/error.hpp>
#include <csignal>
#include <fstream>
#include <optional>

#include "tests/support/certificates.h"

namespace holdfast {
namespace {

// A client of OpenSSL's own, at the other end of a pair of sockets that do not block.
class Peer {
 public:
  Peer(int fd, const CertificateFiles* certificate, int version)
      : context_(SSL_CTX_new(TLS_client_method()), SSL_CTX_free) {
    SSL_CTX_set_security_level(context_.get(), 0);  // or it would not even offer what is too old
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    if (certificate) {
      EXPECT_EQ(SSL_CTX_use_certificate_chain_file(context_.get(), certificate->certificate.c_str()), 1);
      EXPECT_EQ(SSL_CTX_use_PrivateKey_file(context_.get(), certificate->key.c_str(), SSL_FILETYPE_PEM), 1);
    }
    ssl_ = SSL_new(context_.get());
    SSL_set_fd(ssl_, fd);
    SSL_set_connect_state(ssl_);
  }
  ~Peer() { SSL_free(ssl_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  SSL* ssl() { return ssl_; }
  bool is_ready() { return SSL_is_init_finished(ssl_) == 1; }
  void send(std::string_view text) {
    EXPECT_EQ(SSL_write(ssl_, text.data(), static_cast<int>(text.size())), static_cast<int>(text.size()));
  }
  std::string receive() {
    std::array<char, 65536> buffer{};
    const int got = SSL_read(ssl_, buffer.data(), static_cast<int>(buffer.size()));
    return {buffer.data(), static_cast<size_t>(std::max(0, got))};
  }

 private:
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context_;
  SSL* ssl_ = nullptr;
};

class Tls : public testing::Test {
 protected:
  Tls() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds_.data()), 0);
  }
  ~Tls() override {
    for (const int fd : fds_) ::close(fd);
  }

  TlsFiles files(const std::string& auth_clients = "no") {
    return {
        .certificate = server_.certificate, .key = server_.key, .ca = authority_.file(), .auth_clients = auth_clients};
  }
  std::shared_ptr<const TlsContext> load(const TlsFiles& files) {
    std::shared_ptr<const TlsContext> context;
    EXPECT_EQ(TlsContext::load(files, context).value_or(""), "");
    return context;
  }
  static std::string wrong_with(const TlsFiles& files) {
    std::shared_ptr<const TlsContext> context;
    const auto wrong = TlsContext::load(files, context);
    EXPECT_EQ(context == nullptr, wrong.has_value());
    return wrong.value_or("nothing");
  }

  // Goes on until neither side moves. What the stream says at last.
  asio::error_code shake_hands(TlsStream& stream, Peer& peer) {
    asio::error_code error;
    for (int round = 0; round < 8; ++round) {
      peer.receive();
      error.clear();
      stream.receive(buffer_.data(), buffer_.size(), error);
    }
    return error;
  }
  // Is somebody with this certificate let in?
  bool lets_in(const std::string& auth_clients, const CertificateFiles* certificate, int version = TLS1_3_VERSION) {
    const auto context = load(files(auth_clients));
    TlsStream stream(*context, fds_[0]);
    Peer peer(fds_[1], certificate, version);
    const asio::error_code error = shake_hands(stream, peer);
    EXPECT_EQ(stream.is_ready(), error == asio::error::would_block);
    for (const int fd : fds_) ::close(fd);
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds_.data()), 0);
    return stream.is_ready();
  }

  const Authority authority_{"ca"};
  const Authority stranger_{"stranger"};
  const CertificateFiles server_ = authority_.issue("server");
  std::array<int, 2> fds_{};
  std::array<char, 2 * tls_record_bytes> buffer_{};
};

TEST_F(Tls, CarriesBytesBothWays) {
  const auto context = load(files());
  TlsStream stream(*context, fds_[0]);
  Peer peer(fds_[1], nullptr, TLS1_3_VERSION);
  EXPECT_EQ(shake_hands(stream, peer), asio::error::would_block);
  ASSERT_TRUE(stream.is_ready() && peer.is_ready());
  peer.send("PING\r\n");
  asio::error_code error;
  const size_t got = stream.receive(buffer_.data(), buffer_.size(), error);
  EXPECT_EQ(error, asio::error_code());
  EXPECT_EQ(std::string(buffer_.data(), got), "PING\r\n");
  EXPECT_EQ(stream.send("+PONG\r\n", 7, error), 7u);
  EXPECT_EQ(peer.receive(), "+PONG\r\n");
  EXPECT_EQ(stream.receive(buffer_.data(), buffer_.size(), error), 0u);
  EXPECT_EQ(error, asio::error::would_block);
  EXPECT_FALSE(stream.wants_write());
}

TEST_F(Tls, ReadsManySmallRecordsAtOnceAndLeavesNothingOfALargeOneBehind) {
  const auto context = load(files());
  TlsStream stream(*context, fds_[0]);
  Peer peer(fds_[1], nullptr, TLS1_3_VERSION);
  shake_hands(stream, peer);
  for (int i = 0; i < 100; ++i) peer.send("0123456789");
  asio::error_code error;
  EXPECT_EQ(stream.receive(buffer_.data(), buffer_.size(), error), 1000u);
  peer.send(std::string(tls_record_bytes, 'x'));
  peer.send("y");
  size_t total = 0;
  for (int i = 0; i < 2; ++i) total += stream.receive(buffer_.data(), buffer_.size(), error);
  EXPECT_EQ(total, tls_record_bytes + 1);
}

TEST_F(Tls, AGoodbyeIsTheEndOfInput) {
  const auto context = load(files());
  TlsStream stream(*context, fds_[0]);
  Peer peer(fds_[1], nullptr, TLS1_3_VERSION);
  shake_hands(stream, peer);
  peer.send("PING\r\n");
  SSL_shutdown(peer.ssl());
  asio::error_code error;
  EXPECT_EQ(stream.receive(buffer_.data(), buffer_.size(), error), 6u);
  EXPECT_FALSE(error);
  EXPECT_TRUE(stream.has_ended()) << "nothing more would wake the reactor";
  stream.receive(buffer_.data(), buffer_.size(), error);
  EXPECT_EQ(error, asio::error::eof);
}

TEST_F(Tls, AClientThatHangsUpIsAtItsEndToo) {
  const auto context = load(files());
  TlsStream stream(*context, fds_[0]);
  Peer peer(fds_[1], nullptr, TLS1_3_VERSION);
  shake_hands(stream, peer);
  ::shutdown(fds_[1], SHUT_RDWR);
  asio::error_code error;
  stream.receive(buffer_.data(), buffer_.size(), error);
  EXPECT_EQ(error, asio::error::eof);
  EXPECT_EQ(stream.send("x", 1, error), 0u);
  EXPECT_TRUE(error);
}

TEST_F(Tls, PlainTextIsAnErrorAndNoInput) {
  const auto context = load(files());
  TlsStream stream(*context, fds_[0]);
  const std::string_view plain = "*1\r\n$4\r\nPING\r\n";
  ASSERT_EQ(::write(fds_[1], plain.data(), plain.size()), static_cast<ssize_t>(plain.size()));
  asio::error_code error;
  EXPECT_EQ(stream.receive(buffer_.data(), buffer_.size(), error), 0u);
  EXPECT_EQ(error, asio::error::connection_aborted);
}

TEST_F(Tls, AHalfHandshakeBlocksNothing) {
  const auto context = load(files());
  TlsStream stream(*context, fds_[0]);
  const std::string_view half("\x16\x03\x01\x02\x00\x01\x00", 7);
  ASSERT_EQ(::write(fds_[1], half.data(), half.size()), 7);
  asio::error_code error;
  stream.receive(buffer_.data(), buffer_.size(), error);
  EXPECT_EQ(error, asio::error::would_block);
  EXPECT_FALSE(stream.is_ready());
}

TEST_F(Tls, OnlyTls12AndAbove) {
  EXPECT_TRUE(lets_in("no", nullptr, TLS1_3_VERSION));
  EXPECT_TRUE(lets_in("no", nullptr, TLS1_2_VERSION));
  EXPECT_FALSE(lets_in("no", nullptr, TLS1_1_VERSION));
  EXPECT_FALSE(lets_in("no", nullptr, TLS1_VERSION));
}

TEST_F(Tls, ClientsAreAskedForCertificatesAsTheSettingSays) {
  const CertificateFiles good = authority_.issue("good");
  const CertificateFiles expired = authority_.issue("expired", -1);
  const CertificateFiles foreign = stranger_.issue("foreign");
  struct Row {
    const char* auth_clients;
    bool none, good, expired, foreign;
  };
  for (const Row& row : {Row{"no", true, true, true, true}, Row{"optional", true, true, false, false},
                         Row{"yes", false, true, false, false}}) {
    EXPECT_EQ(lets_in(row.auth_clients, nullptr), row.none) << row.auth_clients;
    EXPECT_EQ(lets_in(row.auth_clients, &good), row.good) << row.auth_clients;
    EXPECT_EQ(lets_in(row.auth_clients, &expired), row.expired) << row.auth_clients;
    EXPECT_EQ(lets_in(row.auth_clients, &foreign), row.foreign) << row.auth_clients;
    EXPECT_EQ(lets_in(row.auth_clients, &expired, TLS1_2_VERSION), row.expired) << row.auth_clients;
  }
}

TEST_F(Tls, WhatIsWrongWithAFileIsSaidWithItsName) {
  const CertificateFiles other = authority_.issue("other");
  EXPECT_EQ(wrong_with({.certificate = "", .key = "", .ca = "", .auth_clients = "no"}),
            "tls-port needs tls-cert-file and tls-key-file");
  TlsFiles wrong = files();
  wrong.certificate = "/nowhere";
  EXPECT_TRUE(wrong_with(wrong).starts_with("tls-cert-file /nowhere: ")) << wrong_with(wrong);
  wrong = files();
  wrong.key = other.key;
  EXPECT_TRUE(wrong_with(wrong).starts_with("tls-key-file " + other.key + ": ")) << wrong_with(wrong);
  wrong = files("yes");
  wrong.ca = "/nowhere";
  EXPECT_TRUE(wrong_with(wrong).starts_with("tls-ca-cert-file /nowhere: ")) << wrong_with(wrong);
  wrong.ca = "";
  EXPECT_EQ(wrong_with(wrong), "tls-auth-clients asks clients for certificates and needs tls-ca-cert-file; or say no");
}

TEST_F(Tls, AStreamOutlivesItsContext) {
  auto context = load(files());
  TlsStream stream(*context, fds_[0]);
  context.reset();
  Peer peer(fds_[1], nullptr, TLS1_3_VERSION);
  shake_hands(stream, peer);
  EXPECT_TRUE(stream.is_ready());
}

}  // namespace
}  // namespace holdfast
