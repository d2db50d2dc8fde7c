// What it is: feeds a RequestParser as an unkind socket would, for tests: the bytes arrive in given pieces, and at each
// call they lie in a fresh allocation of exactly their size, so that a sanitizer sees a look beside them or at old
// ones.
#pragma once

#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/protocol/naive_request_parser.h"

namespace holdfast {

class RequestFeeder {
 public:
  // A warm parser has storage for a few args already, and takes whole requests by its fast path.
  explicit RequestFeeder(ParserLimits limits = {}, bool warm = true) {
    if (warm) parser_.parse("*1\r\n$4\r\nPING\r\n", 14);
    parser_.set_limits(limits);
  }

  // One more piece arrives. After an error nothing is read any more.
  void feed(std::string_view piece) {
    unread_ += piece;
    while (!failed_) {
      const auto bytes = std::make_unique_for_overwrite<char[]>(unread_.size());
      std::memcpy(bytes.get(), unread_.data(), unread_.size());
      const ParseStatus status = parser_.parse(bytes.get(), unread_.size());
      if (status == ParseStatus::incomplete) return;
      take(status);
    }
  }

  // What was read, in the form of naive::parse_all.
  std::vector<naive::Request> finish() {
    if (!failed_) requests_.push_back({});
    return requests_;
  }

 private:
  void take(ParseStatus status) {
    naive::Request request{.status = status};
    if (status == ParseStatus::complete) {
      for (const std::string_view arg : parser_.args()) request.args.emplace_back(arg);
      request.consumed = parser_.consumed();
      request.is_inline = parser_.is_inline();
      unread_.erase(0, request.consumed);
    } else {
      request.error = parser_.error();
      failed_ = true;
    }
    requests_.push_back(std::move(request));
  }

  RequestParser parser_;
  std::string unread_;
  std::vector<naive::Request> requests_;
  bool failed_ = false;
};

}  // namespace holdfast
