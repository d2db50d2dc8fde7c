// What it is: the main() of a fuzz target where libFuzzer is not: plays the inputs in the folders that are named and,
// where asked for, so many changes of them, chosen blindly, the same ones for the same seed.
//   session_fuzz_replay [--changes=20000] [--seed=1] [--first=0] <folder>...
#include <algorithm>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/custom_mutator.h"

// A target whose input is no stream of requests has none.
#pragma weak LLVMFuzzerCustomMutator

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

constexpr size_t most_bytes = 2048;

std::minstd_rand mutate_random;
char running[256] = "nothing";  // for a signal's handler
std::string running_input;

void tell(int signal) {
  std::fprintf(stderr, "this happened with %s, which is\n", running);
  std::fwrite(running_input.data(), 1, running_input.size(), stderr);
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(const std::string& input) {
  // A copy of just its size: a sanitizer sees a look beside it.
  const std::vector<uint8_t> bytes(input.begin(), input.end());
  running_input = input;
  LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// Changes of the input whose number says which one and how: each can be had alone.
std::string changed(const std::vector<std::string>& inputs, uint64_t seed, uint64_t number) {
  std::minstd_rand random(static_cast<uint32_t>(seed * 1'000'003 + number + 1));
  random.discard(3);
  std::string input = inputs.empty() ? std::string() : inputs[random() % inputs.size()];
  size_t size = std::min(input.size(), most_bytes);
  input.resize(most_bytes);
  auto* const data = reinterpret_cast<uint8_t*>(input.data());
  for (size_t changes = 1 + random() % 6; changes > 0; --changes) {
    mutate_random.seed(static_cast<uint32_t>(random()));
    const auto choice = static_cast<unsigned int>(random());
    size = LLVMFuzzerCustomMutator ? LLVMFuzzerCustomMutator(data, size, most_bytes, choice)
                                   : LLVMFuzzerMutate(data, size, most_bytes);
  }
  input.resize(size);
  return input;
}

bool read_flag(std::string_view word, std::string_view name, uint64_t& value) {
  if (!word.starts_with(name)) return false;
  word.remove_prefix(name.size());
  return std::from_chars(word.data(), word.data() + word.size(), value).ec == std::errc();
}

}  // namespace

// A byte changed, put in or taken away.
extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size) {
  const size_t at = mutate_random() % (size + 1);
  const auto byte = static_cast<uint8_t>(mutate_random());
  if (at < size && byte % 3 == 0) {
    std::memmove(data + at, data + at + 1, size - at - 1);
    return size - 1;
  }
  if (at < size && byte % 3 == 1) {
    data[at] = static_cast<uint8_t>(mutate_random());
    return size;
  }
  if (size == max_size) return size;
  std::memmove(data + at + 1, data + at, size - at);
  data[at] = static_cast<uint8_t>(mutate_random());
  return size + 1;
}

int main(int argc, char** argv) {
  uint64_t changes = 0;
  uint64_t seed = 1;
  uint64_t first = 0;
  std::vector<std::string> inputs;
  for (const int signal : {SIGABRT, SIGSEGV}) std::signal(signal, tell);
  for (const std::string_view word : std::vector<std::string_view>(argv + 1, argv + argc)) {
    if (read_flag(word, "--changes=", changes) || read_flag(word, "--seed=", seed)) continue;
    if (read_flag(word, "--first=", first)) continue;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(word)) files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      inputs.push_back(read_file(file));
      std::snprintf(running, sizeof running, "%s", file.c_str());
      run(inputs.back());
    }
  }
  for (uint64_t number = first; number < first + changes; ++number) {
    std::snprintf(running, sizeof running, "--seed=%llu --first=%llu --changes=1",
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(number));
    run(changed(inputs, seed, number));
  }
  std::printf("%zu inputs and %llu changes of them\n", inputs.size(), static_cast<unsigned long long>(changes));
  return 0;
}
