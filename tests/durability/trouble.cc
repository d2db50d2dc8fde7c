// What it is: trouble for a program that is none of its own making: LD_PRELOADed into holdfast-server, it lets a disk
// fail or a wall clock jump.
//   TROUBLE_CALL   which calls fail: any of "pwrite fdatasync fsync rename", blank separated
//   TROUBLE_AT     from which of them on, counted together: 1 is the first; that one and all after it fail
//   TROUBLE_ERRNO  with which errno
//   TROUBLE_CLOCK  a file: CLOCK_REALTIME is off by as many seconds as it says, looked up at each call
// Threads: any.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace {

std::atomic<long> calls{0};

template <class Function>
Function real(const char* name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

bool fails(const char* call) {
  const char* which = std::getenv("TROUBLE_CALL");
  if (!which || !std::strstr(which, call)) return false;
  if (++calls < std::atol(std::getenv("TROUBLE_AT"))) return false;
  errno = std::atoi(std::getenv("TROUBLE_ERRNO"));
  return true;
}

long clock_offset() {
  const char* path = std::getenv("TROUBLE_CLOCK");
  if (!path) return 0;
  char text[32] = {};
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return 0;
  const ssize_t size = ::read(file, text, sizeof text - 1);
  ::close(file);
  return size > 0 ? std::atol(text) : 0;
}

}  // namespace

extern "C" {

ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  if (fails("pwrite")) return -1;
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return next(fd, bytes, size, offset);
}

ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  if (fails("pwrite")) return -1;
  static const auto next = real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return next(fd, bytes, size, offset);
}

int fdatasync(int fd) {
  if (fails("fdatasync")) return -1;
  static const auto next = real<int (*)(int)>("fdatasync");
  return next(fd);
}

int fsync(int fd) {
  if (fails("fsync")) return -1;
  static const auto next = real<int (*)(int)>("fsync");
  return next(fd);
}

int rename(const char* from, const char* to) noexcept {
  if (fails("rename")) return -1;
  static const auto next = real<int (*)(const char*, const char*)>("rename");
  return next(from, to);
}

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  static const auto next = real<int (*)(clockid_t, timespec*)>("clock_gettime");
  const int result = next(clock, time);
  if (clock == CLOCK_REALTIME && result == 0) time->tv_sec += clock_offset();
  return result;
}
}
