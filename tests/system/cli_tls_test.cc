// holdfast-cli against a server that speaks TLS: whom it trusts, and what it shows.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/certificates.h"
#include "tests/system/server_process.h"

namespace holdfast {
namespace {

class CliTls : public testing::Test {
 protected:
  // Says that it is ready only after the flags are known to be good.
  std::vector<std::string> server_flags(const std::string& auth_clients) const {
    return {"--port",
            "0",
            "--shards",
            "2",
            "--tls-port",
            std::to_string(tls_port_),
            "--tls-cert-file",
            certificate_.certificate,
            "--tls-key-file",
            certificate_.key,
            "--tls-ca-cert-file",
            authority_.file(),
            "--tls-auth-clients",
            auth_clients};
  }

  struct Said {
    int exit_code;
    std::string text;
  };
  Said run(std::vector<std::string> flags, const std::string& input = "") const {
    flags.insert(flags.begin(), {"-p", std::to_string(tls_port_)});
    ChildProcess cli("holdfast-cli", {.flags = std::move(flags), .environment = {}, .input = input});
    const int code = cli.exit_code();
    return {code, cli.output() + cli.errors()};
  }
  std::vector<std::string> trusting(std::vector<std::string> more) const {
    more.insert(more.begin(), {"--tls", "--cacert", authority_.file()});
    return more;
  }

  const Authority authority_{"ca"};
  const Authority stranger_{"stranger"};
  const CertificateFiles certificate_ = authority_.issue("server");
  const uint16_t tls_port_ = free_port();
};

TEST_F(CliTls, RunsCommandsOnAServerThatItTrusts) {
  ServerProcess server(server_flags("no"));
  ASSERT_TRUE(server.ready());
  EXPECT_EQ(run(trusting({"SETSTOCK", "PS5", "3"})).exit_code, 0);
  EXPECT_EQ(run(trusting({"-h", "localhost", "DBSIZE"})).text, "1\n");
  EXPECT_EQ(run(trusting({}), "PING\nECHO hello\n").text, "PONG\nhello\n");
  const std::string large(500'000, 'x');
  EXPECT_EQ(run(trusting({}), "ECHO " + large.substr(0, 60'000) + "\n").text, large.substr(0, 60'000) + "\n");
  EXPECT_NE(run(trusting({"--pipe"}), "PING\r\nSETSTOCK shirt 5\r\n").text.find("errors: 0, replies: 2\n"),
            std::string::npos);
}

TEST_F(CliTls, RefusesAServerThatItDoesNotTrust) {
  ServerProcess server(server_flags("no"));
  ASSERT_TRUE(server.ready());
  const std::vector<std::vector<std::string>> refused{
      {"--tls", "--cacert", stranger_.file(), "PING"}, {"--tls", "PING"}, trusting({"--sni", "shop.example", "PING"})};
  for (const auto& flags : refused) {
    const Said said = run(flags);
    EXPECT_EQ(said.exit_code, 69) << said.text;
    EXPECT_TRUE(said.text.starts_with("Could not connect to Holdfast at 127.0.0.1:")) << said.text;
    EXPECT_NE(said.text.find(": TLS: "), std::string::npos) << said.text;
  }
  EXPECT_NE(run(refused.back()).text.find("mismatch"), std::string::npos) << "it says what is wrong";
  EXPECT_EQ(run({"--tls", "--insecure", "PING"}).text, "PONG\n");
  EXPECT_EQ(run(trusting({"--sni", "localhost", "PING"})).text, "PONG\n");
}

TEST_F(CliTls, ShowsItsOwnCertificateWhereItHasOne) {
  ServerProcess server(server_flags("yes"));
  ASSERT_TRUE(server.ready());
  const CertificateFiles own = authority_.issue("till");
  EXPECT_EQ(run(trusting({"--cert", own.certificate, "--key", own.key, "PING"})).text, "PONG\n");
  EXPECT_EQ(run(trusting({"PING"})).exit_code, 69);
}

TEST_F(CliTls, SaysWhatIsWrongWhereTheOtherEndIsPlain) {
  ServerProcess server({"--port", std::to_string(tls_port_), "--shards", "1"});
  ASSERT_TRUE(server.ready());
  const Said said = run({"--tls", "--insecure", "PING"});
  EXPECT_EQ(said.exit_code, 69);
  EXPECT_NE(said.text.find(": TLS: "), std::string::npos) << said.text;
}

}  // namespace
}  // namespace holdfast
