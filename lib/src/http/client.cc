#include "http/client.h"

#include <algorithm>
#include <cstring>
#include <list>
#include <span>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/strings.h"
#include "base/uv.h"
#include "http/http1_parser.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxIdle = 8;
constexpr std::size_t kReadBytes = 64 * 1024;
constexpr Http1Parser::Limits kHeadLimits{64 * 1024, 200};

Error failure(ErrorCode code, std::string message, const std::string& where, bool retryable) {
  return {code, "http", std::move(message), where, retryable};
}

// A peer that went without a word is found after half a minute, however long a watch is silent.
void keep_alive(uv_tcp_t& tcp) noexcept {
  uv_tcp_keepalive(&tcp, 1, 15);
  uv_os_fd_t descriptor = -1;
  if (uv_fileno(reinterpret_cast<uv_handle_t*>(&tcp), &descriptor) != 0) return;
  const int interval = 5;
  const int probes = 3;
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
  setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
}

bool has_control_bytes(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// A request line or field that would be another one on the wire.
bool is_ambiguous(const HttpClientRequest& request) noexcept {
  if (has_control_bytes(request.target) || request.target.find(' ') != std::string::npos) return true;
  return std::any_of(request.headers.begin(), request.headers.end(), [](const auto& field) {
    return has_control_bytes(field.first) || has_control_bytes(field.second);
  });
}

bool is_idempotent(const std::string& method) noexcept {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE";
}

std::string bracketed(const std::string& host) {
  return host.find(':') != std::string::npos ? '[' + host + ']' : host;
}

// host[:port] of the Host field.
std::string authority_of(const HttpClientOptions& options) {
  std::string authority = bracketed(options.host);
  const std::uint16_t usual = options.tls ? 443 : 80;
  if (options.port != usual) authority += ':' + std::to_string(options.port);
  return authority;
}

// The authority for messages, which name the proxy too.
std::string place_of(const HttpClientOptions& options) {
  std::string place = authority_of(options);
  if (options.proxy_host.empty()) return place;
  return place + " through the proxy " + bracketed(options.proxy_host) + ':' + std::to_string(options.proxy_port);
}

class Connection;

// One request and what its caller wants to hear. Held by the call object and by the connection that
// carries it, so that a handler that destroys its call outlives itself.
struct Exchange {
  HttpClientRequest request;
  HttpClientHandler handler;
  Connection* connection = nullptr;
  std::unique_ptr<uv::Timer> timer;
  std::uint64_t received = 0;
  bool retried = false;
  bool over = false;  // done was called, or the call is cancelled

  void finish(Result<void> result) {
    if (over) return;
    over = true;
    timer.reset();
    connection = nullptr;
    if (handler.done) handler.done(std::move(result));
  }
};

class Client;

// A TCP connection, with TLS or without, that carries one exchange at a time. Frees itself once
// libuv has let go of it: everything that close() follows may still touch `this`.
class Connection final : public CipherSink {
 public:
  Connection(Client& client, std::shared_ptr<Exchange> exchange);

  void open();
  // Takes the next exchange; idle connections only.
  void carry(std::shared_ptr<Exchange> exchange);
  void close() noexcept;
  [[nodiscard]] bool closing() const noexcept { return closing_; }
  [[nodiscard]] bool idle() const noexcept { return !exchange_ && !closing_; }

  void append(std::span<const std::byte> bytes) override {
    outgoing_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

 private:
  struct Lookup {
    uv_getaddrinfo_t request{};
    Connection* connection = nullptr;  // null: nobody waits any more
  };
  struct Write {
    uv_write_t request{};
    std::string bytes;
  };
  enum class Phase : std::uint8_t { Connecting, Tunnel, Head, Body };

  ~Connection() override = default;
  void resolved(int status, const addrinfo* found);
  void try_next_address(int last_status);
  void connected();
  void request_tunnel();
  void take_tunnel();
  void start_tls();
  void send_request();
  void flush();
  void send(std::string bytes);
  void received(std::string_view bytes);
  void ended(int status);
  void advance();
  bool take_head();
  bool take_body();
  void complete();
  void fail(Error error);
  void arm(std::chrono::milliseconds delay, const char* what);
  uv_stream_t* stream() noexcept { return reinterpret_cast<uv_stream_t*>(tcp_); }

  Client* client_;  // valid until closing_
  std::shared_ptr<Exchange> exchange_;
  uv_tcp_t* tcp_ = nullptr;   // a fresh one for each address that is tried
  Lookup* lookup_ = nullptr;
  std::vector<sockaddr_storage> addresses_;
  std::size_t next_address_ = 0;
  std::unique_ptr<TlsSession> tls_;
  Http1Parser parser_{Http1Parser::Kind::Response, kHeadLimits};
  Phase phase_ = Phase::Connecting;
  std::vector<char> read_buffer_;
  std::string incoming_;
  std::string outgoing_;
  bool request_sent_ = false;
  bool used_before_ = false;
  bool any_byte_ = false;     // of the response that is awaited
  bool closing_ = false;
};

class Call final : public HttpClientCall {
 public:
  explicit Call(std::shared_ptr<Exchange> exchange) : exchange_(std::move(exchange)) {}
  ~Call() override {
    if (exchange_->over) return;
    exchange_->over = true;
    exchange_->timer.reset();
    if (exchange_->connection) exchange_->connection->close();
  }

 private:
  std::shared_ptr<Exchange> exchange_;
};

class Client final : public HttpClient {
 public:
  Client(uv_loop_t* loop, HttpClientOptions options) : loop_(loop), options_(std::move(options)) {}
  ~Client() override {
    for (auto* connection : std::vector<Connection*>(connections_.begin(), connections_.end())) {
      connection->close();
    }
  }

  std::unique_ptr<HttpClientCall> start(HttpClientRequest request, HttpClientHandler handler) override {
    auto exchange = std::make_shared<Exchange>();
    exchange->request = std::move(request);
    exchange->handler = std::move(handler);
    exchange->timer = std::make_unique<uv::Timer>(loop_);
    begin(exchange, true);
    return std::make_unique<Call>(std::move(exchange));
  }

  void begin(const std::shared_ptr<Exchange>& exchange, bool reuse) {
    if (reuse) {
      const auto kept = std::find_if(connections_.rbegin(), connections_.rend(),
                                     [](const Connection* c) { return c->idle(); });
      if (kept != connections_.rend()) return (*kept)->carry(exchange);
    }
    auto* connection = new Connection(*this, exchange);  // owns itself until libuv has closed it
    connections_.push_back(connection);
    connection->open();
  }

  // A connection became idle: it is kept while there is room.
  [[nodiscard]] bool keep() const noexcept {
    return static_cast<std::size_t>(std::count_if(connections_.begin(), connections_.end(),
                                                  [](const Connection* c) { return c->idle(); })) <=
           kMaxIdle;
  }
  void forget(Connection* connection) noexcept { connections_.remove(connection); }
  [[nodiscard]] uv_loop_t* loop() const noexcept { return loop_; }
  [[nodiscard]] const HttpClientOptions& options() const noexcept { return options_; }

 private:
  uv_loop_t* loop_;
  HttpClientOptions options_;
  std::list<Connection*> connections_;  // the most recently made last
};

Connection::Connection(Client& client, std::shared_ptr<Exchange> exchange)
    : client_(&client), exchange_(std::move(exchange)) {
  exchange_->connection = this;
}

void Connection::arm(std::chrono::milliseconds delay, const char* what) {
  if (delay.count() == 0) {
    exchange_->timer->stop();
    return;
  }
  exchange_->timer->start(delay, [this, what] {
    fail(failure(ErrorCode::Timeout, what, place_of(client_->options()), true));
  });
}

void Connection::open() {
  arm(exchange_->request.connect_timeout, "no connection in time");
  lookup_ = new Lookup;
  lookup_->connection = this;
  lookup_->request.data = lookup_;
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_ADDRCONFIG;
  unsigned char numeric[sizeof(in6_addr)];
  const auto& options = client_->options();
  const char* host = (options.proxy_host.empty() ? options.host : options.proxy_host).c_str();
  if (uv_inet_pton(AF_INET, host, numeric) == 0 || uv_inet_pton(AF_INET6, host, numeric) == 0) {
    hints.ai_flags = AI_NUMERICHOST;
  }
  const int status = uv_getaddrinfo(
      client_->loop(), &lookup_->request,
      [](uv_getaddrinfo_t* request, int result, addrinfo* found) {
        auto* lookup = static_cast<Lookup*>(request->data);
        if (lookup->connection) {
          lookup->connection->lookup_ = nullptr;
          lookup->connection->resolved(result, found);
        }
        uv_freeaddrinfo(found);
        delete lookup;
      },
      host, nullptr, &hints);
  if (status == 0) return;
  delete std::exchange(lookup_, nullptr);
  // Never from within start(): the caller does not hold its call object yet.
  exchange_->timer->start(std::chrono::milliseconds(0), [this, status] { resolved(status, nullptr); });
}

void Connection::resolved(int status, const addrinfo* found) {
  const auto& options = client_->options();
  const auto port = htons(options.proxy_host.empty() ? options.port : options.proxy_port);
  for (; status == 0 && found; found = found->ai_next) {
    sockaddr_storage address{};
    if (found->ai_family != AF_INET && found->ai_family != AF_INET6) continue;
    std::memcpy(&address, found->ai_addr, found->ai_addrlen);
    if (found->ai_family == AF_INET) {
      reinterpret_cast<sockaddr_in&>(address).sin_port = port;
    } else {
      reinterpret_cast<sockaddr_in6&>(address).sin6_port = port;
    }
    addresses_.push_back(address);
  }
  if (addresses_.empty()) {
    const char* reason = status < 0 ? uv_strerror(status) : "no address";
    fail(failure(ErrorCode::Unavailable, std::string("cannot resolve the name: ") + reason,
                 place_of(client_->options()), true));
    return;
  }
  try_next_address(0);
}

void Connection::try_next_address(int last_status) {
  if (next_address_ == addresses_.size()) {
    fail(failure(ErrorCode::Unavailable, std::string("cannot connect: ") + uv_strerror(last_status),
                 place_of(client_->options()), true));
    return;
  }
  if (tcp_) uv_close(reinterpret_cast<uv_handle_t*>(tcp_), [](uv_handle_t* h) { delete reinterpret_cast<uv_tcp_t*>(h); });
  tcp_ = new uv_tcp_t;
  uv_tcp_init(client_->loop(), tcp_);
  tcp_->data = this;
  struct Attempt {
    uv_connect_t request{};
    Connection* connection = nullptr;
    uv_tcp_t* tcp = nullptr;
  };
  auto* attempt = new Attempt;
  attempt->request.data = attempt;
  attempt->connection = this;
  attempt->tcp = tcp_;
  const auto* address = reinterpret_cast<const sockaddr*>(&addresses_[next_address_++]);
  const int status = uv_tcp_connect(&attempt->request, tcp_, address, [](uv_connect_t* request, int result) {
    auto* done = static_cast<Attempt*>(request->data);
    auto* connection = done->connection;
    // After close() libuv still reports the attempt as cancelled, before it lets go of the handle.
    if (result != UV_ECANCELED && !connection->closing_) {
      if (result < 0) {
        connection->try_next_address(result);
      } else {
        connection->connected();
      }
    }
    delete done;
  });
  if (status < 0) {
    delete attempt;
    try_next_address(status);
  }
}

void Connection::connected() {
  uv_tcp_nodelay(tcp_, 1);
  keep_alive(*tcp_);
  read_buffer_.resize(kReadBytes);
  const int status = uv_read_start(
      stream(),
      [](uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
        auto& memory = static_cast<Connection*>(handle->data)->read_buffer_;
        *buffer = uv_buf_init(memory.data(), static_cast<unsigned>(memory.size()));
      },
      [](uv_stream_t* handle, ssize_t count, const uv_buf_t* buffer) {
        auto* connection = static_cast<Connection*>(handle->data);
        if (connection->closing_ || count == 0) return;
        if (count < 0) {
          connection->ended(static_cast<int>(count));
        } else {
          connection->received({buffer->base, static_cast<std::size_t>(count)});
        }
      });
  if (status < 0) return ended(status);
  const auto& options = client_->options();
  if (!options.tls) return send_request();
  if (!options.proxy_host.empty()) return request_tunnel();
  start_tls();
}

// RFC 9110 §9.3.6.
void Connection::request_tunnel() {
  const auto& options = client_->options();
  const std::string target = bracketed(options.host) + ':' + std::to_string(options.port);
  phase_ = Phase::Tunnel;
  std::string head = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\nUser-Agent: " + options.user_agent + "\r\n";
  if (!options.proxy_authorization.empty()) head += "Proxy-Authorization: " + options.proxy_authorization + "\r\n";
  parser_.reset();
  send(head + "\r\n");
}

void Connection::take_tunnel() {
  const auto result = parser_.parse_head(incoming_);
  if (result.status == Http1Parser::Status::Incomplete) return;
  if (result.status == Http1Parser::Status::Failed) {
    return fail(failure(ErrorCode::ProtocolError, std::string("malformed answer of the proxy: ") + result.error.what,
                        place_of(client_->options()), false));
  }
  const int status = parser_.response().status;
  incoming_.erase(0, result.consumed);
  if (status < 200) {
    parser_.reset();
    if (!incoming_.empty()) take_tunnel();
    return;
  }
  if (status >= 300) {
    return fail(failure(status == 407 ? ErrorCode::Unauthorized : ErrorCode::Unavailable,
                        "the proxy refused the tunnel with status " + std::to_string(status),
                        place_of(client_->options()), true));
  }
  // Whoever speaks next is the client.
  if (!incoming_.empty()) {
    return fail(failure(ErrorCode::ProtocolError, "the proxy sent bytes that nobody asked for",
                        place_of(client_->options()), false));
  }
  phase_ = Phase::Connecting;
  start_tls();
}

void Connection::start_tls() {
  const auto& options = client_->options();
  tls_ = options.tls_client->connect(
      options.tls_server_name.empty() ? options.host : options.tls_server_name, *this);
  const auto state = tls_->start();
  flush();
  if (state == TlsSession::State::Failed) fail(tls_->error());
}

void Connection::carry(std::shared_ptr<Exchange> exchange) {
  exchange_ = std::move(exchange);
  exchange_->connection = this;
  used_before_ = true;
  send_request();
}

void Connection::send_request() {
  const auto& request = exchange_->request;
  const auto& options = client_->options();
  phase_ = Phase::Head;
  any_byte_ = false;
  request_sent_ = true;
  if (is_ambiguous(request)) {
    // Only on a turn of its own: the caller of start() does not hold its call object yet.
    exchange_->timer->start(std::chrono::milliseconds(0), [this] {
      fail(failure(ErrorCode::InvalidArgument, "control bytes in a header, or white space in the target",
                   place_of(client_->options()), false));
    });
    return;
  }
  parser_.reset();
  parser_.expect_no_body(request.method == "HEAD");
  const bool forwarded = !options.proxy_host.empty() && !options.tls;
  std::string head = request.method + ' ' + (forwarded ? "http://" + authority_of(options) : std::string()) +
                     request.target + " HTTP/1.1\r\nHost: " + authority_of(options) +
                     "\r\nUser-Agent: " + options.user_agent + "\r\n";
  if (forwarded && !options.proxy_authorization.empty()) {
    head += "Proxy-Authorization: " + options.proxy_authorization + "\r\n";
  }
  for (const auto& [name, value] : request.headers) head += name + ": " + value + "\r\n";
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT" ||
      request.method == "PATCH") {
    head += "Content-Length: " + std::to_string(request.body.size()) + "\r\n";
  }
  head += "\r\n";
  head += request.body;
  arm(request.response_timeout, "no response in time");
  if (!tls_) return send(std::move(head));
  tls_->write(std::as_bytes(std::span(head)));
  flush();
}

void Connection::flush() {
  if (!outgoing_.empty()) send(std::exchange(outgoing_, {}));
}

void Connection::send(std::string bytes) {
  if (closing_) return;
  auto* write = new Write;
  write->bytes = std::move(bytes);
  write->request.data = write;
  const uv_buf_t buffer = uv_buf_init(write->bytes.data(), static_cast<unsigned>(write->bytes.size()));
  // A write that fails shows as the end of reading too: one place to act on it.
  const int status = uv_write(&write->request, stream(), &buffer, 1, [](uv_write_t* request, int) {
    delete static_cast<Write*>(request->data);
  });
  if (status < 0) delete write;
}

void Connection::received(std::string_view bytes) {
  if (!tls_) {
    incoming_.append(bytes);
    return advance();
  }
  const auto state = tls_->feed(std::as_bytes(std::span(bytes)), [this](std::span<const std::byte> plain) {
    incoming_.append(reinterpret_cast<const char*>(plain.data()), plain.size());
  });
  flush();
  if (state == TlsSession::State::Failed) {
    fail(tls_->error());
    return;
  }
  if (state == TlsSession::State::Open && !request_sent_) send_request();
  advance();
  if (state == TlsSession::State::PeerClosed && !closing_) ended(UV_EOF);
}

void Connection::ended(int status) {
  if (!exchange_) return close();
  const bool clean = !tls_ || tls_->state() == TlsSession::State::PeerClosed;
  if (status == UV_EOF && phase_ == Phase::Body && clean && parser_.finish()) return complete();
  const bool replay = used_before_ && !any_byte_ && !exchange_->retried &&
                      is_idempotent(exchange_->request.method);
  if (replay) {
    // The peer gave up the idle connection while the request was on its way.
    auto exchange = std::move(exchange_);
    exchange->retried = true;
    exchange->connection = nullptr;
    Client& client = *client_;
    close();
    return client.begin(exchange, false);
  }
  const std::string reason = status == UV_EOF ? "the peer closed the connection" : uv_strerror(status);
  const char* when = phase_ == Phase::Body ? " in the middle of the response"
                     : phase_ == Phase::Head ? " before the response"
                     : phase_ == Phase::Tunnel ? " before the proxy had opened the tunnel"
                                             : " in the TLS handshake";
  fail(failure(ErrorCode::Unavailable, reason + when, place_of(client_->options()), true));
}

// Takes from what was received as much as there is to take.
void Connection::advance() {
  if (phase_ == Phase::Tunnel) return take_tunnel();
  while (!closing_ && exchange_ && !incoming_.empty()) {
    any_byte_ = true;
    if (phase_ == Phase::Connecting) break;
    if (!(phase_ == Phase::Head ? take_head() : take_body())) return;
  }
  // Bytes that nobody asked for.
  if (!closing_ && !exchange_ && !incoming_.empty()) close();
}

// True when there may be more to take.
bool Connection::take_head() {
  const auto result = parser_.parse_head(incoming_);
  if (result.status == Http1Parser::Status::Incomplete) return false;
  const auto& head = parser_.response();
  if (result.status == Http1Parser::Status::Failed || head.status == 101) {
    const char* what = result.status == Http1Parser::Status::Failed ? result.error.what : "protocol switch";
    fail(failure(ErrorCode::ProtocolError, std::string("malformed response: ") + what,
                 place_of(client_->options()), false));
    return false;
  }
  if (head.status < 200) {
    incoming_.erase(0, result.consumed);
    parser_.reset();
    return true;
  }
  if (head.framing == BodyFraming::Length && head.content_length > exchange_->request.max_body) {
    fail(failure(ErrorCode::TooLarge,
                 "the response is longer than " + std::to_string(exchange_->request.max_body) + " bytes",
                 place_of(client_->options()), false));
    return false;
  }
  HttpClientResponse response;
  response.status = head.status;
  for (const auto& field : head.headers) {
    response.headers.emplace_back(to_lower(field.name), std::string(field.value));
  }
  incoming_.erase(0, result.consumed);
  phase_ = Phase::Body;
  arm(exchange_->request.idle_timeout, "the response stalled");
  const auto exchange = exchange_;
  if (exchange->handler.head) exchange->handler.head(response);
  // A message without a body is over with its head.
  return exchange->over ? false : take_body();
}

bool Connection::take_body() {
  const auto exchange = exchange_;
  std::size_t taken = 0;
  for (;;) {
    const auto result = parser_.parse_body(std::string_view(incoming_).substr(taken));
    taken += result.consumed;
    if (result.status == Http1Parser::Status::Failed) {
      fail(failure(ErrorCode::ProtocolError, std::string("malformed response: ") + result.error.what,
                   place_of(client_->options()), false));
      return false;
    }
    if (!result.data.empty()) {
      exchange->received += result.data.size();
      if (exchange->received > exchange->request.max_body) {
        fail(failure(ErrorCode::TooLarge,
                     "the response is longer than " + std::to_string(exchange->request.max_body) + " bytes",
                     place_of(client_->options()), false));
        return false;
      }
      if (exchange->handler.body) exchange->handler.body(result.data);
      if (exchange->over) return false;
    }
    if (result.status == Http1Parser::Status::Complete) {
      incoming_.erase(0, taken);
      complete();
      return false;
    }
    if (result.data.empty() && (taken == incoming_.size() || result.consumed == 0)) break;
  }
  incoming_.erase(0, taken);
  arm(exchange->request.idle_timeout, "the response stalled");
  return false;
}

void Connection::complete() {
  const auto exchange = std::move(exchange_);
  const auto& head = parser_.response();
  const bool reusable = head.keep_alive && head.framing != BodyFraming::UntilClose && incoming_.empty() &&
                        (!tls_ || tls_->state() == TlsSession::State::Open);
  request_sent_ = true;
  if (!reusable || !client_->keep()) close();
  exchange->finish({});
}

void Connection::fail(Error error) {
  const auto exchange = std::move(exchange_);
  close();
  if (exchange) exchange->finish(std::move(error));
}

void Connection::close() noexcept {
  if (closing_) return;
  closing_ = true;
  client_->forget(this);
  if (exchange_) {
    exchange_->over = true;
    exchange_->timer.reset();
    exchange_->connection = nullptr;
    exchange_.reset();
  }
  if (lookup_) {
    lookup_->connection = nullptr;
    uv_cancel(reinterpret_cast<uv_req_t*>(&lookup_->request));
  }
  if (!tcp_) {
    // Nothing of libuv's points here any more, but callers up the stack still may.
    auto* turn = new uv_timer_t;
    uv_timer_init(client_->loop(), turn);
    turn->data = this;
    uv_close(reinterpret_cast<uv_handle_t*>(turn), [](uv_handle_t* handle) {
      delete static_cast<Connection*>(handle->data);
      delete reinterpret_cast<uv_timer_t*>(handle);
    });
    return;
  }
  if (tls_ && tls_->state() == TlsSession::State::Open) tls_->close();
  if (!outgoing_.empty()) {
    const uv_buf_t buffer = uv_buf_init(outgoing_.data(), static_cast<unsigned>(outgoing_.size()));
    uv_try_write(stream(), &buffer, 1);
  }
  uv_close(reinterpret_cast<uv_handle_t*>(tcp_), [](uv_handle_t* handle) {
    delete static_cast<Connection*>(handle->data);
    delete reinterpret_cast<uv_tcp_t*>(handle);
  });
}

}  // namespace

std::string_view HttpClientResponse::header(std::string_view lower_case_name) const noexcept {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return {};
}

Result<std::unique_ptr<HttpClient>> HttpClient::create(TaskRunner& control, HttpClientOptions options) {
  if (options.host.empty() || options.port == 0) {
    return Error{ErrorCode::InvalidArgument, "http", "host and port must be given", "HTTP client"};
  }
  if (options.tls && !options.tls_client) {
    return Error{ErrorCode::InvalidArgument, "http", "TLS needs a TlsClient", "HTTP client"};
  }
  if (!options.proxy_host.empty() && options.proxy_port == 0) {
    return Error{ErrorCode::InvalidArgument, "http", "the proxy's port must be given", "HTTP client"};
  }
  if (has_control_bytes(options.proxy_authorization)) {
    return Error{ErrorCode::InvalidArgument, "http", "control bytes in the proxy's credentials", "HTTP client"};
  }
  auto* loop = static_cast<uv_loop_t*>(control.native_loop());
  return std::unique_ptr<HttpClient>(std::make_unique<Client>(loop, std::move(options)));
}

}  // namespace gateway
