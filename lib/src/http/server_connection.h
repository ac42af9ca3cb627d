#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>

#include <uv.h>

#include "base/uv.h"
#include "http/accepted_socket.h"
#include "http/http1_parser.h"
#include "http/server.h"
#include "http/slow_bodies.h"

namespace gateway {

// What the connections of a server share.
struct ServerState {
  uv_loop_t* loop = nullptr;
  HttpServer::Options options;
  std::shared_ptr<const HttpServer::Handler> handler;
  std::unique_ptr<TlsServer> tls;  // null = plain text
  std::shared_ptr<SlowBodies> slow_bodies = std::make_shared<SlowBodies>();
  std::set<std::shared_ptr<class ServerConnection>> connections;
};

// One client of an HttpServer: takes its requests one after the other, each when the one before is
// answered. Holds itself until the socket is closed.
class ServerConnection final : public std::enable_shared_from_this<ServerConnection>,
                               private AcceptedSocket::Owner {
 public:
  explicit ServerConnection(ServerState& server);
  // Takes the listener's pending connection, and closes it again where there are too many.
  void open(uv_stream_t* listener);
  // The server goes: streams are told, nothing of it is touched any more.
  void abandon();

  // What a Responder and a Stream do. `exchange` is the request they belong to: once it is over,
  // none of these has an effect.
  void answer(std::uint64_t exchange, HttpServer::Response response);
  // False when no stream began.
  bool begin_stream(std::uint64_t exchange, const HttpServer::Response& head,
                    std::function<void()> closed);
  void write_stream(std::uint64_t exchange, std::string_view bytes);
  void end_stream(std::uint64_t exchange);
  // The stream's owner gave it up.
  void cut_stream(std::uint64_t exchange);
  [[nodiscard]] bool is_streaming(std::uint64_t exchange) const noexcept;
  [[nodiscard]] bool is_awaited(std::uint64_t exchange) const noexcept {
    return phase_ == Phase::Awaiting && exchange == exchange_;
  }

 private:
  enum class Phase : std::uint8_t {
    Handshake,
    Head,
    Body,
    Awaiting,  // the handler's answer
    Making,    // a slow body
    Writing,
    Streaming,
    Ending,
    Closed,
  };

  void on_open() override { begin_request(); }
  void on_bytes(std::string_view bytes) override;
  void on_written() override;
  void on_end() override { leave(); }
  void on_closed() override;

  void begin_request();
  void take_request();
  [[nodiscard]] bool take_head();
  void read_request(const RequestHead& head);
  void take_body();
  void dispatch();
  void refuse(int status, std::string_view what);
  void respond(HttpServer::Response response);
  void make_body(HttpServer::Response response);
  void end();
  void leave();
  void limit(std::chrono::milliseconds time);
  [[nodiscard]] const HttpServer::Options& options() const noexcept { return server_->options; }

  ServerState* server_;  // null once abandoned
  AcceptedSocket socket_;
  std::unique_ptr<uv::Timer> timer_;        // until leave()
  std::shared_ptr<ServerConnection> held_;  // until on_closed
  Http1Parser parser_;
  Phase phase_ = Phase::Handshake;
  std::string received_;
  HttpServer::Request request_;
  std::uint64_t exchange_ = 0;  // the number of the request
  bool head_only_ = false;
  bool chunks_ = false;  // the client understands chunks
  bool close_after_ = false;
  std::function<void()> closed_;  // of the stream
};

}  // namespace gateway
