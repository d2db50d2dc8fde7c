// What it is: the signals of an interactive session as flags, so that what waits is interrupted and the session goes
// on. Threads: the handlers set flags only; read from the one thread there is.
#pragma once

namespace holdfast::cli {

// From here on SIGINT, SIGTERM, SIGHUP, SIGWINCH and SIGCONT set flags, and interrupt poll and read (EINTR).
void take_signals();

bool interrupted();  // SIGINT since the last forget_interrupt
void forget_interrupt();
bool told_to_end();        // SIGTERM or SIGHUP
bool take_resize();        // SIGWINCH since the last call
bool take_continuation();  // SIGCONT since the last call: the terminal's modes may be another program's

}  // namespace holdfast::cli
