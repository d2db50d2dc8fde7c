// What it is: reads a journal from its first segment to its end, believes nothing that is not proven, and judges the
// end. What was not synced when the power went may be there, in part, or not, in any order; so a bad record is a torn
// tail where nothing says that it, or something behind it, was on disk: no later record, no mark, no next segment and
// not the manifest. Else it is damage, and only a human may give up what is lost: see cut_journal. Nothing is modified
// but by repair_tail and cut_journal. Threads: whoever has the directory; a reader beside a running server may see a
// torn tail where it is still writing. Time: O(bytes). Limits: keeps one segment in memory.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/disk.h"
#include "engine/journal_files.h"
#include "engine/record.h"

namespace holdfast {

// Where a journal ends, and a writer goes on.
struct JournalEnd {
  Manifest manifest;
  uint64_t segment = 0;  // the last one; 0: there is none yet
  uint64_t segment_bytes = 0;
  uint64_t offset = 0;         // in it: behind the last good record
  uint64_t unsure_offset = 0;  // in it: what lies between here and `offset` may be in the system's cache only
  uint64_t chain = 0;          // the checksum of the last good record, or of the segment's header
  Seq last = 0;                // the last fact
  Seq next = 1;                // the number that the next fact would have: a jump may have said so
  Seq durable = 0;             // facts up to this number are known to have been on disk
  TimeUs time_us = 0;          // the latest engine time in any record
};

enum class Verdict : uint8_t {
  whole,
  torn,     // the end is in pieces that nobody was promised; repair_tail cuts it
  none,     // there is no journal in this directory
  damaged,  // something is missing or not what it was
  failed,   // the disk would not tell
};

struct JournalReport {
  Verdict verdict = Verdict::none;
  JournalEnd end;           // whole, torn
  uint64_t torn_bytes = 0;  // torn: from end.offset to the last byte that is not 0
  uint64_t kept_bytes = 0;  // of the payload of the record at end.offset: the good facts up to `end.last`; 0: none
  int error = 0;            // failed: the errno
  // Where the trouble is.
  std::string file;
  uint64_t offset = 0;
  Seq seq = 0;       // of the fact that should be there; 0: unknown
  std::string text;  // one line: what is wrong, where, and what to run
};

// Called for each good record in order, and for each fact as if it had a record of its own; for facts only from a
// number on. False: this is no record that I understand, which is damage.
using VisitRecord = std::function<bool(const Record&)>;

// `from`: the first fact that is asked for. Where a journal begins only behind it, that is damage; 0: wherever it
// begins.
// `until`: reads no further than the fact before it, and does not judge what follows.
JournalReport read_journal(Disk& disk, Seq from, const VisitRecord& visit, Seq until = UINT64_MAX);

// Reads what is behind `behind`, the end of a segment: a snapshot's. `segment` 0: from where the journal begins.
JournalReport read_journal_behind(Disk& disk, const JournalEnd& behind, const VisitRecord& visit);

// The segments behind `behind` up to this one, which has a next one. Looks at no other file; the manifest is that of
// `behind`. May run beside the writer.
JournalReport read_closed_segments(Disk& disk, const JournalEnd& behind, uint64_t last_segment,
                                   const VisitRecord& visit);

// Both keep what they take away, in files beside (see journal_files.h), may be done again where they were interrupted,
// and return an errno.

// Cuts a torn tail off; the report becomes `whole`, its text says what was done. REQUIRES: torn.
int repair_tail(Disk& disk, JournalReport& report);

// Gives up fact `at` and everything behind it, damaged or not. REQUIRES: whoever calls has the lock, and the loss was
// accepted. The report is `whole` where it was done, its text says what was; else why not, and nothing was changed.
int cut_journal(Disk& disk, Seq at, JournalReport& report);

// The newest snapshot does not count any more, but is kept as a .torn file; a start goes on from the one before it, or
// from the first segment. Loses nothing, if these are good. An errno; ENOENT: there is none. REQUIRES: whoever calls
// has the lock.
int forget_newest_snapshot(Disk& disk, Manifest& manifest);

}  // namespace holdfast
