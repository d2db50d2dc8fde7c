#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "protocol/settings.h"
#include "tools/server/config_file.h"
#include "tools/server/options.h"

namespace holdfast {
namespace {

// Each test begins with an environment and a configuration file of its own.
class ServerOptions : public testing::Test {
 protected:
  void TearDown() override {
    for (const std::string& name : variables_) ::unsetenv(name.c_str());
    std::remove(file_.c_str());
  }

  void set_variable(const std::string& name, const std::string& value) {
    ::setenv(name.c_str(), value.c_str(), 1);
    variables_.push_back(name);
  }

  std::string file_with(const std::string& content) {
    std::ofstream(file_) << content;
    return file_;
  }

  static std::variant<Settings, Answer> read(const std::vector<std::string>& flags) {
    std::vector<const char*> arguments{"holdfast-server"};
    for (const std::string& flag : flags) arguments.push_back(flag.c_str());
    return read_options(static_cast<int>(arguments.size()), arguments.data());
  }

  static Settings settings(const std::vector<std::string>& flags) {
    const auto result = read(flags);
    if (const auto* answer = std::get_if<Answer>(&result)) {
      ADD_FAILURE() << answer->text;
      return {};
    }
    return std::get<Settings>(result);
  }

  static Answer answer(const std::vector<std::string>& flags) {
    const auto result = read(flags);
    if (std::holds_alternative<Settings>(result)) {
      ADD_FAILURE() << "was not refused";
      return {};
    }
    return std::get<Answer>(result);
  }

 private:
  std::vector<std::string> variables_;
  std::string file_ =
      testing::TempDir() + "options_" + testing::UnitTest::GetInstance()->current_test_info()->name() + ".conf";
};

TEST_F(ServerOptions, AreTheDefaultsWithAShardACoreWhereNothingIsSaid) {
  Settings expected;
  const Settings read_settings = settings({});
  EXPECT_GE(read_settings.shards, 1);
  expected.shards = read_settings.shards;
  EXPECT_EQ(config_get(read_settings, "*"), config_get(expected, "*"));
}

TEST_F(ServerOptions, TakeEachSettingAsAFlag) {
  const std::map<SettingKind, std::string> other{{SettingKind::count, "3"},
                                                 {SettingKind::duration, "90m"},
                                                 {SettingKind::text, "x"},
                                                 {SettingKind::level, "debug"}};
  for (const SettingRow& row : settings_table()) {
    if (row.kind == SettingKind::constant) continue;
    const std::string_view last_choice = row.choices.substr(row.choices.rfind(' ') + 1);
    const std::string value = row.kind == SettingKind::choice  ? std::string(last_choice)
                              : row.kind == SettingKind::bytes ? std::to_string(row.least + 4096)
                                                               : other.at(row.kind);
    std::vector<std::string> flags{"--" + std::string(row.name), value};
    if (row.name == "plain-tcp") flags.insert(flags.end(), {"--unixsocket", "x"});
    if (row.name == "default-ttl") flags.insert(flags.end(), {"--max-ttl", "2h"});
    EXPECT_EQ(setting_text(settings(flags), row), value) << row.name;
  }
}

TEST_F(ServerOptions, CountFlagsOverEnvironmentOverFileOverDefaults) {
  const std::string file = file_with("port 1\nmaxclients 1\nshards 1\n");
  set_variable("HOLDFAST_PORT", "2");
  set_variable("HOLDFAST_MAXCLIENTS", "2");
  const Settings read_settings = settings({"--port", "3", "--config", file});
  EXPECT_EQ(read_settings.port, 3);
  EXPECT_EQ(read_settings.maxclients, 2);
  EXPECT_EQ(read_settings.shards, 1);
  EXPECT_EQ(read_settings.tcp_backlog, Settings{}.tcp_backlog);
}

TEST_F(ServerOptions, FindTheFileThroughTheEnvironmentToo) {
  set_variable("HOLDFAST_CONFIG", file_with("default-ttl 7s\n"));
  EXPECT_EQ(settings({}).default_ttl_us, 7'000'000);
}

TEST_F(ServerOptions, TakeAnEmptyVariableForNone) {
  set_variable("HOLDFAST_PORT", "");
  EXPECT_EQ(settings({}).port, Settings{}.port);
}

TEST_F(ServerOptions, ReadRedisLinesAndIniLines) {
  const Settings read_settings = settings({"--config", file_with("# a comment\n"
                                                                 "; another\n"
                                                                 "\n"
                                                                 "Port 1234\r\n"
                                                                 "  default-ttl=90s\n"
                                                                 "max-ttl = 2h\n"
                                                                 "bind 127.0.0.1 ::1\n"
                                                                 "save \"\"\n"
                                                                 "appendonly no\n"
                                                                 "unixsocket \"/tmp/a b\"")});
  EXPECT_EQ(read_settings.port, 1234);
  EXPECT_EQ(read_settings.default_ttl_us, 90'000'000);
  EXPECT_EQ(read_settings.max_ttl_us, 7'200'000'000);
  EXPECT_EQ(read_settings.bind, "127.0.0.1 ::1");
  EXPECT_EQ(read_settings.unixsocket, "/tmp/a b");
}

TEST_F(ServerOptions, NameFileAndLineOfABadSetting) {
  const std::string file = file_with("port 1\n\nnope 3\n");
  const Answer unknown = answer({"--config", file});
  EXPECT_EQ(unknown.exit_code, 78);
  EXPECT_EQ(unknown.text, "holdfast-server: " + file + ":3: nope is no setting\n");

  file_with("default-ttl 5x\n");
  const Answer bad = answer({"--config", file});
  EXPECT_EQ(bad.exit_code, 78);
  EXPECT_TRUE(bad.text.starts_with("holdfast-server: " + file + ":1: default-ttl must be a duration")) << bad.text;

  file_with("[server]\n");
  EXPECT_EQ(answer({"--config", file}).exit_code, 78);

  file_with("appendonly yes\n");
  EXPECT_EQ(answer({"--config", file}).text, "holdfast-server: " + file + ":1: appendonly is always 'no' here\n");
}

TEST_F(ServerOptions, RefuseAFileThatCannotBeRead) {
  EXPECT_EQ(answer({"--config", "/nonexistent/file"}).text,
            "holdfast-server: cannot read /nonexistent/file: No such file or directory\n");
  EXPECT_EQ(answer({"--config", "/"}).exit_code, 66);
}

TEST_F(ServerOptions, NameTheVariableOfABadSetting) {
  set_variable("HOLDFAST_PORT", "tcp://10.0.0.1:7379");
  const Answer refused = answer({});
  EXPECT_EQ(refused.exit_code, 64);
  EXPECT_TRUE(refused.text.starts_with("holdfast-server: HOLDFAST_PORT='tcp://10.0.0.1:7379': must be an integer"))
      << refused.text;
}

TEST_F(ServerOptions, RefuseABadFlagInOneLine) {
  for (const std::vector<std::string>& flags : std::vector<std::vector<std::string>>{{"--nope"},
                                                                                     {"--port"},
                                                                                     {"--port", "x"},
                                                                                     {"--port", "-1"},
                                                                                     {"word"},
                                                                                     {"--save", ""},
                                                                                     {"--loglevel", "loud"}}) {
    const Answer refused = answer(flags);
    EXPECT_EQ(refused.exit_code, 64) << flags[0];
    EXPECT_TRUE(refused.text.starts_with("holdfast-server: ")) << refused.text;
    EXPECT_EQ(refused.text.find('\n'), refused.text.size() - 1) << refused.text;
    EXPECT_NE(refused.text.find(flags[0]), std::string::npos) << refused.text;
  }
}

TEST_F(ServerOptions, LetDefaultTtlAndMaxHoldLifeFollowMaxTtlWhereNobodyChoseThem) {
  EXPECT_EQ(settings({"--max-ttl", "10s"}).default_ttl_us, 10'000'000);
  EXPECT_EQ(settings({"--max-ttl", "1d"}).max_hold_life_us, 86'400'000'000);
  EXPECT_EQ(answer({"--max-ttl", "10s", "--default-ttl", "11s"}).exit_code, 64);
  EXPECT_EQ(answer({"--max-ttl", "1d", "--max-hold-life", "2h"}).exit_code, 64);
}

TEST_F(ServerOptions, ShowEachSettingWithItsDefaultInHelp) {
  const Answer help = answer({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  for (const SettingRow& row : settings_table()) {
    if (row.kind == SettingKind::constant) continue;
    const size_t at = help.text.find("--" + std::string(row.name) + " ");
    ASSERT_NE(at, std::string::npos) << row.name;
    const std::string line = help.text.substr(at, help.text.find('\n', at) - at);
    EXPECT_NE(line.find(setting_text(Settings{}, row)), std::string::npos) << line;
    EXPECT_NE(line.find(row.help), std::string::npos) << line;
  }
}

TEST_F(ServerOptions, StandInTheReadmeAsInTheTable) {
  std::ifstream file(HOLDFAST_SOURCE_DIR "/tools/README.md");
  const std::string readme{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  for (const SettingRow& row : settings_table()) {
    if (row.kind == SettingKind::constant) continue;
    const size_t at = readme.find("| `--" + std::string(row.name) + " ");
    ASSERT_NE(at, std::string::npos) << row.name;
    const std::string line = readme.substr(at, readme.find('\n', at) - at);
    const std::string value = setting_text(Settings{}, row);
    const std::string cells = (value.empty() ? "|  | " : "| `" + value + "` | ") + std::string(row.help) + " | " +
                              (row.at_run_time ? "yes" : "") + " |";
    EXPECT_TRUE(line.ends_with(cells)) << line << " should end with " << cells;
  }
}

TEST_F(ServerOptions, TellTheVersion) {
  const Answer version = answer({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.text, "holdfast-server " HOLDFAST_VERSION "\n");
}

TEST(EnvironmentName, IsUpperCaseWithUnderscores) {
  EXPECT_EQ(environment_name("default-ttl"), "HOLDFAST_DEFAULT_TTL");
  EXPECT_EQ(environment_name("port"), "HOLDFAST_PORT");
}

TEST(ConfigLine, WithoutAValueHasTheEmptyOne) {
  const auto line = parse_config_line("unixsocket");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->name, "unixsocket");
  EXPECT_EQ(line->value, "");
}

}  // namespace
}  // namespace holdfast
