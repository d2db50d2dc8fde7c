#include "tools/journal/run.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <string_view>

#include "engine/fact_codec.h"
#include "engine/journal_reader.h"
#include "engine/snapshot_file.h"
#include "tools/journal/exit_codes.h"
#include "tools/journal/fact_json.h"

namespace holdfast::journal {
namespace {

class Runner {
 public:
  Runner(const Options& options, std::FILE* out, std::FILE* problems)
      : options_(options), out_(out), problems_(problems) {}

  int run() {
    int error = 0;
    disk_ = open_disk(options_.directory, error);
    if (!disk_) return refuse(exit_code::no_journal, fmt::format("{}: {}", options_.directory, std::strerror(error)));
    switch (options_.task) {
      case Task::verify:
        return verify();
      case Task::dump:
        return dump();
      case Task::forget_snapshot:
        return forget_snapshot();
      default:
        return cut();
    }
  }

 private:
  int refuse(int code, std::string_view text) {
    fmt::print(problems_, "holdfast-journal: {}\n", text);
    return code;
  }

  // What the verdict means for the exit code; says it where it is bad.
  int judge(const JournalReport& report) {
    switch (report.verdict) {
      case Verdict::none:
        return refuse(exit_code::no_journal, fmt::format("there is no journal in {}", options_.directory));
      case Verdict::damaged:
        return refuse(exit_code::damaged, report.text);
      case Verdict::failed:
        return refuse(exit_code::disk, report.text);
      default:
        return exit_code::done;
    }
  }

  int verify() {
    size_t facts = 0;
    DecodedFact decoded;
    const JournalReport report = read_journal(*disk_, 0, [&](const Record& record) {
      if (record.type != RecordType::fact) return true;
      ++facts;
      return decode_fact(record.seq, record.time_us, record.payload, decoded);
    });
    if (const int code = judge(report)) return code;
    const JournalEnd& end = report.end;
    fmt::print(out_, "{}: {}; {} facts, the last is {}; segments {} to {}; on disk for certain up to {}\n",
               options_.directory, report.verdict == Verdict::torn ? "torn" : "whole", facts, end.last,
               end.manifest.oldest_segment, end.segment, end.durable);
    if (report.verdict == Verdict::torn) fmt::print(out_, "{}; the next start cuts it off\n", report.text);
    return verify_snapshots(end.manifest);
  }

  // The newest, and the one before it.
  int verify_snapshots(const Manifest& manifest) {
    for (Seq seq = manifest.newest_snapshot; seq != 0;) {
      if (const int code = verify_snapshot(manifest, seq)) return code;
      Seq older = 0;
      if (const int error = find_snapshot_below(*disk_, seq, older)) {
        return refuse(exit_code::disk, fmt::format("{}: {}", options_.directory, std::strerror(error)));
      }
      seq = older;
    }
    return exit_code::done;
  }

  int verify_snapshot(const Manifest& manifest, Seq seq) {
    const Hasher hasher(manifest.hash_seed);
    State state(0, 1, hasher, 0);
    State* const states[] = {&state};
    const State* const loaded[] = {&state};
    const SnapshotReport report = load_snapshot(*disk_, manifest, seq, states);
    if (report.verdict == Verdict::failed) return refuse(exit_code::disk, report.text);
    if (report.verdict != Verdict::whole) return refuse(exit_code::damaged, report.text);
    const Snapshot& snapshot = report.snapshot;
    if (!is_what_was_written(snapshot, loaded)) {
      return refuse(exit_code::damaged, fmt::format("{}/{}: its entries say something else than its digest",
                                                    options_.directory, snapshot_name(seq)));
    }
    fmt::print(out_, "{}: whole; {} entries, {} bytes, up to fact {} and segment {}; digest {}\n", snapshot_name(seq),
               snapshot.entries, snapshot.bytes, seq, snapshot.end.segment, snapshot.digest.text());
    return exit_code::done;
  }

  int dump() {
    DecodedFact decoded;
    bool is_written = true;
    const JournalReport report = read_journal(*disk_, 0, [&](const Record& record) {
      if (record.type != RecordType::fact) return true;
      if (!decode_fact(record.seq, record.time_us, record.payload, decoded)) return false;
      if (record.seq < options_.from || !is_written) return true;
      const std::string line = to_json(decoded.fact) + '\n';
      is_written = std::fwrite(line.data(), 1, line.size(), out_) == line.size();
      return true;
    });
    is_written = is_written && std::fflush(out_) == 0;
    if (const int code = judge(report)) return code;
    return is_written ? exit_code::done : refuse(exit_code::disk, "the output cannot be written");
  }

  // As what a server does: nobody else has the directory meanwhile.
  int take_directory() {
    Manifest manifest;
    int unreadable = 0;
    if (read_manifest(*disk_, manifest, unreadable) == ManifestFault::missing)
      return judge({});  // no LOCK there either
    if (const int error = disk_->lock(lock_name)) {
      if (error == EWOULDBLOCK) return refuse(exit_code::in_use, options_.directory + " is in use by another process");
      return refuse(exit_code::disk, fmt::format("{}: {}", options_.directory, std::strerror(error)));
    }
    return exit_code::done;
  }

  int cut() {
    if (const int code = take_directory()) return code;
    JournalReport report;
    if (const int error = cut_journal(*disk_, options_.at, report)) {
      return refuse(exit_code::disk, fmt::format("{}: {}; run it again", options_.directory, std::strerror(error)));
    }
    if (const int code = judge(report)) return code;
    fmt::print(out_, "{}: {}\n", options_.directory, report.text);
    return exit_code::done;
  }

  int forget_snapshot() {
    if (const int code = take_directory()) return code;
    Manifest manifest;
    if (const int error = forget_newest_snapshot(*disk_, manifest)) {
      if (error == ENOENT)
        return refuse(exit_code::damaged, options_.directory + ": there is nothing before it to go on from");
      return refuse(exit_code::disk, fmt::format("{}: {}; run it again", options_.directory, std::strerror(error)));
    }
    fmt::print(out_, "{}: a start goes on from {}\n", options_.directory,
               manifest.newest_snapshot == 0 ? "the first segment" : snapshot_name(manifest.newest_snapshot));
    return exit_code::done;
  }

  const Options& options_;
  std::FILE* out_;
  std::FILE* problems_;
  std::unique_ptr<Disk> disk_;
};

}  // namespace

int run(const Options& options, std::FILE* out, std::FILE* problems) {
  return Runner(options, out, problems).run();
}

}  // namespace holdfast::journal
