// What it is: a disk in memory that remembers what was synced, can lose what was not, and can fail. A power cut leaves
// of each sector of 512 bytes any of the contents that it had since the last sync of its file, each sector by itself:
// writes are dropped, torn and reordered; and of the changes to the directory since its last sync any.
// A sync that fails does what Linux does: what it should have written counts as written and never is.
// Threads: one.
#pragma once

#include <cerrno>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/disk.h"

namespace holdfast {

class CrashDisk final : public Disk {
 public:
  enum class Cut : uint8_t { nothing_unsynced, everything, any };
  enum class Fault : uint8_t { io, full, short_write, stop };  // stop: the machine, from that change on

  explicit CrashDisk(uint64_t capacity = UINT64_MAX) : capacity_(capacity) {}

  const std::string& name() const override { return name_; }
  int list(std::vector<std::string>& names) override;
  int open(const std::string& file_name, Open how, std::unique_ptr<File>& file) override;
  int rename(const std::string& from, const std::string& to) override;
  int remove(const std::string& file_name) override;
  int sync_directory() override;
  int free_bytes(uint64_t& bytes) override;
  int lock(const std::string&) override { return 0; }

  // What a machine finds after a power cut at this moment. `cut`: which of what was not synced is there.
  std::unique_ptr<CrashDisk> after_power_cut(Cut cut, uint64_t seed) const;

  // The n-th change from now on (1: the next) fails, once: writes, syncs, names. `stop`: it and all that follow.
  void fail(uint64_t nth, Fault fault) { fail_at_ = changes_ + nth, fault_ = fault; }
  bool has_failed() const { return fail_at_ != 0 && changes_ >= fail_at_; }
  uint64_t changes() const { return changes_; }
  void set_capacity(uint64_t bytes) { capacity_ = bytes; }

  // A file as it is, to look into and to damage.
  std::string& bytes(const std::string& file_name) { return names_.at(file_name)->now; }
  bool has(const std::string& file_name) const { return names_.contains(file_name); }
  void put(const std::string& file_name, std::string bytes);
  // A disk with the same files, all of them safe.
  std::unique_ptr<CrashDisk> copy() const { return after_power_cut(Cut::everything, 0); }

 private:
  friend class CrashFile;

  struct Write {
    uint64_t offset = 0;
    std::string bytes;
  };
  struct Inode {
    std::string now;
    std::string synced;
    std::vector<Write> unsynced;  // those that a sync would make last
  };
  using Names = std::map<std::string, std::shared_ptr<Inode>>;
  using NameChange = std::function<void(Names&)>;

  int change();  // counts; the error that this change is to have
  int write(Inode& inode, std::string_view from, uint64_t offset);
  uint64_t used_bytes() const;
  void change_names(const NameChange& change);

  static std::string after_cut(const Inode& inode, Cut cut, std::mt19937_64& random);

  std::string name_ = "disk";
  uint64_t capacity_;
  Names names_;
  Names synced_names_;
  std::vector<NameChange> unsynced_names_;
  uint64_t changes_ = 0;
  uint64_t fail_at_ = 0;
  Fault fault_ = Fault::io;
};

}  // namespace holdfast
