// What it is: text of unknown bytes made readable on one line: the values of error fields (the wire contract,
// "Errors"), and quoted text for logs and for the cli, strings of JSON. The escapes of the first two are those of Redis
// (sdscatrepr), so that an inline request reads them back as the same bytes. Threads: pure functions. Time: O(bytes).
#pragma once

#include <string>
#include <string_view>

#include "protocol/buffer.h"

namespace holdfast {

// The value raw where it is 1 or more bytes of 0x21..0x7e without `"` and `\`, else quoted.
void append_field_value(Buffer& out, std::string_view value);

// Always in double quotes. (Not named quoted: for a std::string, argument-dependent lookup would prefer std::quoted.)
std::string in_quotes(std::string_view text);

// As a string of JSON, on one line. Of text that is no UTF-8 each byte from 0x80 on is \u00XX.
std::string in_json(std::string_view text);

}  // namespace holdfast
