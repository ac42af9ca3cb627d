#include "http/server_connection.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/strings.h"
#include "http/server_response.h"

namespace gateway {
namespace {

constexpr Http1Parser::Limits kHeadLimits{16 * 1024, 64};
constexpr std::size_t kMaxPipelined = 64 * 1024;  // what a client may send while a stream runs
constexpr std::chrono::milliseconds kLinger{2'000};
constexpr std::string_view kLastChunk = "0\r\n\r\n";

class ExchangeStream final : public HttpServer::Stream {
 public:
  ExchangeStream(std::weak_ptr<ServerConnection> connection, std::uint64_t exchange)
      : connection_(std::move(connection)), exchange_(exchange) {}
  ~ExchangeStream() override {
    if (const auto connection = connection_.lock()) connection->cut_stream(exchange_);
  }

  void write(std::string_view bytes) override {
    if (const auto connection = connection_.lock()) connection->write_stream(exchange_, bytes);
  }
  void end() override {
    if (const auto connection = connection_.lock()) connection->end_stream(exchange_);
  }
  [[nodiscard]] bool open() const noexcept override {
    const auto connection = connection_.lock();
    return connection && connection->is_streaming(exchange_);
  }

 private:
  std::weak_ptr<ServerConnection> connection_;
  std::uint64_t exchange_;
};

class ExchangeResponder final : public HttpServer::Responder {
 public:
  ExchangeResponder(std::weak_ptr<ServerConnection> connection, std::uint64_t exchange)
      : connection_(std::move(connection)), exchange_(exchange) {}
  ~ExchangeResponder() override {
    const auto connection = connection_.lock();
    if (connection && connection->is_awaited(exchange_)) {
      connection->answer(exchange_, text_response(500, "the request was not answered"));
    }
  }

  void send(HttpServer::Response response) override {
    if (const auto connection = connection_.lock())
      connection->answer(exchange_, std::move(response));
  }
  std::shared_ptr<HttpServer::Stream> stream(HttpServer::Response head,
                                             std::function<void()> closed) override {
    const auto connection = connection_.lock();
    const bool begun = connection && connection->begin_stream(exchange_, head, std::move(closed));
    return std::make_shared<ExchangeStream>(begun ? connection : nullptr, exchange_);
  }

 private:
  std::weak_ptr<ServerConnection> connection_;
  std::uint64_t exchange_;
};

}  // namespace

ServerConnection::ServerConnection(ServerState& server)
    : server_(&server),
      socket_(*this),
      timer_(std::make_unique<uv::Timer>(server.loop)),
      parser_(Http1Parser::Kind::Request, kHeadLimits) {}

void ServerConnection::open(uv_stream_t* listener) {
  held_ = shared_from_this();
  const bool accepted = socket_.accept(listener, options().limits.stall) == 0;
  if (!accepted || server_->connections.size() > options().max_connections) return leave();
  request_.client_address = socket_.peer_address();
  if (!server_->tls) return begin_request();
  socket_.use_tls(*server_->tls, options().tls);
  limit(options().limits.head);
  socket_.start_reading();
}

void ServerConnection::abandon() {
  server_ = nullptr;
  leave();
  if (const auto closed = std::exchange(closed_, nullptr)) closed();
}

void ServerConnection::leave() {
  if (phase_ == Phase::Closed) return;
  phase_ = Phase::Closed;
  timer_.reset();
  socket_.close();
}

void ServerConnection::on_closed() {
  const auto last = std::move(held_);
  phase_ = Phase::Closed;
  timer_.reset();
  if (server_) server_->connections.erase(last);
  if (const auto closed = std::exchange(closed_, nullptr)) closed();
}

void ServerConnection::limit(std::chrono::milliseconds time) {
  timer_->start(time, [this] { leave(); });
}

void ServerConnection::on_bytes(std::string_view bytes) {
  const bool first = received_.empty();
  received_.append(bytes);
  if (phase_ == Phase::Head && first) limit(options().limits.head);
  if (phase_ == Phase::Head || phase_ == Phase::Body) return take_request();
  if (phase_ == Phase::Streaming && received_.size() > kMaxPipelined) leave();
}

void ServerConnection::begin_request() {
  ++exchange_;
  phase_ = Phase::Head;
  parser_.reset();
  limit(received_.empty() ? options().limits.idle : options().limits.head);
  take_request();
  if (phase_ == Phase::Head || phase_ == Phase::Body) socket_.start_reading();
}

void ServerConnection::take_request() {
  if (phase_ == Phase::Head && !take_head()) return;
  if (phase_ == Phase::Body) take_body();
}

// False when there is no whole head yet.
bool ServerConnection::take_head() {
  if (received_.empty()) return false;
  const auto result = parser_.parse_head(received_);
  if (result.status == Http1Parser::Status::Incomplete) return false;
  if (result.status == Http1Parser::Status::Failed) {
    head_only_ = false;
    close_after_ = true;
    refuse(result.error.status, result.error.what);
    return true;
  }
  const RequestHead& head = parser_.request();
  read_request(head);
  const bool has_body = head.has_body();
  const bool expects = head.expect_continue;
  const bool too_long =
      has_body && (options().max_body == 0 || head.content_length > options().max_body);
  head_only_ = head.method == "HEAD";
  chunks_ = head.minor_version > 0;
  close_after_ = !head.keep_alive;
  received_.erase(0, result.consumed);

  const auto& methods = options().methods;
  const bool allowed = std::find(methods.begin(), methods.end(), request_.method) != methods.end();
  if (!allowed || too_long) {
    close_after_ |= has_body;
    if (!allowed) {
      refuse(405, join(methods, ", ") + " are allowed");
    } else {
      refuse(413, options().max_body == 0 ? "no request body is allowed"
                                          : "at most " + std::to_string(options().max_body) +
                                                " bytes of body are allowed");
    }
  } else if (!has_body) {
    dispatch();
  } else {
    phase_ = Phase::Body;
    limit(options().limits.body);
    if (expects && received_.empty()) socket_.write("HTTP/1.1 100 Continue\r\n\r\n");
  }
  return true;
}

void ServerConnection::read_request(const RequestHead& head) {
  request_.method = head.method;
  request_.path = head.path;
  request_.query = HttpServer::parse_query(head.query.empty() ? head.query : head.query.substr(1));
  request_.headers.clear();
  for (const HeaderField& field : head.headers)
    request_.headers.emplace_back(to_lower(field.name), field.value);
  request_.host = head.host;
  request_.body.clear();
  request_.tls = socket_.is_tls();
}

void ServerConnection::take_body() {
  std::size_t taken = 0;
  auto status = Http1Parser::Status::Incomplete;
  while (status == Http1Parser::Status::Incomplete) {
    const auto piece = parser_.parse_body(std::string_view(received_).substr(taken));
    taken += piece.consumed;
    status = piece.status;
    if (status == Http1Parser::Status::Failed) {
      close_after_ = true;
      return refuse(piece.error.status, piece.error.what);
    }
    if (request_.body.size() + piece.data.size() > options().max_body) {
      close_after_ = true;
      return refuse(413,
                    "at most " + std::to_string(options().max_body) + " bytes of body are allowed");
    }
    request_.body.append(piece.data);
    if (status == Http1Parser::Status::Incomplete && piece.data.empty() &&
        (taken == received_.size() || piece.consumed == 0)) {
      break;
    }
  }
  received_.erase(0, taken);
  if (status == Http1Parser::Status::Complete) dispatch();
}

void ServerConnection::dispatch() {
  phase_ = Phase::Awaiting;
  socket_.stop_reading();
  limit(options().limits.answer);
  const auto handler = server_->handler;
  const std::string client = request_.client_address;
  HttpServer::Request request = std::exchange(request_, {});
  request_.client_address = client;
  (*handler)(std::move(request), std::make_shared<ExchangeResponder>(weak_from_this(), exchange_));
}

// Answers without the handler.
void ServerConnection::refuse(int status, std::string_view what) {
  phase_ = Phase::Awaiting;
  socket_.stop_reading();
  HttpServer::Response response = text_response(status, what);
  if (status == 405) response.headers.emplace_back("Allow", join(options().methods, ", "));
  respond(std::move(response));
}

void ServerConnection::answer(std::uint64_t exchange, HttpServer::Response response) {
  if (!is_awaited(exchange)) return;
  if (response.slow_body) {
    make_body(std::move(response));
  } else {
    respond(std::move(response));
  }
}

void ServerConnection::make_body(HttpServer::Response response) {
  phase_ = Phase::Making;
  auto made = std::make_shared<HttpServer::Response>(std::move(response));
  uv::queue_work(
      server_->loop,
      [made, bodies = server_->slow_bodies] {
        if (!bodies->begin()) return;
        made->body = made->slow_body();
        bodies->end();
      },
      [self = shared_from_this(), made] {
        if (self->phase_ == Phase::Making) self->respond(std::move(*made));
      });
}

void ServerConnection::respond(HttpServer::Response response) {
  timer_->stop();
  ResponseFraming framing;
  framing.length = response.body.size();
  framing.close = close_after_;
  auto head = write_head(response, framing);
  if (!head) return respond(text_response(500, "internal error: " + head.error().message));
  phase_ = Phase::Writing;
  const bool with_body = !head_only_ && !is_bodyless(response.status);
  socket_.write(std::move(head).value(), with_body ? std::move(response.body) : std::string());
}

void ServerConnection::on_written() {
  if (phase_ != Phase::Writing) return;
  if (close_after_) return end();
  begin_request();
}

void ServerConnection::end() {
  phase_ = Phase::Ending;
  limit(kLinger);
  socket_.finish();
}

bool ServerConnection::begin_stream(std::uint64_t exchange, const HttpServer::Response& response,
                                    std::function<void()> closed) {
  if (!is_awaited(exchange)) return false;
  ResponseFraming framing;
  framing.body = chunks_ ? ResponseFraming::Body::Chunked : ResponseFraming::Body::UntilClose;
  framing.close = close_after_ = close_after_ || !chunks_;
  auto head = write_head(response, framing);
  if (!head) {
    respond(text_response(500, "internal error: " + head.error().message));
    return false;
  }
  timer_->stop();
  phase_ = Phase::Streaming;
  closed_ = std::move(closed);
  socket_.write(std::move(head).value());
  socket_.start_reading();  // to see the client leave
  return true;
}

bool ServerConnection::is_streaming(std::uint64_t exchange) const noexcept {
  return phase_ == Phase::Streaming && exchange == exchange_ && !socket_.closing();
}

void ServerConnection::write_stream(std::uint64_t exchange, std::string_view bytes) {
  if (!is_streaming(exchange) || head_only_ || bytes.empty()) return;
  if (socket_.unsent() + bytes.size() > options().max_stream_backlog) return leave();
  if (!chunks_) return socket_.write(std::string(bytes));
  char size[2 * sizeof(std::size_t)];
  const auto digits = std::to_chars(std::begin(size), std::end(size), bytes.size(), 16);
  std::string chunk(size, digits.ptr);
  chunk.append("\r\n").append(bytes).append("\r\n");
  socket_.write(std::move(chunk));
}

void ServerConnection::end_stream(std::uint64_t exchange) {
  if (!is_streaming(exchange)) return;
  phase_ = Phase::Writing;
  const auto dropped = std::exchange(closed_, nullptr);  // may own the Stream
  socket_.stop_reading();
  if (chunks_ && !head_only_) socket_.write(std::string(kLastChunk));
  // Never on from within the handler's call: the next request may be there already.
  if (socket_.idle()) timer_->start(std::chrono::milliseconds(0), [this] { on_written(); });
}

void ServerConnection::cut_stream(std::uint64_t exchange) {
  if (!is_streaming(exchange)) return;
  const auto dropped = std::exchange(closed_, nullptr);
  leave();
}

}  // namespace gateway
