// What it is: how the requests of the stock commands become journeys (the wire contract, "Stock").
// Threads: pure functions. Time: O(bytes of the arguments).
// Invariant: where none is returned, the journey's verb, hashes and all that the verb names (journey.h) are filled.
#pragma once

#include "protocol/commands.h"

namespace holdfast {

ReadError read_set_stock(Args args, const Services& services, Journey& journey);
ReadError read_restock(Args args, const Services& services, Journey& journey);
ReadError read_stock(Args args, const Services& services, Journey& journey);
ReadError read_multi_stock(Args args, const Services& services, Journey& journey);
ReadError read_delete_stock(Args args, const Services& services, Journey& journey);
ReadError read_policy(Args args, const Services& services, Journey& journey);

}  // namespace holdfast
