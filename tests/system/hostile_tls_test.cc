// TLS from outside, with `openssl s_client`: who is let in, and that whoever stalls or speaks something else holds up
// nobody.
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/check.h"
#include "tests/support/certificates.h"
#include "tests/system/server_process.h"

namespace holdfast {
namespace {

const std::string ping = "PING\r\n";
const std::string pong = "+PONG\r\n";

std::string output_of(const std::string& command) {
  std::FILE* const pipe = ::popen((command + " 2>&1").c_str(), "re");
  CHECK(pipe);
  std::string text;
  std::array<char, 4096> buffer{};
  while (const size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe)) text.append(buffer.data(), got);
  ::pclose(pipe);
  return text;
}

class HostileTls : public testing::Test {
 protected:
  void SetUp() override {
    if (output_of("openssl version").find("OpenSSL") == std::string::npos) GTEST_SKIP() << "SKIPPED: no openssl here";
  }

  std::vector<std::string> flags(const std::string& auth_clients, std::vector<std::string> more = {}) const {
    more.insert(more.begin(), {"--port", "0", "--shards", "2", "--tls-port", std::to_string(tls_port_),
                               "--tls-cert-file", server_.certificate, "--tls-key-file", server_.key,
                               "--tls-ca-cert-file", authority_.file(), "--tls-auth-clients", auth_clients});
    return more;
  }
  std::string client(const std::string& options) const {
    return "timeout 10 openssl s_client -quiet -verify_return_error -CAfile " + authority_.file() +
           " -connect 127.0.0.1:" + std::to_string(tls_port_) + " " + options;
  }
  // Asks as a client with these options of s_client would.
  bool is_served(const std::string& options) const {
    return output_of("printf 'PING\\r\\nQUIT\\r\\n' | " + client(options)).find(pong) != std::string::npos;
  }
  static std::string with(const CertificateFiles& files) { return "-cert " + files.certificate + " -key " + files.key; }
  std::string subject() const {
    return output_of("timeout 10 openssl s_client -connect 127.0.0.1:" + std::to_string(tls_port_) +
                     " </dev/null 2>/dev/null | grep ^subject");
  }

  const Authority authority_{"ca"};
  const Authority stranger_{"stranger"};
  const CertificateFiles server_ = authority_.issue("first");
  const uint16_t tls_port_ = free_port();
};

TEST_F(HostileTls, CertificatesOfClientsAreJudgedAsTheSettingSays) {
  const CertificateFiles good = authority_.issue("good");
  const CertificateFiles expired = authority_.issue("expired", -1);
  const CertificateFiles foreign = stranger_.issue("foreign");
  struct Row {
    const char* auth_clients;
    bool none, good, expired, foreign;
  };
  ServerProcess server(flags("no"));
  ASSERT_TRUE(server.ready());
  TestClient plain(server.port());
  for (const Row& row : {Row{"no", true, true, true, true}, Row{"optional", true, true, false, false},
                         Row{"yes", false, true, false, false}}) {
    EXPECT_EQ(plain.ask(std::string("CONFIG SET tls-auth-clients ") + row.auth_clients + "\r\n", "+OK\r\n"), "+OK\r\n");
    EXPECT_EQ(is_served(""), row.none) << row.auth_clients;
    EXPECT_EQ(is_served(with(good)), row.good) << row.auth_clients;
    EXPECT_EQ(is_served(with(expired)), row.expired) << row.auth_clients;
    EXPECT_EQ(is_served(with(foreign)), row.foreign) << row.auth_clients;
    EXPECT_EQ(is_served("-tls1_2 " + with(expired)), row.expired) << row.auth_clients;
    EXPECT_EQ(plain.ask(ping, pong), pong);
  }
}

TEST_F(HostileTls, NothingOlderThanTls12) {
  ServerProcess server(flags("no"));
  ASSERT_TRUE(server.ready());
  EXPECT_TRUE(is_served("-tls1_2"));
  EXPECT_TRUE(is_served("-tls1_3"));
  EXPECT_FALSE(is_served("-tls1_1 -cipher ALL:@SECLEVEL=0"));
  EXPECT_FALSE(is_served("-tls1 -cipher ALL:@SECLEVEL=0"));
}

TEST_F(HostileTls, PlainTextOnTheTlsPortAndTheReverseDoNothing) {
  ServerProcess server(flags("no"));
  ASSERT_TRUE(server.ready());
  TestClient plain_on_tls(tls_port_);
  plain_on_tls.send("SETSTOCK PS5 1\r\n");
  EXPECT_EQ(plain_on_tls.receive_all().find('+'), std::string::npos);
  const std::string reverse = "printf 'PING\\r\\nQUIT\\r\\n' | timeout 2 openssl s_client -quiet -connect 127.0.0.1:" +
                              std::to_string(server.port());
  EXPECT_EQ(output_of(reverse).find(pong), std::string::npos);
  TestClient plain(server.port());
  EXPECT_EQ(plain.ask("DBSIZE\r\n", ":0\r\n"), ":0\r\n");
}

TEST_F(HostileTls, HandshakesThatStallHoldUpNobodyAndEnd) {
  ServerProcess server(flags("no", {"--tls-handshake-timeout", "1s"}));
  ASSERT_TRUE(server.ready());
  std::vector<std::unique_ptr<TestClient>> stalled;
  for (int i = 0; i < 100; ++i) {
    stalled.push_back(std::make_unique<TestClient>(tls_port_));
    if (i % 2 == 0) stalled.back()->send(std::string_view("\x16\x03\x01\x02\x00\x01\x00", 7));
  }
  EXPECT_TRUE(is_served(""));
  TestClient plain(server.port());
  EXPECT_EQ(plain.ask(ping, pong), pong);
  for (const auto& client : stalled) EXPECT_EQ(client->receive_all(), "");
  EXPECT_TRUE(is_served(""));
}

TEST_F(HostileTls, SighupAndConfigSetTakeNewCertificatesAndKeepTheOldWhereTheyAreWrong) {
  ServerProcess server(flags("no"));
  ASSERT_TRUE(server.ready());
  EXPECT_NE(subject().find("first"), std::string::npos) << subject();
  const CertificateFiles second = authority_.issue("second");
  std::filesystem::copy_file(second.certificate, server_.certificate,
                             std::filesystem::copy_options::overwrite_existing);
  server.signal(SIGHUP);
  ASSERT_TRUE(server.read_output_until("Cannot reload, nothing is changed")) << "certificate and key do not fit";
  EXPECT_NE(subject().find("first"), std::string::npos);
  std::filesystem::copy_file(second.key, server_.key, std::filesystem::copy_options::overwrite_existing);
  server.signal(SIGHUP);
  ASSERT_TRUE(server.read_output_until("Reloaded certificates"));
  EXPECT_NE(subject().find("second"), std::string::npos) << subject();

  TestClient plain(server.port());
  const CertificateFiles third = authority_.issue("third");
  EXPECT_EQ(plain.ask("CONFIG SET tls-cert-file /nowhere\r\n", "-ERR CONFIG SET failed"), "-ERR CONFIG SET failed");
  EXPECT_NE(subject().find("second"), std::string::npos);
  TestClient other(server.port());
  const std::string set = "CONFIG SET tls-cert-file " + third.certificate + " tls-key-file " + third.key + "\r\n";
  EXPECT_EQ(other.ask(set, "+OK\r\n"), "+OK\r\n");
  EXPECT_NE(subject().find("third"), std::string::npos) << subject();
}

TEST_F(HostileTls, CarriesALongPipelineInOrder) {
  ServerProcess server(flags("no", {"--plain-tcp", "no"}));
  ASSERT_TRUE(server.ready());
  const std::string said = output_of("(for i in $(seq 1 20000); do echo ECHO $i; done; echo QUIT) | " + client("") +
                                     " 2>/dev/null | tr -d '\\r' | grep -v '^[$]' | grep '^[0-9+]'");
  std::string expected;
  for (int i = 1; i <= 20'000; ++i) expected += std::to_string(i) + "\n";
  EXPECT_TRUE(said == expected + "+OK\n") << said.size() << " bytes, not " << expected.size() + 4;
}

}  // namespace
}  // namespace holdfast
