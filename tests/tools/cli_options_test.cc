#include <gtest/gtest.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "tools/cli/options.h"

namespace holdfast::cli {
namespace {

std::variant<Options, Answer> read(std::vector<const char*> flags, bool terminal = false) {
  flags.insert(flags.begin(), "holdfast-cli");
  return read_options(static_cast<int>(flags.size()), flags.data(), terminal);
}

Options options(const std::vector<const char*>& flags, bool terminal = false) {
  const auto result = read(flags, terminal);
  if (const auto* const answer = std::get_if<Answer>(&result)) ADD_FAILURE() << answer->text;
  return std::holds_alternative<Options>(result) ? std::get<Options>(result) : Options{};
}

Answer answer(const std::vector<const char*>& flags) {
  const auto result = read(flags);
  EXPECT_TRUE(std::holds_alternative<Answer>(result));
  return std::holds_alternative<Answer>(result) ? std::get<Answer>(result) : Answer{};
}

TEST(CliOptions, EndWhereTheCommandBegins) {
  const Options read = options({"-h", "db", "-p", "7000", "RESTOCK", "PS5", "-5", "--", "-p", "1"});
  EXPECT_EQ(read.address.host, "db");
  EXPECT_EQ(read.address.port, 7000);
  EXPECT_EQ(read.command, (std::vector<std::string>{"RESTOCK", "PS5", "-5", "--", "-p", "1"}));
}

TEST(CliOptions, ShowRepliesForWhoReadsThem) {
  EXPECT_EQ(options({}, true).format, OutputFormat::terminal);
  EXPECT_EQ(options({}, false).format, OutputFormat::raw);
  EXPECT_EQ(options({"--raw"}, true).format, OutputFormat::raw);
  EXPECT_EQ(options({"--no-raw"}, false).format, OutputFormat::terminal);
  EXPECT_EQ(options({"--json"}, true).format, OutputFormat::json);
}

TEST(CliOptions, TakeThePasswordFromTheFlagBeforeTheEnvironment) {
  ::setenv("HOLDFAST_PASSWORD", "from environment", 1);
  EXPECT_EQ(options({}).password, "from environment");
  EXPECT_EQ(options({"-a", "from flag"}).password, "from flag");
  ::unsetenv("HOLDFAST_PASSWORD");
  EXPECT_EQ(options({}).password, "");
}

TEST(CliOptions, AreRefusedInOneLineWithCode64) {
  for (const std::vector<const char*>& flags :
       std::vector<std::vector<const char*>>{{"--nonsense"},
                                             {"-p", "x"},
                                             {"-p", "70000"},
                                             {"-2", "-3"},
                                             {"--json", "--raw"},
                                             {"--user", "bob"},
                                             {"--pipe", "PING"},
                                             {"--pipe-timeout", "-1"},
                                             {"--cacert", "x"},
                                             {"--insecure"},
                                             {"--tls", "--cert", "x"},
                                             {"--tls", "--cacert", "/nothing/here"}}) {
    const Answer refused = answer(flags);
    EXPECT_EQ(refused.exit_code, 64) << flags[0];
    EXPECT_EQ(refused.text.find('\n'), refused.text.size() - 1) << refused.text;
  }
}

TEST(CliOptions, ExplainThemselves) {
  EXPECT_EQ(answer({"--help"}).exit_code, 0);
  EXPECT_NE(answer({"--help"}).text.find("7379"), std::string::npos);
  EXPECT_EQ(answer({"--version"}).text, "holdfast-cli " HOLDFAST_VERSION "\n");
}

}  // namespace
}  // namespace holdfast::cli
