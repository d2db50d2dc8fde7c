// What it is: how the requests of the commands on holds become journeys (the wire contract, "Holds").
// Threads: pure functions. Time: O(bytes of the arguments).
// Invariant: where none is returned, the journey's verb, hashes and all that the verb names (journey.h) are filled.
// What is wrong with the arguments is told before that an id cannot be one (NOHOLD), which never reaches the engine.
// Limits: a one-item RESERVE, COMMIT and RELEASE allocate nothing where the journey's items have had room for one
// before.
#pragma once

#include "protocol/commands.h"

namespace holdfast {

ReadError read_reserve(Args args, const Services& services, Journey& journey);
ReadError read_commit(Args args, const Services& services, Journey& journey);
ReadError read_release(Args args, const Services& services, Journey& journey);
ReadError read_amend(Args args, const Services& services, Journey& journey);
ReadError read_extend(Args args, const Services& services, Journey& journey);
ReadError read_hold(Args args, const Services& services, Journey& journey);
ReadError read_holds(Args args, const Services& services, Journey& journey);
ReadError read_revoke(Args args, const Services& services, Journey& journey);

}  // namespace holdfast
