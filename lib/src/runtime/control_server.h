#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gateway/result.h>

namespace gateway {

// A small HTTP/1.1 server for operators and probes on a uv loop: GET and HEAD only, no request
// bodies, a bounded number of connections, a time limit for each. Everything belongs to the loop's
// thread, the destructor too.
class ControlServer {
 public:
  struct Request {
    std::string method;                                       // "GET" or "HEAD"
    std::string path;                                         // as received, without the query
    std::vector<std::pair<std::string, std::string>> query;   // percent-decoded, in their order
    // The first value of that name, or nullptr.
    [[nodiscard]] const std::string* parameter(std::string_view name) const noexcept;
  };
  struct Response {
    int status = 200;
    std::string content_type = "application/json";
    std::string body;
    // Makes the body where that takes time: called once, on libuv's thread pool, instead of `body`.
    std::function<std::string()> slow_body;
  };
  // Called on the loop's thread; must not block.
  using Handler = std::function<Response(const Request&)>;

  enum class Guard : std::uint8_t {
    None,
    // Only requests whose Host, and Origin where there is one, name this machine: `localhost`, a
    // loopback address, or the address listened on. Keeps out pages of other sites in a browser.
    LocalOnly,
  };

  // Listens. `native_loop` is a uv_loop_t*; port 0 = any free one.
  static Result<std::unique_ptr<ControlServer>> create(void* native_loop, const std::string& address,
                                                       std::uint16_t port, Handler handler, Guard guard);
  // Closes everything; waits for a `slow_body` that runs, and none starts after.
  ~ControlServer();
  ControlServer(const ControlServer&) = delete;
  ControlServer& operator=(const ControlServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;

  // "a=1&b=%20" as pairs; '+' is a space, malformed escapes stay as they are.
  [[nodiscard]] static std::vector<std::pair<std::string, std::string>> parse_query(std::string_view query);

 private:
  struct Impl;
  explicit ControlServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
