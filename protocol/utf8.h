// What it is: just enough of UTF-8 for a terminal and for JSON. Threads: pure functions. Time: O(bytes).
#pragma once

#include <cstddef>
#include <string_view>

namespace holdfast {

// Well-formed by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

// The code points, each of them taken for one column wide.
size_t columns_of(std::string_view text);

}  // namespace holdfast
