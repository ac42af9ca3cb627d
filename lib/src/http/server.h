#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gateway/environment.h>
#include <gateway/result.h>

#include "tls/tls_table.h"

namespace gateway {

// An HTTP/1.1 server on a uv loop, for operators, probes and configuration services; not for
// traffic. Everything belongs to the loop's thread, the destructor too.
class HttpServer {
 public:
  struct Request {
    std::string method;
    std::string path;                                          // as received, without the query
    std::vector<std::pair<std::string, std::string>> query;    // percent-decoded, in their order
    std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
    std::string host;                                          // the authority
    std::string body;                                          // whole
    std::string client_address;
    bool tls = false;
    // The first value of that name, or nullptr. Header names in lower case.
    [[nodiscard]] const std::string* parameter(std::string_view name) const noexcept;
    [[nodiscard]] const std::string* header(std::string_view name) const noexcept;
  };
  struct Response {
    int status = 200;
    std::string content_type = "application/json";  // "" = no Content-Type
    // Besides Content-Type, -Length, Transfer-Encoding and Connection. With any of those, or a
    // value with control bytes, the client gets 500 instead.
    std::vector<std::pair<std::string, std::string>> headers;
    std::string body;
    // Makes the body where that takes time: called once, on libuv's thread pool, instead of `body`.
    std::function<std::string()> slow_body;
  };
  // A response whose body comes piece by piece (chunked). Destroyed before end(), the connection is
  // cut, so that the client does not take a part for the whole.
  class Stream {
   public:
    virtual ~Stream() = default;
    // Ignored once the client is gone. A client that lets more than Options::max_stream_backlog
    // bytes pile up is dropped.
    virtual void write(std::string_view bytes) = 0;
    virtual void end() = 0;
    [[nodiscard]] virtual bool open() const noexcept = 0;
  };
  // Answers one request, now or later, on the loop's thread; the last one destroyed without an
  // answer answers 500. Keeping it after the client is gone is fine.
  class Responder {
   public:
    virtual ~Responder() = default;
    virtual void send(Response response) = 0;
    // Sends the head (Response::body and slow_body are ignored); to HEAD it is all that is sent,
    // and the stream waits for end() all the same. `closed` is called once when the client went
    // away or the server is destroyed, never after end() and never from within a call of Stream.
    // Never null; not open() where the client is gone already or the request was answered: `closed`
    // is then not called.
    virtual std::shared_ptr<Stream> stream(Response head, std::function<void()> closed) = 0;
  };
  // Called on the loop's thread; must not block.
  using Handler = std::function<void(Request, std::shared_ptr<Responder>)>;

  // A connection past one of them is closed; an open stream knows only the last.
  struct TimeLimits {
    std::chrono::milliseconds idle{60'000};    // between two requests
    std::chrono::milliseconds head{10'000};    // for the whole head, and for the TLS handshake
    std::chrono::milliseconds body{60'000};    // for the whole request body
    std::chrono::milliseconds answer{60'000};  // from the whole request to its answer
    std::chrono::milliseconds stall{60'000};   // a client that acknowledges nothing of what is sent
  };

  struct Options {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;                           // 0 = any free one
    std::shared_ptr<const TlsTable> tls;              // null = plain text
    Environment environment;                          // for TLS
    std::vector<std::string> methods{"GET", "HEAD"};  // others: 405 (with Allow)
    std::size_t max_body = 0;  // of a request; 0 = none is allowed; more = 413
    std::size_t max_connections = 128;
    std::size_t max_stream_backlog = 64u << 20;
    TimeLimits limits;
  };

  static Result<std::unique_ptr<HttpServer>> create(void* native_loop, Options options,
                                                    Handler handler);
  // Closes everything; waits for a `slow_body` that runs, and none starts after.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  [[nodiscard]] std::uint16_t port() const noexcept;

  // "a=1&b=%20" as pairs; '+' is a space, malformed escapes stay as they are.
  [[nodiscard]] static std::vector<std::pair<std::string, std::string>> parse_query(
      std::string_view query);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gateway
