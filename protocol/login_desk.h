// What it is: the one thread on which passwords are checked, so that no shard waits for a slow hash. Attempts are
// judged in the order they came; who failed is answered failed_login_delay later, and the next attempt does not wait
// for that. Threads: submit by any; answers are delivered on the desk's own thread, which begins with the first attempt
// and is of low priority. Time: the steady clock's. Limits: none of its own: a connection has one attempt under way at
// most.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "protocol/login_judge.h"

namespace holdfast {

inline constexpr auto failed_login_delay = std::chrono::milliseconds(100);

class LoginDesk {
 public:
  using Answer = std::function<void(LoginOutcome)>;

  LoginDesk() = default;
  ~LoginDesk();  // what has no answer yet gets none
  LoginDesk(const LoginDesk&) = delete;
  LoginDesk& operator=(const LoginDesk&) = delete;

  void submit(LoginAttempt attempt, Answer answer);
  void stop();

 private:
  struct Waiting {
    LoginAttempt attempt;
    Answer answer;
  };
  struct Failed {
    std::chrono::steady_clock::time_point due;
    LoginOutcome outcome;
    Answer answer;
  };

  void run();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Waiting> waiting_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace holdfast
