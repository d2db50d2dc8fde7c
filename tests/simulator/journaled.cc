// The facts of a history on a disk whose power goes: what is found is a prefix of them, with all that was synced.
#include <random>

#include "engine/journal_reader.h"
#include "engine/journal_writer.h"
#include "tests/simulator/simulation.h"
#include "tests/support/crash_disk.h"
#include "tests/support/journal_world.h"

namespace holdfast {
namespace {

// Appends, writes, syncs and marks as they come, until all is done or the machine stops. How many facts were on disk
// then.
size_t keep(Disk& disk, const ShardWorld& world, std::mt19937_64& random) {
  JournalOptions options = small_journal;
  options.first_seq = world.options().first_seq;
  JournalEnd end;
  JournalWriter writer(disk, options);
  if (create_journal(disk, test_identity, 7, end) != 0 || writer.open(end, some_time_us) != 0) return 0;
  size_t durable = 0;
  for (size_t i = 0; i < world.kept_facts().size(); ++i) {
    const KeptFact& kept = world.kept_facts()[i];
    if (writer.append(kept.seq, kept.at_us, kept.bytes) != 0) return durable;
    const uint64_t dice = random() % 8;
    if (dice > 3) continue;
    const int error = dice == 0 ? writer.mark(kept.at_us, {}) : dice == 1 ? writer.write() : writer.sync();
    if (error != 0) return durable;
    if (dice != 1) durable = i + 1;
  }
  return durable;
}

}  // namespace

std::string power_cut_loses(const ShardWorld& world, uint64_t seed) {
  std::mt19937_64 random(seed);
  uint64_t changes = 0;
  {
    CrashDisk disk;
    std::mt19937_64 same = random;
    keep(disk, world, same);
    changes = disk.changes();
  }
  CrashDisk disk;
  disk.fail(1 + random() % changes, CrashDisk::Fault::stop);
  const uint64_t cut_seed = random();
  const size_t durable = keep(disk, world, random);
  const auto found_disk = disk.after_power_cut(CrashDisk::Cut::any, cut_seed);
  JournalContents found = read_all(*found_disk);
  const std::string where = " (a power cut with seed " + std::to_string(cut_seed) + ")\n";
  if (found.report.verdict == Verdict::damaged || found.report.verdict == Verdict::failed) {
    return "the journal is not believed: " + found.report.text + where;
  }
  if (found.facts.size() < durable) {
    return std::to_string(durable) + " facts were on disk, " + std::to_string(found.facts.size()) + " are found" +
           where;
  }
  size_t at = 0;
  for (const auto& [seq, bytes] : found.facts) {
    const KeptFact& kept = world.kept_facts()[at++];
    if (kept.seq != seq || kept.bytes != bytes) return "fact " + std::to_string(seq) + " is not what was kept" + where;
  }
  return {};
}

}  // namespace holdfast
