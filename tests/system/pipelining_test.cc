// One connection pipelines whatever it likes; its replies are those of a server that executes one request after the
// other. HOLDFAST_PIPELINE_SEED=n replays one seed.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tests/system/pipeline_model.h"

namespace holdfast {
namespace {

using Words = PipelineModel::Words;

constexpr int seeds = 12;
constexpr int rounds = 12;     // pipelines of one seed; a request names holds of earlier rounds
constexpr int requests = 300;  // of a pipeline

class Requests {
 public:
  explicit Requests(uint64_t seed) : random_(seed) {}

  Words next(const std::vector<std::string>& ids) {
    switch (below(ids.empty() ? 14 : 22)) {
      case 0:
        return {"SETSTOCK", sku(), number(below(40))};
      case 1:
        return {"SETSTOCK", sku(), number(below(40)), "IFVER", number(below(5))};
      case 2:
        return {"RESTOCK", sku(), number(below(20) - 5)};
      case 3:
        return below(4) > 0 ? Words{"STOCK", sku()} : Words{"DELSTOCK", sku()};
      case 4:
        return {"MSTOCK", sku(), sku(), sku()};
      case 5:
        return {"POLICY", sku(), "OVERSELL", number(below(4))};
      case 6:
        return {"POLICY", sku(), "PAUSED", below(5) == 0 ? "yes" : "no"};
      case 7:
        return {"HOLDS", cart()};
      case 8:
        return below(3) == 0 ? Words{"REVOKE", cart()} : Words{"LASTSEQ"};
      case 9:
        return below(2) == 0 ? Words{"ECHO", number(below(1000))} : Words{"DBSIZE"};
      case 10:
      case 11:
      case 12:
      case 13:
        return reserve();
      case 14:
      case 15:
        return {"RELEASE", some(ids)};
      case 16:
        return {"COMMIT", some(ids), "REF", below(2) == 0 ? "order-1" : "order-2"};
      case 17:
        return {"COMMIT", some(ids)};
      case 18:
        return {"EXTEND", some(ids), "PX", number(PipelineModel::ttl_ms)};
      case 19:
        return {"LASTSEQ"};
      default:
        return {"HOLD", some(ids)};
    }
  }

 private:
  int64_t below(int64_t limit) { return static_cast<int64_t>(random_() % static_cast<uint64_t>(limit)); }
  static std::string number(int64_t value) { return std::to_string(value); }
  std::string sku() { return "sku-" + number(below(10)); }
  std::string cart() { return "cart-" + number(below(4)); }
  // Mostly one of the last, which live.
  std::string some(const std::vector<std::string>& ids) {
    const auto size = static_cast<int64_t>(ids.size());
    return ids[static_cast<size_t>(below(4) == 0 ? below(size) : size - 1 - below(std::min<int64_t>(size, 40)))];
  }
  Words reserve() {
    Words words = {"RESERVE", cart(), "EX", number(PipelineModel::ttl_ms / 1000), "ITEMS"};
    for (int64_t items = 1 + (below(2) == 0 ? below(4) : 0); items > 0; --items) {
      words.push_back(sku());
      words.push_back(number(1 + below(3)));
    }
    return words;
  }

  std::mt19937_64 random_;
};

std::string line_of(const Words& words) {
  std::string line;
  for (const std::string& word : words) line += (line.empty() ? "" : " ") + word;
  return line + "\r\n";
}

void expect_sequential_replies(ServerProcess& server, uint64_t seed) {
  ReplyClient client(server.port());
  // All that an earlier seed left goes first.
  for (int i = 0; i < 4; ++i) client.ask("REVOKE cart-" + std::to_string(i));
  for (int i = 0; i < 10; ++i) client.ask("DELSTOCK sku-" + std::to_string(i));
  client.ask("RESET");
  PipelineModel model;
  Requests generator(seed);
  ReplyClient pipeline(server.port());
  for (int round = 0; round < rounds; ++round) {
    const std::vector<std::string> ids = model.ids();
    std::vector<Words> sent;
    std::string bytes;
    for (int i = 0; i < requests; ++i) {
      sent.push_back(generator.next(ids));
      bytes += line_of(sent.back());
    }
    pipeline.send(bytes);
    for (size_t i = 0; i < sent.size(); ++i) {
      const WireReply reply = pipeline.next();
      const std::string wrong = model.judge(sent[i], reply);
      ASSERT_EQ(wrong, "") << "round " << round << ", request " << i << ": " << line_of(sent[i]) << "answered "
                           << reply.shown() << "\nreplay it with HOLDFAST_PIPELINE_SEED=" << seed;
    }
  }
}

void expect_sequential_replies_on(const char* shards) {
  ServerProcess server({"--port", "0", "--shards", shards, "--max-ttl", "1h"});
  ASSERT_TRUE(server.ready());
  if (const char* const seed = std::getenv("HOLDFAST_PIPELINE_SEED")) {
    return expect_sequential_replies(server, std::strtoull(seed, nullptr, 10));
  }
  for (uint64_t seed = 1; seed <= seeds && !testing::Test::HasFatalFailure(); ++seed) {
    expect_sequential_replies(server, seed);
  }
}

TEST(Pipelining, AnswersAsIfOneRequestCameAfterTheOtherOnOneShard) {
  expect_sequential_replies_on("1");
}

TEST(Pipelining, AnswersAsIfOneRequestCameAfterTheOtherOnFourShards) {
  expect_sequential_replies_on("4");
}

}  // namespace
}  // namespace holdfast
