#include "protocol/event_loop.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <utility>

#include "engine/check.h"
#include "engine/clock.h"
#include "engine/limits.h"

namespace holdfast {
namespace {

constexpr TimeUs us_per_ms = 1'000;

int timeout_ms(TimeUs sleep_us) {
  if (sleep_us == never_us) return -1;
  return static_cast<int>(std::min<TimeUs>((sleep_us + us_per_ms - 1) / us_per_ms, INT_MAX));
}

void control(int epoll, int operation, int fd, uint32_t events, Watcher* watcher) {
  epoll_event event{.events = events, .data = {.ptr = watcher}};
  CHECK(::epoll_ctl(epoll, operation, fd, &event) == 0);
}

constexpr uint32_t reading = EPOLLIN | EPOLLRDHUP | EPOLLET;

}  // namespace

void EventLoop::Alarm::set(TimeUs at) {
  cancel();
  place_ = loop_.alarms_.emplace(at, this);
}

void EventLoop::Alarm::cancel() {
  if (is_set()) loop_.alarms_.erase(std::exchange(place_, loop_.alarms_.end()));
}

EventLoop::EventLoop() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), bell_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  CHECK(epoll_ >= 0 && bell_ >= 0);
  control(epoll_, EPOLL_CTL_ADD, bell_, EPOLLIN | EPOLLET, nullptr);
}

EventLoop::~EventLoop() {
  ::close(bell_);
  ::close(epoll_);
}

void EventLoop::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    posted_.push_back(std::move(work));
    has_posted_.store(true, std::memory_order_release);
  }
  wake();
}

// Nobody reads the count: each ring is an edge, and it would take 2^64 of them to overflow.
void EventLoop::wake() {
  const uint64_t once = 1;
  [[maybe_unused]] const ssize_t written = ::write(bell_, &once, sizeof once);
}

void EventLoop::watch(int fd, Watcher& watcher) {
  control(epoll_, EPOLL_CTL_ADD, fd, reading, &watcher);
}

void EventLoop::change(int fd, Watcher& watcher, Interest interest) {
  control(epoll_, EPOLL_CTL_MOD, fd, interest == Interest::read ? reading : reading | EPOLLOUT, &watcher);
}

void EventLoop::forget(int fd) {
  control(epoll_, EPOLL_CTL_DEL, fd, 0, nullptr);
}

void EventLoop::run_once(TimeUs sleep_us) {
  std::array<epoll_event, limits::ready_a_turn> events;
  const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms(sleep_us));
  CHECK(ready >= 0 || errno == EINTR);
  for (int i = 0; i < ready; ++i) {
    const epoll_event& event = events[static_cast<size_t>(i)];
    auto* const watcher = static_cast<Watcher*>(event.data.ptr);
    if (!watcher) continue;
    const bool is_broken = (event.events & (EPOLLHUP | EPOLLERR)) != 0;
    const bool has_ended = is_broken || (event.events & EPOLLRDHUP) != 0;
    watcher->on_ready({.can_read = has_ended || (event.events & EPOLLIN) != 0,
                       .can_write = is_broken || (event.events & EPOLLOUT) != 0,
                       .has_ended = has_ended});
  }
  run_posted();
  run_alarms();
}

void EventLoop::run_posted() {
  if (!has_posted_.load(std::memory_order_acquire)) return;
  std::vector<std::function<void()>> work;
  {
    const std::lock_guard lock(mutex_);
    work.swap(posted_);
    has_posted_.store(false, std::memory_order_relaxed);
  }
  for (const auto& each : work) each();
}

// What an alarm does may be the end of it.
void EventLoop::run_alarms() {
  if (alarms_.empty()) return;
  const TimeUs now = engine_now();
  while (!alarms_.empty() && alarms_.begin()->first <= now) {
    Alarm& alarm = *alarms_.begin()->second;
    alarm.cancel();
    const auto what = alarm.what_;
    what();
  }
}

}  // namespace holdfast
