#include "protocol/login_desk.h"

#include <sys/resource.h>

#include <optional>
#include <utility>

#include "engine/engine.h"
#include "protocol/log.h"

namespace holdfast {
namespace {

constexpr int low_priority = 5;  // nice

}  // namespace

LoginDesk::~LoginDesk() {
  stop();
}

void LoginDesk::stop() {
  std::thread thread;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    thread.swap(thread_);
    changed_.notify_all();
  }
  if (thread.joinable()) thread.join();
}

void LoginDesk::submit(LoginAttempt attempt, Answer answer) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return;
  waiting_.push_back({std::move(attempt), std::move(answer)});
  if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  changed_.notify_one();
}

void LoginDesk::run() {
  set_log_thread("logins");
  ::setpriority(PRIO_PROCESS, 0, low_priority);  // Linux: of this thread
  LoginJudge judge(engine_now);
  std::deque<Failed> failed;  // by time: all wait equally long
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto now = std::chrono::steady_clock::now();
    if (!failed.empty() && failed.front().due <= now) {
      const Failed one = std::move(failed.front());
      failed.pop_front();
      lock.unlock();
      one.answer(one.outcome);
      lock.lock();
    } else if (!waiting_.empty()) {
      Waiting one = std::move(waiting_.front());
      waiting_.pop_front();
      lock.unlock();
      const LoginOutcome outcome = judge.judge(one.attempt);
      if (outcome == LoginOutcome::welcome) {
        one.answer(outcome);
      } else {
        failed.push_back({std::chrono::steady_clock::now() + failed_login_delay, outcome, std::move(one.answer)});
      }
      lock.lock();
    } else if (failed.empty()) {
      changed_.wait(lock);
    } else {
      changed_.wait_until(lock, failed.front().due);
    }
  }
}

}  // namespace holdfast
