#include "tests/system/reply_client.h"

#include <gtest/gtest.h>

#include <charconv>
#include <utility>

#include "engine/check.h"

namespace holdfast {
namespace {

int64_t integer(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  CHECK(error == std::errc() && end == text.data() + text.size());
  return value;
}

}  // namespace

int64_t WireReply::figure(std::string_view name) const {
  for (size_t i = 0; i + 1 < items.size(); i += 2) {
    if (items[i].text == name) return items[i + 1].number;
  }
  ADD_FAILURE() << "no " << name << " in " << shown();
  return -1;
}

std::string WireReply::shown() const {
  if (type == 0) return "(no reply)";
  if (is_nil) return "(nil)";
  if (type == ':') return std::to_string(number);
  if (type == '-') return "-" + text;
  if (type != '*') return text;
  std::string all = "[";
  for (const WireReply& item : items) all += (all.size() > 1 ? " " : "") + item.shown();
  return all + "]";
}

bool ReplyClient::take(WireReply& reply, size_t& at) const {
  const size_t end = received_.find("\r\n", at);
  if (end == std::string::npos) return false;
  reply.type = received_[at];
  const std::string_view line(received_.data() + at + 1, end - at - 1);
  at = end + 2;
  switch (reply.type) {
    case '+':
    case '-':
      reply.text = line;
      return true;
    case ':':
      reply.number = integer(line);
      return true;
    default:
      break;
  }
  CHECK(reply.type == '$' || reply.type == '*');
  const int64_t count = integer(line);
  reply.is_nil = count < 0;
  if (reply.is_nil) return true;
  const auto size = static_cast<size_t>(count);
  if (reply.type == '$') {
    if (received_.size() < at + size + 2) return false;
    reply.text = received_.substr(at, size);
    at += size + 2;
    return true;
  }
  reply.items.resize(size);
  for (WireReply& item : reply.items) {
    if (!take(item, at)) return false;
  }
  return true;
}

WireReply ReplyClient::next() {
  for (;;) {
    WireReply reply;
    size_t at = at_;
    if (take(reply, at)) {
      at_ = at;
      if (at_ == received_.size()) received_.clear(), at_ = 0;
      return reply;
    }
    const std::string more = client_.receive_some(patience_ms_);
    if (more.empty()) return {};
    received_.erase(0, at_);
    at_ = 0;
    received_ += more;
  }
}

WireReply ReplyClient::ask(const std::string& line) {
  send(line + "\r\n");
  return next();
}

}  // namespace holdfast
