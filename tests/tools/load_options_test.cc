#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tools/load/options.h"

namespace holdfast::load {
namespace {

std::variant<Options, Answer> read(std::vector<const char*> flags) {
  flags.insert(flags.begin(), "holdfast-load");
  return read_options(static_cast<int>(flags.size()), flags.data());
}

Options options(const std::vector<const char*>& flags) {
  const auto result = read(flags);
  if (const auto* const answer = std::get_if<Answer>(&result)) ADD_FAILURE() << answer->text;
  return std::holds_alternative<Options>(result) ? std::get<Options>(result) : Options{};
}

TEST(LoadOptions, AreAScenarioAndFlagsInAnyOrder) {
  const Options read =
      options({"--rate", "500.5", "checkout", "--port", "7000", "--duration", "250ms", "--think", "0"});
  EXPECT_EQ(read.scenario, Scenario::checkout);
  EXPECT_EQ(read.rate, 500.5);
  EXPECT_EQ(read.address.port, 7000);
  EXPECT_EQ(read.duration, 250 * ns_a_ms);
  EXPECT_EQ(read.think_ms, 0);
  EXPECT_FALSE(read.closed);
}

TEST(LoadOptions, FollowTheScenarioWhereNothingElseIsSaid) {
  EXPECT_EQ(options({"flash"}).skus, 1U);
  EXPECT_EQ(options({"flash"}).warmup, 0) << "the whole sale is measured";
  EXPECT_EQ(options({"flash", "--warmup", "2s"}).warmup, 2 * ns_a_second);
  EXPECT_EQ(options({"wait"}).stock, 50);
  EXPECT_EQ(options({"spread"}).items_most, 1U);
  EXPECT_EQ(options({"cart"}).items_least, 2U);
  EXPECT_EQ(options({"cart"}).items_most, 8U);
  EXPECT_EQ(options({"cart", "--items", "4"}).items_most, 4U);
  EXPECT_EQ(options({"cart", "--items", "3-5"}).items_least, 3U);
  EXPECT_EQ(options({"expiry-storm"}).holds, 1'000'000U);
  EXPECT_EQ(options({"expiry-storm"}).duration, 2 * ns_a_second);
  EXPECT_EQ(options({"ping"}).skus, 0U);
}

TEST(LoadOptions, AreRefusedInOneLineWithCode64) {
  for (const std::vector<const char*>& flags :
       std::vector<std::vector<const char*>>{{},
                                             {"nonsense"},
                                             {"spread", "hot"},
                                             {"spread", "--nonsense"},
                                             {"spread", "--port", "70000"},
                                             {"spread", "--rate", "0"},
                                             {"spread", "--rate", "-1"},
                                             {"spread", "--rate", "100", "--closed"},
                                             {"spread", "--skus", "0"},
                                             {"spread", "--stock", "0"},
                                             {"spread", "--pipeline", "0"},
                                             {"spread", "--threads", "0"},
                                             {"spread", "--connections", "0"},
                                             {"spread", "--duration", "0"},
                                             {"spread", "--ttl", "soon"},
                                             {"spread", "--json", "--csv"},
                                             {"spread", "--target", "mysql"},
                                             {"cart", "--items", "8-2"},
                                             {"cart", "--items", "0"},
                                             {"cart", "--skus", "5"},
                                             {"flash", "--skus", "2"},
                                             {"set"},
                                             {"ping", "--load-only"},
                                             {"wait", "--target", "redis-lua"},
                                             {"expiry-storm", "--holds", "0"}}) {
    const auto result = read(flags);
    ASSERT_TRUE(std::holds_alternative<Answer>(result)) << testing::PrintToString(flags);
    const Answer& answer = std::get<Answer>(result);
    EXPECT_EQ(answer.exit_code, 64) << testing::PrintToString(flags);
    EXPECT_EQ(answer.text.find('\n'), answer.text.size() - 1) << answer.text;
    EXPECT_TRUE(answer.text.starts_with("holdfast-load: ")) << answer.text;
  }
}

TEST(LoadOptions, HelpIsNoError) {
  const auto result = read({"--help"});
  ASSERT_TRUE(std::holds_alternative<Answer>(result));
  EXPECT_EQ(std::get<Answer>(result).exit_code, 0);
  EXPECT_NE(std::get<Answer>(result).text.find("expiry-storm"), std::string::npos);
}

}  // namespace
}  // namespace holdfast::load
