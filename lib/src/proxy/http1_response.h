#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "proxy/server_stream.h"
#include "upstream/worker_context.h"

namespace gateway {

// Responses as they go over an HTTP/1 connection (RFC 9112), appended to `out`.

// A 1xx response: no framing, and no field of the gateway's own.
void append_informational(std::string& out, const OutgoingResponse& response);

// What the connection adds to a final response.
struct ResponseTerms {
  bool chunked = false;
  std::string_view connection;  // the Connection field's value; empty = none
};
// `context` gives the Date of a response without one.
void append_response_head(std::string& out, const OutgoingResponse& response,
                          const ResponseTerms& terms, WorkerContext& context);

// The line before a chunk's data; a CR LF follows the data.
void append_chunk_size(std::string& out, std::size_t size);
// The end of a chunked body.
void append_last_chunk(std::string& out, const HeaderList* trailers);

}  // namespace gateway
