// What it is: what gives the units of overdue holds back where the server does not do that by itself: a thread that
// runs the dialect's sweep every 100 ms, and again at once while there is more than one sweep can end. Threads: its
// own; begin and end by the owner. Fails: failure(), after end().
#pragma once

#include <atomic>
#include <string>
#include <thread>

#include "tools/load/dialect.h"

namespace holdfast::load {

class Sweeper {
 public:
  ~Sweeper() { end(); }

  // Does nothing where the dialect has no sweep.
  cli::LinkError begin(const cli::Address& address, const Dialect& dialect);
  void end();
  const std::string& failure() const { return failure_; }

 private:
  void run(cli::ServerLink& link, const std::string& request);

  std::atomic<bool> stop_{false};
  std::thread thread_;
  std::string failure_;
};

}  // namespace holdfast::load
