#include "tests/support/journal_world.h"

#include <algorithm>

#include "engine/fact_codec.h"

namespace holdfast {
JournalContents read_all(Disk& disk) {
  JournalContents contents;
  DecodedFact decoded;
  contents.report = read_journal(disk, 0, [&](const Record& record) {
    if (record.type != RecordType::fact) {
      contents.marks_and_jumps.push_back(record);
      contents.marks_and_jumps.back().payload = {};
      return true;
    }
    contents.facts[record.seq] = record.payload;
    return decode_fact(record.seq, record.time_us, record.payload, decoded);
  });
  return contents;
}

StartedJournal start_journal(Disk& disk, const JournalOptions& options, const Identity& identity) {
  StartedJournal started;
  started.contents = read_all(disk);
  JournalReport& report = started.contents.report;
  started.verdict = report.verdict;
  if (report.verdict == Verdict::damaged || report.verdict == Verdict::failed) {
    started.error = report.error;
    return started;
  }
  if (report.verdict == Verdict::none) {
    started.error = create_journal(disk, identity, test_hash_seed, report.end);
  } else if (report.verdict == Verdict::torn) {
    started.error = repair_tail(disk, report);
  }
  if (started.error != 0) return started;
  auto writer = std::make_unique<JournalWriter>(disk, options);
  started.error = writer->open(report.end, some_time_us);
  if (started.error == 0) started.error = writer->mark(some_time_us, {});
  if (started.error == 0) started.writer = std::move(writer);
  return started;
}

int append_facts(JournalWriter& writer, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const Seq seq = writer.next();
    if (const int error = writer.append(seq, some_time_us, small_fact(seq))) return error;
  }
  return 0;
}

bool are_small_facts(const std::map<Seq, std::string>& facts) {
  return std::all_of(facts.begin(), facts.end(),
                     [](const auto& fact) { return fact.second == small_fact(fact.first); });
}

const std::string& small_fact(Seq seq) {
  static std::map<Seq, std::string> made;
  std::string& bytes = made[seq];
  for (RandomFacts random(seq); bytes.empty();) {
    const Fact fact = random.next(seq + 1, some_time_us);  // numbers below it, for hold_seq
    if (encoded_bytes(fact) > 200) continue;
    bytes.resize(encoded_bytes(fact));
    encode_fact(fact, bytes.data());
    DecodedFact decoded;
    if (!decode_fact(seq, some_time_us, bytes, decoded)) bytes.clear();
  }
  return bytes;
}

}  // namespace holdfast
