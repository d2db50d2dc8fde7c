// What the sanitizers' runtimes ask a test program at its start; without a sanitizer nobody asks.

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): it is they who give the names
extern "C" {
const char* __tsan_default_suppressions();
const char* __ubsan_default_options();

// moodycamel's queue orders its memory with stand-alone fences, which ThreadSanitizer does not model.
const char* __tsan_default_suppressions() {
  return "race:moodycamel::\n";
}
const char* __ubsan_default_options() {
  return "print_stacktrace=1";
}
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)
