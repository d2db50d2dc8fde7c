// The facts say all: who applies them in the order of their numbers, by any number of shards, knows what the shards
// know; also where the first of them have become a snapshot.
#include <algorithm>
#include <memory>
#include <span>

#include "engine/digest.h"
#include "engine/replay.h"
#include "engine/snapshot_file.h"
#include "tests/simulator/simulation.h"
#include "tests/support/crash_disk.h"

namespace holdfast {
namespace {

class Replica {
 public:
  // `snapshot_at`: of the facts that come before this one another replica, of one shard, makes a snapshot.
  Replica(const ShardWorld& world, uint32_t shards, const Memory& memory, size_t snapshot_at = 0) {
    const std::span<const KeptFact> facts = world.kept_facts();
    for (uint32_t i = 0; i < shards; ++i) {
      owned_.push_back(std::make_unique<State>(static_cast<ShardIndex>(i), shards, world.hasher(), 0));
      states_.push_back(owned_.back().get());
    }
    Replay replay(states_, world.hasher(), memory);
    if (snapshot_at > 0) load(Replica(world, facts.first(snapshot_at), memory), replay);
    apply(facts.subspan(snapshot_at), replay);
  }

  Digest digest(TimeUs at_us, TimeUs tombstone_ttl_us) const {
    const std::vector<const State*> states(states_.begin(), states_.end());
    return digest_of(states, at_us, tombstone_ttl_us);
  }

 private:
  // One shard, that knows these facts only.
  Replica(const ShardWorld& world, std::span<const KeptFact> facts, const Memory& memory) {
    owned_.push_back(std::make_unique<State>(ShardIndex{0}, 1, world.hasher(), 0));
    states_.push_back(owned_.back().get());
    Replay replay(states_, world.hasher(), memory);
    apply(facts, replay);
    last_seq_ = replay.last_seq();
    last_us_ = replay.last_us();
  }

  static void apply(std::span<const KeptFact> facts, Replay& replay) {
    for (const KeptFact& kept : facts) CHECK(replay.take(kept.seq, kept.at_us, kept.bytes));
    replay.settle();
  }

  void load(const Replica& before, Replay& replay) {
    CrashDisk disk;
    const std::atomic<bool> stopping{false};
    GiveWay manners(stopping);
    Snapshot snapshot;
    snapshot.end.last = before.last_seq_;
    snapshot.last_us = before.last_us_;
    CHECK(write_snapshot(disk, *before.states_[0], snapshot, manners) == 0);
    CHECK(disk.rename(coming_snapshot_name, snapshot_name(before.last_seq_)) == 0);
    const SnapshotReport report = load_snapshot(disk, {}, before.last_seq_, states_);
    CHECK(report.verdict == Verdict::whole);
    replay.go_on_from(report.snapshot.end.last, report.snapshot.last_us);
  }

  Seq last_seq_ = 0;
  TimeUs last_us_ = 0;
  std::vector<std::unique_ptr<State>> owned_;
  std::vector<State*> states_;
};

}  // namespace

std::string replay_differs(ShardWorld& world) {
  const ShardSettings& settings = world.options().settings;
  // Which tombstone is one too many is known to the shards at different moments: then only what lives is compared.
  const bool may_forget_early = world.kept_facts().size() > settings.max_tombstones;
  const TimeUs ttl_us = may_forget_early ? 0 : settings.tombstone_ttl_us;
  TimeUs at_us = 0;
  std::vector<const State*> states;
  for (uint32_t i = 0; i < world.shards(); ++i) {
    states.push_back(&world.shard(static_cast<ShardIndex>(i)).state());
    at_us = std::max(at_us, world.clock(static_cast<ShardIndex>(i)));
  }
  const Digest known = digest_of(states, at_us, ttl_us);
  const Memory memory{.tombstone_ttl_us = settings.tombstone_ttl_us, .max_tombstones = settings.max_tombstones};
  for (const uint32_t shards : {1u, 3u}) {
    for (const size_t snapshot_at : {size_t{0}, world.kept_facts().size() / 2}) {
      if (Replica(world, shards, memory, snapshot_at).digest(at_us, ttl_us) == known) continue;
      return "the facts, applied by " + std::to_string(shards) + " shards, the first " + std::to_string(snapshot_at) +
             " of them by way of a snapshot, say something else than the shards know\n";
    }
  }
  return {};
}

}  // namespace holdfast
