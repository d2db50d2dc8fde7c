// Each file *.scenario of this folder is played in RESP2 and RESP3, on one shard and on four.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "tests/scenarios/scenario.h"

namespace holdfast {
namespace {

const std::filesystem::path folder = HOLDFAST_SOURCE_DIR "/tests/scenarios";

std::vector<std::string> names_of_scenarios() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".scenario") names.push_back(entry.path().stem());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string text_of(const std::string& name) {
  std::ifstream file(folder / (name + ".scenario"));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class Scenario : public testing::TestWithParam<std::tuple<std::string, uint32_t, int>> {};

std::string name_of(const testing::TestParamInfo<Scenario::ParamType>& test) {
  const auto& [name, shards, resp] = test.param;
  return name + "_shards" + std::to_string(shards) + "_resp" + std::to_string(resp);
}

INSTANTIATE_TEST_SUITE_P(Wire, Scenario,
                         testing::Combine(testing::ValuesIn(names_of_scenarios()), testing::Values(1, 4),
                                          testing::Values(2, 3)),
                         name_of);

TEST_P(Scenario, GoesAsItIsWritten) {
  const auto& [name, shards, resp] = GetParam();
  const std::string text = text_of(name);
  ASSERT_NE(text, "");
  const std::string wrong = play(text, {.shards = shards, .resp = resp});
  EXPECT_EQ(wrong, "") << "in " << name << ".scenario";
}

}  // namespace
}  // namespace holdfast
