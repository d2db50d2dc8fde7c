// What it is: the signals of an interactive session as flags, so that what waits is interrupted and the session goes
// on. Threads: one; the handlers set flags only. Invariant: they arrive inside wait_for and nowhere else. One that came
// just before a plain read() would be noticed only after it, and a person would press Ctrl-C in vain.
#pragma once

namespace holdfast::cli {

// From here on SIGINT, SIGTERM, SIGHUP, SIGWINCH and SIGCONT set flags.
void take_signals();

// Waits until the descriptor is ready for these events of poll(). False where a signal came instead.
bool wait_for(int fd, short events);

bool interrupted();  // SIGINT since the last forget_interrupt
void forget_interrupt();
bool told_to_end();        // SIGTERM or SIGHUP
bool take_resize();        // SIGWINCH since the last call
bool take_continuation();  // SIGCONT since the last call: the terminal's modes may be another program's

}  // namespace holdfast::cli
