#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <gateway/result.h>

#include "http/server.h"

namespace gateway {

// The server of the gateway's own endpoints: an HttpServer that takes GET and HEAD without a body
// and answers at once, guarded against pages of other sites. Everything belongs to the loop's
// thread, the destructor too.
class ControlServer {
 public:
  using Request = HttpServer::Request;
  using Response = HttpServer::Response;
  // Called on the loop's thread; must not block.
  using Handler = std::function<Response(const Request&)>;

  enum class Guard : std::uint8_t {
    None,
    // Only requests whose Host, and Origin where there is one, name this machine: `localhost`, a
    // loopback address, or the address listened on. Keeps out pages of other sites in a browser.
    LocalOnly,
  };

  // Listens. `native_loop` is a uv_loop_t*; port 0 = any free one.
  static Result<std::unique_ptr<ControlServer>> create(void* native_loop,
                                                       const std::string& address,
                                                       std::uint16_t port, Handler handler,
                                                       Guard guard);

  [[nodiscard]] std::uint16_t port() const noexcept { return server_->port(); }

 private:
  explicit ControlServer(std::unique_ptr<HttpServer> server) : server_(std::move(server)) {}
  std::unique_ptr<HttpServer> server_;
};

}  // namespace gateway
