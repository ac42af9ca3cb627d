#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gateway/environment.h>
#include <gateway/result.h>
#include <gateway/source.h>

#include "tls/tls_session.h"

namespace gateway {

// An HTTP/1.1 client for the control thread: API servers, configuration services. Not for traffic.
// One object for each origin; keeps idle connections. All methods and callbacks on the control thread.
struct HttpClientRequest {
  std::string method = "GET";
  std::string target;                                        // path and query
  std::vector<std::pair<std::string, std::string>> headers;  // Host, User-Agent and Content-Length are added
  std::string body;
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds response_timeout{30'000};        // to the head of the response
  std::chrono::milliseconds idle_timeout{30'000};            // between two reads of the body; 0 = none
  std::size_t max_body = 256u << 20;
};

struct HttpClientResponse {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  [[nodiscard]] std::string_view header(std::string_view lower_case_name) const noexcept;
};

// Called on the control thread. The call object may be destroyed (which cancels) from within any of them.
struct HttpClientHandler {
  std::function<void(const HttpClientResponse&)> head;       // once
  std::function<void(std::string_view)> body;                // any number of times
  std::function<void(Result<void>)> done;                    // once, last; never after cancellation
};

// A running request; destroying it cancels it, and no callback follows.
class HttpClientCall {
 public:
  virtual ~HttpClientCall() = default;
};

struct HttpClientOptions {
  std::string host;                  // DNS name or IP address
  std::uint16_t port = 443;
  bool tls = true;
  std::shared_ptr<TlsClient> tls_client;   // when tls
  std::string tls_server_name;       // "" = host
  std::string user_agent = "libgateway";
  // A proxy that is spoken to in plain HTTP: requests go there in absolute form, with `tls` through a
  // tunnel that CONNECT opens. The name of the host is then the proxy's to resolve.
  std::string proxy_host;            // "" = none
  std::uint16_t proxy_port = 0;
  std::string proxy_authorization;   // of Proxy-Authorization: "Basic …"; "" = none; a secret
};

class HttpClient {
 public:
  // `control` gives the loop; used on its thread only.
  static Result<std::unique_ptr<HttpClient>> create(TaskRunner& control, HttpClientOptions options);
  virtual ~HttpClient() = default;   // cancels every call
  virtual std::unique_ptr<HttpClientCall> start(HttpClientRequest request, HttpClientHandler handler) = 0;
};

}  // namespace gateway
