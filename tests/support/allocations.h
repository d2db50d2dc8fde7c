// What it is: counts what operator new is asked for by this thread, for the tests of what must not allocate when warm.
// A program that uses it gets its operator new from allocations.cc. Plain malloc (Buffer) is not counted.
#pragma once

#include <cstdint>

namespace holdfast {

// Since the thread began.
uint64_t allocations_of_this_thread();

}  // namespace holdfast
