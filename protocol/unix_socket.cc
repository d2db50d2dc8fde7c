#include "protocol/unix_socket.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

namespace holdfast {
namespace {

// What connecting to it says: 0 where somebody listens, else errno.
int try_to_connect(const sockaddr_un& address) {
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  const int error = ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

std::string reason(const std::string& path, std::string_view what) {
  return fmt::format("cannot use unixsocket {}: {}", path, what);
}

std::optional<std::string> check_directory(const std::string& path) {
  auto directory = std::filesystem::path(path).parent_path();
  if (directory.empty()) directory = ".";
  if (::access(directory.c_str(), W_OK | X_OK) == 0) return std::nullopt;
  return reason(path, fmt::format("directory {}: {}", directory.string(), std::strerror(errno)));
}

}  // namespace

std::optional<std::string> make_way_for_unix_socket(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return reason(path, fmt::format("longer than {} bytes", sizeof address.sun_path - 1));
  }
  path.copy(address.sun_path, path.size());
  if (auto error = check_directory(path)) return error;

  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0) {
    if (errno == ENOENT) return std::nullopt;
    return reason(path, std::strerror(errno));
  }
  if (!S_ISSOCK(file.st_mode)) return reason(path, "it is there and is not a socket");
  const int error = try_to_connect(address);
  if (error == 0 || error == EAGAIN) return reason(path, "a running server listens on it");
  if (error != ECONNREFUSED && error != ENOENT) return reason(path, std::strerror(error));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return reason(path, std::strerror(errno));
  return std::nullopt;
}

}  // namespace holdfast
