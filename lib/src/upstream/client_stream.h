#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "http/http1_parser.h"

namespace gateway {

// A request as it goes to a backend. Views live for the call.
struct OutgoingRequest {
  std::string_view method;
  std::string_view path_prefix, path, query;  // sent one after the other
  std::string_view host;
  const HeaderList* headers = nullptr;
  const FieldMask* keep = nullptr;  // which of them, by position; Host, framing and
                                            // X-Forwarded-* are never taken from here
  std::string_view forwarded_for, forwarded_proto, forwarded_host;
  std::string_view request_id;
  // False: a request of the gateway's own. X-Forwarded-*, Forwarded and X-Request-Id are fields like others
  // then, and none is added.
  bool forwarded = true;
  BodyFraming framing = BodyFraming::None;  // None, Length or Chunked
  std::uint64_t content_length = 0;
  std::int64_t header_timeout_ms = 0;  // in place of Timeouts::backend_header; 0 = that one
};

enum class StreamFailure : std::uint8_t {
  ConnectFailed,  // no connection: refused, unreachable, not resolved, or its TLS failed
  Forbidden,      // no connection: nothing is ever proxied to that address
  ConnectTimeout,
  Reset,  // the connection ended before the response did
  HeaderTimeout,
  BodyTimeout,
  Protocol,  // the response breaks HTTP
};

// What an exchange hears of its backend. After on_response_end and on_stream_failed the stream is
// gone.
class ClientStreamEvents {
 public:
  virtual ~ClientStreamEvents() = default;
  // The request can be sent. Not called for a stream that was ready when it was acquired.
  virtual void on_stream_ready() noexcept = 0;
  // Informational ones (1xx) first, then the final one. Views live for the call.
  virtual void on_response_head(ResponseHead& head) noexcept = 0;
  virtual void on_response_data(std::string_view data) noexcept = 0;
  // Everything that has arrived was delivered: a good moment to send what was put together from it.
  virtual void on_response_flush() noexcept = 0;
  virtual void on_response_end(const HeaderList& trailers) noexcept = 0;
  // The socket has taken all of the request that was given to it.
  virtual void on_request_drained() noexcept = 0;
  virtual void on_stream_failed(StreamFailure why) noexcept = 0;
};

// One request and its response on a connection to a backend, whatever the HTTP version.
class ClientStream {
 public:
  virtual ~ClientStream() = default;
  virtual void send_head(const OutgoingRequest& request) noexcept = 0;
  virtual void send_data(std::string_view data) noexcept = 0;
  virtual void send_end(const HeaderList* trailers) noexcept = 0;
  virtual void flush() noexcept = 0;
  virtual void pause() noexcept = 0;  // of the response's bytes
  virtual void resume() noexcept = 0;
  [[nodiscard]] virtual std::size_t buffered() const noexcept = 0;  // of the request
  [[nodiscard]] virtual bool ready() const noexcept = 0;
  // The connection has carried a request before this one.
  [[nodiscard]] virtual bool reused() const noexcept = 0;
  // Some byte of a response has come.
  [[nodiscard]] virtual bool answered() const noexcept = 0;
  // Ends it; no event follows.
  virtual void cancel() noexcept = 0;
};

}  // namespace gateway
