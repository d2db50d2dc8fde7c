#include "protocol/descriptors.h"

#include <sys/resource.h>

#include <algorithm>

namespace holdfast {
namespace {

// stdin, stdout, stderr, listeners, a file or two; and per shard an epoll, an eventfd, a timer and room to accept.
int64_t needed_besides_clients(const Settings& settings) {
  return 32 + 8 * settings.shards + settings.places_for_unix_sockets;
}

}  // namespace

int64_t make_room_for_clients(const Settings& settings) {
  const int64_t clients = settings.maxclients;
  const int64_t besides = needed_besides_clients(settings);
  const auto wanted = static_cast<rlim_t>(clients + besides);
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return clients;
  if (limit.rlim_cur < wanted) {
    const rlimit all{wanted, std::max(wanted, limit.rlim_max)};
    const rlimit allowed{std::min(wanted, limit.rlim_max), limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &all) != 0) setrlimit(RLIMIT_NOFILE, &allowed);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return clients;
  }
  if (limit.rlim_cur >= wanted) return clients;
  return std::max<int64_t>(0, static_cast<int64_t>(limit.rlim_cur) - besides);
}

}  // namespace holdfast
