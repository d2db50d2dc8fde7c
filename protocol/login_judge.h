// What it is: how an attempt to log in is judged. Each source (an IPv4 address, an IPv6 /64, the Unix sockets together)
// has a bucket of failures that it may still make: an attempt takes one and gets it back where it succeeds, so that
// a thousand honest connections log in one after the other, and whoever guesses is not even heard.
// An attempt that is heard costs one scrypt, whoever it names and whatever is wrong with it; only a password that was
// right a moment ago is known again at once.
// Threads: one (LoginDesk's). Time: a clock that is given; LoginJudge::judge takes some 50 ms.
// Limits: guesses_at_once and guesses_a_second for a source; sources_remembered, and those beyond share one bucket.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/types.h"
#include "protocol/users.h"

namespace holdfast {

inline constexpr int guesses_at_once = 10;
inline constexpr int guesses_a_second = 5;
inline constexpr size_t sources_remembered = 4096;

// "10.1.2.3:5000" -> "10.1.2.3"; "[2001:db8:1:2:3::4]:5000" -> "2001:db8:1:2::/64"; "unix" stays.
std::string login_source(std::string_view address);

class GuessLimiter {
 public:
  bool take(const std::string& source, TimeUs now);  // false: not now
  void give_back(const std::string& source);
  // A guess has been judged until now: nothing came in meanwhile. (On a slow machine a bucket would never be empty.)
  void spend_time(const std::string& source, TimeUs now);

 private:
  struct Bucket {
    int64_t left_us = 0;  // what is in it, in the time that it took to come in
    TimeUs filled_us = 0;
  };

  Bucket& bucket_of(const std::string& source, TimeUs now);
  static void fill(Bucket& bucket, TimeUs now);

  std::unordered_map<std::string, Bucket> buckets_;
};

struct LoginAttempt {
  UserPointer user;  // null: nobody of that name
  std::string password;
  std::string source;
};

enum class LoginOutcome : uint8_t { welcome, wrong, too_many };

class LoginJudge {
 public:
  using Clock = std::function<TimeUs()>;
  explicit LoginJudge(Clock clock);

  LoginOutcome judge(const LoginAttempt& attempt);
  uint64_t evaluated() const { return evaluated_; }  // attempts that were heard

 private:
  bool is_right(const LoginAttempt& attempt);
  std::string digest_of(const PasswordHash& hash, std::string_view password) const;

  Clock clock_;
  PasswordHash decoy_;  // for a user that there is not
  std::string secret_;  // keys what is remembered of right passwords
  GuessLimiter limiter_;
  std::map<std::string, std::string> last_right_;  // by user
  uint64_t evaluated_ = 0;
};

}  // namespace holdfast
