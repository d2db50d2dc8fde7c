// What it is: the connections that have not shown yet what they came for, in the order in which they came: each is
// looked at once, when authentication-timeout is over for it. Who has not logged in by then where it has to, or has
// sent only a part of its first request, is late. (Who needs no login and says nothing is idle; that is `timeout`'s
// business.) Threads: its shard's. Time: given. O(1) a connection.
#pragma once

#include <cstdint>
#include <deque>

#include "engine/types.h"
#include "protocol/services.h"

namespace holdfast {

class Newcomers {
 public:
  // REQUIRES: `now` does not go back.
  void add(uint64_t client, TimeUs now) { waiting_.push_back({client, now}); }

  // When the next one is to be looked at, or never_us.
  TimeUs next_wake(TimeUs limit_us) const { return waiting_.empty() ? never_us : waiting_.front().since_us + limit_us; }

  // Calls look(client) for each whose time is over, once.
  template <class Look>
  void look(TimeUs now, TimeUs limit_us, Look look) {
    while (next_wake(limit_us) <= now) {
      const uint64_t client = waiting_.front().client;
      waiting_.pop_front();
      look(client);
    }
  }

 private:
  struct Newcomer {
    uint64_t client = 0;
    TimeUs since_us = 0;
  };

  std::deque<Newcomer> waiting_;
};

enum class Lateness : uint8_t { none, undecided, late };

// Of a client whose time is over. Undecided: its password is being checked. REQUIRES: client.input_bytes is up to date.
inline Lateness lateness(const Client& client) {
  if (client.login) return Lateness::undecided;
  if (!client.user) return client.has_logged_in ? Lateness::none : Lateness::late;  // RESET forgets the user
  return client.last_command.empty() && client.input_bytes > 0 ? Lateness::late : Lateness::none;
}

}  // namespace holdfast
