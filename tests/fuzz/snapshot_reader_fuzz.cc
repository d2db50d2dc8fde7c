// What it is: libFuzzer target for what is inside the records of a snapshot, where their checksums are good: entries
// that say anything are taken or refused, and never a crash; what was taken can be looked at.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/check.h"
#include "engine/snapshot_codec.h"
#include "tests/support/snapshot_world.h"

namespace {

using namespace holdfast;

// The entries of a state that has some of everything.
const std::string& written() {
  static const std::string entries = [] {
    States states(1);
    Replay replay(states.pointers(), states.hasher(), snapshot_memory);
    for (const KeptFact& kept : random_history(1, 120)) CHECK(replay.take(kept.seq, kept.at_us, kept.bytes));
    replay.settle();
    std::string text;
    Snapshot snapshot;
    put_begin(text, snapshot);
    snapshot.entries = 1;
    CHECK(put_state(text, *states.all()[0], [&] { return ++snapshot.entries > 0; }));
    put_end(text, snapshot);
    return text;
  }();
  return entries;
}

void take(std::string_view payload) {
  States states(2);
  SnapshotLoader loader(states.all());
  if (loader.take(payload) && loader.is_complete()) states.digest(1'000'000'000);
}

}  // namespace

// Three bytes each change a byte of what was written: where, and how.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  if (data[0] % 2 == 1) {
    take({reinterpret_cast<const char*>(data + 1), size - 1});
    return 0;
  }
  std::string changed = written();
  for (size_t i = 1; i + 2 < size; i += 3) {
    const size_t at = (size_t{data[i]} << 8 | data[i + 1]) % changed.size();
    changed[at] = static_cast<char>(changed[at] ^ data[i + 2]);
  }
  take(changed);
  return 0;
}
