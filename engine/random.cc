#include "engine/random.h"

#include <sys/random.h>

namespace holdfast {

void random_bytes(void* out, size_t size) {
  auto* at = static_cast<char*>(out);
  while (size > 0) {
    const ssize_t got = getrandom(at, size, 0);
    if (got < 0) continue;  // interrupted by a signal
    at += got;
    size -= static_cast<size_t>(got);
  }
}

}  // namespace holdfast
