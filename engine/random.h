// What it is: unpredictable bytes, from the kernel's generator (getrandom(2)). Threads: any.
#pragma once

#include <cstddef>

namespace holdfast {

void random_bytes(void* out, size_t size);

}  // namespace holdfast
