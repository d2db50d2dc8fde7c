// What it is: glob patterns as Redis matches them (stringmatchlen), byte by byte:
//   *  any bytes, also none      ?  one byte      \x  the byte x itself
//   [abc]  one of these   [a-z]  one in the range (either end first)   [^...]  one byte that is none of these
// A class that is never closed ends with the pattern; a lone \ at the end stands for itself.
// Differs from Redis in one thing: * matches the empty text too.
// Time: at most pattern x text steps, whatever the pattern: only the last star is ever tried again, which is enough
// because everything else matches exactly one byte.
#pragma once

#include <string_view>

namespace holdfast {

bool glob_matches(std::string_view pattern, std::string_view text);

}  // namespace holdfast
