// What it is: the few things that the journal asks of a directory, so that a test can be a disk that fails, loses what
// was not synced, or tears it. Names are plain, without '/'.
// Every call says what went wrong as an errno, 0 for nothing; none throws, none retries a failure.
// Threads: a File is used by one thread at a time; so is a Disk, but one of open_disk by any number. Time: that of the
// system call. Invariant: what a file holds is safe after its sync(); that there is such a name, after
// sync_directory().
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast {

class File {
 public:
  virtual ~File() = default;

  virtual int size(uint64_t& bytes) = 0;
  // All of `into`, or fewer at the end of the file; `got` says how many.
  virtual int read(std::span<char> into, uint64_t offset, size_t& got) = 0;
  // All of `from`, or an error: a short write is ENOSPC or whatever stopped it. Some of it may be there then.
  virtual int write(std::string_view from, uint64_t offset) = 0;
  // The file is that long from now on and its space is taken; what is new reads as zeros.
  virtual int allocate(uint64_t bytes) = 0;
  // Writes zeros and lets the disk begin with them: later writes to the place need no new metadata.
  virtual int write_zeros(uint64_t offset, uint64_t bytes) = 0;
  virtual int sync() = 0;  // fdatasync
};

class Disk {
 public:
  // create: there is no such file yet. Where root makes it, it has the owner of the directory.
  enum class Open : uint8_t { read, write, create };

  virtual ~Disk() = default;

  // What it is called in messages: the path of the directory.
  virtual const std::string& name() const = 0;
  virtual int list(std::vector<std::string>& names) = 0;
  virtual int open(const std::string& name, Open how, std::unique_ptr<File>& file) = 0;
  virtual int rename(const std::string& from, const std::string& to) = 0;  // replaces `to`
  virtual int remove(const std::string& name) = 0;
  virtual int sync_directory() = 0;
  virtual int free_bytes(uint64_t& bytes) = 0;
  // Nobody else has this directory until this Disk is gone. EWOULDBLOCK: somebody has it.
  virtual int lock(const std::string& name) = 0;
};

// A directory of the file system. `error`: why it cannot be used; the Disk is null then. `direct`: what is written
// in 64 KiB and more at once, or read in 16 MiB, goes around the page cache, where the file system can do that.
std::unique_ptr<Disk> open_disk(const std::string& path, int& error, bool direct = false);

// All of a file, at most `limit` bytes of it.
int read_file(Disk& disk, const std::string& name, size_t limit, std::string& bytes);

// Replaces a file as a whole, or leaves it as it was: written under another name, synced, renamed, directory synced.
int replace_file(Disk& disk, const std::string& name, std::string_view bytes);

}  // namespace holdfast
