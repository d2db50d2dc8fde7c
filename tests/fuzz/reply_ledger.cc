#include "tests/fuzz/reply_ledger.h"

#include <algorithm>
#include <cctype>

#include "engine/check.h"
#include "tests/fuzz/reply_reader.h"

namespace holdfast {
namespace {

bool same(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

bool begins_with(const Words& words, std::string_view beginning) {
  for (const std::string& word : words) {
    const size_t size = std::min(beginning.find(' '), beginning.size());
    if (!same(word, beginning.substr(0, size))) return false;
    if (size == beginning.size()) return true;
    beginning.remove_prefix(size + 1);
  }
  return false;
}

// Whether a reply will come, or what may be asked then, is not known here.
static bool loosens(const Words& words) {
  return begins_with(words, "shutdown") || begins_with(words, "config set requirepass");
}

void ReplyLedger::sent(std::string_view bytes) {
  unparsed_ += bytes;
  while (state_ == State::open && !unparsed_.empty()) {
    const naive::Request request = naive::parse(unparsed_);
    if (request.status == ParseStatus::incomplete) return;
    if (request.status == ParseStatus::error) {
      state_ = State::over;
      if (mode_ == Mode::on) due_.emplace_back();
      return;
    }
    unparsed_.erase(0, request.consumed);
    if (!request.args.empty()) note(request.args);
  }
}

void ReplyLedger::note(Words words) {
  if (begins_with(words, "post") || begins_with(words, "host:")) {
    state_ = State::over;
    return;
  }
  const bool three = words.size() == 3;
  if (mode_ == Mode::skip_next) mode_ = Mode::skip_this;
  if (three && begins_with(words, "client reply off")) {
    mode_ = Mode::off;
  } else if (three && begins_with(words, "client reply skip")) {
    if (mode_ != Mode::off) mode_ = Mode::skip_next;
  } else {
    if (three && begins_with(words, "client reply on")) mode_ = Mode::on;
    if (mode_ == Mode::off && words.size() == 1 && begins_with(words, "reset")) mode_ = Mode::on;
    loose_ = loose_ || loosens(words);
    if (begins_with(words, "client kill")) kills_ = true;
    if (begins_with(words, "hello")) resp3_ = true;
    if (begins_with(words, "quit")) state_ = State::over;
    const bool changes =
        begins_with(words, "setstock") || begins_with(words, "restock") || begins_with(words, "delstock");
    if (mode_ == Mode::on) due_.push_back(std::move(words));
    if (mode_ != Mode::on && changes) silent_changes_ = true;
    if (mode_ == Mode::skip_this) mode_ = Mode::on;
  }
}

void ReplyLedger::heard(std::string_view bytes, const std::function<void(const Words&, std::string_view)>& answered) {
  unread_ += bytes;
  while (const size_t size = reply_size(unread_, resp3_)) {
    CHECK(loose_ || !due_.empty());
    lost_ = lost_ || due_.empty() || loosens(due_.front());
    if (!lost_) {
      answered(due_.front(), std::string_view(unread_).substr(0, size));
      due_.pop_front();
    }
    unread_.erase(0, size);
  }
}

}  // namespace holdfast
