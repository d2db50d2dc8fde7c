// What it is: what a reactor's thread sleeps in: descriptors that become ready, work that other threads have for it,
// and alarms. Descriptors are watched edge-triggered (epoll(7)): one system call when a connection comes and none for a
// request, where Asio 1.22 arms its descriptor anew for every wait (protocol/README.md has the measurement). Who is
// told of an edge therefore reads until nothing is left, or remembers that something is. Threads: post() and wake() by
// any; all else by the one that calls run_once(). Time: the engine's (clock.h), in microseconds; sleep is cut to whole
// milliseconds, rounded up. Limits: limits::ready_a_turn descriptors are told of in one run_once(); the others in the
// next.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "engine/types.h"

namespace holdfast {

struct Readiness {
  bool can_read = false;
  bool can_write = false;
  bool has_ended = false;  // the other side sends no more, or the connection is broken; reading tells which
};

// Who has a descriptor here.
class Watcher {
 public:
  // REQUIRES: closes no other watcher's descriptor, which may be next.
  virtual void on_ready(Readiness ready) = 0;

 protected:
  ~Watcher() = default;
};

enum class Interest : uint8_t { read, read_and_write };

class EventLoop {
 public:
  class Alarm;

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  // Executed by run_once(), in the order of the calls; ends its sleep.
  void post(std::function<void()> work);
  void wake();

  // REQUIRES: the descriptor does not block; the watcher lives until it is closed or forgotten.
  void watch(int fd, Watcher& watcher);
  void change(int fd, Watcher& watcher, Interest interest);  // tells at once what is ready already
  void forget(int fd);                                       // closing it does so too

  // When the first alarm is due; never_us: there is none.
  TimeUs next_alarm() const { return alarms_.empty() ? never_us : alarms_.begin()->first; }

  // Sleeps for at most so long (0: not at all; never_us: without limit) or until something happens; tells the watchers,
  // executes what was posted, lets alarms go off.
  void run_once(TimeUs sleep_us);

 private:
  void run_posted();
  void run_alarms();

  using Alarms = std::multimap<TimeUs, Alarm*>;

  int epoll_;
  int bell_;  // an eventfd: rung by other threads
  std::mutex mutex_;
  std::vector<std::function<void()>> posted_;
  std::atomic<bool> has_posted_{false};
  Alarms alarms_;
};

// Does something once at a time, unless it is set anew, cancelled or gone before. REQUIRES: its loop outlives it.
class EventLoop::Alarm {
 public:
  Alarm(EventLoop& loop, std::function<void()> what)
      : loop_(loop), what_(std::move(what)), place_(loop.alarms_.end()) {}
  ~Alarm() { cancel(); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  void set(TimeUs at);
  void cancel();
  bool is_set() const { return place_ != loop_.alarms_.end(); }

 private:
  friend class EventLoop;
  EventLoop& loop_;
  std::function<void()> what_;
  Alarms::iterator place_;
};

}  // namespace holdfast
