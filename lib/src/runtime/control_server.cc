#include "runtime/control_server.h"

#include <arpa/inet.h>

#include <array>
#include <condition_variable>
#include <mutex>
#include <set>

#include <uv.h>

#include "base/strings.h"
#include "base/uv.h"
#include "http/http1_parser.h"
#include "http/path.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxConnections = 128;
constexpr std::size_t kReadBytes = 4096;
constexpr Http1Parser::Limits kLimits{16 * 1024, 64};
constexpr std::uint64_t kIdleMs = 60'000;
constexpr std::uint64_t kHeadMs = 10'000;
constexpr std::uint64_t kAnswerMs = 60'000;

using Request = ControlServer::Request;
using Response = ControlServer::Response;

int hex_value(char c) {
  return is_digit(c) ? c - '0' : to_lower(c) - 'a' + 10;
}

std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && is_hex_digit(text[i + 1]) && is_hex_digit(text[i + 2])) {
      out += static_cast<char>(hex_value(text[i + 1]) * 16 + hex_value(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// Counts the bodies that are being made on other threads, so that the server can outlive them.
class SlowBodies {
 public:
  bool begin() {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    ++running_;
    return true;
  }
  void end() {
    const std::lock_guard lock(mutex_);
    --running_;
    idle_.notify_all();
  }
  void close() {
    std::unique_lock lock(mutex_);
    closed_ = true;
    idle_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable idle_;
  int running_ = 0;
  bool closed_ = false;
};

const char* reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 431: return "Request Header Fields Too Large";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Error";
  }
}

Response refusal(int status, std::string_view what) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::string(what) + "\n";
  return response;
}

}  // namespace

const std::string* Request::parameter(std::string_view name) const noexcept {
  for (const auto& [key, value] : query) {
    if (key == name) return &value;
  }
  return nullptr;
}

struct ControlServer::Impl {
  struct Connection;

  uv_loop_t* loop = nullptr;
  uv_tcp_t* listener = nullptr;  // freed by its close callback
  std::string address;
  std::uint16_t port = 0;
  Handler handler;
  Guard guard = Guard::None;
  std::set<std::shared_ptr<Connection>> connections;
  std::shared_ptr<SlowBodies> slow_bodies = std::make_shared<SlowBodies>();

  void accept();
  [[nodiscard]] bool is_local(std::string_view authority) const;
  [[nodiscard]] Response answer(const RequestHead& head) const;
};

// One client. libuv's handles hold references to it until their close callbacks have run.
struct ControlServer::Impl::Connection : std::enable_shared_from_this<Connection> {
  explicit Connection(Impl* owner) : server(owner), parser(Http1Parser::Kind::Request, kLimits) {}

  Impl* server;  // null once closing
  uv_tcp_t socket{};
  uv_timer_t timer{};
  std::shared_ptr<Connection> held_by_socket;
  std::shared_ptr<Connection> held_by_timer;
  std::array<char, kReadBytes> read_buffer{};
  std::string received;
  std::string sending;
  uv_write_t write{};
  Http1Parser parser;
  bool close_after = false;

  bool open() {
    uv_timer_init(server->loop, &timer);
    timer.data = this;
    held_by_timer = shared_from_this();
    uv_tcp_init(server->loop, &socket);
    socket.data = this;
    held_by_socket = shared_from_this();
    return uv_accept(reinterpret_cast<uv_stream_t*>(server->listener),
                     reinterpret_cast<uv_stream_t*>(&socket)) == 0;
  }

  void close() {
    if (!server) return;
    server = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&timer), [](uv_handle_t* handle) {
      const auto last = std::move(static_cast<Connection*>(handle->data)->held_by_timer);
    });
    uv_close(reinterpret_cast<uv_handle_t*>(&socket), [](uv_handle_t* handle) {
      const auto last = std::move(static_cast<Connection*>(handle->data)->held_by_socket);
    });
  }

  void leave() {
    if (!server) return;
    Impl* owner = server;
    close();
    owner->connections.erase(shared_from_this());
  }

  void limit(std::uint64_t ms) {
    uv_timer_start(&timer, [](uv_timer_t* fired) { static_cast<Connection*>(fired->data)->leave(); }, ms, 0);
  }

  // Reads until one request head is there, then not again until it is answered.
  void read_request() {
    limit(received.empty() ? kIdleMs : kHeadMs);
    parser.reset();
    if (take_request()) return;
    uv_read_start(
        reinterpret_cast<uv_stream_t*>(&socket),
        [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
          auto& into = static_cast<Connection*>(handle->data)->read_buffer;
          *buffer = uv_buf_init(into.data(), static_cast<unsigned>(into.size()));
        },
        [](uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
          const auto self = static_cast<Connection*>(stream->data)->shared_from_this();
          if (count < 0) return self->leave();
          if (self->received.empty() && count > 0) self->limit(kHeadMs);
          self->received.append(buffer->base, static_cast<std::size_t>(count));
          self->take_request();
        });
  }

  bool take_request() {
    if (received.empty()) return false;
    const auto head = parser.parse_head(received);
    if (head.status == Http1Parser::Status::Incomplete) return false;
    uv_read_stop(reinterpret_cast<uv_stream_t*>(&socket));
    limit(kAnswerMs);
    if (head.status == Http1Parser::Status::Failed) {
      close_after = true;
      send(refusal(head.error.status, head.error.what), false);
      return true;
    }
    const RequestHead& request = parser.request();
    const bool head_only = request.method == "HEAD";
    close_after = !request.keep_alive || request.framing != BodyFraming::None;
    Response response = server->answer(request);
    received.erase(0, head.consumed);
    if (!response.slow_body) {
      send(std::move(response), head_only);
      return true;
    }
    auto made = std::make_shared<Response>(std::move(response));
    uv::queue_work(
        server->loop,
        [made, bodies = server->slow_bodies] {
          if (!bodies->begin()) return;
          made->body = made->slow_body();
          bodies->end();
        },
        [self = shared_from_this(), made, head_only] {
          if (self->server) self->send(std::move(*made), head_only);
        });
    return true;
  }

  void send(Response response, bool head_only) {
    sending = "HTTP/1.1 " + std::to_string(response.status) + ' ' + reason_phrase(response.status) +
              "\r\nContent-Type: " + response.content_type +
              "\r\nContent-Length: " + std::to_string(response.body.size()) +
              "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n";
    if (response.status == 405) sending += "Allow: GET, HEAD\r\n";
    if (response.status == 503) sending += "Retry-After: 1\r\n";
    if (close_after) sending += "Connection: close\r\n";
    sending += "\r\n";
    if (!head_only) sending += response.body;
    write.data = this;
    const uv_buf_t buffer = uv_buf_init(sending.data(), static_cast<unsigned>(sending.size()));
    const int status = uv_write(&write, reinterpret_cast<uv_stream_t*>(&socket), &buffer, 1,
                                [](uv_write_t* written, int result) {
                                  const auto self = static_cast<Connection*>(written->data)->shared_from_this();
                                  if (!self->server) return;
                                  if (result < 0 || self->close_after) return self->leave();
                                  self->read_request();
                                });
    if (status < 0) leave();
  }
};

void ControlServer::Impl::accept() {
  auto connection = std::make_shared<Connection>(this);
  connections.insert(connection);
  if (!connection->open() || connections.size() > kMaxConnections) return connection->leave();
  connection->read_request();
}

bool ControlServer::Impl::is_local(std::string_view authority) const {
  std::string scratch;
  const auto parsed = parse_authority(authority, scratch);
  if (!parsed) return false;
  std::string host(parsed->host);
  if (host == "localhost") return true;
  if (host.size() > 2 && host.front() == '[') host = host.substr(1, host.size() - 2);
  in_addr v4{};
  in6_addr v6{};
  const bool is_v4 = inet_pton(AF_INET, host.c_str(), &v4) == 1;
  const bool is_v6 = !is_v4 && inet_pton(AF_INET6, host.c_str(), &v6) == 1;
  if (!is_v4 && !is_v6) return false;
  if (is_v4 && (ntohl(v4.s_addr) >> 24) == 127) return true;
  if (is_v6 && IN6_IS_ADDR_LOOPBACK(&v6)) return true;
  // Listening on every address, any of them may be ours; a name of another site is none.
  return host == address || address == "0.0.0.0" || address == "::";
}

Response ControlServer::Impl::answer(const RequestHead& head) const {
  if (guard == Guard::LocalOnly) {
    if (!is_local(head.host)) return refusal(403, "the Host of this request is not this machine");
    if (const HeaderField* origin = head.headers.find("Origin")) {
      const std::size_t scheme = origin->value.find("://");
      if (scheme == std::string_view::npos || !is_local(origin->value.substr(scheme + 3))) {
        return refusal(403, "the Origin of this request is not this machine");
      }
    }
  }
  if (head.method != "GET" && head.method != "HEAD") return refusal(405, "GET and HEAD are allowed");
  if (head.framing != BodyFraming::None) return refusal(413, "no request body is allowed");
  Request request;
  request.method = head.method;
  request.path = head.path;
  request.query = parse_query(head.query.empty() ? head.query : head.query.substr(1));
  return handler(request);
}

std::vector<std::pair<std::string, std::string>> ControlServer::parse_query(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> out;
  if (query.empty()) return out;
  for (const std::string_view part : split(query, '&')) {
    const std::size_t equals = std::min(part.find('='), part.size());
    out.emplace_back(decode(part.substr(0, equals)),
                     equals == part.size() ? std::string() : decode(part.substr(equals + 1)));
  }
  return out;
}

ControlServer::ControlServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<ControlServer>> ControlServer::create(void* native_loop, const std::string& address,
                                                             std::uint16_t port, Handler handler, Guard guard) {
  const bool v6 = address.find(':') != std::string::npos;
  const std::string where = (v6 ? "[" + address + "]" : address) + ":" + std::to_string(port);
  sockaddr_storage bound{};
  int status = v6 ? uv_ip6_addr(address.c_str(), port, reinterpret_cast<sockaddr_in6*>(&bound))
                  : uv_ip4_addr(address.c_str(), port, reinterpret_cast<sockaddr_in*>(&bound));
  if (status < 0) return uv::to_error(status, "control server", where);

  auto impl = std::make_unique<Impl>();
  impl->loop = static_cast<uv_loop_t*>(native_loop);
  impl->address = address;
  impl->handler = std::move(handler);
  impl->guard = guard;
  impl->listener = new uv_tcp_t;
  uv_tcp_init(impl->loop, impl->listener);
  impl->listener->data = impl.get();
  std::unique_ptr<ControlServer> server(new ControlServer(std::move(impl)));

  uv_tcp_t* listener = server->impl_->listener;
  status = uv_tcp_bind(listener, reinterpret_cast<const sockaddr*>(&bound), 0);
  if (status == 0) {
    status = uv_listen(reinterpret_cast<uv_stream_t*>(listener), 128, [](uv_stream_t* stream, int result) {
      if (result == 0) static_cast<Impl*>(stream->data)->accept();
    });
  }
  int length = sizeof bound;
  if (status == 0) status = uv_tcp_getsockname(listener, reinterpret_cast<sockaddr*>(&bound), &length);
  if (status < 0) return uv::to_error(status, "control server", where);
  server->impl_->port = ntohs(v6 ? reinterpret_cast<const sockaddr_in6*>(&bound)->sin6_port
                                 : reinterpret_cast<const sockaddr_in*>(&bound)->sin_port);
  return server;
}

ControlServer::~ControlServer() {
  uv_close(reinterpret_cast<uv_handle_t*>(impl_->listener),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_tcp_t*>(handle); });
  for (const auto& connection : impl_->connections) connection->close();
  impl_->slow_bodies->close();
}

std::uint16_t ControlServer::port() const noexcept { return impl_->port; }

}  // namespace gateway
