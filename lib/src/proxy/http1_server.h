#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/http1_parser.h"
#include "proxy/exchange.h"
#include "proxy/server_stream.h"
#include "upstream/timer_wheel.h"
#include "upstream/transport.h"

namespace gateway {

struct WorkerState;

// A client's connection that speaks HTTP/1 (RFC 9112): one exchange after the other, pipelined
// requests in their order. Owned by its WorkerState until it has closed.
class Http1Server final : public ServerStream, private TransportEvents, private Timed {
 public:
  explicit Http1Server(WorkerState& worker);
  ~Http1Server() override;

  // Takes the pending connection of `listener`; false when there is none to take after all.
  bool accept(uv_stream_t* listener, bool tls) noexcept;
  // The same for a descriptor that was accepted already; closed on failure.
  bool open(int fd, bool tls) noexcept;
  // The worker drains: closes soon when nothing is in progress, else after it.
  void drain() noexcept;
  // Ends at once.
  void stop() noexcept { close(); }
  std::size_t index = 0;  // WorkerState's own: the place in its list

  void send_continue() noexcept override;
  void send_informational(const OutgoingResponse& response) noexcept override;
  void send_head(const OutgoingResponse& response) noexcept override;
  void send_data(std::string_view data) noexcept override;
  void send_end(const HeaderList* trailers) noexcept override;
  void flush() noexcept override;
  void abort() noexcept override;
  void pause_request() noexcept override { request_paused_ = true; }
  void resume_request() noexcept override;
  std::size_t buffered() const noexcept override { return transport_ ? transport_->buffered() : 0; }
  void exchange_ended() noexcept override;
  std::string_view client_address() const noexcept override { return client_address_; }
  std::string_view protocol() const noexcept override;
  std::string_view tls_protocol() const noexcept override;
  std::string_view server_name() const noexcept override;
  std::string_view client_demand() const noexcept override;
  std::string_view client_certificate_der() const noexcept override;

 private:
  enum class Phase : std::uint8_t {
    Handshake,
    Head,      // of the next request: nothing of it, or a part, has come
    Body,      // the request's body is coming in
    Response,  // the request is whole, its response is not
    Discard,   // the response is whole, a small rest of the request is not
    Linger,    // our side is ended; the peer's is read and dropped
    Closed,
  };

  // What the deadline stands for.
  enum class Limit : std::uint8_t { None, Handshake, Head, Idle, Body, Write, Drain, Linger };

  void on_open() noexcept override;
  void on_data(std::string_view bytes) noexcept override;
  void on_drained() noexcept override;
  void on_end(int status) noexcept override;
  void on_deadline() noexcept override;

  void begin(bool tls) noexcept;
  void process() noexcept;
  void settle() noexcept;
  [[nodiscard]] std::size_t consume(std::string_view bytes) noexcept;
  void begin_exchange(std::string_view head_bytes) noexcept;
  void request_complete() noexcept;
  void update_reading() noexcept;
  [[nodiscard]] Limit limit_now() const noexcept;
  void update_deadline() noexcept;
  [[nodiscard]] bool can_discard() const noexcept;
  void linger() noexcept;
  void close() noexcept;

  WorkerState& worker_;
  Transport::Ptr transport_;
  Http1Parser parser_;
  Exchange exchange_;
  std::string kept_;  // received, not yet consumed
  std::string client_address_;
  Phase phase_ = Phase::Head;
  bool processing_ = false;
  bool reading_ = false;
  bool request_paused_ = false;
  bool request_complete_ = false;
  bool response_complete_ = false;
  bool close_after_ = false;  // the response says `Connection: close`
  bool chunked_ = false;
  bool continue_sent_ = false;
  bool head_begun_ = false;
  bool served_ = false;  // an exchange has ended on this connection
  Limit limit_ = Limit::None;
  int minor_version_ = 1;
  std::uint64_t acknowledged_ = 0;  // when the time for Limit::Write began
};

}  // namespace gateway
