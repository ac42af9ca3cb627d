#include "proxy/http1_server.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "proxy/http1_response.h"
#include "proxy/worker_state.h"

namespace gateway {
namespace {

constexpr std::size_t kMaxKept = 64 * 1024;  // pipelined bytes that wait for a response before them
constexpr std::uint64_t kMaxDiscard = 64 * 1024;  // of a request's body that nobody wants
constexpr std::int64_t kLingerMs = 2'000;
// How long an idle connection may still bring a request when the gateway drains: one that has
// brought none yet was opened for one; on the others one may be on its way.
constexpr std::int64_t kFirstRequestMs = 1'000;
constexpr std::int64_t kNextRequestMs = 100;

GatewayAnswer answer_of(const HttpError& error) noexcept {
  switch (error.status) {
    case 414:
      return GatewayAnswer::UriTooLong;
    case 431:
      return GatewayAnswer::HeaderTooLarge;
    case 501:
      return GatewayAnswer::NotImplemented;
    case 505:
      return GatewayAnswer::VersionNotSupported;
    default:
      return GatewayAnswer::ClientProtocol;
  }
}

}  // namespace

Http1Server::Http1Server(WorkerState& worker)
    : worker_(worker),
      parser_(Http1Parser::Kind::Request, {worker.options.gateway->limits.header_bytes,
                                           worker.options.gateway->limits.header_count}),
      exchange_(worker, *this) {}

Http1Server::~Http1Server() { worker_.context.timers.cancel(*this); }

bool Http1Server::accept(uv_stream_t* listener, bool tls) noexcept {
  transport_ = Transport::create(worker_.context, *this);
  if (transport_->accept(listener) != 0) return false;
  begin(tls);
  return true;
}

bool Http1Server::open(int fd, bool tls) noexcept {
  transport_ = Transport::create(worker_.context, *this);
  if (transport_->open(fd) != 0) {
    ::close(fd);
    return false;
  }
  begin(tls);
  return true;
}

void Http1Server::begin(bool tls) noexcept {
  client_address_ = transport_->peer_address();
  if (tls) {
    // The session keeps the Version's table until its handshake is over.
    const VersionPtr& version = worker_.latest().version;
    transport_->use_tls(worker_.tls->accept(std::shared_ptr<const TlsTable>(version, &version->tls),
                                            transport_->cipher_sink()));
    phase_ = Phase::Handshake;
  }
  reading_ = true;
  transport_->start_reading();
  update_deadline();
}

void Http1Server::on_open() noexcept {
  worker_.context.metrics.tls_handshakes.add();
  if (transport_->tls()->resumed()) worker_.context.metrics.tls_resumed.add();
  phase_ = Phase::Head;
  head_begun_ = false;
  update_deadline();
}

std::string_view Http1Server::protocol() const noexcept {
  return minor_version_ == 0 ? "HTTP/1.0" : "HTTP/1.1";
}

std::string_view Http1Server::tls_protocol() const noexcept {
  return transport_ && transport_->tls() ? transport_->tls()->protocol() : std::string_view();
}

std::string_view Http1Server::client_certificate_der() const noexcept {
  return transport_ && transport_->tls() ? transport_->tls()->client_certificate_der() : std::string_view();
}
std::string_view Http1Server::client_demand() const noexcept {
  return transport_ && transport_->tls() ? transport_->tls()->client_demand() : std::string_view();
}

std::string_view Http1Server::server_name() const noexcept {
  return transport_ && transport_->tls() ? transport_->tls()->server_name() : std::string_view();
}

void Http1Server::on_data(std::string_view bytes) noexcept {
  if (phase_ == Phase::Linger || phase_ == Phase::Closed) return;
  if (kept_.empty()) {
    // The usual case: what was read is consumed where it lies.
    processing_ = true;
    const std::size_t used = consume(bytes);
    processing_ = false;
    if (phase_ != Phase::Closed && phase_ != Phase::Linger && used < bytes.size())
      kept_.assign(bytes.substr(used));
    if (used > 0) process();
  } else {
    kept_.append(bytes);
    process();
  }
  settle();
}

// Goes on with what was kept, as far as it can.
void Http1Server::process() noexcept {
  if (processing_ || phase_ == Phase::Closed || phase_ == Phase::Linger) return;
  processing_ = true;
  while (!kept_.empty()) {
    std::string bytes = std::move(kept_);
    kept_.clear();
    const std::size_t used = consume(bytes);
    if (phase_ == Phase::Closed || phase_ == Phase::Linger) break;
    if (used == bytes.size()) break;
    bytes.erase(0, used);
    kept_ = std::move(bytes);
    if (used == 0) break;
  }
  processing_ = false;
}

// Takes from the front of `bytes` what can be taken now: heads, bodies, one exchange after the
// other.
std::size_t Http1Server::consume(std::string_view bytes) noexcept {
  std::size_t used = 0;
  for (;;) {
    const std::string_view rest = bytes.substr(used);
    switch (phase_) {
      case Phase::Head: {
        if (rest.empty()) return used;
        // Who does not take the answers that are there is asked nothing more.
        if (transport_->buffered() > worker_.options.gateway->limits.body_watermark) return used;
        head_begun_ = true;
        const auto head = parser_.parse_head(rest);
        if (head.status == Http1Parser::Status::Incomplete) return used;
        if (head.status == Http1Parser::Status::Failed) {
          request_complete_ = false;
          response_complete_ = false;
          close_after_ = true;
          phase_ = Phase::Response;
          exchange_.refuse(answer_of(head.error), head.error.what);
          return bytes.size();
        }
        used += head.consumed;
        begin_exchange(rest.substr(0, head.consumed));
        break;
      }
      case Phase::Body:
      case Phase::Discard: {
        if (request_paused_ && phase_ == Phase::Body) return used;
        if (rest.empty()) {
          exchange_.on_request_flush();
          return used;
        }
        const auto body = parser_.parse_body(rest);
        used += body.consumed;
        if (phase_ == Phase::Body && !body.data.empty()) exchange_.on_request_data(body.data);
        if (phase_ == Phase::Closed || phase_ == Phase::Linger) return used;
        if (body.status == Http1Parser::Status::Failed) {
          close_after_ = true;
          if (exchange_.active()) {
            exchange_.cancel(answer_of(body.error));
          } else {
            linger();
          }
          return bytes.size();
        }
        if (body.status == Http1Parser::Status::Complete) {
          request_complete();
        } else if (body.consumed == 0 && body.data.empty()) {
          exchange_.on_request_flush();
          return used;
        }
        break;
      }
      default:
        return used;  // a response is being waited for, or the end
    }
  }
}

void Http1Server::begin_exchange(std::string_view head_bytes) noexcept {
  RequestHead& head = parser_.request();
  minor_version_ = head.minor_version;
  close_after_ = !head.keep_alive;
  request_complete_ = !head.has_body();
  response_complete_ = false;
  request_paused_ = false;
  continue_sent_ = false;
  chunked_ = false;
  phase_ = request_complete_ ? Phase::Response : Phase::Body;
  exchange_.begin(head, head_bytes);
}

void Http1Server::request_complete() noexcept {
  request_complete_ = true;
  if (phase_ == Phase::Discard) {
    exchange_ended();
    return;
  }
  phase_ = Phase::Response;
  exchange_.on_request_end(parser_.trailers());
}

bool Http1Server::can_discard() const noexcept {
  const RequestHead& head = exchange_.request();
  return head.framing == BodyFraming::Length && head.content_length <= kMaxDiscard &&
         (!head.expect_continue || continue_sent_);
}

void Http1Server::send_continue() noexcept {
  if (minor_version_ == 0 || !transport_) return;
  continue_sent_ = true;
  transport_->append("HTTP/1.1 100 Continue\r\n\r\n");
  transport_->flush();
}

void Http1Server::send_informational(const OutgoingResponse& response) noexcept {
  if (minor_version_ == 0 || !transport_) return;
  append_informational(transport_->pending(), response);
  transport_->flush();
}

void Http1Server::send_head(const OutgoingResponse& response) noexcept {
  if (!transport_) return;
  if (worker_.gateway_state() == GatewayState::Draining) close_after_ = true;
  if (!request_complete_ && !can_discard()) close_after_ = true;
  const bool open_ended =
      response.framing == BodyFraming::Chunked || response.framing == BodyFraming::UntilClose;
  chunked_ = open_ended && minor_version_ >= 1;
  if (open_ended && !chunked_) close_after_ = true;
  ResponseTerms terms;
  terms.chunked = chunked_;
  terms.connection = close_after_ ? "close" : minor_version_ == 0 ? "keep-alive" : "";
  append_response_head(transport_->pending(), response, terms, worker_.context);
}

void Http1Server::send_data(std::string_view data) noexcept {
  if (!transport_ || data.empty()) return;
  if (!chunked_) {
    transport_->write(data);
    return;
  }
  append_chunk_size(transport_->pending(), data.size());
  transport_->write(data, "\r\n");
}

void Http1Server::send_end(const HeaderList* trailers) noexcept {
  if (!transport_) return;
  if (chunked_) append_last_chunk(transport_->pending(), trailers);
  transport_->flush();
  response_complete_ = true;
}

void Http1Server::flush() noexcept {
  if (!transport_) return;
  transport_->flush();
  if (transport_->buffered() > 0) update_deadline();
}

void Http1Server::abort() noexcept {
  if (!transport_) return;
  // A reset, so that even a response without length is not taken for whole. The exchange is told
  // nothing: it ends now, and exchange_ended() closes.
  response_complete_ = false;
  transport_.release()->reset();
}

void Http1Server::resume_request() noexcept {
  request_paused_ = false;
  if (processing_) return;
  process();
  settle();
}

void Http1Server::exchange_ended() noexcept {
  if (phase_ == Phase::Closed) return;
  if (!response_complete_) {  // cancelled before it was answered whole
    close();
    return;
  }
  if (close_after_) {
    linger();
    return;
  }
  served_ = true;
  if (!request_complete_) {
    phase_ = Phase::Discard;
    request_paused_ = false;
  } else {
    parser_.reset();
    phase_ = Phase::Head;
    head_begun_ = false;
  }
  if (processing_) return;
  process();
  settle();
}

void Http1Server::on_drained() noexcept {
  if (exchange_.active()) exchange_.on_client_drained();
  process();
  settle();
}

void Http1Server::on_end(int) noexcept {
  if (phase_ == Phase::Handshake) worker_.context.metrics.tls_handshake_failures.add();
  if (exchange_.active()) {
    exchange_.cancel(GatewayAnswer::ClientGone);
    return;
  }
  close();
}

// What follows from what has just happened.
void Http1Server::settle() noexcept {
  if (phase_ == Phase::Closed) return;
  update_reading();
  update_deadline();
}

void Http1Server::update_reading() noexcept {
  const bool body_waits = phase_ == Phase::Body && request_paused_;
  const bool want = phase_ == Phase::Linger || (!body_waits && kept_.size() < kMaxKept);
  if (want == reading_) return;
  reading_ = want;
  if (want) {
    transport_->start_reading();
  } else {
    transport_->stop_reading();
  }
}

Http1Server::Limit Http1Server::limit_now() const noexcept {
  if (transport_->buffered() > 0) return Limit::Write;
  switch (phase_) {
    case Phase::Handshake:
      return Limit::Handshake;
    case Phase::Head:
      if (head_begun_) return Limit::Head;
      if (worker_.draining) return Limit::Drain;
      return served_ ? Limit::Idle : Limit::Head;
    case Phase::Body:
    case Phase::Discard:
      return request_paused_ ? Limit::None : Limit::Body;
    case Phase::Linger:
      return Limit::Linger;
    default:
      return Limit::None;
  }
}

void Http1Server::update_deadline() noexcept {
  const Timeouts& timeouts = worker_.options.gateway->timeouts;
  WorkerContext& context = worker_.context;
  const Limit limit = limit_now();
  // The others run from where they began, however their bytes drip in or out.
  if (limit_ == limit && limit != Limit::Idle && limit != Limit::Body) return;
  limit_ = limit;
  std::int64_t deadline = 0;
  switch (limit) {
    case Limit::None:
      break;
    case Limit::Handshake:
      deadline = context.deadline(timeouts.tls_handshake);
      break;
    case Limit::Head:
      deadline = context.deadline(timeouts.client_header);
      break;
    case Limit::Idle:
      deadline = context.deadline(timeouts.client_idle);
      break;
    case Limit::Body:
      deadline = context.deadline(timeouts.client_body);
      break;
    case Limit::Write:
      acknowledged_ = transport_->acknowledged();
      deadline = context.deadline(timeouts.client_write);
      break;
    case Limit::Drain:
      deadline = context.now() + (served_ ? kNextRequestMs : kFirstRequestMs);
      break;
    case Limit::Linger:
      deadline = context.now() + kLingerMs;
      break;
  }
  context.timers.set(*this, deadline);
}

void Http1Server::on_deadline() noexcept {
  switch (std::exchange(limit_, Limit::None)) {
    case Limit::Write:
      if (transport_->acknowledged() != acknowledged_) {
        update_deadline();
      } else if (exchange_.active()) {
        exchange_.cancel(GatewayAnswer::WriteTimeout);
      } else {
        close();
      }
      return;
    case Limit::Head:
      if (!head_begun_) {
        close();
        return;
      }
      close_after_ = true;
      request_complete_ = response_complete_ = false;
      phase_ = Phase::Response;
      exchange_.refuse(GatewayAnswer::HeaderTimeout, "the head took too long");
      return;
    case Limit::Body:
      if (!exchange_.active()) {
        close();
        return;
      }
      close_after_ = true;
      exchange_.cancel(GatewayAnswer::BodyTimeout);
      return;
    case Limit::Drain:
      linger();
      return;
    default:
      close();
  }
}

void Http1Server::drain() noexcept { update_deadline(); }

// Ends our side, and drops what the peer still sends, so that a reset does not eat our last answer.
void Http1Server::linger() noexcept {
  if (phase_ == Phase::Closed || phase_ == Phase::Linger) return;
  phase_ = Phase::Linger;
  kept_.clear();
  transport_->finish();
  settle();
}

void Http1Server::close() noexcept {
  if (std::exchange(phase_, Phase::Closed) == Phase::Closed) return;
  worker_.context.timers.cancel(*this);
  if (exchange_.active()) exchange_.cancel(GatewayAnswer::Stopped);
  transport_.reset();
  worker_.remove(*this);
}

}  // namespace gateway
