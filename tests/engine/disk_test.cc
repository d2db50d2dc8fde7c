// The disk of the file system, and the one that tests have in its place: both do the same.
#include "engine/disk.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <random>
#include <string>

#include "tests/support/crash_disk.h"
#include "tests/support/journal_world.h"
#include "tests/support/temporary_directory.h"

namespace holdfast {
namespace {

std::unique_ptr<Disk> open(const TemporaryDirectory& directory, bool direct = false) {
  int error = 0;
  std::unique_ptr<Disk> disk = open_disk(directory.path(), error, direct);
  EXPECT_EQ(error, 0);
  return disk;
}

void expect_to_do_what_a_disk_does(Disk& disk) {
  std::unique_ptr<File> file;
  EXPECT_EQ(disk.open("a", Disk::Open::read, file), ENOENT);
  ASSERT_EQ(disk.open("a", Disk::Open::create, file), 0);
  EXPECT_EQ(file->write("hello", 3), 0);
  EXPECT_EQ(file->sync(), 0);
  uint64_t size = 0;
  EXPECT_EQ(file->size(size), 0);
  EXPECT_EQ(size, 8u);
  std::string bytes;
  EXPECT_EQ(read_file(disk, "a", 100, bytes), 0);
  EXPECT_EQ(bytes, std::string("\0\0\0hello", 8));
  EXPECT_EQ(read_file(disk, "a", 5, bytes), 0);
  EXPECT_EQ(bytes, std::string("\0\0\0he", 5));
  EXPECT_EQ(file->allocate(100'000), 0);
  EXPECT_EQ(file->size(size), 0);
  EXPECT_EQ(size, 100'000u);
  EXPECT_EQ(file->write("x", 90'000), 0);
  EXPECT_EQ(file->write_zeros(4, 90'000), 0);
  EXPECT_EQ(read_file(disk, "a", 200'000, bytes), 0);
  EXPECT_EQ(bytes, std::string("\0\0\0h", 4) + std::string(99'996, '\0'));
  EXPECT_EQ(file->allocate(10), 0);
  EXPECT_EQ(file->size(size), 0);
  EXPECT_EQ(size, 10u);

  EXPECT_EQ(disk.open("a", Disk::Open::create, file), EEXIST);
  EXPECT_EQ(disk.rename("nothing", "b"), ENOENT);
  EXPECT_EQ(replace_file(disk, "b", "first"), 0);
  EXPECT_EQ(replace_file(disk, "b", "second"), 0);
  EXPECT_EQ(read_file(disk, "b", 100, bytes), 0);
  EXPECT_EQ(bytes, "second");
  EXPECT_EQ(disk.rename("b", "a"), 0);
  EXPECT_EQ(disk.sync_directory(), 0);
  std::vector<std::string> names;
  EXPECT_EQ(disk.list(names), 0);
  EXPECT_EQ(names, std::vector<std::string>{"a"});
  EXPECT_EQ(disk.remove("a"), 0);
  EXPECT_EQ(disk.remove("a"), ENOENT);
  EXPECT_EQ(disk.list(names), 0);
  EXPECT_TRUE(names.empty());
  uint64_t free = 0;
  EXPECT_EQ(disk.free_bytes(free), 0);
  EXPECT_GT(free, 0u);
}

TEST(Disk, OfTheFileSystemDoesWhatADiskDoes) {
  const TemporaryDirectory directory;
  const auto disk = open(directory);
  ASSERT_TRUE(disk);
  EXPECT_EQ(disk->name(), directory.path());
  expect_to_do_what_a_disk_does(*disk);
}

class DirectDisk : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(OrNot, DirectDisk, testing::Bool());

// What is large goes around the page cache, in whole blocks; what is left at both ends does not.
TEST_P(DirectDisk, KeepsWhatIsWrittenInPiecesOfAnySizeAtAnyPlace) {
  const TemporaryDirectory directory;
  const auto disk = open(directory, GetParam());
  std::unique_ptr<File> file;
  ASSERT_EQ(disk->open("a", Disk::Open::create, file), 0);
  std::mt19937 random(1);
  const auto below = [&](size_t limit) { return std::uniform_int_distribution<size_t>(0, limit - 1)(random); };
  const size_t sizes[] = {1, 4096, 65'535, 65'536, 69'632, 70'000, 1'048'576, 2'500'000, 16'777'216, 17'000'000};
  std::string expected;
  std::string bytes;
  for (int step = 0; step < 200; ++step) {
    const size_t size = sizes[below(std::size(sizes))];
    const size_t offset = below(2) == 0 ? below(4'000'000) : below(1'000) * 4096;
    if (below(2) == 0) {
      const std::string piece(size, static_cast<char>('a' + step % 26));
      if (expected.size() < offset + size) expected.resize(offset + size);
      expected.replace(offset, size, piece);
      ASSERT_EQ(file->write(piece, offset), 0);
    } else {
      bytes.assign(size, '?');
      size_t got = 0;
      ASSERT_EQ(file->read(bytes, offset, got), 0);
      bytes.resize(got);
      ASSERT_TRUE(bytes == expected.substr(std::min(offset, expected.size()), size)) << size << " at " << offset;
    }
  }
  ASSERT_EQ(file->sync(), 0);
  ASSERT_EQ(read_file(*disk, "a", 30'000'000, bytes), 0);
  EXPECT_TRUE(bytes == expected);
}

TEST(Disk, OfTheTestsDoesWhatADiskDoes) {
  CrashDisk disk;
  expect_to_do_what_a_disk_does(disk);
}

TEST(Disk, IsLockedForOneAtATime) {
  const TemporaryDirectory directory;
  auto first = open(directory);
  const auto second = open(directory);
  EXPECT_EQ(first->lock("LOCK"), 0);
  EXPECT_EQ(second->lock("LOCK"), EWOULDBLOCK);
  first.reset();
  EXPECT_EQ(second->lock("LOCK"), 0);
}

// A journal that root cuts is the service's as before.
TEST(Disk, GivesWhatRootMakesToTheOwnerOfTheDirectory) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root gives files away";
  const TemporaryDirectory directory;
  ASSERT_EQ(::chown(directory.path().c_str(), 12345, 54321), 0);
  std::unique_ptr<File> file;
  ASSERT_EQ(open(directory)->open("file", Disk::Open::create, file), 0);
  struct stat status {};
  ASSERT_EQ(::stat((directory.path() + "/file").c_str(), &status), 0);
  EXPECT_EQ(status.st_uid, 12345u);
  EXPECT_EQ(status.st_gid, 54321u);
}

TEST(Disk, SaysWhyADirectoryCannotBeUsed) {
  const TemporaryDirectory directory;
  int error = 0;
  EXPECT_FALSE(open_disk(directory.path() + "/nothing", error));
  EXPECT_EQ(error, ENOENT);
  std::unique_ptr<File> file;
  ASSERT_EQ(open(directory)->open("file", Disk::Open::create, file), 0);
  EXPECT_FALSE(open_disk(directory.path() + "/file", error));
  EXPECT_EQ(error, ENOTDIR);
}

TEST(Disk, KeepsAJournal) {
  const TemporaryDirectory directory;
  const auto disk = open(directory);
  {
    const StartedJournal started = start_journal(*disk);
    ASSERT_TRUE(started.writer);
    ASSERT_EQ(append_facts(*started.writer, 200), 0);
    ASSERT_EQ(started.writer->sync(), 0);
  }
  const StartedJournal again = start_journal(*disk);
  EXPECT_EQ(again.verdict, Verdict::whole) << again.contents.report.text;
  EXPECT_EQ(again.contents.facts.size(), 200u);
  EXPECT_TRUE(are_small_facts(again.contents.facts));
}

TEST(CrashDisk, LosesWhatWasNotSyncedAndNothingElse) {
  CrashDisk disk;
  std::unique_ptr<File> file;
  ASSERT_EQ(disk.open("a", Disk::Open::create, file), 0);
  ASSERT_EQ(disk.sync_directory(), 0);
  ASSERT_EQ(file->write(std::string(2000, 'a'), 0), 0);
  ASSERT_EQ(file->sync(), 0);
  ASSERT_EQ(file->write(std::string(2000, 'b'), 1000), 0);
  EXPECT_EQ(disk.after_power_cut(CrashDisk::Cut::nothing_unsynced, 0)->bytes("a"), std::string(2000, 'a'));
  EXPECT_EQ(disk.after_power_cut(CrashDisk::Cut::everything, 0)->bytes("a").size(), 3000u);
  bool torn = false;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    const std::string bytes = disk.after_power_cut(CrashDisk::Cut::any, seed)->bytes("a");
    EXPECT_EQ(bytes.substr(0, 1000), std::string(1000, 'a'));
    EXPECT_TRUE(bytes.substr(1000, 24) == std::string(24, 'a') || bytes.substr(1000, 24) == std::string(24, 'b'));
    const size_t changed = static_cast<size_t>(std::count(bytes.begin(), bytes.end(), 'b'));
    torn |= changed > 0 && changed < 2000;
  }
  EXPECT_TRUE(torn);
}

TEST(CrashDisk, ForgetsForEverWhatAFailedSyncShouldHaveWritten) {
  CrashDisk disk;
  std::unique_ptr<File> file;
  ASSERT_EQ(disk.open("a", Disk::Open::create, file), 0);
  ASSERT_EQ(disk.sync_directory(), 0);
  ASSERT_EQ(file->write("a", 0), 0);
  disk.fail(1, CrashDisk::Fault::io);
  EXPECT_EQ(file->sync(), EIO);
  EXPECT_EQ(file->sync(), 0);
  EXPECT_EQ(disk.bytes("a"), "a");
  EXPECT_EQ(disk.after_power_cut(CrashDisk::Cut::nothing_unsynced, 0)->bytes("a"), "");
}

}  // namespace
}  // namespace holdfast
