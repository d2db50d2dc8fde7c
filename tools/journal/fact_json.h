// What it is: a fact as one line of JSON, with the fields that its type has. Threads: pure. Time: O(its bytes).
#pragma once

#include <string>

#include "engine/facts.h"

namespace holdfast::journal {

// Without the line's end.
std::string to_json(const Fact& fact);

}  // namespace holdfast::journal
