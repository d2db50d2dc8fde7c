// What it is: the journal's writing end. Records go into a buffer, the buffer into segments, and a sync makes them
// last.
//
//   append ...; write(); sync();      the facts up to durable() are on disk
//   nothing more to do: mark()        and a reader can tell, whatever happens to what comes next
//
// The segment to come has its space before it is needed, so that a full disk is known early: see has_room. A segment
// that has a next one is wholly on disk.
// Threads: one. Time: append copies and now and then changes segments (some syncs); write and sync are the disk's.
// Invariant: facts are appended in the order of their numbers without a gap, and no number above ceiling() is given.
// Fails: every call returns an errno. After the first failure each call returns it again and nothing is written: what a
// failed write or sync left on disk nobody knows, so the process must end and the next one read what is there.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/disk.h"
#include "engine/fact_frames.h"
#include "engine/journal_files.h"
#include "engine/journal_reader.h"
#include "engine/record.h"

namespace holdfast {

struct JournalOptions {
  uint64_t segment_bytes = uint64_t{64} << 20;  // the longest fact fits
  // How far the ceiling is raised at a time. Between a number that is appended and the highest that has been given
  // there are at most half as many.
  Seq ceiling_step = Seq{1} << 25;
  Seq first_seq = 1;  // of a new journal
  // Zeros are written before a segment is used: a sync of what comes there needs no new metadata, which is worth it
  // where answers wait for one. Else its space is taken, and reads as zeros too, and half as much is written.
  bool fills_segments = true;
};

// Makes the journal of an empty directory; read_journal said `none`. `identity`: random.
int create_journal(Disk& disk, const Identity& identity, uint64_t hash_seed, JournalEnd& end);

class JournalWriter {
 public:
  JournalWriter(Disk& disk, const JournalOptions& options);

  // Goes on where a whole journal ends: makes sure of what the system may only have had in its cache, and jumps over
  // every number that may have been given. `now` is engine time. The first thing to do is a mark.
  int open(const JournalEnd& end, TimeUs now);

  // REQUIRES: seq == next().
  int append(Seq seq, TimeUs time_us, std::string_view fact);
  // What was appended goes to the system; it survives the end of this process.
  int write();
  // And to the disk; all of it survives the end of the machine.
  int sync();
  // Says so in the journal, and how to read the engine's time; on disk when it returns.
  int mark(TimeUs now, const Anchor& anchor);

  // Room that is certain, whatever else fills the disk: in the current segment and in those prepared.
  // Count room_of(payload) for each fact.
  uint64_t room() const;
  // How much of it must always be left. The writer keeps so much prepared and one segment more, where the disk has it;
  // it looks again with every write(). What makes the state grow is refused while room() is below the reserve.
  void set_reserve(uint64_t bytes) { reserve_ = bytes; }
  bool has_room(uint64_t bytes) const { return room() >= reserve_ + bytes; }
  static constexpr uint64_t room_of(size_t fact_bytes) {
    // In a record of its own, with the mark that may follow.
    return record_bytes(fact_bytes + max_frame_overhead) + record_bytes(anchor_bytes);
  }

  Seq next() const { return next_; }
  Seq last() const { return last_; }        // appended
  Seq durable() const { return durable_; }  // on disk
  Seq ceiling() const { return manifest_.ceiling; }
  uint64_t segment() const { return number_; }
  // Used of it, in bytes.
  uint64_t segment_offset() const { return offset_ + (open_bytes_ == 0 ? 0 : record_bytes(open_bytes_)); }
  const Manifest& manifest() const { return manifest_; }
  int error() const { return error_; }

  // Begins the next segment, where the current one has anything in it. EBUSY: there is no room to spare for that now;
  // nothing has happened.
  int close_segment(TimeUs now);
  // coming_snapshot_name, which is on disk, becomes the snapshot of that number; segments before this one may go.
  int adopt_snapshot(Seq snapshot, uint64_t oldest_kept);

 private:
  struct Prepared {
    std::unique_ptr<File> file;
    std::string name;
    uint64_t zeroed = 0;
  };

  int fail(int error) { return error_ = error; }
  int add(RecordType type, TimeUs time_us, std::string_view payload);
  int make_room(size_t payload_bytes, TimeUs now);
  void write_record_here(const Record& record);
  bool fits_the_open_record(size_t bytes) const;
  void close_record();
  int next_segment(TimeUs now);
  int reopen(const JournalEnd& end);
  int remove_leftovers();
  int raise_ceiling(Seq seq);
  int prepare();
  int prepare_one();
  int write_zeros_ahead();
  uint64_t usable_bytes() const;

  Disk& disk_;
  const JournalOptions options_;
  Manifest manifest_;
  int error_ = 0;

  std::unique_ptr<File> file_;
  uint64_t number_ = 0;
  uint64_t bytes_ = 0;   // of the segment
  uint64_t offset_ = 0;  // where the next record goes, or the open one is: written and buffered
  uint64_t chain_ = 0;
  uint64_t seed_ = 0;
  std::unique_ptr<char[]> buffer_;
  size_t buffered_ = 0;  // bytes of whole records
  bool unsynced_ = false;

  // Behind those, the one that facts are added to. It gets its header when it is closed.
  size_t open_bytes_ = 0;  // of its payload; 0: there is none
  Seq open_seq_ = 0;       // its first fact
  TimeUs open_us_ = 0;
  TimeUs open_last_us_ = 0;  // of its last fact

  Seq last_ = 0;
  Seq next_ = 1;
  Seq durable_ = 0;

  std::deque<Prepared> prepared_;
  bool disk_full_ = false;
  uint64_t reserve_ = 0;
};

}  // namespace holdfast
