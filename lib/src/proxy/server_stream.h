#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "http/http1_parser.h"

namespace gateway {

// A response as it goes to a client. Views live for the call.
struct OutgoingResponse {
  int status = 200;
  std::string_view reason;
  const HeaderList* headers = nullptr;      // null: none
  const FieldMask* keep = nullptr;  // which of them, by position; null: all
  std::string_view extra;  // whole field lines of the gateway's own, each with its CR LF
  std::string_view request_id;
  // None: no body. Length: content_length bytes. Chunked and UntilClose: as many as come.
  BodyFraming framing = BodyFraming::None;
  std::uint64_t content_length = 0;
  bool head_request = false;  // the answer to HEAD keeps a Content-Length field without a body
};

// One exchange's end at the client, whatever the HTTP version.
class ServerStream {
 public:
  virtual ~ServerStream() = default;
  virtual void send_continue() noexcept = 0;  // 100
  virtual void send_informational(const OutgoingResponse& response) noexcept = 0;
  virtual void send_head(const OutgoingResponse& response) noexcept = 0;
  virtual void send_data(std::string_view data) noexcept = 0;
  virtual void send_end(const HeaderList* trailers) noexcept = 0;
  virtual void flush() noexcept = 0;
  // The response cannot be completed: the client must not take it for whole. The exchange ends
  // next.
  virtual void abort() noexcept = 0;
  // The request's body is not delivered until resume.
  virtual void pause_request() noexcept = 0;
  virtual void resume_request() noexcept = 0;
  [[nodiscard]] virtual std::size_t buffered() const noexcept = 0;
  // The exchange is over; the stream may begin another.
  virtual void exchange_ended() noexcept = 0;

  [[nodiscard]] virtual std::string_view client_address() const noexcept = 0;
  [[nodiscard]] virtual std::string_view protocol() const noexcept = 0;      // "HTTP/1.1"
  [[nodiscard]] virtual std::string_view tls_protocol() const noexcept = 0;  // "" = plain
  [[nodiscard]] virtual std::string_view server_name() const noexcept = 0;   // SNI
  // The client's certificate; "" = none. Lives as long as the connection.
  [[nodiscard]] virtual std::string_view client_certificate_der() const noexcept = 0;
  [[nodiscard]] virtual std::string_view client_demand() const noexcept = 0;  // TlsSession's
};

}  // namespace gateway
