// What it is: files with one bit flipped, each bit in turn. HOLDFAST_FLIP_KB=64 makes them larger than every day's 8.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace holdfast {

// How long a file, or the files of a journal together, are to be at least.
inline size_t bytes_to_flip() {
  const char* const kilobytes = std::getenv("HOLDFAST_FLIP_KB");
  return (kilobytes != nullptr ? std::stoul(kilobytes) : 8) * 1024;
}

// `is_found()` is asked while the bit is wrong; stops at the first that is not.
template <class IsFound>
testing::AssertionResult is_every_bit_found(std::string& bytes, IsFound is_found) {
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    char& at = bytes[bit / 8];
    at = static_cast<char>(at ^ 1 << bit % 8);
    const testing::AssertionResult found = is_found();
    at = static_cast<char>(at ^ 1 << bit % 8);
    if (!found) return testing::AssertionFailure() << "bit " << bit << ": " << found.message();
  }
  return testing::AssertionSuccess();
}

}  // namespace holdfast
