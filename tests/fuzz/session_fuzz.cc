// What it is: libFuzzer target for whole sessions: a script (session_script.h) played on one shard and on two, in whole
// pieces and in others. What was said is answered with the same bytes wherever it was cut, and with the same words
// whatever the number of shards; session_play.h says what else holds. HOLDFAST_CUT_EVERYWHERE: cut at every byte, too.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "engine/check.h"
#include "tests/fuzz/custom_mutator.h"
#include "tests/fuzz/session_play.h"

namespace {

using namespace holdfast;

constexpr uint32_t most_shards = 2;

// The cuts follow from the input. 64-bit FNV-1a.
uint64_t hash_of(std::string_view input) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : input) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

void same(const Transcript& one, const Transcript& other, std::string Heard::*what) {
  for (size_t i = 0; i < one.size(); ++i) {
    if (one[i].*what == other[i].*what) continue;
    std::fprintf(stderr, "client %zu heard\n%s\nand then\n%s\n", i + 1, (one[i].*what).c_str(),
                 (other[i].*what).c_str());
    CHECK(one[i].*what == other[i].*what);
  }
}

// Which of two requests gets a number of the sequence that the script spells out follows, on several shards, from the
// cuts.
bool guesses_a_number(std::string_view input) {
  return input.find("17000000") != std::string_view::npos;
}

// What is said after this moment may be decided in any order, or is about how much there is room for in each shard.
bool depends_on_shards(std::string_view input) {
  std::string lower(input);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return guesses_a_number(input) || lower.find("max") != std::string::npos;
}

size_t bytes_said(const Script& script) {
  size_t bytes = 0;
  for (const ScriptStep& step : script.steps) bytes += step.bytes.size();
  return bytes;
}

}  // namespace

const size_t bytes_before_requests = 0;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {  // NOLINT(readability-identifier-naming)
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Script script = read_script(input);
  const Cut nowhere = [](size_t) { return false; };
  Transcript first;
  for (uint32_t shards = 1; shards <= most_shards; ++shards) {
    const Transcript whole = play(script, shards, nowhere);
    const auto what = shards == 1 ? &Heard::bytes : &Heard::canonical;
    const auto cut_at = [&](const Cut& cut) {
      const Transcript pieces = play(script, shards, cut);
      if (!script.hasty && (shards == 1 || !guesses_a_number(input))) same(whole, pieces, what);
    };
    uint64_t random = hash_of(input);
    cut_at([&](size_t) { return ((random = random * 6364136223846793005 + 1442695040888963407) >> 60) == 0; });
    static const bool everywhere = std::getenv("HOLDFAST_CUT_EVERYWHERE") != nullptr;
    for (size_t at = 0; everywhere && at < bytes_said(script); ++at) {
      cut_at([at](size_t place) { return place == at; });
    }
    if (shards == 1) first = whole;
    if (!script.hasty && !depends_on_shards(input)) same(first, whole, &Heard::canonical);
  }
  return 0;
}
