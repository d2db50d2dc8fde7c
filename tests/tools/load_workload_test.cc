// What buyers ask: how SKUs are drawn, what is written, what becomes of a hold.
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "tools/load/names.h"
#include "tools/load/workload.h"
#include "tools/load/zipf.h"

namespace holdfast::load {
namespace {

TEST(LoadZipf, DrawsEachNumberInProportionToItsRank) {
  for (const double theta : {0.5, 0.99, 1.0, 1.5}) {
    constexpr uint64_t numbers = 20;
    constexpr int draws = 200'000;
    const Zipf zipf(numbers, theta);
    std::mt19937_64 random{7};
    std::array<int, numbers> drawn{};
    for (int i = 0; i < draws; ++i) ++drawn.at(zipf(random));
    double weights = 0;
    for (uint64_t k = 1; k <= numbers; ++k) weights += std::pow(static_cast<double>(k), -theta);
    for (uint64_t k = 1; k <= numbers; ++k) {
      const double expected = draws * std::pow(static_cast<double>(k), -theta) / weights;
      EXPECT_NEAR(drawn[k - 1], expected, 6 * std::sqrt(expected)) << "theta " << theta << " number " << k;
    }
  }
}

TEST(LoadZipf, IsUniformWithoutSkew) {
  const Zipf zipf(4, 0);
  std::mt19937_64 random{1};
  std::array<int, 4> drawn{};
  for (int i = 0; i < 40'000; ++i) ++drawn.at(zipf(random));
  for (const int count : drawn) EXPECT_NEAR(count, 10'000, 500);
}

TEST(LoadZipf, OfOneNumberIsThatNumber) {
  std::mt19937_64 random{1};
  EXPECT_EQ(Zipf(1, 0.99)(random), 0U);
}

TEST(LoadNames, AreOfOneLength) {
  EXPECT_EQ(SkuName(42).view(), "sku:000000000042");
  EXPECT_EQ(KeyName(999'999'999'999).view(), "key:999999999999");
  EXPECT_EQ(CartName(0).view(), "aaaaaaaaaaaa");
  EXPECT_EQ(CartName(33).view(), "aaaaaaaaaabb");
}

class LoadWorkload : public testing::Test {
 protected:
  LoadWorkload() { options_.skus = 100; }

  std::string written(Workload& workload) {
    Buffer out;
    workload.begin(out, 0);
    return std::string(out.view());
  }
  // What becomes of a hold whose RESERVE is answered so.
  std::optional<FollowUp> after(Workload& workload, const std::string& reply) {
    EXPECT_EQ(reader_.read(reply.data(), reply.size()), ParseStatus::complete);
    return workload.after({.command = Command::reserve, .units = 3, .first = true, .due = 0}, reader_, 1'000);
  }

  Options options_;
  std::unique_ptr<Dialect> dialect_ = dialect_of(Target::holdfast);
  RespReader reader_;
};

const std::string granted = "*2\r\n$24\r\n44HHU76CCQAAAAAAAD5ZB3SG\r\n:2000\r\n";

TEST_F(LoadWorkload, AsksTheSameForTheSameSeed) {
  Workload first(options_, *dialect_, 0);
  Workload again(options_, *dialect_, 0);
  Workload neighbour(options_, *dialect_, 1);
  const std::string one = written(first);
  EXPECT_EQ(one, written(again));
  EXPECT_NE(one, written(neighbour));
  EXPECT_NE(one, written(first)) << "each buyer has a cart of its own";
}

TEST_F(LoadWorkload, CartsHaveDistinctSkusOfAnyAllowedNumber) {
  options_.scenario = Scenario::cart;
  options_.skus = 8;
  options_.items_least = 2;
  options_.items_most = 8;
  Workload workload(options_, *dialect_, 0);
  std::set<size_t> sizes;
  for (int i = 0; i < 1'000; ++i) {
    Buffer out;
    const Exchange exchange = workload.begin(out, 0);
    std::set<std::string> skus;
    const std::string text(out.view());
    for (size_t at = text.find("sku:"); at != std::string::npos; at = text.find("sku:", at + 1)) {
      skus.insert(text.substr(at, 16));
    }
    ASSERT_EQ(skus.size(), exchange.units) << text;
    sizes.insert(skus.size());
  }
  EXPECT_EQ(sizes, (std::set<size_t>{2, 3, 4, 5, 6, 7, 8}));
}

TEST_F(LoadWorkload, CheckoutCommitsEightyReleasesFifteenAndForgetsFiveOfAHundred) {
  options_.scenario = Scenario::checkout;
  options_.think_ms = 2;
  Workload workload(options_, *dialect_, 0);
  std::map<std::string, int> fates;
  for (int i = 0; i < 10'000; ++i) {
    const auto next = after(workload, granted);
    if (next) {
      ASSERT_EQ(next->id_text(), "44HHU76CCQAAAAAAAD5ZB3SG");
      ASSERT_EQ(next->due, 1'000 + 2 * ns_a_ms);
      ASSERT_EQ(next->units, 3U);
    }
    ++fates[!next ? "forgotten" : next->command == Command::commit ? "committed" : "released"];
  }
  EXPECT_NEAR(fates["committed"], 8'000, 200);
  EXPECT_NEAR(fates["released"], 1'500, 200);
  EXPECT_NEAR(fates["forgotten"], 500, 120);
}

TEST_F(LoadWorkload, NothingFollowsFromARefusal) {
  options_.scenario = Scenario::flash;
  Workload workload(options_, *dialect_, 0);
  EXPECT_FALSE(after(workload, "-OUTOFSTOCK sku=a want=1 available=0 held=0\r\n"));
  const auto next = after(workload, granted);
  ASSERT_TRUE(next);
  EXPECT_EQ(next->command, Command::commit);
  Buffer out;
  workload.follow(out, *next);
  EXPECT_EQ(out.view(), "*2\r\n$6\r\nCOMMIT\r\n$24\r\n44HHU76CCQAAAAAAAD5ZB3SG\r\n");
}

TEST_F(LoadWorkload, WaitersStandInLine) {
  options_.scenario = Scenario::wait;
  options_.wait_ms = 700;
  options_.ttl_ms = 900;
  options_.skus = 1;
  Workload workload(options_, *dialect_, 0);
  const std::string text = written(workload);
  EXPECT_NE(text.find("$2\r\nPX\r\n$3\r\n900\r\n$4\r\nWAIT\r\n$3\r\n700\r\n$5\r\nITEMS\r\n"), std::string::npos)
      << text;
  EXPECT_EQ(after(workload, granted)->command, Command::release);
}

}  // namespace
}  // namespace holdfast::load
