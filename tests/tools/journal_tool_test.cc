// holdfast-journal on journals in a directory: what it says, what it exits with, what it leaves behind.
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "engine/disk.h"
#include "engine/hold_id.h"
#include "tests/support/journal_world.h"
#include "tests/support/temporary_directory.h"
#include "tools/journal/exit_codes.h"
#include "tools/journal/fact_json.h"
#include "tools/journal/options.h"
#include "tools/journal/run.h"

namespace holdfast::journal {
namespace {

std::variant<Options, Answer> read(std::vector<const char*> flags) {
  flags.insert(flags.begin(), "holdfast-journal");
  return read_options(static_cast<int>(flags.size()), flags.data());
}

struct Result {
  int code = 0;
  std::string out;
  std::string problems;
};

class JournalTool : public testing::Test {
 protected:
  JournalTool() {
    int error = 0;
    disk_ = open_disk(directory_.path(), error);
  }
  void write_facts(size_t count) {
    const StartedJournal started = start_journal(*disk_);
    ASSERT_TRUE(started.writer);
    ASSERT_EQ(append_facts(*started.writer, count), 0);
    ASSERT_EQ(started.writer->mark(some_time_us, {}), 0);
  }
  void flip(uint64_t segment, uint64_t offset) {
    std::unique_ptr<File> file;
    ASSERT_EQ(disk_->open(segment_name(segment), Disk::Open::write, file), 0);
    char byte = 0;
    size_t got = 0;
    ASSERT_EQ(file->read({&byte, 1}, offset, got), 0);
    byte ^= 1;
    ASSERT_EQ(file->write({&byte, 1}, offset), 0);
  }
  Result run_tool(std::vector<const char*> flags) {
    const auto options = read(std::move(flags));
    Result result;
    if (!std::holds_alternative<Options>(options)) {
      ADD_FAILURE() << std::get<Answer>(options).text;
      return result;
    }
    char* texts[2] = {};
    size_t sizes[2] = {};
    std::FILE* const out = ::open_memstream(&texts[0], &sizes[0]);
    std::FILE* const problems = ::open_memstream(&texts[1], &sizes[1]);
    result.code = run(std::get<Options>(options), out, problems);
    std::fclose(out);
    std::fclose(problems);
    result.out.assign(texts[0], sizes[0]);
    result.problems.assign(texts[1], sizes[1]);
    std::free(texts[0]);
    std::free(texts[1]);
    return result;
  }
  Result run_tool(const char* task) { return run_tool({task, path()}); }
  const char* path() const { return directory_.path().c_str(); }

  TemporaryDirectory directory_;
  std::unique_ptr<Disk> disk_;
};

TEST_F(JournalTool, VerifiesAWholeJournal) {
  write_facts(100);
  const uint64_t segment = read_all(*disk_).report.end.segment;
  const Result result = run_tool("verify");
  EXPECT_EQ(result.code, 0);
  EXPECT_EQ(result.out, directory_.path() + ": whole; 100 facts, the last is 100; segments 1 to " +
                            std::to_string(segment) + "; on disk for certain up to 100\n");
  EXPECT_EQ(result.problems, "");
}

TEST_F(JournalTool, TellsATornTailFromDamage) {
  write_facts(20);
  const JournalEnd end = read_all(*disk_).report.end;
  flip(end.segment, end.offset + 100);
  const Result torn = run_tool("verify");
  EXPECT_EQ(torn.code, 0);
  EXPECT_NE(torn.out.find(": torn; 20 facts"), std::string::npos) << torn.out;
  EXPECT_NE(torn.out.find("a torn tail of 101 bytes"), std::string::npos) << torn.out;
  flip(1, file_header_bytes + 200);
  const Result damaged = run_tool("verify");
  EXPECT_EQ(damaged.code, exit_code::damaged);
  EXPECT_EQ(damaged.out, "");
  EXPECT_NE(damaged.problems.find("--i-accept-loss"), std::string::npos) << damaged.problems;
}

TEST_F(JournalTool, DumpsALineAFactFromANumberOn) {
  write_facts(100);
  const Result all = run_tool("dump");
  EXPECT_EQ(all.code, 0);
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 100);
  EXPECT_TRUE(all.out.starts_with(R"({"seq":1,"time_us":)")) << all.out;
  const Result some = run_tool({"dump", path(), "--from", "98"});
  EXPECT_EQ(std::count(some.out.begin(), some.out.end(), '\n'), 3);
  EXPECT_TRUE(some.out.starts_with(R"({"seq":98,)")) << some.out;
  EXPECT_TRUE(all.out.ends_with(some.out));
}

TEST_F(JournalTool, CutsADamagedJournalSoThatAServerStartsAgain) {
  write_facts(200);
  const uint64_t last_segment = read_all(*disk_).report.end.segment;
  flip(2, 600);
  const JournalReport damage = read_all(*disk_).report;
  ASSERT_EQ(damage.verdict, Verdict::damaged);
  ASSERT_GT(damage.seq, 2u);
  const std::string at = std::to_string(damage.seq);
  const std::string above = std::to_string(damage.seq + 1);

  EXPECT_EQ(run_tool({"cut", path(), "--at", above.c_str(), "--i-accept-loss"}).code, exit_code::damaged);
  EXPECT_EQ(read_all(*disk_).report.text, damage.text);

  const Result result = run_tool({"cut", path(), "--at", at.c_str(), "--i-accept-loss"});
  EXPECT_EQ(result.code, 0) << result.problems;
  EXPECT_NE(result.out.find("cut behind fact " + std::to_string(damage.seq - 1)), std::string::npos) << result.out;
  EXPECT_NE(result.out.find(segment_name(last_segment).substr(0, 28) + "-0.torn"), std::string::npos) << result.out;
  const StartedJournal started = start_journal(*disk_);
  ASSERT_TRUE(started.writer) << started.contents.report.text;
  EXPECT_EQ(started.verdict, Verdict::whole);
  EXPECT_EQ(started.contents.facts.size(), damage.seq - 1);
  EXPECT_TRUE(are_small_facts(started.contents.facts));
  EXPECT_GT(started.writer->next(), 200u);
}

TEST_F(JournalTool, CutsAtAnyFactAndMayBeRunAgain) {
  write_facts(100);
  for (const Seq at : {100u, 99u, 60u, 30u, 2u}) {
    const std::string text = std::to_string(at);
    EXPECT_EQ(run_tool({"cut", path(), "--at", text.c_str(), "--i-accept-loss"}).code, 0);
    const JournalContents contents = read_all(*disk_);
    EXPECT_EQ(contents.report.verdict, Verdict::whole) << contents.report.text;
    EXPECT_EQ(contents.facts.size(), at - 1);
    EXPECT_EQ(run_tool({"cut", path(), "--at", text.c_str(), "--i-accept-loss"}).code, 0);
  }
  EXPECT_EQ(run_tool({"cut", path(), "--at", "50", "--i-accept-loss"}).code, exit_code::damaged);
}

TEST_F(JournalTool, CutsAJournalThatHasLostItsEnd) {
  write_facts(100);
  const JournalEnd end = read_all(*disk_).report.end;
  ASSERT_EQ(::truncate((directory_.path() + "/" + segment_name(end.segment)).c_str(), 1000), 0);
  const JournalReport damage = read_all(*disk_).report;
  ASSERT_EQ(damage.verdict, Verdict::damaged);
  const std::string at = std::to_string(damage.seq);
  EXPECT_EQ(run_tool({"cut", path(), "--at", at.c_str(), "--i-accept-loss"}).code, 0);
  const StartedJournal started = start_journal(*disk_);
  ASSERT_TRUE(started.writer) << started.contents.report.text;
  EXPECT_EQ(started.contents.facts.size(), damage.seq - 1);
  EXPECT_EQ(append_facts(*started.writer, 100), 0);
  EXPECT_EQ(started.writer->sync(), 0);
}

TEST_F(JournalTool, CutsNothingWhileAServerHasIt) {
  write_facts(10);
  ASSERT_EQ(disk_->lock(lock_name), 0);
  const Result result = run_tool({"cut", path(), "--at", "5", "--i-accept-loss"});
  EXPECT_EQ(result.code, exit_code::in_use);
  EXPECT_EQ(read_all(*disk_).facts.size(), 10u);
  EXPECT_EQ(run_tool("verify").code, 0);
}

TEST_F(JournalTool, SaysWhereThereIsNoJournal) {
  for (const char* const task : {"verify", "dump"}) {
    EXPECT_EQ(run_tool(task).code, exit_code::no_journal);
    EXPECT_EQ(run_tool({task, "/nothing/there"}).code, exit_code::no_journal);
  }
  EXPECT_EQ(run_tool({"cut", path(), "--at", "5", "--i-accept-loss"}).code, exit_code::no_journal);
  std::vector<std::string> names;
  EXPECT_EQ(disk_->list(names), 0);
  EXPECT_TRUE(names.empty());
}

TEST(JournalOptions, AreRefusedInOneLineWithCode64) {
  for (const std::vector<const char*>& flags :
       std::vector<std::vector<const char*>>{{},
                                             {"verify"},
                                             {"nonsense", "/tmp"},
                                             {"dump", "/tmp", "--from", "x"},
                                             {"cut", "/tmp"},
                                             {"cut", "/tmp", "--at", "5"},
                                             {"cut", "/tmp", "--i-accept-loss"},
                                             {"cut", "/tmp", "--at", "0", "--i-accept-loss"}}) {
    const auto result = read(flags);
    ASSERT_TRUE(std::holds_alternative<Answer>(result));
    const Answer& answer = std::get<Answer>(result);
    EXPECT_EQ(answer.exit_code, exit_code::bad_usage);
    EXPECT_EQ(std::count(answer.text.begin(), answer.text.end(), '\n'), 1) << answer.text;
  }
  EXPECT_EQ(std::get<Answer>(read({"--help"})).exit_code, 0);
  EXPECT_EQ(std::get<Answer>(read({"--version"})).text, "holdfast-journal " HOLDFAST_VERSION "\n");
}

TEST(FactJson, HasTheFieldsOfItsType) {
  const std::array items = {Item{.sku = "blue \"shirt\"", .quantity = 2, .change = {.held = 2}},
                            Item{.sku = "\xff", .quantity = 1, .change = {.held = 1}}};
  Fact fact;
  fact.type = FactType::held;
  fact.seq = 7;
  fact.at_us = 1000;
  fact.id = make_hold_id(3, 4, 7, 99);
  fact.items = items;
  fact.cart = "cart-1";
  fact.key = "key\n";
  fact.deadline_us = 301'000;
  const auto id = to_text(fact.id);
  EXPECT_EQ(to_json(fact), R"({"seq":7,"time_us":1000,"type":"held","id":")" + std::string(id.data(), id.size()) +
                               R"(","cart":"cart-1","key":"key\n","items":[{"sku":"blue \"shirt\"","quantity":2,)"
                               R"("on_hand":0,"held":2,"sold":0},{"sku":"\u00ff","quantity":1,"on_hand":0,"held":1,)"
                               R"("sold":0}],"deadline_us":301000})");
  Fact policy;
  policy.type = FactType::policy_set;
  policy.items = {items.data(), 1};
  policy.policy = {.oversell = 1, .percart = 2, .paused = true, .challenge = false};
  EXPECT_EQ(to_json(policy), R"({"seq":0,"time_us":0,"type":"policy_set","sku":"blue \"shirt\"","oversell":1,)"
                             R"("percart":2,"paused":true,"challenge":false})");
}

// Each type has a name of its own, and a line has one line.
TEST(FactJson, IsOneLineForEveryType) {
  RandomFacts random(1);
  for (const FactType type : all_fact_types) {
    for (int i = 0; i < 200; ++i) {
      const std::string line = to_json(random.next(type, 100, some_time_us));
      EXPECT_TRUE(line.starts_with(R"({"seq":100,"time_us":1000000,"type":")") && line.ends_with("}")) << line;
      EXPECT_TRUE(std::none_of(line.begin(), line.end(), [](char c) { return c >= 0 && c < 0x20; })) << line;
    }
  }
}

}  // namespace
}  // namespace holdfast::journal
