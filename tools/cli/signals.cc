#include "tools/cli/signals.h"

#include <csignal>
#include <initializer_list>

namespace holdfast::cli {
namespace {

volatile std::sig_atomic_t interrupt_flag = 0;
volatile std::sig_atomic_t end_flag = 0;
volatile std::sig_atomic_t resize_flag = 0;
volatile std::sig_atomic_t continuation_flag = 0;

void take_note(int signal) {
  if (signal == SIGINT) interrupt_flag = 1;
  if (signal == SIGTERM || signal == SIGHUP) end_flag = 1;
  if (signal == SIGWINCH) resize_flag = 1;
  if (signal == SIGCONT) continuation_flag = 1;
}

bool take(volatile std::sig_atomic_t& flag) {
  const bool was = flag != 0;
  flag = 0;
  return was;
}

}  // namespace

void take_signals() {
  struct sigaction action {};
  action.sa_handler = take_note;  // without SA_RESTART: what waits shall hear of it
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT}) ::sigaction(signal, &action, nullptr);
}

bool interrupted() {
  return interrupt_flag != 0;
}

void forget_interrupt() {
  interrupt_flag = 0;
}

bool told_to_end() {
  return end_flag != 0;
}

bool take_resize() {
  return take(resize_flag);
}

bool take_continuation() {
  return take(continuation_flag);
}

}  // namespace holdfast::cli
