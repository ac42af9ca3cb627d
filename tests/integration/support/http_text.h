#pragma once

#include <string>
#include <string_view>

#include "support/connection.h"

// Messages as the golden cases write them: lines end with LF, and one LF at the end of a file is no
// part of it.
namespace gateway::test {

// What goes over the wire: CR LF in the head, Connection: close, and Content-Length where there is
// a body and no framing (`always`: without a body too).
[[nodiscard]] std::string wire_message(std::string_view text, bool always_length);

// How `actual` differs from what is expected, line by line; "" = it does not. A line "!Name:" wants
// that field absent; fields that are not named are not looked at; without an empty line the body is
// not looked at.
// "{*}" stands for any text.
[[nodiscard]] std::string difference(std::string_view expected, const Message& actual);
[[nodiscard]] bool matches(std::string_view pattern, std::string_view text);

}  // namespace gateway::test
