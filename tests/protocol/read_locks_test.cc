#include "protocol/read_locks.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/protocol/read_fixture.h"
#include "tests/support/allocations.h"

namespace holdfast {
namespace {

using ReadLocks = ReadTest;

TEST_F(ReadLocks, NamesTheLockByAHashOfItsOwn) {
  const std::string_view name("a\0\r\n", 4);
  const std::vector<std::string_view> requests[] = {
      {"LOCK", name, "EX", "5"}, {"relock", name, "7", "px", "5000"}, {"UNLOCK", name, "7"}};
  const Verb verbs[] = {Verb::lock, Verb::relock, Verb::unlock};
  for (size_t i = 0; i < std::size(requests); ++i) {
    const Journey& journey = journey_of(requests[i]);
    EXPECT_EQ(journey.verb, verbs[i]);
    ASSERT_EQ(journey.items.size(), 1u);
    EXPECT_EQ(journey.items[0].sku, name);
    EXPECT_EQ(journey.items[0].hash, services_.hasher().lock(name));
    EXPECT_NE(journey.items[0].hash, services_.hasher().sku(name));
  }
}

TEST_F(ReadLocks, TakesTimesInSecondsOrMilliseconds) {
  EXPECT_EQ(journey_of({"LOCK", "PS5", "EX", "300"}).ttl_us, 300'000'000);
  EXPECT_EQ(journey_of({"LOCK", "PS5", "px", "1"}).ttl_us, 1000);
  EXPECT_EQ(journey_of({"RELOCK", "PS5", "1", "ex", "3600"}).ttl_us, services_.settings().max_ttl_us);
}

TEST_F(ReadLocks, TakesTokensFrom0ToTheLargest) {
  EXPECT_EQ(journey_of({"UNLOCK", "PS5", "0"}).amount, 0);
  EXPECT_EQ(journey_of({"UNLOCK", "PS5", "1700000000000001"}).amount, 1700000000000001);
  EXPECT_EQ(journey_of({"RELOCK", "PS5", "9223372036854775807", "EX", "1"}).amount, INT64_MAX);
}

TEST_F(ReadLocks, RefusesATokenThatIsNoPlainNumber) {
  for (const std::string_view token : {"-1", "+1", "01", "", " 1", "1.0", "x", "9223372036854775808"}) {
    const std::string line = "ERR token must be an integer of 0 to 9223372036854775807";
    EXPECT_EQ(error_of({"UNLOCK", "PS5", token}), line) << token;
    EXPECT_EQ(error_of({"RELOCK", "PS5", token, "EX", "5"}), line) << token;
  }
}

TEST_F(ReadLocks, RefusesANameThatIsEmptyOrTooLong) {
  const std::string longest(255, 'x');
  const std::string too_long(256, 'x');
  EXPECT_EQ(journey_of({"LOCK", longest, "EX", "5"}).items[0].sku, longest);
  for (const std::string& name : {std::string(), too_long}) {
    EXPECT_EQ(error_of({"LOCK", name, "EX", "5"}), "ERR name must be 1 to 255 bytes");
    EXPECT_EQ(error_of({"RELOCK", name, "1", "EX", "5"}), "ERR name must be 1 to 255 bytes");
    EXPECT_EQ(error_of({"UNLOCK", name, "1"}), "ERR name must be 1 to 255 bytes");
  }
}

TEST_F(ReadLocks, RefusesWhatIsNoTimeOfThisServer) {
  const std::string outside = " command: 1 ms to max-ttl, which is 3600000 ms";
  EXPECT_EQ(error_of({"LOCK", "PS5", "EX", "0"}), "ERR invalid expire time in 'lock'" + outside);
  EXPECT_EQ(error_of({"LOCK", "PS5", "PX", "3600001"}), "ERR invalid expire time in 'lock'" + outside);
  EXPECT_EQ(error_of({"RELOCK", "PS5", "1", "PX", "-1"}), "ERR invalid expire time in 'relock'" + outside);
  EXPECT_EQ(error_of({"LOCK", "PS5", "EX", "soon"}), "ERR value is not an integer or out of range");
  EXPECT_EQ(error_of({"LOCK", "PS5", "NX", "5"}), "ERR syntax error");
  EXPECT_EQ(error_of({"RELOCK", "PS5", "1", "5", "EX"}), "ERR syntax error");
}

TEST_F(ReadLocks, HasNoRequestWithoutADeadline) {
  EXPECT_FALSE(arity_fits(*find_command("lock"), 2));
  EXPECT_FALSE(arity_fits(*find_command("lock"), 3));
  EXPECT_FALSE(arity_fits(*find_command("relock"), 3));
  EXPECT_FALSE(arity_fits(*find_command("relock"), 4));
}

TEST_F(ReadLocks, AllocatesNothingWhenWarm) {
  const std::string_view lock[] = {"LOCK", "a name longer than any string within a string", "EX", "300"};
  const std::string_view unlock[] = {"UNLOCK", "a name longer than any string within a string", "1"};
  Journey journey;
  const auto read_both = [&] {
    const bool locked = !read_lock(lock, services_, journey);
    journey.reset();
    const bool unlocked = !read_unlock(unlock, services_, journey);
    journey.reset();
    return locked && unlocked;
  };
  const uint64_t cold = allocations_of_this_thread();
  ASSERT_TRUE(read_both());
  const uint64_t warm = allocations_of_this_thread();
  EXPECT_GT(warm, cold) << "nothing is counted";
  ASSERT_TRUE(read_both());
  EXPECT_EQ(allocations_of_this_thread(), warm);
}

}  // namespace
}  // namespace holdfast
