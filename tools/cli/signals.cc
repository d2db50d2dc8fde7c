#include "tools/cli/signals.h"

#include <poll.h>

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

constexpr std::initializer_list<int> taken = {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGCONT};
sigset_t mask_while_waiting;
bool are_taken = false;

bool take(volatile std::sig_atomic_t& flag) {
  const bool was = flag != 0;
  flag = 0;
  return was;
}

}  // namespace

void take_signals() {
  sigset_t blocked;
  sigemptyset(&blocked);
  for (const int signal : taken) sigaddset(&blocked, signal);
  ::sigprocmask(SIG_BLOCK, &blocked, &mask_while_waiting);
  struct sigaction action {};
  action.sa_handler = take_note;
  for (const int signal : taken) {
    sigdelset(&mask_while_waiting, signal);
    ::sigaction(signal, &action, nullptr);
  }
  are_taken = true;
}

bool wait_for(int fd, short events) {
  pollfd waiting{fd, events, 0};
  return ::ppoll(&waiting, 1, nullptr, are_taken ? &mask_while_waiting : nullptr) > 0;
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
