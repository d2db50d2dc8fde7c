#include "tests/support/snapshot_world.h"

#include <algorithm>
#include <random>

#include "tests/support/journal_world.h"
#include "tests/support/requests.h"

namespace holdfast {
namespace {

class History {
 public:
  explicit History(uint64_t seed)
      : random_(seed), world_({.shards = 1 + static_cast<uint32_t>(seed % 3), .hash_seed = test_hash_seed}) {}

  std::vector<KeptFact> run(size_t requests, bool is_forgotten) {
    for (uint64_t number = 0; number < skus; ++number) world_.ask(set_stock(sku(number), 40));
    for (size_t i = 0; i < requests; ++i) {
      step();
      if (!is_forgotten) continue;
      if (below(40) == 0) now_us_ += 20'000'000;
      world_.pass_time_to(now_us_ += static_cast<TimeUs>(below(50'000)));
    }
    return world_.kept_facts();
  }

 private:
  static constexpr int skus = 6;

  uint64_t below(uint64_t limit) { return random_() % limit; }
  std::string sku(uint64_t number) const {
    return (number == 0 ? std::string(200, 's') : "sku-") + std::to_string(number);
  }
  std::string any_sku() { return sku(below(skus)); }
  std::string any_cart() { return "cart-" + std::to_string(below(5)); }
  HoldId any_hold() {
    return holds_.empty() ? HoldId{} : holds_[holds_.size() - 1 - below(std::min<size_t>(holds_.size(), 12))];
  }

  void step() {
    switch (below(14)) {
      case 0:
        return void(world_.ask(restock(any_sku(), 30)));
      case 1:
        return policy();
      case 2:
        return void(world_.ask(delete_stock(any_sku())));
      case 3:
        return void(world_.ask(commit(any_hold(), below(2) == 0 ? "" : "invoice")));
      case 4:
        return void(world_.ask(release(any_hold())));
      case 5:
        return void(world_.ask(release_some(any_hold(), {{.sku = any_sku(), .quantity = 1}})));
      case 6:
        return void(world_.ask(extend(any_hold(), 1 + static_cast<int64_t>(below(3000)))));
      case 7:
        return void(world_.ask(amend(any_hold(), items())));
      case 8:
        return lock_or_unlock();
      case 9:
        return below(4) == 0 ? void(world_.ask(revoke(any_cart()))) : commit_late();
      default:
        return reserve_some();
    }
  }

  std::vector<RequestItem> items() {
    std::vector<RequestItem> items;
    const uint64_t first = below(skus);
    for (uint64_t i = 0; i <= below(3); ++i) {
      items.push_back({.sku = sku((first + i) % skus), .quantity = 1 + static_cast<uint32_t>(below(3))});
    }
    return items;
  }

  void reserve_some() {
    Request request = reserve(any_cart(), items(), 1 + static_cast<int64_t>(below(3000)));
    if (below(3) == 0) request.key = "key-" + std::to_string(below(50));
    request.partial = below(4) == 0;
    const Answer& answer = world_.ask(request);
    if (!answer.refusal) holds_.push_back(answer.id);
  }

  void commit_late() {
    Request request = commit(any_hold(), "late");
    request.late = true;
    world_.ask(request);
  }

  void policy() {
    Request request = about_sku(Verb::policy, any_sku());
    request.policy.sets_oversell = request.policy.sets_percart = true;
    request.policy.to.oversell = static_cast<int64_t>(below(5));
    request.policy.to.percart = below(2) == 0 ? 0 : 30;
    request.policy.sets_challenge = true;
    world_.ask(request);
  }

  void lock_or_unlock() {
    const std::string name = "lock-" + std::to_string(below(3));
    const Answer& answer = world_.ask(lock(name, 1 + static_cast<int64_t>(below(3000))));
    if (!answer.refusal && below(2) == 0) world_.ask(unlock(name, answer.seq));
  }

  std::mt19937_64 random_;
  ShardWorld world_;
  TimeUs now_us_ = 1'000'000'000;
  std::vector<HoldId> holds_;
};

}  // namespace

std::vector<KeptFact> random_history(uint64_t seed, size_t requests, bool is_forgotten) {
  return History(seed).run(requests, is_forgotten);
}

States::States(uint32_t shards) : hasher_(test_hash_seed) {
  for (uint32_t i = 0; i < shards; ++i) {
    owned_.push_back(std::make_unique<State>(static_cast<ShardIndex>(i), shards, hasher_, 0));
    states_.push_back(owned_.back().get());
  }
}

Digest States::digest(TimeUs at_us) const {
  const std::vector<const State*> states(states_.begin(), states_.end());
  return digest_of(states, at_us, snapshot_memory.tombstone_ttl_us);
}

std::string States::order() {
  std::string text;
  HoldTable& holds = states_[0]->holds;
  const auto add = [&](Index index) { text += ' ' + std::to_string(holds[index].seq); };
  for (const HoldTable::Kind kind : HoldTable::kinds) {
    text += "\nended:";
    for (Index index = holds.oldest_tombstone(kind); index != no_index; index = holds[index].timer.next) add(index);
  }
  for (int number = 0; number < 5; ++number) {
    const std::string cart = "cart-" + std::to_string(number);
    text += '\n' + cart + ':';
    Index index = holds.first_of_cart(cart, hasher_.cart(cart));
    for (; index != no_index; index = holds[index].cart_next) add(index);
  }
  return text;
}

Known known_by(const std::vector<KeptFact>& facts, Seq last, uint32_t shards) {
  States states(shards);
  Replay replay(states.pointers(), states.hasher(), snapshot_memory);
  for (const KeptFact& kept : facts) {
    if (kept.seq > last) break;
    CHECK(replay.take(kept.seq, kept.at_us, kept.bytes));
  }
  replay.settle();
  return {.verdict = Verdict::whole,
          .text = {},
          .last = replay.last_seq(),
          .digest = states.digest(replay.last_us()),
          .order = states.order(),
          .facts = facts.size()};
}

Known recover(Disk& disk, uint32_t shards) {
  Known known;
  States states(shards);
  Snapshot snapshot;
  Manifest manifest;
  int error = 0;
  if (read_manifest(disk, manifest, error) == ManifestFault::none && manifest.newest_snapshot != 0) {
    const SnapshotReport report = load_snapshot(disk, manifest, manifest.newest_snapshot, states.all());
    if (report.verdict != Verdict::whole) {
      known.verdict = report.verdict;
      known.text = report.text;
      return known;
    }
    snapshot = report.snapshot;
  }
  Replay replay(states.pointers(), states.hasher(), snapshot_memory);
  replay.go_on_from(snapshot.end.last, snapshot.last_us);
  const JournalReport report = read_journal_behind(disk, snapshot.end, [&](const Record& record) {
    if (record.type != RecordType::fact) return true;
    ++known.facts;
    return replay.take(record.seq, record.time_us, record.payload);
  });
  replay.settle();
  known.verdict = report.verdict;
  known.text = report.text;
  known.last = replay.last_seq();
  known.digest = states.digest(replay.last_us());
  known.order = states.order();
  return known;
}

std::string take_snapshot(Disk& disk, JournalWriter& writer, bool closes_segment) {
  if (closes_segment && writer.close_segment(some_time_us) != 0) return "the segment is not closed";
  const std::atomic<bool> stopping{false};
  std::atomic<uint64_t> memory_bytes{0};
  const MadeSnapshot made =
      make_snapshot(disk, writer.manifest(), writer.segment() - 1, snapshot_memory, stopping, memory_bytes);
  if (!made.is_new) return made.trouble;
  if (writer.adopt_snapshot(made.snapshot.end.last, made.oldest_kept) != 0) return "the snapshot is not adopted";
  return remove_what_is_covered(disk, writer.manifest()) == 0 ? "" : "old files are not removed";
}

}  // namespace holdfast
