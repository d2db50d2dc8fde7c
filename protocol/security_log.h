// What it is: what an operator wants to hear of people who try doors: failed logins, commands and SKUs that were not
// permitted, connections that were refused or that we closed (`object` says why). Each is a line `security event=...`
// of the log, of each reason at a bounded rate (what is left out is counted in the next line), and what is about rights
// an entry of ACL LOG, where the same thing again within a minute is counted and not listed. No password is ever in it.
// Threads: any; a lock is held for the time of one entry. Time: given, engine time. Blocks as the log does.
// Limits: security_entries, each with security_text_bytes of what a client sent; security_lines_a_second of a reason.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/types.h"
#include "protocol/line_budget.h"

namespace holdfast {

inline constexpr size_t security_entries = 128;  // Redis: acllog-max-len
inline constexpr size_t security_text_bytes = 256;
inline constexpr int security_lines_a_second = 10;

enum class SecurityReason : uint8_t { auth, command, key, denied, closed };
inline constexpr size_t security_reasons = 5;

struct SecurityEvent {
  SecurityReason reason = SecurityReason::auth;
  std::string object;    // the command, the SKU or the id; why it was refused or closed
  std::string username;  // as it was tried, or of who asked
  std::string address;
  std::string client;  // a line as of CLIENT LIST; empty: it never became a client
};

class SecurityLog {
 public:
  SecurityLog();

  struct Entry {
    SecurityEvent event;
    int64_t count = 1;
    TimeUs at_us = 0;
  };

  void record(SecurityEvent event, TimeUs now);

  std::vector<Entry> entries(size_t most) const;  // newest first; without connections that were refused or closed
  void forget();                                  // entries; the counts go on
  uint64_t count(SecurityReason reason) const;

 private:
  void write_line(const SecurityEvent& event, TimeUs now);
  void keep(SecurityEvent event, TimeUs now);

  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
  std::array<uint64_t, security_reasons> counts_{};
  std::array<LineBudget, security_reasons> budgets_;
};

// "auth", "command", "key" as in ACL LOG; "denied", "closed".
std::string_view reason_text(SecurityReason reason);

}  // namespace holdfast
