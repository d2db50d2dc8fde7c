// CHALLENGE and PROOF over the wire, byte for byte, and the secret's file from the start to its change.
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include "tests/support/proof_token.h"
#include "tests/system/reply_client.h"
#include "tests/system/server_process.h"

namespace holdfast {
namespace {

const std::string refused = "-CHALLENGE sku=PS5\r\n";

std::string bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

class ChallengeOverTheWire : public testing::TestWithParam<std::string> {
 protected:
  ChallengeOverTheWire() { write("first secret\n"); }
  ~ChallengeOverTheWire() override { std::filesystem::remove(path_); }

  void write(const std::string& content) { std::ofstream(path_, std::ios::binary) << content; }

  const std::string path_ = testing::TempDir() + "challenge_" + std::to_string(::getpid());
};

INSTANTIATE_TEST_SUITE_P(OnShards, ChallengeOverTheWire, testing::Values("1", "4"));

// All that is answered to these requests.
std::string replies(TestClient& client, const std::string& requests) {
  const std::string end = "$7\r\nthe end\r\n";
  client.send(requests + "ECHO \"the end\"\r\n");
  std::string received;
  while (!received.ends_with(end)) {
    const std::string more = client.receive_some();
    if (more.empty()) break;
    received += more;
  }
  EXPECT_TRUE(received.ends_with(end)) << received;
  return received;
}

// "*2 id milliseconds", with the id cut out.
std::string reserve(TestClient& client, const std::string& line) {
  const std::string form = "*2\r\n$24\r\n" + std::string(24, 'x') + "\r\n:60000\r\n";
  std::string reply = client.ask(line, form);
  if (reply.size() == form.size()) reply.replace(9, 24, 24, 'x');
  return reply == form ? "held" : reply;
}

TEST_P(ChallengeOverTheWire, NeedsAProofOfEachChallengedSku) {
  ServerProcess server({"--port", "0", "--shards", GetParam(), "--challenge-secret-file", path_});
  ASSERT_TRUE(server.ready());
  TestClient client(server.port());
  const std::string stock_map =
      "*24\r\n$3\r\nsku\r\n$3\r\nPS5\r\n$7\r\non_hand\r\n:9\r\n$4\r\nheld\r\n:0\r\n$9\r\navailable\r\n:9\r\n"
      "$4\r\nsold\r\n:0\r\n$8\r\noversell\r\n:0\r\n$5\r\nshort\r\n:0\r\n$7\r\nversion\r\n:2\r\n$7\r\npercart\r\n:0\r\n"
      "$6\r\npaused\r\n:0\r\n$9\r\nchallenge\r\n:1\r\n$7\r\nwaiting\r\n:0\r\n";
  replies(client, "RESTOCK PS5 9\r\nRESTOCK game 9\r\n");
  EXPECT_EQ(client.ask("POLICY PS5 CHALLENGE yes\r\n", stock_map), stock_map);

  const int64_t now_s = unix_time_s();
  const auto token = [&](const std::string& cart, const std::string& sku, int64_t ahead_s) {
    return proof_token("first secret", cart, sku, now_s + ahead_s);
  };
  const auto line = [](const std::string& proofs, const std::string& items) {
    return "RESERVE c EX 60 " + proofs + " ITEMS " + items + "\r\n";
  };
  const std::string good = token("c", "PS5", 1800);
  EXPECT_EQ(client.ask(line("", "PS5 1"), refused), refused);
  EXPECT_EQ(client.ask(line("PROOF x", "PS5 1"), refused), refused);
  EXPECT_EQ(client.ask(line("PROOF " + token("c", "PS5", -600), "PS5 1"), refused), refused);
  EXPECT_EQ(client.ask(line("PROOF " + token("c", "PS5", 7200), "PS5 1"), refused), refused);
  EXPECT_EQ(client.ask(line("PROOF " + token("d", "PS5", 1800), "PS5 1"), refused), refused);
  EXPECT_EQ(client.ask(line("PROOF " + token("c", "game", 1800), "game 1 PS5 1"), refused), refused);
  EXPECT_EQ(reserve(client, line("PROOF " + good, "game 1 PS5 1")), "held");
  EXPECT_EQ(reserve(client, line("PROOF x " + good, "PS5 1")), "held");
  EXPECT_EQ(reserve(client, line("PROOF x", "game 1")), "held");

  // A repeated KEY is answered from its hold: nothing is proven again.
  EXPECT_EQ(client.ask(line("KEY k", "PS5 1"), refused), refused);
  const std::string first = client.ask(line("KEY k PROOF " + good, "PS5 1"), std::string(43, 'x'));
  const std::string again = client.ask(line("KEY k", "PS5 1"), std::string(43, 'x'));
  EXPECT_EQ(first.substr(0, 33), again.substr(0, 33));
  EXPECT_EQ(again.substr(0, 4), "*2\r\n");
}

TEST_P(ChallengeOverTheWire, TakesANewSecretOrKeepsTheOldOneAndShowsNeither) {
  ServerProcess server({"--port", "0", "--shards", GetParam(), "--challenge-secret-file", path_});
  ASSERT_TRUE(server.ready());
  TestClient client(server.port());
  const auto reserve_with = [&](const std::string& secret) {
    // Connections live with the shards in turn, so that each shard's copy of the secret is asked.
    std::string answers;
    for (int i = 0; i < 4; ++i) {
      ReplyClient other(server.port());
      const std::string token = proof_token(secret, "c", "PS5", unix_time_s() + 1800);
      const WireReply reply = other.ask("RESERVE c EX 60 PROOF " + token + " ITEMS PS5 1");
      answers += reply.is_hold() ? "y" : reply.text == "CHALLENGE sku=PS5" ? "n" : "?";
    }
    return answers;
  };
  replies(client, "SETSTOCK PS5 100\r\nPOLICY PS5 CHALLENGE yes\r\n");
  EXPECT_EQ(reserve_with("first secret"), "yyyy");

  const auto set = [&](const std::string& path) { return "CONFIG SET challenge-secret-file \"" + path + "\"\r\n"; };
  write("second secret");
  EXPECT_EQ(client.ask(set(path_), "+OK\r\n"), "+OK\r\n");
  EXPECT_EQ(reserve_with("first secret"), "nnnn");
  EXPECT_EQ(reserve_with("second secret"), "yyyy");

  write("\n");
  const std::string wrong =
      "-ERR CONFIG SET failed (possibly related to argument 'challenge-secret-file') - is empty\r\n";
  EXPECT_EQ(client.ask(set(path_), wrong), wrong);
  EXPECT_EQ(reserve_with("second secret"), "yyyy");
  const std::string shown = "*2\r\n" + bulk("challenge-secret-file") + bulk(path_);
  EXPECT_EQ(client.ask("CONFIG GET challenge-*\r\n", shown), shown);

  const std::string all = replies(client, "CONFIG GET *\r\nINFO everything\r\n");
  EXPECT_NE(all.find(path_), std::string::npos);
  EXPECT_EQ(all.find("second secret"), std::string::npos);

  EXPECT_EQ(client.ask(set(""), "+OK\r\n"), "+OK\r\n");
  EXPECT_EQ(reserve_with("second secret"), "nnnn");
  server.signal(SIGTERM);
  EXPECT_EQ(server.exit_code(), 0);
  EXPECT_EQ(server.output().find(" secret"), std::string::npos) << server.output();
}

TEST(ChallengeSecretFile, HasToBeFitAtTheStart) {
  const std::string path = testing::TempDir() + "challenge_start_" + std::to_string(::getpid());
  std::filesystem::remove(path);
  const auto expect_refused = [&](const std::string& reason) {
    ServerProcess server({"--port", "0", "--challenge-secret-file", path});
    EXPECT_EQ(server.exit_code(), 66);
    EXPECT_EQ(server.errors(), "holdfast-server: challenge-secret-file " + path + " " + reason + "\n");
  };
  expect_refused("cannot be read: No such file or directory");
  std::ofstream(path) << "\n";
  expect_refused("is empty");
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);
  expect_refused("cannot be read: not a regular file");
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace holdfast
