#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "http/http1_parser.h"
#include "upstream/client_stream.h"
#include "upstream/compiled_backend.h"
#include "upstream/resolver.h"
#include "upstream/timer_wheel.h"
#include "upstream/transport.h"

namespace gateway {

class Pools;
struct Pool;

// A connection to a backend that speaks HTTP/1.1, and at the same time the stream of the exchange
// that has it. Owned by Pools: idle there, or lent to one exchange.
class Http1Client final : public ClientStream,
                          private TransportEvents,
                          private Timed,
                          private Resolver::Waiter {
 public:
  Http1Client(Pools& pools, Pool& pool, WorkerContext& context);
  ~Http1Client() override;

  // Connects; on_stream_ready or on_stream_failed follows, never from within the call.
  void connect(const CompiledBackend& backend, const CompiledEndpoint& endpoint,
               ClientStreamEvents& events);
  // An idle connection carries another request.
  void lend(ClientStreamEvents& events) noexcept;
  [[nodiscard]] Pool& pool() noexcept { return pool_; }
  std::size_t index = 0;  // Pools' own: the place in its list

  void send_head(const OutgoingRequest& request) noexcept override;
  void send_data(std::string_view data) noexcept override;
  void send_end(const HeaderList* trailers) noexcept override;
  void flush() noexcept override { transport_->flush(); }
  void pause() noexcept override;
  void resume() noexcept override;
  std::size_t buffered() const noexcept override { return transport_->buffered(); }
  bool ready() const noexcept override { return state_ == State::Open; }
  bool reused() const noexcept override { return requests_ > 0; }
  bool answered() const noexcept override { return answered_; }
  void cancel() noexcept override;

 private:
  enum class State : std::uint8_t { Connecting, Open, Closed };

  void on_open() noexcept override;
  void on_data(std::string_view bytes) noexcept override;
  void on_drained() noexcept override;
  void on_end(int status) noexcept override;
  void on_deadline() noexcept override;
  void on_resolved(const sockaddr_storage* address) noexcept override;

  void start_connecting(const sockaddr* address) noexcept;
  // Asks the proxy for a tunnel to the backend; TLS runs in it before on_stream_ready.
  void ask_for_tunnel() noexcept;
  void take_tunnel_answer(std::string_view bytes) noexcept;
  // `why` is told by the timer wheel: connect() has not returned yet.
  void fail_later(StreamFailure why) noexcept;
  void update_deadline() noexcept;
  [[nodiscard]] std::size_t deliver(std::string_view bytes) noexcept;
  void complete(bool bytes_left) noexcept;
  void fail(StreamFailure why) noexcept;
  void discard() noexcept;

  Pools& pools_;
  Pool& pool_;
  WorkerContext& context_;
  Transport::Ptr transport_;
  Http1Parser parser_;
  ClientStreamEvents* events_ = nullptr;
  std::string kept_;  // an incomplete head
  std::string server_name_;
  std::shared_ptr<TlsClient> tls_;
  std::shared_ptr<const BackendProxy> proxy_;
  std::string target_;  // with a proxy: the backend's authority
  std::uint16_t port_ = 0;
  std::int64_t header_timeout_ms_ = 0;  // OutgoingRequest's
  std::uint64_t requests_ = 0;  // finished ones
  State state_ = State::Connecting;
  StreamFailure unconnected_ = StreamFailure::ConnectTimeout;  // what a deadline before Open means
  bool head_request_ = false;
  bool head_done_ = false;
  bool chunked_request_ = false;
  bool request_sent_ = false;
  bool answered_ = false;
  bool paused_ = false;
  bool tunnelling_ = false;  // the proxy's answer to CONNECT is awaited
  bool tunnelled_ = false;   // it said yes
  bool link_local_ = false;  // CompiledBackend's
};

}  // namespace gateway
