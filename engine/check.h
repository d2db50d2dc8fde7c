// What it is: assertions. A broken CHECK is a bug of ours: it prints where and stops the process, in every build.
// DCHECK is for what is too dear on the hot path; it is compiled in where NDEBUG is not defined.
// An expected refusal is never a CHECK: it is a value (see refusal.h).
#pragma once

#include <cstdio>
#include <cstdlib>

namespace holdfast {

[[noreturn]] inline void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: CHECK failed: %s\n", file, line, expression);
  std::fflush(stderr);
  std::abort();
}

}  // namespace holdfast

#define CHECK(expression) \
  (static_cast<bool>(expression) ? void(0) : ::holdfast::check_failed(#expression, __FILE__, __LINE__))

#ifdef NDEBUG
#define DCHECK(expression) void(0)
#else
#define DCHECK(expression) CHECK(expression)
#endif
