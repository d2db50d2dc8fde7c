#include "protocol/settings.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/limits.h"

namespace holdfast {
namespace {

TEST(Settings, OfTheSlowlogMayBeBelowZeroWhereThatMeansNothing) {
  Settings settings;
  EXPECT_EQ(config_set(settings, "slowlog-log-slower-than", "-1"), std::nullopt);
  EXPECT_EQ(settings.slowlog_log_slower_than, -1);
  EXPECT_EQ(setting_text(settings, *find_setting("slowlog-log-slower-than")), "-1");
  for (const char* wrong : {"-2", "--1", "-", "", "1x"}) {
    EXPECT_TRUE(config_set(settings, "slowlog-log-slower-than", wrong)) << wrong;
  }
  EXPECT_TRUE(config_set(settings, "slowlog-max-len", "-1"));
  EXPECT_EQ(settings.slowlog_log_slower_than, -1);
}

std::string text_of(const Settings& settings, std::string_view name) {
  return setting_text(settings, *find_setting(name));
}

std::optional<std::string> set(Settings& settings, std::string_view name, std::string_view text) {
  return set_setting(settings, *find_setting(name), text);
}

TEST(Settings, HaveTheDefaultsOfTheContract) {
  const Settings settings;
  EXPECT_EQ(text_of(settings, "port"), "7379");
  EXPECT_EQ(text_of(settings, "bind"), "127.0.0.1");
  EXPECT_EQ(text_of(settings, "default-ttl"), "5m");
  EXPECT_EQ(text_of(settings, "max-ttl"), "1h");
  EXPECT_EQ(text_of(settings, "max-hold-life"), "2h");
  EXPECT_EQ(text_of(settings, "tombstone-ttl"), "10m");
  EXPECT_EQ(text_of(settings, "max-tombstones"), "4000000");
  EXPECT_EQ(text_of(settings, "maxclients"), "10000");
  EXPECT_EQ(text_of(settings, "loglevel"), "notice");
  EXPECT_EQ(check_settings(settings), std::nullopt);
}

TEST(Settings, EachRowReadsBackWhatItWrites) {
  Settings settings;
  std::set<std::string_view> names;
  for (const SettingRow& row : settings_table()) {
    EXPECT_TRUE(names.insert(row.name).second) << row.name << " is there twice";
    const std::string text = setting_text(settings, row);
    EXPECT_EQ(set_setting(settings, row, text), std::nullopt) << row.name;
    EXPECT_EQ(setting_text(settings, row), text) << row.name;
    EXPECT_EQ(row.help.empty(), row.kind == SettingKind::constant) << row.name;
  }
}

// In canonical text, not the default.
std::string another_value(const SettingRow& row) {
  switch (row.kind) {
    case SettingKind::choice:
      return "no";
    case SettingKind::bytes:
      return std::to_string(row.least + 4096);
    case SettingKind::duration:
      return "3s";
    case SettingKind::level:
      return "debug";
    default:
      return "3";
  }
}

TEST(Settings, EachRowHasAPlaceOfItsOwn) {
  for (const SettingRow& row : settings_table()) {
    if (row.kind == SettingKind::constant) continue;
    Settings settings;
    const std::string other = another_value(row);
    ASSERT_EQ(set_setting(settings, row, other), std::nullopt) << row.name;
    for (const SettingRow& witness : settings_table()) {
      EXPECT_EQ(setting_text(settings, witness), &witness == &row ? other : setting_text(Settings{}, witness))
          << row.name << " against " << witness.name;
    }
  }
}

TEST(Settings, AreFoundInAnyCase) {
  EXPECT_EQ(find_setting("Default-TTL"), find_setting("default-ttl"));
  EXPECT_NE(find_setting("default-ttl"), nullptr);
  EXPECT_EQ(find_setting("default_ttl"), nullptr);
  EXPECT_EQ(find_setting(""), nullptr);
}

TEST(Settings, RefuseWhatIsNotOfTheirKind) {
  Settings settings;
  EXPECT_EQ(set(settings, "port", "x"), "must be an integer from 0 to 65535");
  EXPECT_EQ(set(settings, "port", "65536"), "must be an integer from 0 to 65535");
  EXPECT_EQ(set(settings, "port", "-1"), "must be an integer from 0 to 65535");
  EXPECT_NE(set(settings, "shards", std::to_string(limits::shards + 1)), std::nullopt);
  EXPECT_NE(set(settings, "default-ttl", "0"), std::nullopt);
  EXPECT_NE(set(settings, "default-ttl", "5x"), std::nullopt);
  EXPECT_NE(set(settings, "max-ttl", "100000d"), std::nullopt);
  EXPECT_EQ(set(settings, "loglevel", "loud"), "must be one of debug, verbose, notice, warning");
  EXPECT_EQ(config_get(settings, "*"), config_get(Settings{}, "*"));
}

TEST(Settings, TakeABareDurationAsSeconds) {
  Settings settings;
  EXPECT_EQ(set(settings, "default-ttl", "90"), std::nullopt);
  EXPECT_EQ(settings.default_ttl_us, 90'000'000);
}

TEST(Settings, KeepDefaultTtlMaxTtlAndMaxHoldLifeInOrder) {
  Settings settings;
  settings.default_ttl_us = settings.max_ttl_us;
  settings.max_ttl_us = settings.max_hold_life_us;
  EXPECT_EQ(check_settings(settings), std::nullopt);
  settings.max_ttl_us += 1'000;
  EXPECT_EQ(check_settings(settings), "max-ttl (7200001ms) must not be above max-hold-life (2h)");
  settings = Settings{};
  settings.default_ttl_us = settings.max_ttl_us + 1'000;
  EXPECT_EQ(check_settings(settings), "default-ttl (3600001ms) must not be above max-ttl (1h)");
}

TEST(Settings, WantSomethingToListenOn) {
  Settings settings;
  settings.bind = " ";
  EXPECT_NE(check_settings(settings), std::nullopt);
  settings.unixsocket = "/run/holdfast.sock";
  EXPECT_EQ(check_settings(settings), std::nullopt);
}

TEST(ConfigGet, AnswersGlobsInAnyCase) {
  const Settings settings;
  const std::vector<NameAndValue> ttls{{"default-ttl", "5m"}, {"max-ttl", "1h"}, {"tombstone-ttl", "10m"}};
  EXPECT_EQ(config_get(settings, "*-TTL"), ttls);
  EXPECT_EQ(config_get(settings, "nothing"), std::vector<NameAndValue>{});
  EXPECT_EQ(config_get(settings, "*").size(), settings_table().size());
}

TEST(ConfigGet, AnswersARowOnceHoweverManyGlobsMatchIt) {
  const std::array<std::string_view, 3> globs{"port", "po*", "loglevel"};
  const std::vector<NameAndValue> expected{{"port", "7379"}, {"loglevel", "notice"}};
  EXPECT_EQ(config_get(Settings{}, globs), expected);
}

TEST(ConfigGet, KnowsWhatRedisClientsAskFor) {
  const Settings settings;
  EXPECT_EQ(text_of(settings, "save"), "");
  EXPECT_EQ(text_of(settings, "appendonly"), "no");
  EXPECT_EQ(text_of(settings, "databases"), "1");
  EXPECT_EQ(text_of(settings, "maxmemory"), "0");
  EXPECT_EQ(text_of(settings, "timeout"), "0");
}

TEST(ConfigSet, ChangesWhatMayChangeWhileRunning) {
  Settings settings;
  EXPECT_EQ(config_set(settings, "Default-TTL", "250ms"), std::nullopt);
  EXPECT_EQ(settings.default_ttl_us, 250'000);
  EXPECT_EQ(config_set(settings, "loglevel", "WARNING"), std::nullopt);
  EXPECT_EQ(settings.loglevel, LogLevel::warning);
  EXPECT_EQ(config_set(settings, "maxclients", "5"), std::nullopt);
  EXPECT_EQ(settings.maxclients, 5);
}

TEST(ConfigSet, SaysInRedissWordsWhatIsWrong) {
  Settings settings;
  EXPECT_EQ(config_set(settings, "nope", "1"), "Unknown option or number of arguments for CONFIG SET - 'nope'");
  EXPECT_EQ(config_set(settings, "port", "7380"),
            "CONFIG SET failed (possibly related to argument 'port') - can't set immutable config");
  EXPECT_EQ(config_set(settings, "loglevel", "x"),
            "CONFIG SET failed (possibly related to argument 'loglevel') - must be one of debug, verbose, notice, "
            "warning");
  EXPECT_EQ(config_get(settings, "*"), config_get(Settings{}, "*"));
}

TEST(ConfigSet, LetsAConstantBeWhatItIs) {
  Settings settings;
  EXPECT_EQ(config_set(settings, "appendonly", "NO"), std::nullopt);
  EXPECT_EQ(config_set(settings, "save", ""), std::nullopt);
  EXPECT_EQ(config_set(settings, "appendonly", "yes"),
            "CONFIG SET failed (possibly related to argument 'appendonly') - is always 'no' here");
}

TEST(ConfigSet, ChangesAllOrNothing) {
  Settings settings;
  const std::array<NewValue, 2> second_is_bad{{{"max-tombstones", "7"}, {"loglevel", "x"}}};
  EXPECT_NE(config_set(settings, second_is_bad), std::nullopt);
  const std::array<NewValue, 2> out_of_order{{{"max-tombstones", "7"}, {"default-ttl", "2h"}}};
  EXPECT_NE(config_set(settings, out_of_order), std::nullopt);
  EXPECT_EQ(config_get(settings, "*"), config_get(Settings{}, "*"));
}

TEST(ConfigSet, JudgesTheOutcomeNotTheWayThere) {
  Settings settings;
  const std::array<NewValue, 2> both{{{"max-ttl", "3h"}, {"max-hold-life", "4h"}}};
  EXPECT_NE(config_set(settings, "max-ttl", "3h"), std::nullopt);
  EXPECT_EQ(config_set(settings, both), std::nullopt);
  EXPECT_EQ(settings.max_ttl_us, 3 * 3'600'000'000);
}

TEST(ConfigSet, TakesANameOnce) {
  Settings settings;
  const std::array<NewValue, 2> twice{{{"max-tombstones", "7"}, {"MAX-tombstones", "8"}}};
  EXPECT_EQ(config_set(settings, twice),
            "CONFIG SET failed (possibly related to argument 'MAX-tombstones') - duplicate parameter");
}

class ChallengeSecret : public testing::Test {
 protected:
  void TearDown() override { std::remove(path_.c_str()); }
  void write(std::string_view content) { std::ofstream(path_, std::ios::binary) << content; }
  std::optional<std::string> set_path(std::string_view path) {
    return config_set(settings_, "challenge-secret-file", path);
  }

  Settings settings_;
  const std::string path_ =
      testing::TempDir() + "secret_" + testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(ChallengeSecret, IsReadAtTheStartAndAnewWheneverItsFileIsSet) {
  write("one");
  settings_.challenge_secret_file = path_;
  EXPECT_EQ(load_challenge_secret(settings_), std::nullopt);
  const auto first = settings_.challenge_secret;
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(config_set(settings_, "loglevel", "debug"), std::nullopt);
  EXPECT_EQ(settings_.challenge_secret, first);
  EXPECT_EQ(set_path(path_), std::nullopt);
  EXPECT_NE(settings_.challenge_secret, first);
  EXPECT_EQ(set_path(""), std::nullopt);
  EXPECT_EQ(settings_.challenge_secret, nullptr);
}

TEST_F(ChallengeSecret, StaysWhereTheNewOneIsNotFit) {
  write("one");
  ASSERT_EQ(set_path(path_), std::nullopt);
  const auto first = settings_.challenge_secret;
  write("");
  EXPECT_EQ(set_path(path_), "CONFIG SET failed (possibly related to argument 'challenge-secret-file') - is empty");
  const std::string missing = path_ + ".missing";
  const std::array<NewValue, 2> pairs{{{"Challenge-Secret-File", missing}, {"loglevel", "debug"}}};
  EXPECT_EQ(
      config_set(settings_, pairs),
      "CONFIG SET failed (possibly related to argument 'challenge-secret-file') - cannot be read: No such file or "
      "directory");
  EXPECT_EQ(settings_.challenge_secret, first);
  EXPECT_EQ(settings_.challenge_secret_file, path_);
  EXPECT_EQ(settings_.loglevel, LogLevel::notice);
}

// In a process of its own, because its limit stays lowered; and not as root, who may raise it again.
TEST(ConfigSetDeathTest, RefusesMoreClientsThanTheSystemHasDescriptorsFor) {
  const auto raise = [] {
    Settings settings;
    settings.maxclients = 10;
    const rlimit few{200, 200};
    if (setrlimit(RLIMIT_NOFILE, &few) != 0 || (geteuid() == 0 && setuid(65534) != 0)) std::_Exit(2);
    const auto error = config_set(settings, "maxclients", "10000");
    const bool refused = error && error->find("RLIMIT_NOFILE") != std::string::npos && settings.maxclients == 10;
    const bool room = !config_set(settings, "maxclients", "100");
    std::_Exit(refused && room ? 0 : 1);
  };
  EXPECT_EXIT(raise(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace holdfast
