#include "protocol/security_log.h"

#include <algorithm>
#include <utility>

#include "protocol/log.h"

namespace holdfast {
namespace {

constexpr TimeUs same_again_us = TimeUs{60} * 1'000'000;  // Redis: ACL_LOG_GROUPING_MAX_TIME_DELTA

bool is_same(const SecurityEvent& a, const SecurityEvent& b) {
  return a.reason == b.reason && a.object == b.object && a.username == b.username;
}

std::string_view event_name(SecurityReason reason) {
  switch (reason) {
    case SecurityReason::auth:
      return "login-failed";
    case SecurityReason::command:
    case SecurityReason::key:
      return "not-permitted";
    case SecurityReason::denied:
      return "connection-denied";
    case SecurityReason::closed:
      break;
  }
  return "client-closed";
}

}  // namespace

std::string_view reason_text(SecurityReason reason) {
  constexpr std::array<std::string_view, security_reasons> texts{"auth", "command", "key", "denied", "closed"};
  return texts[static_cast<size_t>(reason)];
}

SecurityLog::SecurityLog() {
  budgets_.fill(LineBudget(security_lines_a_second));
}

void SecurityLog::record(SecurityEvent event, TimeUs now) {
  for (std::string* text : {&event.object, &event.username}) text->resize(std::min(text->size(), security_text_bytes));
  const std::lock_guard lock(mutex_);
  ++counts_[static_cast<size_t>(event.reason)];
  write_line(event, now);
  if (event.reason < SecurityReason::denied) keep(std::move(event), now);
}

void SecurityLog::write_line(const SecurityEvent& event, TimeUs now) {
  LineBudget& budget = budgets_[static_cast<size_t>(event.reason)];
  if (!budget.take(now)) return;
  log_event(LogLevel::warning, "security",
            {{"event", event_name(event.reason)},
             {"reason", reason_text(event.reason)},
             {"object", event.object},
             {"user", event.username},
             {"addr", event.address},
             {"left_out", budget.take_left_out()}});
}

void SecurityLog::keep(SecurityEvent event, TimeUs now) {
  const auto same = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
    return is_same(entry.event, event) && now - entry.at_us <= same_again_us;
  });
  int64_t count = 1;
  if (same != entries_.end()) {
    count += same->count;
    entries_.erase(same);
  }
  entries_.push_front({.event = std::move(event), .count = count, .at_us = now});
  if (entries_.size() > security_entries) entries_.pop_back();
}

std::vector<SecurityLog::Entry> SecurityLog::entries(size_t most) const {
  const std::lock_guard lock(mutex_);
  const auto count = static_cast<std::ptrdiff_t>(std::min(most, entries_.size()));
  return {entries_.begin(), entries_.begin() + count};
}

void SecurityLog::forget() {
  const std::lock_guard lock(mutex_);
  entries_.clear();
}

uint64_t SecurityLog::count(SecurityReason reason) const {
  const std::lock_guard lock(mutex_);
  return counts_[static_cast<size_t>(reason)];
}

}  // namespace holdfast
