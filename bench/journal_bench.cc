// How fast facts get into a journal, with syncs and without, and out of it: checksums and decoding, as a start does it.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <array>
#include <filesystem>
#include <memory>
#include <string>

#include "engine/check.h"
#include "engine/fact_codec.h"
#include "engine/journal_reader.h"
#include "engine/journal_writer.h"

namespace holdfast {
namespace {

constexpr size_t facts = 2'000'000;

// A RESERVE of one SKU and its COMMIT in turns.
std::string fact_bytes(Seq seq) {
  const bool is_held = seq % 2 == 1;
  const std::string cart = "cart-" + std::to_string(1'000'000 + seq / 2);
  const std::string sku = "sku-" + std::to_string(seq / 2 % 10'000);
  const StockChange held{.held = 1};
  const StockChange sold{.on_hand = -1, .held = -1, .sold = 1};
  const std::array items = {Item{.sku = sku, .quantity = 1, .change = is_held ? held : sold}};
  Fact fact;
  fact.type = is_held ? FactType::held : FactType::committed;
  fact.seq = seq;
  fact.at_us = static_cast<TimeUs>(seq);
  fact.items = items;
  fact.id = {.high = seq << 22, .low = seq << 40 | 0xabcdef00};
  fact.cart = cart;
  if (is_held) fact.deadline_us = fact.at_us + 300'000'000;
  if (!is_held) fact.hold_seq = seq - 1, fact.ref = "order-1234567";
  std::string bytes(encoded_bytes(fact), '\0');
  encode_fact(fact, bytes.data());
  return bytes;
}

class Directory {
 public:
  Directory() : path_((std::filesystem::temp_directory_path() / "holdfast-bench-XXXXXX").string()) {
    CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() { std::filesystem::remove_all(path_); }
  std::unique_ptr<Disk> open() const {
    int error = 0;
    auto disk = open_disk(path_, error);
    CHECK(disk);
    return disk;
  }

 private:
  std::string path_;
};

std::unique_ptr<JournalWriter> new_journal(Disk& disk) {
  JournalEnd end;
  CHECK(create_journal(disk, {1}, 1, end) == 0);
  auto writer = std::make_unique<JournalWriter>(disk, JournalOptions{});
  CHECK(writer->open(end, 0) == 0);
  return writer;
}

// The disk's part is in it: segments are changed, and nothing is synced otherwise.
void Append(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    const Directory directory;
    const auto disk = directory.open();
    const auto writer = new_journal(*disk);
    const std::string bytes = fact_bytes(2);
    state.ResumeTiming();
    for (Seq seq = 1; seq <= facts; ++seq) CHECK(writer->append(seq, static_cast<TimeUs>(seq), bytes) == 0);
    CHECK(writer->write() == 0);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(facts));
}
BENCHMARK(Append)->Unit(benchmark::kMillisecond);

// One fact at a time: the latency of the disk below the temporary directory.
void AppendAndSync(benchmark::State& state) {
  const Directory directory;
  const auto disk = directory.open();
  const auto writer = new_journal(*disk);
  const std::string bytes = fact_bytes(2);
  for (auto _ : state) {
    const Seq seq = writer->next();
    CHECK(writer->append(seq, static_cast<TimeUs>(seq), bytes) == 0 && writer->sync() == 0);
  }
}
BENCHMARK(AppendAndSync)->Unit(benchmark::kMicrosecond)->UseRealTime();

void Recover(benchmark::State& state) {
  const Directory directory;
  const auto disk = directory.open();
  {
    const auto writer = new_journal(*disk);
    for (Seq seq = 1; seq <= facts; ++seq) {
      CHECK(writer->append(seq, static_cast<TimeUs>(seq), fact_bytes(seq)) == 0);
    }
    CHECK(writer->sync() == 0);
  }
  const Hasher hasher(1);
  DecodedFact decoded;
  size_t found = 0;
  for (auto _ : state) {
    const JournalReport report = read_journal(*disk, 1, [&](const Record& record) {
      if (record.type != RecordType::fact) return true;
      if (!decode_fact(record.seq, record.time_us, record.payload, decoded)) return false;
      hash_names(decoded, hasher);
      ++found;
      return true;
    });
    CHECK(report.verdict == Verdict::whole);
  }
  CHECK(found == facts * static_cast<size_t>(state.iterations()));
  state.SetItemsProcessed(state.iterations() * static_cast<int64_t>(facts));
}
BENCHMARK(Recover)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace holdfast
