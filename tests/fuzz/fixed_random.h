// What it is: what a fuzz target hears from the kernel's generator (engine/random.h): the same each time, so that an
// input that found something finds it again. fixed_random.cc takes the place of engine/random.cc where it is linked.
// Threads: one.
#pragma once

namespace holdfast {

// Begins the sequence anew.
class FixedRandom {
 public:
  FixedRandom();
};

}  // namespace holdfast
