// What it is: what a fuzz target whose input is a stream of requests says of it, for the mutator that knows requests.
#pragma once

#include <cstddef>
#include <cstdint>

// The input begins with so many bytes that are something else. Defined by the target.
extern const size_t bytes_before_requests;

// libFuzzer's: changes bytes without knowing what they are. Where libFuzzer is not, replay.cc has one.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);
// Ours, called by libFuzzer and by replay.cc.
extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed);
