#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "http/http1_parser.h"

namespace gateway::test {

// How the bytes of a connection arrive.
struct Arrival {
  std::vector<std::size_t> cuts;   // offsets at which one read ends and the next begins
  bool byte_by_byte = false;
  bool then_close = false;
  bool to_head_request = false;    // responses: the request was HEAD
  Http1Parser::Limits limits;
};

// Reads a whole connection and returns what happened as text, one event a line: the start line with
// what was concluded from the head, each field, the body, each trailer field, and "end" or "error".
std::string events(Http1Parser::Kind kind, std::string_view wire, const Arrival& arrival = {});

}  // namespace gateway::test
