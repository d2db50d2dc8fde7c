// What it is: how many lines of one kind the log may have in a second, where others decide how often there is reason
// for one. What is left out is counted, for the next line that is written. Threads: one, or under its owner's lock.
// Time: given, in microseconds, any clock.
#pragma once

#include <cstdint>
#include <utility>

#include "engine/types.h"

namespace holdfast {

class LineBudget {
 public:
  explicit LineBudget(int lines_a_second = 1) : most_(lines_a_second) {}

  // May a line be written? If not, it counts as left out.
  bool take(TimeUs now) {
    if (!began_ || now - second_began_us_ >= second_us) {
      began_ = true;
      second_began_us_ = now;
      lines_ = 0;
    }
    if (lines_ == most_) return ++left_out_, false;
    ++lines_;
    return true;
  }

  // Left out since the last line.
  uint64_t take_left_out() { return std::exchange(left_out_, 0); }

 private:
  static constexpr TimeUs second_us = 1'000'000;

  int most_;
  bool began_ = false;
  TimeUs second_began_us_ = 0;
  int lines_ = 0;  // in this second
  uint64_t left_out_ = 0;
};

}  // namespace holdfast
