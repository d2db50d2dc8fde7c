// What it is: how the requests of the commands on locks become journeys (the wire contract, "Holds").
// Threads: pure functions. Time: O(bytes of the arguments).
// Invariant: where none is returned, the journey's verb, hash and all that the verb names (journey.h) are filled.
// Limits: allocates nothing where the journey's items have had room for one before.
#pragma once

#include "protocol/commands.h"

namespace holdfast {

ReadError read_lock(Args args, const Services& services, Journey& journey);
ReadError read_relock(Args args, const Services& services, Journey& journey);
ReadError read_unlock(Args args, const Services& services, Journey& journey);

}  // namespace holdfast
