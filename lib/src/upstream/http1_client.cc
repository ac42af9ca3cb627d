#include "upstream/http1_client.h"

#include <charconv>
#include <cstring>
#include <utility>

#include "http/head_writer.h"
#include "upstream/pool.h"

namespace gateway {
namespace {

// Fields that the gateway writes by itself.
bool is_own(HeaderId id, bool forwarded) noexcept {
  switch (id) {
    case HeaderId::Host:
    case HeaderId::ContentLength:
    case HeaderId::TransferEncoding:
      return true;
    case HeaderId::XForwardedFor:
    case HeaderId::XForwardedProto:
    case HeaderId::XForwardedHost:
    case HeaderId::Forwarded:
    case HeaderId::XRequestId:
      return forwarded;
    default:
      return false;
  }
}

}  // namespace

Http1Client::Http1Client(Pools& pools, Pool& pool, WorkerContext& context)
    : pools_(pools),
      pool_(pool),
      context_(context),
      parser_(Http1Parser::Kind::Response,
              {context.options.limits.header_bytes, context.options.limits.header_count}) {}

Http1Client::~Http1Client() { context_.timers.cancel(*this); }

void Http1Client::connect(const CompiledBackend& backend, const CompiledEndpoint& endpoint,
                          ClientStreamEvents& events) {
  events_ = &events;
  tls_ = backend.tls;
  link_local_ = backend.link_local;
  proxy_ = backend.proxy;
  port_ = proxy_ ? proxy_->port : endpoint.port;
  if (proxy_) target_ = endpoint.authority;
  server_name_ = backend.tls_server_name.empty() ? endpoint.address : backend.tls_server_name;
  transport_ = Transport::create(context_, *this);
  context_.timers.set(*this, context_.deadline(context_.options.timeouts.connect));
  const std::string& host = proxy_ ? proxy_->address : endpoint.address;
  if (!(proxy_ ? proxy_->numeric : endpoint.numeric)) {
    pools_.resolver().resolve(host, *this);
    return;
  }
  sockaddr_storage address{};
  if (uv_ip4_addr(host.c_str(), port_, reinterpret_cast<sockaddr_in*>(&address)) != 0) {
    uv_ip6_addr(host.c_str(), port_, reinterpret_cast<sockaddr_in6*>(&address));
  }
  start_connecting(reinterpret_cast<const sockaddr*>(&address));
}

void Http1Client::on_resolved(const sockaddr_storage* address) noexcept {
  if (state_ == State::Closed) return;
  if (!address) {
    fail_later(StreamFailure::ConnectFailed);
    return;
  }
  sockaddr_storage target = *address;
  if (target.ss_family == AF_INET) {
    reinterpret_cast<sockaddr_in&>(target).sin_port = htons(port_);
  } else {
    reinterpret_cast<sockaddr_in6&>(target).sin6_port = htons(port_);
  }
  start_connecting(reinterpret_cast<const sockaddr*>(&target));
}

void Http1Client::fail_later(StreamFailure why) noexcept {
  unconnected_ = why;
  context_.timers.set(*this, context_.now());
}

void Http1Client::start_connecting(const sockaddr* address) noexcept {
  if (context_.forbidden.contains(address, link_local_)) {
    fail_later(StreamFailure::Forbidden);
    return;
  }
  context_.metrics.upstream_connects.add();
  std::unique_ptr<TlsSession> session;
  if (tls_ && !proxy_) session = tls_->connect(server_name_, transport_->cipher_sink());
  if (transport_->connect(address, std::move(session)) != 0)
    fail_later(StreamFailure::ConnectFailed);
}

void Http1Client::ask_for_tunnel() noexcept {
  tunnelling_ = true;
  {
    HeadWriter head(transport_->pending());
    head.text("CONNECT ").text(target_).text(" HTTP/1.1\r\n");
    head.field("Host", target_);
    if (!proxy_->authorization.empty()) head.field("Proxy-Authorization", proxy_->authorization);
    head.text("\r\n");
  }
  transport_->flush();
}

void Http1Client::take_tunnel_answer(std::string_view bytes) noexcept {
  kept_.append(bytes);
  parser_.expect_no_body(true);
  const auto head = parser_.parse_head(kept_);
  if (head.status == Http1Parser::Status::Incomplete) return;
  const bool open = head.status == Http1Parser::Status::Complete && parser_.response().status / 100 == 2 &&
                    head.consumed == kept_.size();
  if (!open) {
    fail(StreamFailure::ConnectFailed);
    return;
  }
  parser_.reset();
  kept_.clear();
  tunnelling_ = false;
  tunnelled_ = true;
  transport_->start_tls(tls_->connect(server_name_, transport_->cipher_sink()));
}

void Http1Client::on_open() noexcept {
  if (tls_ && proxy_ && !tunnelled_) {
    ask_for_tunnel();
    return;
  }
  state_ = State::Open;
  context_.timers.cancel(*this);
  if (events_) events_->on_stream_ready();
}

void Http1Client::lend(ClientStreamEvents& events) noexcept {
  events_ = &events;
  parser_.reset();
  head_done_ = request_sent_ = answered_ = false;
  context_.timers.cancel(*this);
}

void Http1Client::send_head(const OutgoingRequest& request) noexcept {
  head_request_ = request.method == "HEAD";
  header_timeout_ms_ = request.header_timeout_ms;
  parser_.expect_no_body(head_request_);
  chunked_request_ = request.framing == BodyFraming::Chunked;
  HeadWriter head(transport_->pending());
  head.text(request.method).text(" ");
  const bool absolute = proxy_ && !tls_;  // RFC 9112 §3.2.2
  if (absolute) head.text("http://").text(target_);
  head.text(request.path_prefix).text(request.path).text(request.query);
  head.text(" HTTP/1.1\r\nHost: ").text(request.host).text("\r\n");
  std::size_t i = 0;
  for (const HeaderField& field : *request.headers) {
    if ((*request.keep)[i++] && !is_own(field.id, request.forwarded))
      head.field(field.name, field.value);
  }
  if (request.forwarded) {
    head.field("X-Forwarded-For", request.forwarded_for);
    head.field("X-Forwarded-Proto", request.forwarded_proto);
    if (!request.forwarded_host.empty())
      head.field("X-Forwarded-Host", request.forwarded_host);
    head.field("X-Request-Id", request.request_id);
  }
  if (absolute && !proxy_->authorization.empty())
    head.field("Proxy-Authorization", proxy_->authorization);
  if (request.framing == BodyFraming::Length) {
    head.text("Content-Length: ").number(request.content_length).text("\r\n");
  } else if (chunked_request_) {
    head.field("Transfer-Encoding", "chunked");
  }
  head.text("\r\n");
}

void Http1Client::send_data(std::string_view data) noexcept {
  if (data.empty()) return;
  if (chunked_request_) {
    char size[24];
    const auto end = std::to_chars(size, size + sizeof size - 2, data.size(), 16).ptr;
    end[0] = '\r';
    end[1] = '\n';
    transport_->append({size, static_cast<std::size_t>(end + 2 - size)});
    transport_->write(data, "\r\n");
  } else {
    transport_->write(data);
  }
  update_deadline();
}

void Http1Client::send_end(const HeaderList* trailers) noexcept {
  request_sent_ = true;
  if (chunked_request_) {
    HeadWriter end(transport_->pending());
    end.text("0\r\n");
    if (trailers) {
      for (const HeaderField& field : *trailers) end.field(field.name, field.value);
    }
    end.text("\r\n");
  }
  transport_->flush();
  update_deadline();
}

// The backend's time runs while it is the backend's turn.
void Http1Client::update_deadline() noexcept {
  const Timeouts& timeouts = context_.options.timeouts;
  if (paused_) {
    context_.timers.cancel(*this);  // the client is slow to take the response
  } else if (head_done_) {
    context_.timers.set(*this, context_.deadline(timeouts.backend_body));
  } else if (request_sent_ || transport_->buffered() > 0) {
    context_.timers.set(*this, context_.deadline(header_timeout_ms_ != 0
                                                     ? Milliseconds(header_timeout_ms_)
                                                     : timeouts.backend_header));
  } else {
    context_.timers.cancel(*this);  // the client is slow to send the request
  }
}

void Http1Client::pause() noexcept {
  paused_ = true;
  transport_->stop_reading();
  update_deadline();
}

void Http1Client::resume() noexcept {
  if (!std::exchange(paused_, false)) return;
  update_deadline();
  transport_->start_reading();
}

void Http1Client::on_data(std::string_view bytes) noexcept {
  if (!events_) {
    if (state_ == State::Open) discard();  // a backend that speaks unasked
    return;
  }
  if (tunnelling_) {
    take_tunnel_answer(bytes);
    return;
  }
  answered_ = true;
  if (kept_.empty()) {
    const std::size_t used = deliver(bytes);
    if (events_ && used < bytes.size()) kept_.assign(bytes.substr(used));
  } else {
    kept_.append(bytes);
    std::string whole = std::move(kept_);
    kept_.clear();
    const std::size_t used = deliver(whole);
    if (events_ && used < whole.size()) {
      whole.erase(0, used);
      kept_ = std::move(whole);
    }
  }
  if (events_) {
    if (head_done_) update_deadline();
    events_->on_response_flush();
  }
}

// Takes what makes sense of `bytes`; the rest is an incomplete head. The response may end within.
std::size_t Http1Client::deliver(std::string_view bytes) noexcept {
  std::size_t used = 0;
  while (events_) {
    const std::string_view rest = bytes.substr(used);
    if (!head_done_) {
      if (rest.empty()) return used;
      const auto head = parser_.parse_head(rest);
      if (head.status == Http1Parser::Status::Failed) {
        fail(StreamFailure::Protocol);
        return used;
      }
      if (head.status == Http1Parser::Status::Incomplete) return used;
      used += head.consumed;
      ResponseHead& response = parser_.response();
      if (response.status < 200) {
        if (response.status == 101) {  // no upgrade was asked for
          fail(StreamFailure::Protocol);
          return used;
        }
        events_->on_response_head(response);
        parser_.reset();
        parser_.expect_no_body(head_request_);
        continue;
      }
      head_done_ = true;
      events_->on_response_head(response);
      if (!events_) return used;
      if (response.framing == BodyFraming::None) {
        complete(used < bytes.size());
        return used;
      }
      continue;
    }
    const auto body = parser_.parse_body(rest);
    used += body.consumed;
    if (!body.data.empty()) events_->on_response_data(body.data);
    if (!events_) return used;
    if (body.status == Http1Parser::Status::Failed) {
      fail(StreamFailure::Protocol);
      return used;
    }
    if (body.status == Http1Parser::Status::Complete) {
      complete(used < bytes.size());
      return used;
    }
    if (used == bytes.size() && body.data.empty()) return used;
    if (body.consumed == 0 && body.data.empty()) return used;
  }
  return used;
}

void Http1Client::complete(bool bytes_left) noexcept {
  const bool reusable = request_sent_ && !bytes_left && parser_.response().keep_alive &&
                        parser_.response().framing != BodyFraming::UntilClose &&
                        transport_->buffered() == 0;
  ++requests_;
  ClientStreamEvents* events = std::exchange(events_, nullptr);
  if (paused_) resume();
  // Back in the pool first: the exchange's end may begin the next request of its connection.
  if (reusable) {
    context_.timers.set(*this, context_.deadline(context_.options.timeouts.backend_idle));
    pools_.put_back(*this);
  } else {
    discard();
  }
  events->on_response_end(parser_.trailers());
}

void Http1Client::on_drained() noexcept {
  if (!events_) return;
  update_deadline();
  events_->on_request_drained();
}

void Http1Client::on_end(int status) noexcept {
  if (!events_) {
    discard();
    return;
  }
  if (state_ != State::Open) {
    fail(StreamFailure::ConnectFailed);
    return;
  }
  // A body without length ends with an orderly end of the connection alone.
  if (status == UV_EOF && head_done_ && parser_.finish()) {
    complete(true);
    return;
  }
  fail(StreamFailure::Reset);
}

void Http1Client::on_deadline() noexcept {
  if (!events_) {
    discard();
    return;
  }
  if (state_ != State::Open) {
    fail(unconnected_);
  } else {
    fail(head_done_ ? StreamFailure::BodyTimeout : StreamFailure::HeaderTimeout);
  }
}

void Http1Client::fail(StreamFailure why) noexcept {
  if (state_ != State::Open) context_.metrics.upstream_connect_failures.add();
  ClientStreamEvents* events = std::exchange(events_, nullptr);
  discard();
  events->on_stream_failed(why);
}

void Http1Client::cancel() noexcept {
  events_ = nullptr;
  discard();
}

// The connection is of no more use; Pools frees it on a later turn.
void Http1Client::discard() noexcept {
  if (std::exchange(state_, State::Closed) == State::Closed) return;
  context_.timers.cancel(*this);
  if (transport_) transport_.reset();
  pools_.remove(*this);
}

}  // namespace gateway
