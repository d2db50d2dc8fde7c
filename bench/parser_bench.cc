// What the text layer costs a request: bytes a second, requests a second.
#include <benchmark/benchmark.h>

#include <chrono>
#include <cstring>
#include <string>

#include "bench/memory_floor.h"
#include "protocol/buffer.h"
#include "protocol/resp_parser.h"
#include "protocol/resp_writer.h"

namespace holdfast {
namespace {

constexpr std::string_view words[] = {"RESERVE", "cart-123456", "EX", "300", "ITEMS", "PS5", "1"};
constexpr int requests_a_stream = 256;

std::string reserve_array() {
  Buffer out;
  RespWriter writer(out, 2);
  writer.array(std::size(words));
  for (const std::string_view word : words) writer.bulk(word);
  return std::string(out.view());
}

std::string repeated(const std::string& request) {
  std::string stream;
  for (int i = 0; i < requests_a_stream; ++i) stream += request;
  return stream;
}

// The floor: to have looked at each byte once, eight at a time.
double read_ns(const std::string& stream) {
  constexpr int times = 10'000;
  uint64_t sum = 0;
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i) {
    for (size_t at = 0; at + sizeof(uint64_t) <= stream.size(); at += sizeof(uint64_t)) {
      uint64_t word = 0;
      std::memcpy(&word, stream.data() + at, sizeof word);
      sum ^= word;
    }
    benchmark::DoNotOptimize(sum);
  }
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  return took.count() / times;
}

void parse_stream(benchmark::State& state, const std::string& stream) {
  RequestParser parser;
  for (auto _ : state) {
    size_t done = 0;
    while (done < stream.size()) {
      if (parser.parse(stream.data() + done, stream.size() - done) != ParseStatus::complete) {
        return state.SkipWithError("not a request");
      }
      benchmark::DoNotOptimize(parser.args().data());
      done += parser.consumed();
    }
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(stream.size()));
  state.SetItemsProcessed(state.iterations() * requests_a_stream);
  tell_floor(state, read_ns(stream));
}

void ParsePipelinedReserve(benchmark::State& state) {
  parse_stream(state, repeated(reserve_array()));
}
BENCHMARK(ParsePipelinedReserve);

void ParseInlineReserve(benchmark::State& state) {
  parse_stream(state, repeated("RESERVE cart-123456 EX 300 ITEMS PS5 1\r\n"));
}
BENCHMARK(ParseInlineReserve);

void ParseQuotedInlineReserve(benchmark::State& state) {
  parse_stream(state, repeated("RESERVE \"cart 123456\" EX 300 ITEMS 'PS 5' 1\r\n"));
}
BENCHMARK(ParseQuotedInlineReserve);

// A socket's reads end anywhere: each request in two pieces.
void ParseReserveInTwoPieces(benchmark::State& state) {
  const std::string request = reserve_array();
  RequestParser parser;
  for (auto _ : state) {
    benchmark::DoNotOptimize(parser.parse(request.data(), request.size() / 2));
    if (parser.parse(request.data(), request.size()) != ParseStatus::complete) {
      return state.SkipWithError("not a request");
    }
    benchmark::DoNotOptimize(parser.args().data());
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(request.size()));
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(ParseReserveInTwoPieces);

// RESERVE's reply: id and milliseconds left.
void WriteReservedReply(benchmark::State& state) {
  Buffer out;
  for (auto _ : state) {
    out.clear();
    RespWriter writer(out, 2);
    for (int i = 0; i < requests_a_stream; ++i) {
      writer.array(2);
      writer.bulk("0123456789abcdefghijklmn");
      writer.integer(int64_t{300000});
    }
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(out.size()));
  state.SetItemsProcessed(state.iterations() * requests_a_stream);
}
BENCHMARK(WriteReservedReply);

}  // namespace
}  // namespace holdfast
