// What it is: a journal in use, as a server would use it, for tests: start on whatever a disk holds, append random
// facts, read all back.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/journal_reader.h"
#include "engine/journal_writer.h"
#include "tests/support/random_facts.h"

namespace holdfast {

inline constexpr Identity test_identity = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

inline constexpr uint64_t test_hash_seed = 77;

// Small, so that a test sees many segments.
inline constexpr JournalOptions small_journal{.segment_bytes = 4096, .ceiling_step = 100, .first_seq = 1};

inline constexpr TimeUs some_time_us = 1'000'000;

// All facts of a journal by their numbers, each as its bytes; facts that do not decode are refused.
struct JournalContents {
  JournalReport report;
  std::map<Seq, std::string> facts;
  std::vector<Record> marks_and_jumps;  // without their payload
};
JournalContents read_all(Disk& disk);

// What a server does before it serves: reads, cuts a torn tail, goes on, marks.
struct StartedJournal {
  Verdict verdict = Verdict::none;  // as it was found
  int error = 0;
  JournalContents contents;
  std::unique_ptr<JournalWriter> writer;  // null where the journal is damaged or the disk fails
};
StartedJournal start_journal(Disk& disk, const JournalOptions& options = small_journal,
                             const Identity& identity = test_identity);

// Appends the next facts, as small_fact makes them. Returns an errno.
int append_facts(JournalWriter& writer, size_t count);

// Whether these are facts as small_fact makes them.
bool are_small_facts(const std::map<Seq, std::string>& facts);

// A fact of a few dozen bytes, the same for the same number.
const std::string& small_fact(Seq seq);

}  // namespace holdfast
