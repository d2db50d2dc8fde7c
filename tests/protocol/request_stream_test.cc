// What a stream of bytes means must not depend on how it arrived, nor may the effort.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "protocol/resp_parser.h"
#include "tests/protocol/naive_request_parser.h"
#include "tests/protocol/request_pieces.h"

namespace holdfast {
namespace {

using Words = std::vector<std::string>;

// Good and bad endings of every kind.
const std::vector<std::string>& streams() {
  static const std::vector<std::string> all = {
      array_of({"RESERVE", "cart-123456", "EX", "300", "ITEMS", "PS5", "1"}) + array_of({"PING"}),
      "PING\r\n*1\r\n$4\r\nPING\r\n\r\nECHO \"a\\x41\\n\" 'b c'\n*0\r\n*-1\r\n",
      array_of({"", "\r\n\r\n\r\n\r\n\r\n\r\n"}),
      array_of(Words(20, "word")) + array_of(Words(40, std::string(11, '\r'))) + "QUIT\n",
      "*1\r\n$4\r\nPINGx\n",
      "*1\r\n$4\r\nPING\rx",
      "*1\n",
      "*1\rx",
      "*1\r\n$4\n",
      "*1\r\n$04\r\nPING\r\n",
      "*1\r\n$-1\r\n",
      "*01\r\n",
      "*1\r\n:1\r\n",
      "*1048577\r\n",
      "*174762\r\n",
      "*1\r\n$1048576\r\n",
      "ECHO \"x\n",
      "a 'b'c\r\n",
      "x \"\\",
      "*2\r\n$3\r\nGET\r\n",
      "*\r\n",
      "*3\r\n$1\r\na\r\n$2\r\nbb\r\n$3\r\nccc",
  };
  return all;
}

TEST(RequestStream, AgreesWithTheNaiveReaderHoweverAStreamIsCutInTwo) {
  for (const std::string& stream : streams()) {
    const auto expected = naive::parse_all(stream);
    for (size_t cut = 0; cut <= stream.size(); ++cut) {
      ASSERT_EQ(fed(stream, {cut}), expected) << testing::PrintToString(stream) << " cut at " << cut;
    }
  }
}

TEST(RequestStream, AgreesWithTheNaiveReaderWhenBytesComeOneByOne) {
  for (const std::string& stream : streams()) {
    std::vector<size_t> cuts(stream.size());
    for (size_t i = 0; i < cuts.size(); ++i) cuts[i] = i;
    ASSERT_EQ(fed(stream, cuts), naive::parse_all(stream)) << testing::PrintToString(stream);
  }
}

TEST(RequestStream, AgreesWithTheNaiveReaderUnderEverySmallLimit) {
  for (const std::string& stream : streams()) {
    for (size_t bytes = 1; bytes < 80; ++bytes) {
      const ParserLimits limits{.request_bytes = bytes, .args = bytes % 9};
      const auto expected = naive::parse_all(stream, limits);
      for (size_t cut = 0; cut <= std::min(stream.size(), size_t{100}); cut += 3) {
        ASSERT_EQ(fed(stream, {cut}, limits), expected)
            << testing::PrintToString(stream) << " cut at " << cut << ", limit " << bytes;
      }
    }
  }
}

class RandomRequests {
 public:
  explicit RandomRequests(unsigned seed) : random_(seed) {}

  size_t below(size_t n) { return random_() % n; }

  std::string word() {
    std::string bytes(below(4) == 0 ? below(300) : below(12), 0);
    for (char& byte : bytes)
      byte = below(3) == 0 ? "\r\n\"'\\ x4*$\0\xff"[below(12)] : static_cast<char>('a' + below(26));
    return bytes;
  }

  std::string request() {
    Words words(below(10) == 0 ? below(60) : below(8));
    for (std::string& one : words) one = word();
    if (below(3) != 0) return array_of(words);
    std::string line;
    for (const std::string& one : words) line += one + (below(2) == 0 ? " " : "\" '");
    return line + (below(2) == 0 ? "\n" : "\r\n");
  }

  // Mostly good requests; now and then a byte that does not belong.
  std::string pipeline() {
    std::string stream;
    for (size_t left = below(12) + 1; left > 0; --left) stream += request();
    if (below(3) == 0) stream[below(stream.size())] = "\r\n$*-0129\"x"[below(11)];
    if (below(4) == 0) stream.resize(below(stream.size() + 1));
    return stream;
  }

  std::vector<size_t> cuts(size_t size) {
    std::vector<size_t> places(below(20));
    for (size_t& place : places) place = below(size + 1);
    std::sort(places.begin(), places.end());
    return places;
  }

 private:
  std::mt19937 random_;
};

TEST(RequestStream, AgreesWithTheNaiveReaderOnRandomPipelinesCutAtRandom) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(seed);
  RandomRequests random(seed);
  for (int round = 0; round < 4000; ++round) {
    const std::string stream = random.pipeline();
    const ParserLimits limits{.request_bytes = random.below(4) == 0 ? random.below(500) + 1 : 1048576};
    ASSERT_EQ(fed(stream, random.cuts(stream.size()), limits, random.below(2) == 0), naive::parse_all(stream, limits))
        << "round " << round << ": " << testing::PrintToString(stream);
  }
}

// The request arrives byte by byte, and all but its last 32 bytes are overwritten meanwhile: a parser that looked at
// them again would read rubbish. So each byte is looked at O(1) times, plus once more for all at the end.
void expect_no_second_look(const std::string& request, char rubbish) {
  constexpr size_t still_there = 32;
  std::string bytes(request.size(), rubbish);
  RequestParser parser;
  for (size_t size = 1; size < request.size(); ++size) {
    bytes[size - 1] = request[size - 1];
    if (size > still_there) bytes[size - 1 - still_there] = rubbish;
    ASSERT_EQ(parser.parse(bytes.data(), size), ParseStatus::incomplete) << "at byte " << size;
  }
  ASSERT_EQ(parser.parse(request.data(), request.size()), ParseStatus::complete);
  EXPECT_EQ(parser.consumed(), request.size());
}

TEST(RequestStream, NeverLooksTwiceAtWhatItHasRead) {
  expect_no_second_look(array_of({"ECHO", std::string(1000000, 'x')}), '!');
  expect_no_second_look(array_of(Words(100000, "ab")), '!');
  expect_no_second_look(std::string(65000, 'x') + "\n", '\n');
}

}  // namespace
}  // namespace holdfast
