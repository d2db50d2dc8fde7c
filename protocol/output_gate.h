// What it is: which of a connection's replies may leave: those of which everything that they may speak of is on disk.
// Threads: its connection's. Time: O(marks), of which there is one a turn that is not on disk yet.
// Invariant: bytes leave in order, none before the number of its mark is durable.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/types.h"

namespace holdfast {

class OutputGate {
 public:
  // Whatever of the output (of `size` bytes by now) has no mark yet waits for `seq`. REQUIRES: seq does not shrink.
  void cover(size_t size, Seq seq) {
    const uint64_t end = sent_ + size;
    if (end == covered_) return;
    covered_ = end;
    if (!marks_.empty() && marks_.back().seq == seq) {
      marks_.back().end = end;
    } else {
      marks_.push_back({.end = end, .seq = seq});
    }
  }

  // How many bytes from the front may leave when all up to `durable` is on disk.
  size_t passes(Seq durable) {
    size_t passed = 0;
    while (passed < marks_.size() && marks_[passed].seq <= durable) open_to_ = marks_[passed++].end;
    marks_.erase(marks_.begin(), marks_.begin() + static_cast<std::ptrdiff_t>(passed));
    return open_to_ > sent_ ? static_cast<size_t>(open_to_ - sent_) : 0;
  }

  void sent(size_t bytes) { sent_ += bytes; }

 private:
  struct Mark {
    uint64_t end = 0;  // counted from the connection's first byte
    Seq seq = 0;
  };

  std::vector<Mark> marks_;
  uint64_t sent_ = 0;
  uint64_t covered_ = 0;
  uint64_t open_to_ = 0;
};

}  // namespace holdfast
