// The facts say all: who applies them in the order of their numbers, by any number of shards, knows what the shards
// know.
#include <algorithm>
#include <memory>

#include "engine/digest.h"
#include "engine/replay.h"
#include "tests/simulator/simulation.h"

namespace holdfast {
namespace {

class Replica {
 public:
  Replica(const ShardWorld& world, uint32_t shards, const Memory& memory) {
    for (uint32_t i = 0; i < shards; ++i) {
      owned_.push_back(std::make_unique<State>(static_cast<ShardIndex>(i), shards, world.hasher(), 0));
      states_.push_back(owned_.back().get());
    }
    Replay replay(states_, world.hasher(), memory);
    for (const KeptFact& kept : world.kept_facts()) {
      DecodedFact decoded;
      CHECK(decode_fact(kept.seq, kept.at_us, kept.bytes, decoded));
      replay.apply(decoded);
    }
  }

  Digest digest(TimeUs at_us, TimeUs tombstone_ttl_us) const {
    const std::vector<const State*> states(states_.begin(), states_.end());
    return digest_of(states, at_us, tombstone_ttl_us);
  }

 private:
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
    if (Replica(world, shards, memory).digest(at_us, ttl_us) == known) continue;
    return "the facts, applied by " + std::to_string(shards) + " shards, say something else than the shards know\n";
  }
  return {};
}

}  // namespace holdfast
