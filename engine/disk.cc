#include "engine/disk.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

namespace holdfast {
namespace {

// A system call is begun again where only a signal stopped it.
template <class Call>
auto uninterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

int error_of(int result) {
  return result < 0 ? errno : 0;
}

// Around the page cache. Nobody reads soon what goes into a journal or a snapshot, and to find fresh pages for it costs
// the kernel more than all else that is done to a fact on its way to the disk (bench/README.md, "Durability").
class DirectIo {
 public:
  static constexpr size_t block_bytes = 4096;  // offsets, sizes and memory in multiples of it suit all disks
  // Less than that is not worth waiting for the disk; and who reads a long file piece by piece is helped by the kernel,
  // which reads the next one meanwhile.
  static constexpr size_t least_written = size_t{1} << 16;
  static constexpr size_t least_read = size_t{1} << 24;

  // Takes the descriptor, which was opened with O_DIRECT.
  explicit DirectIo(int descriptor) : descriptor_(descriptor) {}
  DirectIo(const DirectIo&) = delete;
  DirectIo& operator=(const DirectIo&) = delete;
  ~DirectIo() {
    std::free(piece_);
    ::close(descriptor_);
  }

  // Both say EINVAL where the file system wants other blocks than ours.
  int read(std::span<char> into, uint64_t offset, size_t& got) {
    if (!has_piece()) return ENOMEM;
    for (got = 0; got < into.size();) {
      const size_t skipped = (offset + got) % block_bytes;
      const auto at = static_cast<off_t>(offset + got - skipped);
      const ssize_t result = uninterrupted([&] { return ::pread(descriptor_, piece_, piece_bytes, at); });
      if (result < 0) return errno;
      if (static_cast<size_t>(result) <= skipped) return 0;
      const size_t size = std::min(static_cast<size_t>(result) - skipped, into.size() - got);
      std::memcpy(into.data() + got, piece_ + skipped, size);
      got += size;
    }
    return 0;
  }
  // Whole blocks.
  int write(std::string_view from, uint64_t offset) {
    if (!has_piece()) return ENOMEM;
    while (!from.empty()) {
      const size_t size = std::min(from.size(), piece_bytes);
      std::memcpy(piece_, from.data(), size);
      const ssize_t result =
          uninterrupted([&] { return ::pwrite(descriptor_, piece_, size, static_cast<off_t>(offset)); });
      if (result < 0) return errno;
      const size_t written = static_cast<size_t>(result) / block_bytes * block_bytes;
      if (written == 0) return EIO;
      from.remove_prefix(written);
      offset += written;
    }
    return 0;
  }

 private:
  static constexpr size_t piece_bytes = size_t{1} << 20;

  bool has_piece() {
    if (piece_ == nullptr) piece_ = static_cast<char*>(std::aligned_alloc(block_bytes, piece_bytes));
    return piece_ != nullptr;
  }

  int descriptor_;
  char* piece_ = nullptr;  // what is on its way, where its memory has to begin
};

// Through the page cache. A kernel without preemption, as servers have it, takes a CPU from nobody inside of a call: to
// copy a mebibyte into pages that are new took 3 ms, for which a shard that was to run on that CPU waited.
constexpr size_t bytes_a_call = size_t{64} << 10;

class PosixFile final : public File {
 public:
  // `direct`: the same file, opened with O_DIRECT; -1: there is no such thing here.
  PosixFile(int descriptor, int direct) : descriptor_(descriptor) {
    if (direct >= 0) direct_.emplace(direct);
  }
  PosixFile(const PosixFile&) = delete;
  PosixFile& operator=(const PosixFile&) = delete;
  ~PosixFile() override { ::close(descriptor_); }

  int size(uint64_t& bytes) override {
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0) return errno;
    bytes = static_cast<uint64_t>(status.st_size);
    return 0;
  }
  int read(std::span<char> into, uint64_t offset, size_t& got) override {
    if (direct_ && into.size() >= DirectIo::least_read) {
      const int error = direct_->read(into, offset, got);
      if (error != EINVAL) return error;
      direct_.reset();
    }
    return read_cached(into, offset, got);
  }
  int write(std::string_view from, uint64_t offset) override {
    if (!direct_ || from.size() < DirectIo::least_written) return write_cached(from, offset);
    const size_t head = (DirectIo::block_bytes - offset % DirectIo::block_bytes) % DirectIo::block_bytes;
    const size_t tail = (from.size() - head) % DirectIo::block_bytes;
    const int error = direct_->write(from.substr(head, from.size() - head - tail), offset + head);
    if (error == EINVAL) {
      direct_.reset();
      return write_cached(from, offset);
    }
    if (error != 0) return error;
    if (const int of_head = write_cached(from.substr(0, head), offset)) return of_head;
    return write_cached(from.substr(from.size() - tail), offset + from.size() - tail);
  }
  int allocate(uint64_t bytes) override {
    uint64_t before = 0;
    if (const int error = size(before)) return error;
    if (before > bytes) return error_of(::ftruncate(descriptor_, static_cast<off_t>(bytes)));
    return ::posix_fallocate(descriptor_, 0, static_cast<off_t>(bytes));
  }
  int write_zeros(uint64_t offset, uint64_t bytes) override {
    static constexpr std::array<char, size_t{1} << 16> zeros{};
    for (uint64_t done = 0; done < bytes;) {
      const size_t piece = static_cast<size_t>(std::min<uint64_t>(zeros.size(), bytes - done));
      if (const int error = write_cached({zeros.data(), piece}, offset + done)) return error;
      done += piece;
    }
    // Only a hint: the sync that counts comes later.
    ::sync_file_range(descriptor_, static_cast<off_t>(offset), static_cast<off_t>(bytes), SYNC_FILE_RANGE_WRITE);
    return 0;
  }
  int sync() override {
    return error_of(uninterrupted([&] { return ::fdatasync(descriptor_); }));
  }

 private:
  int read_cached(std::span<char> into, uint64_t offset, size_t& got) const {
    got = 0;
    while (got < into.size()) {
      const ssize_t result = uninterrupted([&] {
        return ::pread(descriptor_, into.data() + got, std::min(into.size() - got, bytes_a_call),
                       static_cast<off_t>(offset + got));
      });
      if (result < 0) return errno;
      if (result == 0) return 0;
      got += static_cast<size_t>(result);
    }
    return 0;
  }
  int write_cached(std::string_view from, uint64_t offset) const {
    while (!from.empty()) {
      const ssize_t result = uninterrupted([&] {
        return ::pwrite(descriptor_, from.data(), std::min(from.size(), bytes_a_call), static_cast<off_t>(offset));
      });
      if (result < 0) return errno;
      if (result == 0) return EIO;
      from.remove_prefix(static_cast<size_t>(result));
      offset += static_cast<uint64_t>(result);
    }
    return 0;
  }

  int descriptor_;
  std::optional<DirectIo> direct_;
};

class PosixDisk final : public Disk {
 public:
  PosixDisk(std::string path, int directory, bool direct)
      : path_(std::move(path)), directory_(directory), is_direct_(direct) {}
  PosixDisk(const PosixDisk&) = delete;
  PosixDisk& operator=(const PosixDisk&) = delete;
  ~PosixDisk() override {
    if (lock_ >= 0) ::close(lock_);
    ::close(directory_);
  }

  const std::string& name() const override { return path_; }

  int list(std::vector<std::string>& names) override {
    names.clear();
    const int descriptor = ::openat(directory_, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    DIR* const directory = ::fdopendir(descriptor);
    if (directory == nullptr) {
      const int error = errno;
      ::close(descriptor);
      return error;
    }
    errno = 0;
    while (const dirent* const entry = ::readdir(directory)) {
      const std::string_view found = entry->d_name;
      if (found != "." && found != "..") names.emplace_back(found);
      errno = 0;
    }
    const int error = errno;
    ::closedir(directory);
    return error;
  }
  int open(const std::string& file_name, Open how, std::unique_ptr<File>& file) override {
    const int flags = how == Open::read ? O_RDONLY : how == Open::write ? O_RDWR : O_RDWR | O_CREAT | O_EXCL;
    const auto opened = [&](int how_it_is) {
      return uninterrupted([&] { return ::openat(directory_, file_name.c_str(), how_it_is | O_CLOEXEC, 0640); });
    };
    const int descriptor = opened(flags);
    if (descriptor < 0) return errno;
    if (how == Open::create) give_to_owner(descriptor);
    file = std::make_unique<PosixFile>(descriptor, is_direct_ ? opened((flags & O_ACCMODE) | O_DIRECT) : -1);
    return 0;
  }
  int rename(const std::string& from, const std::string& to) override {
    return error_of(::renameat(directory_, from.c_str(), directory_, to.c_str()));
  }
  int remove(const std::string& file_name) override { return error_of(::unlinkat(directory_, file_name.c_str(), 0)); }
  int sync_directory() override {
    return error_of(uninterrupted([&] { return ::fsync(directory_); }));
  }
  int free_bytes(uint64_t& bytes) override {
    struct statvfs status {};
    if (::fstatvfs(directory_, &status) != 0) return errno;
    bytes = uint64_t{status.f_bavail} * status.f_frsize;
    return 0;
  }
  int lock(const std::string& file_name) override {
    const int descriptor = ::openat(directory_, file_name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (descriptor < 0) return errno;
    if (uninterrupted([&] { return ::flock(descriptor, LOCK_EX | LOCK_NB); }) != 0) {
      const int error = errno;
      ::close(descriptor);
      return error;
    }
    lock_ = descriptor;
    return 0;
  }

 private:
  // What root makes, with a tool, say, is for whoever the directory is for: the service must be able to open it. Where
  // that may not be, it stays root's.
  void give_to_owner(int descriptor) const {
    struct stat status {};
    if (::geteuid() != 0 || ::fstat(directory_, &status) != 0 || status.st_uid == 0) return;
    [[maybe_unused]] const int unchanged = ::fchown(descriptor, status.st_uid, status.st_gid);
  }

  std::string path_;
  int directory_;
  bool is_direct_;
  int lock_ = -1;
};

}  // namespace

std::unique_ptr<Disk> open_disk(const std::string& path, int& error, bool direct) {
  const int directory = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  error = error_of(directory);
  return directory < 0 ? nullptr : std::make_unique<PosixDisk>(path, directory, direct);
}

int read_file(Disk& disk, const std::string& name, size_t limit, std::string& bytes) {
  std::unique_ptr<File> file;
  if (const int error = disk.open(name, Disk::Open::read, file)) return error;
  bytes.resize(limit);
  size_t got = 0;
  const int error = file->read(bytes, 0, got);
  bytes.resize(got);
  return error;
}

int replace_file(Disk& disk, const std::string& name, std::string_view bytes) {
  const std::string temporary = name + ".new";
  if (const int error = disk.remove(temporary); error != 0 && error != ENOENT) return error;
  std::unique_ptr<File> file;
  if (const int error = disk.open(temporary, Disk::Open::create, file)) return error;
  if (const int error = file->write(bytes, 0)) return error;
  if (const int error = file->sync()) return error;
  if (const int error = disk.rename(temporary, name)) return error;
  return disk.sync_directory();
}

}  // namespace holdfast
