#include "tests/support/crash_disk.h"

#include <algorithm>

namespace holdfast {
namespace {

constexpr uint64_t sector_bytes = 512;

void place(std::string& bytes, std::string_view from, uint64_t offset) {
  if (bytes.size() < offset + from.size()) bytes.resize(offset + from.size(), '\0');
  bytes.replace(offset, from.size(), from);
}

}  // namespace

class CrashFile final : public File {
 public:
  CrashFile(CrashDisk& disk, std::shared_ptr<CrashDisk::Inode> inode) : disk_(disk), inode_(std::move(inode)) {}

  int size(uint64_t& bytes) override {
    bytes = inode_->now.size();
    return 0;
  }
  int read(std::span<char> into, uint64_t offset, size_t& got) override {
    const size_t size = inode_->now.size();
    got = offset >= size ? 0 : std::min<size_t>(into.size(), size - offset);
    std::copy_n(inode_->now.begin() + static_cast<std::ptrdiff_t>(std::min<uint64_t>(offset, size)), got, into.begin());
    return 0;
  }
  int write(std::string_view from, uint64_t offset) override { return disk_.write(*inode_, from, offset); }
  int allocate(uint64_t bytes) override {
    const size_t before = inode_->now.size();
    if (bytes <= before) {
      if (const int error = disk_.change()) return error;
      inode_->now.resize(bytes);
      inode_->synced = inode_->now;  // only a cut of a journal makes a file shorter
      inode_->unsynced.clear();
      return 0;
    }
    return disk_.write(*inode_, std::string(bytes - before, '\0'), before);
  }
  int write_zeros(uint64_t offset, uint64_t bytes) override { return write(std::string(bytes, '\0'), offset); }
  int sync() override {
    const int error = disk_.change();
    if (error == 0) {
      for (const CrashDisk::Write& write : inode_->unsynced) place(inode_->synced, write.bytes, write.offset);
    }
    if (error == 0 || disk_.fault_ != CrashDisk::Fault::stop) inode_->unsynced.clear();
    return error;
  }

 private:
  CrashDisk& disk_;
  std::shared_ptr<CrashDisk::Inode> inode_;
};

int CrashDisk::change() {
  ++changes_;
  if (fault_ == Fault::stop && has_failed()) return EIO;
  if (changes_ != fail_at_) return 0;
  return fault_ == Fault::io ? EIO : ENOSPC;
}

int CrashDisk::write(Inode& inode, std::string_view from, uint64_t offset) {
  int error = change();
  if (error != 0) {
    from = fault_ == Fault::short_write ? from.substr(0, from.size() / 2) : std::string_view{};
  } else if (offset + from.size() > inode.now.size() &&
             used_bytes() + offset + from.size() - inode.now.size() > capacity_) {
    error = ENOSPC;
    from = {};
  }
  if (from.empty()) return error;
  place(inode.now, from, offset);
  inode.unsynced.push_back({.offset = offset, .bytes = std::string(from)});
  return error;
}

uint64_t CrashDisk::used_bytes() const {
  uint64_t bytes = 0;
  for (const auto& [file_name, inode] : names_) bytes += inode->now.size();
  return bytes;
}

void CrashDisk::change_names(const NameChange& change) {
  change(names_);
  unsynced_names_.push_back(change);
}

int CrashDisk::list(std::vector<std::string>& names) {
  names.clear();
  for (const auto& [file_name, inode] : names_) names.push_back(file_name);
  return 0;
}

int CrashDisk::open(const std::string& file_name, Open how, std::unique_ptr<File>& file) {
  const auto found = names_.find(file_name);
  if (how == Open::create) {
    if (const int error = change()) return error;
    if (found != names_.end()) return EEXIST;
    const auto inode = std::make_shared<Inode>();
    change_names([=](Names& names) { names[file_name] = inode; });
    file = std::make_unique<CrashFile>(*this, inode);
    return 0;
  }
  if (found == names_.end()) return ENOENT;
  file = std::make_unique<CrashFile>(*this, found->second);
  return 0;
}

int CrashDisk::rename(const std::string& from, const std::string& to) {
  if (const int error = change()) return error;
  const auto found = names_.find(from);
  if (found == names_.end()) return ENOENT;
  const std::shared_ptr<Inode> inode = found->second;
  change_names([=](Names& names) {
    names.erase(from);
    names[to] = inode;
  });
  return 0;
}

int CrashDisk::remove(const std::string& file_name) {
  if (const int error = change()) return error;
  if (!names_.contains(file_name)) return ENOENT;
  change_names([=](Names& names) { names.erase(file_name); });
  return 0;
}

int CrashDisk::sync_directory() {
  if (const int error = change()) return error;
  synced_names_ = names_;
  unsynced_names_.clear();
  return 0;
}

int CrashDisk::free_bytes(uint64_t& bytes) {
  const uint64_t used = used_bytes();
  bytes = used > capacity_ ? 0 : capacity_ - used;
  return 0;
}

void CrashDisk::put(const std::string& file_name, std::string bytes) {
  const auto inode = std::make_shared<Inode>();
  inode->now = inode->synced = std::move(bytes);
  names_[file_name] = synced_names_[file_name] = inode;
}

// A sector is one of the contents that it had: some of the writes to it, from the first on.
std::string CrashDisk::after_cut(const Inode& inode, Cut cut, std::mt19937_64& random) {
  if (cut == Cut::everything) return inode.now;
  std::string bytes = inode.synced;
  if (cut == Cut::nothing_unsynced) return bytes;
  std::map<uint64_t, std::vector<Write>> sectors;
  for (const Write& write : inode.unsynced) {
    for (uint64_t at = write.offset; at < write.offset + write.bytes.size();) {
      const uint64_t end = std::min(write.offset + write.bytes.size(), (at / sector_bytes + 1) * sector_bytes);
      sectors[at / sector_bytes].push_back({.offset = at, .bytes = write.bytes.substr(at - write.offset, end - at)});
      at = end;
    }
  }
  for (const auto& [sector, writes] : sectors) {
    const size_t kept = random() % (writes.size() + 1);
    for (size_t i = 0; i < kept; ++i) place(bytes, writes[i].bytes, writes[i].offset);
  }
  return bytes;
}

std::unique_ptr<CrashDisk> CrashDisk::after_power_cut(Cut cut, uint64_t seed) const {
  std::mt19937_64 random(seed);
  Names names = cut == Cut::everything ? names_ : synced_names_;
  if (cut == Cut::any) {
    for (const NameChange& change : unsynced_names_) {
      if (random() % 2 == 0) change(names);
    }
  }
  auto disk = std::make_unique<CrashDisk>(capacity_);
  for (const auto& [file_name, inode] : names) disk->put(file_name, after_cut(*inode, cut, random));
  return disk;
}

}  // namespace holdfast
