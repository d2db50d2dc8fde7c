#include "engine/record.h"

#include <cstring>

#include "engine/check.h"
#include "engine/hash.h"

namespace holdfast {
namespace {

constexpr std::array<char, 8> file_magic = {'H', 'o', 'l', 'd', 'f', 'a', 's', 't'};
constexpr uint16_t record_magic = 0x4648;  // "HF": a scan need not compute the checksum of everything

struct FileHeaderOnDisk {
  std::array<char, 8> magic;
  uint32_t version;
  uint32_t kind;
  Identity identity;
  uint64_t number;
  uint64_t last_seq;
  uint64_t next_seq;
  uint64_t chain;
  uint64_t hash_seed;
  uint64_t file_bytes;
  int64_t time_us;
  std::array<char, 32> zeros;
  uint64_t checksum;  // of everything before it
};
static_assert(sizeof(FileHeaderOnDisk) == file_header_bytes);

struct RecordHeaderOnDisk {
  uint64_t checksum;  // of everything behind it, up to the next record
  uint32_t length;    // of the payload
  uint16_t magic;
  uint8_t type;
  uint8_t zero;
  uint64_t seq;
  int64_t time_us;
  uint64_t durable;
  uint64_t previous;
};
static_assert(sizeof(RecordHeaderOnDisk) == record_header_bytes);

uint64_t checksum_of_header(const char* bytes) {
  return hash_bytes({bytes, file_header_bytes - sizeof(uint64_t)}, 0);
}

uint64_t checksum_of_record(const char* bytes, size_t size, uint64_t seed) {
  return hash_bytes({bytes + sizeof(uint64_t), size - sizeof(uint64_t)}, seed);
}

}  // namespace

uint64_t write_file_header(const FileHeader& header, char* out) {
  FileHeaderOnDisk disk{.magic = file_magic,
                        .version = format_version,
                        .kind = static_cast<uint32_t>(header.kind),
                        .identity = header.identity,
                        .number = header.number,
                        .last_seq = header.last_seq,
                        .next_seq = header.next_seq,
                        .chain = header.chain,
                        .hash_seed = header.hash_seed,
                        .file_bytes = header.file_bytes,
                        .time_us = header.time_us,
                        .zeros = {},
                        .checksum = 0};
  std::memcpy(out, &disk, sizeof disk);
  disk.checksum = checksum_of_header(out);
  std::memcpy(out, &disk, sizeof disk);
  return disk.checksum;
}

HeaderFault read_file_header(std::string_view bytes, FileHeader& header, uint64_t& checksum) {
  FileHeaderOnDisk disk;
  if (bytes.size() < sizeof disk) return HeaderFault::damaged;
  std::memcpy(&disk, bytes.data(), sizeof disk);
  if (disk.magic != file_magic || disk.checksum != checksum_of_header(bytes.data())) return HeaderFault::damaged;
  if (disk.version < oldest_format_version || disk.version > format_version) return HeaderFault::other_version;
  header = {.kind = static_cast<FileKind>(disk.kind),
            .identity = disk.identity,
            .number = disk.number,
            .last_seq = disk.last_seq,
            .next_seq = disk.next_seq,
            .chain = disk.chain,
            .hash_seed = disk.hash_seed,
            .file_bytes = disk.file_bytes,
            .time_us = disk.time_us};
  checksum = disk.checksum;
  return HeaderFault::none;
}

uint64_t record_seed(const FileHeader& header) {
  const auto* const identity = reinterpret_cast<const char*>(header.identity.data());
  return hash_bytes({identity, header.identity.size()}, header.number ^ static_cast<uint64_t>(header.kind) << 56);
}

uint64_t write_record(const Record& record, uint64_t seed, char* out) {
  const size_t length = record.payload.size();
  CHECK(length <= max_payload_bytes);
  const size_t size = record_bytes(length);
  RecordHeaderOnDisk disk{.checksum = 0,
                          .length = static_cast<uint32_t>(length),
                          .magic = record_magic,
                          .type = static_cast<uint8_t>(record.type),
                          .zero = 0,
                          .seq = record.seq,
                          .time_us = record.time_us,
                          .durable = record.durable,
                          .previous = record.previous};
  char* const payload = out + record_header_bytes;
  if (length > 0 && record.payload.data() != payload) std::memcpy(payload, record.payload.data(), length);
  std::memset(payload + length, 0, size - record_header_bytes - length);
  std::memcpy(out, &disk, sizeof disk);
  disk.checksum = checksum_of_record(out, size, seed);
  std::memcpy(out, &disk.checksum, sizeof disk.checksum);
  return disk.checksum;
}

bool read_record(std::string_view bytes, uint64_t seed, Record& record, uint64_t& checksum) {
  RecordHeaderOnDisk disk;
  if (bytes.size() < sizeof disk) return false;
  std::memcpy(&disk, bytes.data(), sizeof disk);
  if (disk.magic != record_magic || disk.zero != 0 || disk.length > max_payload_bytes) return false;
  if (disk.type < static_cast<uint8_t>(RecordType::fact) || disk.type > static_cast<uint8_t>(RecordType::facts)) {
    return false;
  }
  const size_t size = record_bytes(disk.length);
  if (size > bytes.size() || disk.checksum != checksum_of_record(bytes.data(), size, seed)) return false;
  record = {.type = static_cast<RecordType>(disk.type),
            .seq = disk.seq,
            .time_us = disk.time_us,
            .durable = disk.durable,
            .previous = disk.previous,
            .payload = bytes.substr(record_header_bytes, disk.length)};
  checksum = disk.checksum;
  return true;
}

std::array<char, anchor_bytes> to_bytes(const Anchor& anchor) {
  std::array<char, anchor_bytes> bytes;
  std::memcpy(bytes.data(), anchor.boot_id.data(), anchor.boot_id.size());
  std::memcpy(bytes.data() + 16, &anchor.wall_us, sizeof anchor.wall_us);
  std::memcpy(bytes.data() + 24, &anchor.boot_us, sizeof anchor.boot_us);
  return bytes;
}

bool read_anchor(std::string_view bytes, Anchor& anchor) {
  if (bytes.size() != anchor_bytes) return false;
  std::memcpy(anchor.boot_id.data(), bytes.data(), anchor.boot_id.size());
  std::memcpy(&anchor.wall_us, bytes.data() + 16, sizeof anchor.wall_us);
  std::memcpy(&anchor.boot_us, bytes.data() + 24, sizeof anchor.boot_us);
  return true;
}

std::array<char, 8> to_bytes(uint64_t number) {
  std::array<char, 8> bytes;
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

bool read_number(std::string_view bytes, uint64_t& number) {
  if (bytes.size() != sizeof number) return false;
  std::memcpy(&number, bytes.data(), sizeof number);
  return true;
}

}  // namespace holdfast
