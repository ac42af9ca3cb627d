#include "proxy/exchange.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/strings.h"
#include "http/status.h"
#include "proxy/policy_run.h"
#include "proxy/worker_state.h"
#include "upstream/backend_pool.h"
#include "upstream/circuit.h"

namespace gateway {
namespace {

// Methods that may be sent twice (RFC 9110 §9.2.2).
bool is_idempotent(std::string_view method) noexcept {
  for (std::string_view known : {"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "TRACE"}) {
    if (method == known) return true;
  }
  return false;
}

constexpr std::size_t kMaxConnectAttempts = 3;

}  // namespace

Exchange::Exchange(WorkerState& worker, ServerStream& stream) : worker_(worker), stream_(stream) {}

Exchange::~Exchange() {
  if (active_) cancel(GatewayAnswer::Stopped);
}

void Exchange::reset() noexcept {
  upstream_ = nullptr;
  forget_route();
  revision_number_.clear();
  host_.clear();
  path_.clear();
  refused_because_ = {};
  request_done_ = request_head_sent_ = response_started_ = head_request_ = false;
  request_paused_ = response_paused_ = retried_ = response_broken_ = false;
  attempts_ = connect_failures_ = 0;
  status_ = backend_status_ = 0;
  bytes_in_ = bytes_out_ = 0;
  attempt_ns_ = connected_ns_ = sent_ns_ = answered_ns_ = 0;
  active_ = true;
  started_ns_ = static_cast<std::int64_t>(uv_hrtime());
  pinned_ = worker_.pin();
  worker_.make_request_id(request_id_);
  worker_.context.metrics.requests_active.add();
}

// What is of the version that was pinned.
void Exchange::forget_route() noexcept {
  api_ = nullptr;
  backend_ = nullptr;
  revision_ = nullptr;
  operation_ = nullptr;
  access_ = {};
  endpoint_ = nullptr;
  forward_from_ = 0;
}

void Exchange::take(RequestHead& head, std::string_view bytes) noexcept {
  std::swap(head_, head);
  storage_.assign(bytes);
  rebase(head_, bytes.data(), storage_.data());
}

void Exchange::begin(RequestHead& head, std::string_view bytes) noexcept {
  take(head, bytes);
  reset();
  head_request_ = head_.method == "HEAD";
  request_done_ = !head_.has_body();
  route();
}

void Exchange::refuse(GatewayAnswer why, const char* what) noexcept {
  head_ = RequestHead();
  storage_.clear();
  reset();
  refused_because_ = what;
  request_done_ = true;
  answer(why);
}

bool Exchange::find_member() noexcept {
  const std::int64_t now = worker_.context.now();
  if (!pool_ && (*backend_)->members.empty()) {
    const Circuit* circuit = (*backend_)->circuit.get();
    const std::int64_t open = circuit ? circuit->open_for(now) : 0;
    if (open > 0) circuit_open(open);
    return open == 0;
  }
  if (!pool_) pool_ = backend_;
  const HeaderField* cookie = (*pool_)->affinity_cookie.empty() ? nullptr : head_.headers.find("cookie");
  const PoolChoice choice = choose_member(**pool_, cookie ? cookie->value : std::string_view(), member_, now);
  if (!choice.member) {
    circuit_open(choice.closed_in_ms);
    return false;
  }
  if (member_ != choice.member) endpoint_ = nullptr;
  member_ = choice.member;
  backend_ = &member_->backend;
  tells_member_ = !(*pool_)->affinity_cookie.empty() && !choice.by_cookie;
  if (!(*backend_)->endpoints.empty()) return true;
  give_up(GatewayAnswer::NoEndpoint);
  return false;
}

void Exchange::circuit_open(std::int64_t closed_in_ms) noexcept {
  if (policies_) {
    policies_->run.on_backend_failed(
        {503, "CircuitBreakerOpen", "The circuit breaker of the backend is open.", "Service unavailable", {}});
    return;
  }
  const std::int64_t seconds = std::clamp<std::int64_t>((closed_in_ms + 999) / 1000, 1, 86'400);
  answer(GatewayAnswer::CircuitOpen, "Retry-After: " + std::to_string(seconds) + "\r\n");
}

void Exchange::note_failure(std::string_view reason) noexcept {
  if (backend_ && *backend_ && (*backend_)->circuit)
    (*backend_)->circuit->on_error(reason, worker_.context.now());
}

void Exchange::attempt(bool fresh) noexcept {
  // A kept connection that had died says nothing against its member.
  const bool chooses = (*backend_)->circuit || pool_ || !(*backend_)->members.empty();
  if (chooses && !(fresh && member_) && !find_member()) return;
  ++attempts_;
  request_head_sent_ = false;
  attempt_ns_ = static_cast<std::int64_t>(uv_hrtime());
  upstream_ = worker_.pools.acquire(*backend_, fresh, *this, endpoint_);
  if (upstream_->ready()) {
    send_request();
  } else if (!request_done_) {
    request_paused_ = true;
    stream_.pause_request();
  }
}

// Nobody waits behind this attempt for a good moment to flush.
void Exchange::attempt_again(bool fresh) noexcept {
  worker_.context.metrics.upstream_retries.add();
  attempt(fresh);
  if (upstream_ && upstream_->ready()) upstream_->flush();
}

void Exchange::on_stream_ready() noexcept {
  connected_ns_ = static_cast<std::int64_t>(uv_hrtime());
  send_request();
  if (upstream_) upstream_->flush();
}

bool Exchange::is_key_field(const HeaderField& field) noexcept {
  constexpr std::string_view kName = "Ocp-Apim-Subscription-Key";
  return field.name.size() == kName.size() && iequals(field.name, kName);
}

// Keys of the cloud's subscriptions are not for backends of Ingress routes.
std::string_view Exchange::query_without_key() noexcept {
  constexpr std::string_view kName = "subscription-key=";
  if (head_.query.find(kName) == std::string_view::npos) return head_.query;
  query_.clear();
  for (std::string_view rest = head_.query.substr(1); !rest.empty();) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view part = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (part.starts_with(kName)) continue;
    query_ += query_.empty() ? '?' : '&';
    query_ += part;
  }
  return query_;
}

void Exchange::send_request() noexcept {
  if (policies_) {
    send_policy_request();
    return;
  }
  WorkerContext& context = worker_.context;
  mark_hop_by_hop(head_.headers, context.keep);
  std::size_t i = 0;
  for (const HeaderField& field : head_.headers) {
    if (field.id == HeaderId::Expect) context.keep[i] = false;  // answered here
    if (api_->takes_route_policies && is_key_field(field)) context.keep[i] = false;
    ++i;
  }
  const CompiledBackend& backend = **backend_;
  OutgoingRequest request;
  request.method = head_.method;
  request.path_prefix = backend.path_prefix;
  request.path = std::string_view(path_).substr(forward_from_);
  if (request.path.empty() && backend.path_prefix.empty()) request.path = "/";
  request.query = api_->takes_route_policies ? query_without_key() : head_.query;
  request.host = !backend.host_header.empty() ? std::string_view(backend.host_header)
                 : head_.host.empty()         ? std::string_view(endpoint_->authority)
                                              : head_.host;
  request.headers = &head_.headers;
  request.keep = &context.keep;
  request.forwarded_for = stream_.client_address();
  request.forwarded_proto = stream_.tls_protocol().empty() ? "http" : "https";
  request.forwarded_host = head_.host;
  request.request_id = {request_id_.data(), request_id_.size()};
  request.framing = head_.framing;
  request.content_length = head_.content_length;
  upstream_->send_head(request);
  request_head_sent_ = true;
  sent_ns_ = std::max(attempt_ns_, connected_ns_);  // no time has passed since
  if (request_done_) {
    upstream_->send_end(nullptr);
    return;
  }
  if (head_.expect_continue) stream_.send_continue();
  if (std::exchange(request_paused_, false)) stream_.resume_request();
}

void Exchange::on_request_data(std::string_view data) noexcept {
  bytes_in_ += data.size();
  if (policies_ && active_) {
    take_request_data(data);
    return;
  }
  if (!active_ || !upstream_ || !request_head_sent_)
    return;  // answered already: the rest is dropped
  upstream_->send_data(data);
  if (upstream_ && upstream_->buffered() > worker_.options.gateway->limits.body_watermark &&
      !request_paused_) {
    request_paused_ = true;
    stream_.pause_request();
  }
}

void Exchange::on_request_end(const HeaderList& trailers) noexcept {
  request_done_ = true;
  if (policies_ && active_) {
    take_request_end();
    return;
  }
  if (!active_ || !upstream_ || !request_head_sent_) return;
  upstream_->send_end(&trailers);
  sent_ns_ = static_cast<std::int64_t>(uv_hrtime());
}

void Exchange::on_request_flush() noexcept {
  if (upstream_ && request_head_sent_) upstream_->flush();
}

void Exchange::on_request_drained() noexcept {
  if (request_head_sent_ && std::exchange(request_paused_, false)) stream_.resume_request();
}

void Exchange::on_client_drained() noexcept {
  if (upstream_ && std::exchange(response_paused_, false)) upstream_->resume();
}

void Exchange::on_response_head(ResponseHead& head) noexcept {
  WorkerContext& context = worker_.context;
  mark_hop_by_hop(head.headers, context.keep);
  OutgoingResponse response;
  response.status = head.status;
  response.reason = head.reason;
  response.headers = &head.headers;
  response.keep = &context.keep;
  if (head.status < 200) {
    if (head.status != 100) stream_.send_informational(response);
    pause_response_when_full();
    return;
  }
  answered_ns_ = static_cast<std::int64_t>(uv_hrtime());
  if (Circuit* circuit = (*backend_)->circuit.get()) {
    const HeaderField* later = head.headers.find(HeaderId::RetryAfter);
    const auto seconds = later ? parse_decimal(later->value, 86'400) : std::nullopt;
    circuit->on_response(head.status, static_cast<std::int64_t>(seconds.value_or(0)), context.now());
  }
  if (policies_) {
    take_response_head(head);
    return;
  }
  backend_status_ = status_ = head.status;
  response.request_id = {request_id_.data(), request_id_.size()};
  response.framing = head.framing;
  response.content_length = head.content_length;
  response.head_request = head_request_;
  std::string cookie;
  if (tells_member_) {
    cookie = "Set-Cookie: " + (*pool_)->affinity_cookie + "=" + member_->token + "; Path=/; HttpOnly\r\n";
    response.extra = cookie;
  }
  response_started_ = true;
  stream_.send_head(response);
}

void Exchange::on_response_data(std::string_view data) noexcept {
  if (policies_ && !response_started_) {
    take_response_data(data);
    return;
  }
  bytes_out_ += data.size();
  stream_.send_data(data);
  pause_response_when_full();
}

void Exchange::pause_response_when_full() noexcept {
  if (upstream_ && stream_.buffered() > worker_.options.gateway->limits.body_watermark &&
      !std::exchange(response_paused_, true)) {
    upstream_->pause();
  }
}

void Exchange::on_response_flush() noexcept { stream_.flush(); }

void Exchange::on_response_end(const HeaderList& trailers) noexcept {
  upstream_ = nullptr;
  if (policies_ && !response_started_) {
    take_response_end();
    return;
  }
  stream_.send_end(&trailers);
  finish(GatewayAnswer::None);
}

void Exchange::on_stream_failed(StreamFailure why) noexcept {
  ClientStream& failed = *std::exchange(upstream_, nullptr);
  if (response_started_) {
    fail_response(why == StreamFailure::BodyTimeout ? GatewayAnswer::BackendTimeout
                  : why == StreamFailure::Protocol  ? GatewayAnswer::BackendProtocol
                                                    : GatewayAnswer::BackendReset);
    return;
  }
  note_failure(why == StreamFailure::HeaderTimeout || why == StreamFailure::BodyTimeout ? "Timeout"
                                                                                       : "BackendConnectionFailure");
  switch (why) {
    case StreamFailure::Forbidden:
    case StreamFailure::ConnectFailed:
    case StreamFailure::ConnectTimeout:
      // Nothing was sent: another endpoint may take it.
      if (++connect_failures_ < std::min(pool_ ? (*pool_)->members.size() : (*backend_)->endpoints.size(),
                                         kMaxConnectAttempts)) {
        attempt_again(false);
        return;
      }
      give_up(why == StreamFailure::Forbidden       ? GatewayAnswer::EndpointForbidden
              : why == StreamFailure::ConnectFailed ? GatewayAnswer::ConnectFailed
                                                    : GatewayAnswer::ConnectTimeout);
      return;
    case StreamFailure::Reset:
      // A kept connection that died may never have seen the request (RFC 9110 §9.2.2, RFC 9112
      // §9.3.1).
      if (failed.reused() && !failed.answered() && !retried_ && may_be_sent_twice()) {
        retried_ = true;
        attempt_again(true);
        return;
      }
      give_up(GatewayAnswer::BackendReset);
      return;
    case StreamFailure::HeaderTimeout:
    case StreamFailure::BodyTimeout:
      give_up(GatewayAnswer::BackendTimeout);
      return;
    case StreamFailure::Protocol:
      give_up(GatewayAnswer::BackendProtocol);
      return;
  }
}

bool Exchange::may_be_sent_twice() const noexcept {
  return is_idempotent(policies_ ? policies_->run.request.method : head_.method) && !head_.has_body();
}

// No response comes from the backend.
void Exchange::give_up(GatewayAnswer why) noexcept {
  if (policies_) {
    backend_failed(why);
  } else {
    answer(why);
  }
}

void Exchange::answer(GatewayAnswer why, std::string_view extra) noexcept {
  const AnswerText& text = text_of(why);
  std::string body;
  if (!text.message.empty()) {
    body = "{ \"statusCode\": " + std::to_string(text.status) + ", \"message\": \"" +
           std::string(text.message) + "\" }";
  }
  std::string fields(extra);
  if (!body.empty()) fields += "Content-Type: application/json\r\n";
  OutgoingResponse response;
  response.status = status_ = text.status;
  response.reason = reason_phrase(text.status);
  response.extra = fields;
  response.request_id = {request_id_.data(), request_id_.size()};
  response.framing = BodyFraming::Length;
  response.content_length = body.size();
  response.head_request = head_request_;
  response_started_ = true;
  stream_.send_head(response);
  if (!head_request_ && !body.empty()) {
    bytes_out_ += body.size();
    stream_.send_data(body);
  }
  stream_.send_end(nullptr);
  finish(why);
}

void Exchange::cancel(GatewayAnswer why) noexcept {
  if (!active_) return;
  if (ClientStream* upstream = std::exchange(upstream_, nullptr)) upstream->cancel();
  if (policies_) {
    worker_.keep(std::move(policies_));
    backend_ = pool_ = nullptr;  // they may have been of the run
    member_ = nullptr;
    endpoint_ = nullptr;
  }
  const int status = text_of(why).status;
  if (status != 0 && !response_started_) {
    answer(why);
    return;
  }
  if (response_started_) {
    fail_response(why);
  } else {
    finish(why);
  }
}

// The response has begun and cannot be completed.
void Exchange::fail_response(GatewayAnswer why) noexcept {
  response_broken_ = true;
  finish(why);
}

void Exchange::finish(GatewayAnswer why) noexcept {
  WorkerMetrics& metrics = worker_.context.metrics;
  const std::int64_t now = static_cast<std::int64_t>(uv_hrtime());
  metrics.duration.observe((now - started_ns_) / 1000);
  if (answered_ns_ != 0) metrics.upstream_duration.observe((answered_ns_ - sent_ns_) / 1000);
  metrics.responses[static_cast<std::size_t>(status_ / 100)].add();
  metrics.bytes_in.add(bytes_in_);
  metrics.bytes_out.add(bytes_out_);
  if (why != GatewayAnswer::None) metrics.own_answers[static_cast<std::size_t>(why)].add();
  metrics.requests_active.sub();
  if (worker_.options.access_log) write_access_log(why);
  active_ = false;
  if (policies_) worker_.keep(std::move(policies_));
  forget_route();
  worker_.unpin(std::exchange(pinned_, nullptr));
  if (response_broken_) stream_.abort();
  stream_.exchange_ended();
}

void Exchange::write_access_log(GatewayAnswer why) noexcept {
  const std::int64_t now = static_cast<std::int64_t>(uv_hrtime());
  AccessRecord record;
  record.started_unix_ms =
      worker_.options.gateway->environment.clock->unix_ms() - (now - started_ns_) / 1'000'000;
  record.request_id = {request_id_.data(), request_id_.size()};
  record.client_address = stream_.client_address();
  record.scheme = stream_.tls_protocol().empty() ? "http" : "https";
  record.protocol = stream_.protocol();
  record.method = head_.method;
  record.host = host_.empty() ? head_.host : std::string_view(host_);
  record.path = path_.empty() ? head_.path : std::string_view(path_);
  if (api_) {
    record.route = api_->id;
    record.source = api_->source;
  }
  if (backend_ && *backend_) record.backend = (*backend_)->id;
  if (revision_) record.revision = revision_->id;
  if (operation_) record.operation = operation_->id;
  if (access_.product) record.product = access_.product->id;
  if (access_.subscription) record.subscription = access_.subscription->facts.id;
  if (endpoint_) record.endpoint = endpoint_->authority;
  std::string reason;
  if (why != GatewayAnswer::None) {
    reason = text_of(why).name;
    if (!refused_because_.empty()) reason.append(": ").append(refused_because_);
  }
  record.reason = reason;
  record.tls_protocol = stream_.tls_protocol();
  record.sni = stream_.server_name();
  record.version = pinned_->version->number;
  record.status = status_;
  record.backend_status = backend_status_;
  record.bytes_in = bytes_in_;
  record.bytes_out = bytes_out_;
  record.total_us = (now - started_ns_) / 1000;
  record.connect_us = connected_ns_ == 0 ? 0 : (connected_ns_ - attempt_ns_) / 1000;
  record.backend_us = answered_ns_ == 0 ? 0 : (answered_ns_ - sent_ns_) / 1000;
  record.attempts = attempts_;
  worker_.options.access_log->write(record);
}

}  // namespace gateway
