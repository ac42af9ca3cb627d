#include <algorithm>

#include "base/strings.h"
#include "http/path.h"
#include "http/status.h"
#include "policy/builtin/cors.h"
#include "proxy/exchange.h"
#include "proxy/policy_run.h"
#include "proxy/worker_state.h"

// The part of an exchange in which policies decide: what they ask for is done, and what comes of it is
// told to their run.
namespace gateway {

using policy::Body;
using policy::Run;
using policy::ScopeKind;

namespace {

// Who sends the debug credential in it is shown every step.
constexpr std::string_view kDebugField = "Gateway-Debug";

// In a time that tells nothing of where they differ.
bool same_secret(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i)
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
  return difference == 0;
}

constexpr std::size_t index_of(ScopeKind scope) noexcept { return static_cast<std::size_t>(scope); }

bool is_target(std::string_view text) noexcept {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || c == '#') return false;
  }
  return true;
}

std::uint16_t port_of(std::string_view authority, std::uint16_t fallback) noexcept {
  const std::size_t colon = authority.rfind(':');
  if (colon == std::string_view::npos || authority.find(']', colon) != std::string_view::npos)
    return fallback;
  const auto port = parse_decimal(authority.substr(colon + 1), 65535);
  return port ? static_cast<std::uint16_t>(*port) : fallback;
}

}  // namespace

// False: no document has a say.
bool Exchange::find_policies(Run::Facts& facts) const noexcept {
  const Version& version = *pinned_->version;
  bool any = false;
  const auto put = [&](ScopeKind scope, const policy::CompiledDocumentPtr& document) {
    facts.documents[index_of(scope)] = document.get();
    any = any || document;
  };
  if (revision_) {
    if (operation_) put(ScopeKind::Operation, operation_->policy);
    put(ScopeKind::Api, revision_->policy);
    if (access_.product) put(ScopeKind::Product, access_.product->policy);
    put(ScopeKind::Global, version.access[api_->source_index].global_policy());
  } else {
    put(ScopeKind::Api, api_->policy);
    if (!api_->policy_fragment.empty()) {
      if (const auto at = version.route_fragments.find(api_->policy_fragment); at != version.route_fragments.end())
        put(ScopeKind::Api, at->second.document);
    }
    if (api_->takes_route_policies) put(ScopeKind::Global, version.route_policies);
  }
  return any;
}

void Exchange::begin_policies(const Run::Facts& facts) noexcept {
  policies_ = worker_.take_run();
  policies_->begin(*this);
  Run& run = policies_->run;
  run.facts = facts;
  if (revision_) {
    run.facts.api = revision_->facts.get();
    if (operation_) run.facts.operation = &operation_->facts->operation;
    if (access_.product) run.facts.product = access_.product->facts.get();
    if (access_.subscription) run.facts.subscription = &access_.subscription->facts;
    run.facts.subscription_key = subscription_key();
  } else if (api_) {
    run.facts.api = api_->facts.get();
    run.facts.operation = api_->operation_facts.get();
  }
  run.started_unix_ms = worker_.options.gateway->environment.clock->unix_ms();
  describe_request();
  if (!request_done_ && !request_paused_) {
    request_paused_ = true;
    stream_.pause_request();
  }
}

bool Exchange::wants_trace() const noexcept {
  const std::string& credential = worker_.options.gateway->policies.debug_credential;
  if (credential.empty()) return false;
  const HeaderField* field = head_.headers.find(kDebugField);
  return field && same_secret(field->value, credential);
}

void Exchange::run_policies(const Run::Facts& facts) noexcept {
  begin_policies(facts);
  if (wants_trace()) {
    policies_->recorder = std::make_unique<policy::TraceRecorder>(policies_->run, true);
    policies_->run.trace = policies_->recorder.get();
  }
  policies_->run.start();
}

void Exchange::describe_request() noexcept {
  Run& run = policies_->run;
  expression::Arena& arena = run.arena();
  policy::RequestMessage& request = run.request;
  request.method = head_.method;
  const bool tls = !stream_.tls_protocol().empty();
  const std::uint16_t usual = tls ? 443 : 80;
  request.original = {tls ? "https" : "http", host_, port_of(head_.host, usual), path_, head_.query};
  request.url = request.original;
  if (api_ && api_->takes_route_policies) request.url.query = query_without_key();
  request.base_path = {};
  if (backend_ && *backend_) {
    const CompiledBackend& backend = **backend_;
    run.backend = *backend_;
    request.base_path = backend.path_prefix;
    std::string_view rest = std::string_view(path_).substr(forward_from_);
    if (rest.empty() && backend.path_prefix.empty()) rest = "/";
    char* joined = arena.bytes(backend.path_prefix.size() + rest.size() + 1);
    std::copy(rest.begin(), rest.end(),
              std::copy(backend.path_prefix.begin(), backend.path_prefix.end(), joined));
    request.url.path = {joined, backend.path_prefix.size() + rest.size()};
    const bool secure = backend.protocol == BackendProtocol::Https;
    request.url.scheme = secure ? "https" : "http";
    if (revision_ && !backend.endpoints.empty()) {
      request.url.host = backend.tls_server_name.empty() ? backend.endpoints.front().address
                                                         : backend.tls_server_name;
      request.url.port = backend.endpoints.front().port;
    }
  }
  WorkerContext& context = worker_.context;
  mark_hop_by_hop(head_.headers, context.keep);
  std::size_t i = 0;
  for (const HeaderField& field : head_.headers) {
    if (!context.keep[i++] || field.id == HeaderId::Expect) continue;
    if (field.name.size() == kDebugField.size() && iequals(field.name, kDebugField)) continue;
    if (api_ && api_->takes_route_policies && is_key_field(field)) continue;
    request.fields.list.add(field.name, field.value, field.id);
  }
  request.body.state = head_.has_body() ? Body::State::Streaming : Body::State::None;
  if (!operation_) return;
  capture_parameters(operation_->facts->url_template, std::string_view(path_).substr(forward_from_),
                     head_.query, run.matched_parameters);
}

// A built-in step failed before any policy ran: what on-error says of it. False: nothing does.
bool Exchange::fail_by_policies(GatewayAnswer why, std::string_view extra) noexcept {
  if (!api_ || !revision_ || !worker_.policies) return false;
  Run::Facts facts;
  if (!find_policies(facts)) return false;
  bool heard = false;
  for (const policy::CompiledDocument* document : facts.documents) {
    heard = heard ||
            (document && !document->sections[static_cast<std::size_t>(policy::Section::OnError)].empty());
  }
  if (!heard) return false;
  begin_policies(facts);
  Run& run = policies_->run;
  policy::Failure failure;
  const AnswerText& text = text_of(why);
  failure.status = text.status;
  failure.public_message = text.message;
  switch (why) {
    case GatewayAnswer::KeyMissing:
      failure.reason = "SubscriptionKeyNotFound";
      failure.message =
          "Access denied due to missing subscription key. Make sure to include subscription key "
          "when making requests to this API.";
      failure.source = "authorization";
      break;
    case GatewayAnswer::KeyInvalid:
      failure.reason = "SubscriptionKeyInvalid";
      failure.message = text.message;
      failure.source = "authorization";
      break;
    default:
      failure.reason = "OperationNotFound";
      failure.message = "Unable to match incoming request to an operation.";
      failure.source = "configuration";
      break;
  }
  refused_because_ = failure.reason;
  run.start_failed(failure, policy::Section::Inbound, extra);
  return true;
}

// OPTIONS that asks for another method, where no operation takes it and a cors policy is in effect: that
// policy alone answers, before keys are looked at. True: the exchange is answered.
bool Exchange::answer_preflight() noexcept {
  if (!worker_.policies || head_.method != "OPTIONS" || !head_.headers.find("Origin")) return false;
  const HeaderField* wanted = head_.headers.find("Access-Control-Request-Method");
  if (!wanted) return false;
  OperationQuery query = operation_query();
  query.method = wanted->value;
  const OperationMatch match = api_->revisions->match(query);
  if (!match.revision) return false;
  revision_ = match.revision;
  operation_ = match.operation;
  backend_ = &revision_->backend;
  forward_from_ = match.forward_from;
  access_ = pinned_->version->access[api_->source_index].decide(*revision_, {});
  Run::Facts facts;
  if (find_policies(facts)) {
    begin_policies(facts);
    policies_->run.prepare();
    bool answered = false;
    for (const policy::CompiledDocument* document : facts.documents) {
      if (!document || !document->has_cors) continue;
      for (const auto& step : document->sections[0]) {
        const auto* cors = dynamic_cast<const policy::CorsPolicy*>(step.get());
        if (!cors) continue;
        answered = true;
        policies_->run.response = {};
        if (!policies_->run.holds([&] { return cors->answer_preflight(policies_->run); })) continue;
        respond_by_policies();
        return true;
      }
    }
    if (answered) {  // by none of them: an empty 200
      policies_->run.response = {};
      respond_by_policies();
      return true;
    }
    worker_.keep(std::move(policies_));
  }
  operation_ = nullptr;
  access_ = {};
  return false;
}

void Exchange::forward_by_policies(const policy::ForwardTerms& terms) noexcept {
  PolicyRun& held = *policies_;
  Run& run = held.run;
  if (ClientStream* upstream = std::exchange(upstream_, nullptr)) upstream->cancel();
  held.terms = terms;
  held.response_body.clear();
  held.holding = held.response_ended = false;
  connect_failures_ = 0;
  retried_ = false;
  endpoint_ = nullptr;  // it may be another backend's
  pool_ = nullptr;
  member_ = nullptr;
  tells_member_ = false;
  if (!run.backend || (run.backend->endpoints.empty() && run.backend->members.empty())) {
    run.on_backend_failed({500, "BackendConnectionFailure", "The backend has no endpoint.", {}, {}});
    return;
  }
  if (!is_target(run.request.url.path) || !run.request.url.path.starts_with('/') ||
      !is_target(run.request.url.query)) {
    run.on_backend_failed({500, "InvalidUrl",
                           "The URL to forward to has characters that no URL may have.", {}, {}});
    return;
  }
  if (run.request.body.state == Body::State::Streaming && request_head_sent_ && attempts_ > 0) {
    run.on_backend_failed({500, "BackendConnectionFailure",
                           "The request's body was sent already; buffer-request-body keeps it.", {}, {}});
    return;
  }
  held.forwarded_to = run.backend;
  backend_ = &held.forwarded_to;
  if (terms.timeout_ms > 0) held.set_deadline(worker_.context.now() + terms.timeout_ms);
  attempt(false);
  if (upstream_ && upstream_->ready()) upstream_->flush();
}

void Exchange::send_policy_request() noexcept {
  PolicyRun& held = *policies_;
  Run& run = held.run;
  WorkerContext& context = worker_.context;
  policy::RequestMessage& said = run.request;
  mark_hop_by_hop(said.fields.list, context.keep);
  const CompiledBackend& backend = **backend_;
  const HeaderField* host = said.fields.list.find(HeaderId::Host);
  OutgoingRequest request;
  request.method = said.method;
  request.path = said.url.path;
  if (pool_ && said.url.path.starts_with(said.base_path)) {  // which has the path of its first member before it
    request.path_prefix = backend.path_prefix;
    request.path = said.url.path.substr(said.base_path.size());
  }
  request.query = said.url.query;
  const bool own_host = host && host->value != head_.host;  // of a policy
  request.host = own_host                      ? host->value
                 : !backend.host_header.empty() ? std::string_view(backend.host_header)
                 : head_.host.empty()           ? std::string_view(endpoint_->authority)
                                                : head_.host;
  request.headers = &said.fields.list;
  request.keep = &context.keep;
  request.forwarded_for = stream_.client_address();
  request.forwarded_proto = stream_.tls_protocol().empty() ? "http" : "https";
  request.forwarded_host = head_.host;
  request.request_id = {request_id_.data(), request_id_.size()};
  request.header_timeout_ms = held.terms.timeout_ms;
  const bool streaming = said.body.state == Body::State::Streaming;
  if (streaming) {
    request.framing = head_.framing;
    request.content_length = head_.content_length;
  } else if (said.body.is_whole()) {
    request.framing = BodyFraming::Length;
    request.content_length = said.body.data.size();
  } else if (head_.has_body()) {
    request.framing = BodyFraming::Length;  // a policy took the body
  }
  upstream_->send_head(request);
  request_head_sent_ = true;
  sent_ns_ = std::max(attempt_ns_, connected_ns_);  // no time has passed since
  if (!streaming) {
    if (said.body.is_whole() && !said.body.data.empty()) upstream_->send_data(said.body.data);
    if (upstream_) upstream_->send_end(nullptr);
    if (!request_done_ && !std::exchange(held.drop_request, true) &&
        std::exchange(request_paused_, false)) {
      stream_.resume_request();
    }
    return;
  }
  if (request_done_) {
    upstream_->send_end(nullptr);
    return;
  }
  if (head_.expect_continue) stream_.send_continue();
  if (std::exchange(request_paused_, false)) stream_.resume_request();
}

void Exchange::read_request_body() noexcept {
  PolicyRun& held = *policies_;
  if (request_done_) {
    held.run.on_body(false);
    return;
  }
  held.reading_request = true;
  if (head_.expect_continue) stream_.send_continue();
  if (std::exchange(request_paused_, false)) stream_.resume_request();
}

void Exchange::take_request_data(std::string_view data) noexcept {
  PolicyRun& held = *policies_;
  if (held.drop_request || response_started_) return;
  if (held.reading_request) {
    if (held.request_body.size() + data.size() > held.run.services().limits.body) {
      held.reading_request = false;
      held.drop_request = true;
      held.run.on_body(false);
      return;
    }
    held.request_body.append(data);
    return;
  }
  if (!upstream_ || !request_head_sent_) return;
  upstream_->send_data(data);
  if (upstream_ && upstream_->buffered() > worker_.options.gateway->limits.body_watermark &&
      !request_paused_) {
    request_paused_ = true;
    stream_.pause_request();
  }
}

void Exchange::take_request_end() noexcept {
  PolicyRun& held = *policies_;
  if (std::exchange(held.reading_request, false)) {
    held.run.request.body.assign(held.request_body);
    held.run.on_body(true);
    return;
  }
  if (held.drop_request || response_started_ || !upstream_ || !request_head_sent_) return;
  upstream_->send_end(nullptr);
  sent_ns_ = static_cast<std::int64_t>(uv_hrtime());
}

void Exchange::take_response_head(ResponseHead& head) noexcept {
  PolicyRun& held = *policies_;
  Run& run = held.run;
  held.clear_deadline();
  if (follow_redirect(head)) return;
  WorkerContext& context = worker_.context;
  mark_hop_by_hop(head.headers, context.keep);
  policy::ResponseMessage& response = run.response;
  response.fields.list.clear();
  response.status = backend_status_ = head.status;
  response.reason = run.arena().copy(head.reason);
  std::size_t i = 0, size = 0;
  for (const HeaderField& field : head.headers) {
    if (!context.keep[i++]) continue;
    response.fields.list.add(field.name, field.value, field.id);
    size += field.name.size() + field.value.size();
  }
  // What the head's views are into goes with it.
  char* at = run.arena().bytes(size);
  const auto kept = [&at](std::string_view text) {
    const char* const from = at;
    at = std::copy(text.begin(), text.end(), at);
    return std::string_view(from, text.size());
  };
  for (HeaderField& field : response.fields.list) {
    field.name = kept(field.name);
    field.value = kept(field.value);
  }
  if (tells_member_) {
    const std::string cookie = (*pool_)->affinity_cookie + "=" + member_->token + "; Path=/; HttpOnly";
    response.fields.add("Set-Cookie", run.arena().copy(cookie));
  }
  held.response_framing = head.framing;
  held.response_length = head.content_length;
  held.holding = true;
  if (head.framing == BodyFraming::None) {
    response.body = {};
    return;  // its end follows at once, and the connection is free again before the policies go on
  }
  response.body.state = Body::State::Streaming;
  // What was read with the head follows within this call: where the policies are done at once, it leaves
  // with the head.
  held.delivering = true;
  run.on_backend_head();
  if (policies_.get() != &held || !std::exchange(held.delivering, false)) return;  // another exchange's
  if (held.holding && !held.reading_response && upstream_) upstream_->pause();
}

void Exchange::take_response_data(std::string_view data) noexcept {
  PolicyRun& held = *policies_;
  if (held.reading_response &&
      held.response_body.size() + data.size() > held.run.services().limits.body) {
    held.reading_response = false;
    std::exchange(upstream_, nullptr)->cancel();
    held.run.on_body(false);
    return;
  }
  held.response_body.append(data);
}

void Exchange::take_response_end() noexcept {
  PolicyRun& held = *policies_;
  held.response_ended = true;
  if (held.response_framing == BodyFraming::None) {
    held.run.on_backend_head();
    return;
  }
  if (!std::exchange(held.reading_response, false)) return;
  held.run.response.body.assign(held.response_body);
  held.run.on_body(true);
}

void Exchange::read_response_body() noexcept {
  PolicyRun& held = *policies_;
  if (held.response_ended) {
    held.run.response.body.assign(held.response_body);
    held.run.on_body(true);
    return;
  }
  if (!upstream_) {
    held.run.on_body(false);
    return;
  }
  held.reading_response = true;
  upstream_->resume();
}

void Exchange::backend_failed(GatewayAnswer why) noexcept {
  PolicyRun& held = *policies_;
  held.clear_deadline();
  if (std::exchange(held.reading_response, false)) {
    held.run.on_body(false);
    return;
  }
  if (held.holding) {  // the policies are about something else; they hear of it when they read, or at the end
    held.response_ended = false;
    return;
  }
  const bool late = why == GatewayAnswer::BackendTimeout || why == GatewayAnswer::ConnectTimeout;
  held.run.on_backend_failed({500, late ? "Timeout" : "BackendConnectionFailure", text_of(why).name, {}, {}});
}

void Exchange::respond_by_policies() noexcept {
  PolicyRun& held = *policies_;
  Run& run = held.run;
  held.clear_deadline();
  if (held.recorder) {
    held.recorder->finish();
    const std::string_view id{request_id_.data(), request_id_.size()};
    worker_.options.policies->traces().put(id, policy::trace_json(id, held.recorder->steps()));
  }
  policy::ResponseMessage& said = run.response;
  WorkerContext& context = worker_.context;
  const policy::LastError* error = run.last_error();
  if (error) refused_because_ = error->reason;
  const GatewayAnswer why = error ? GatewayAnswer::Policy : GatewayAnswer::None;
  const bool bodiless = said.status < 200 || said.status == 204 || said.status == 304;
  const bool streaming = said.body.state == Body::State::Streaming;
  if (!streaming) {
    if (ClientStream* upstream = std::exchange(upstream_, nullptr)) upstream->cancel();
  }
  mark_hop_by_hop(said.fields.list, context.keep);
  OutgoingResponse response;
  response.status = status_ = said.status;
  response.reason = said.reason.empty() ? reason_phrase(said.status) : said.reason;
  response.headers = &said.fields.list;
  response.keep = &context.keep;
  response.request_id = {request_id_.data(), request_id_.size()};
  response.head_request = head_request_;
  if (streaming && !upstream_ && !held.response_ended) {
    // It broke off while the policies were about something else.
    response.framing = held.response_framing;
    response.content_length = held.response_length;
    response_started_ = true;
    stream_.send_head(response);
    fail_response(GatewayAnswer::BackendReset);
    return;
  }
  std::string_view body;
  if (said.body.is_whole()) body = said.body.data;
  if (streaming && held.response_ended) body = held.response_body;
  if (bodiless) {
    response.framing = BodyFraming::None;
  } else if (streaming && !held.response_ended) {
    response.framing = held.response_framing;
    response.content_length = held.response_length;
    body = held.response_body;
  } else if (head_request_ && backend_status_ != 0 && held.response_framing == BodyFraming::None &&
             held.response_length != 0 && body.empty()) {
    response.framing = BodyFraming::Length;  // what GET would have had
    response.content_length = held.response_length;
  } else {
    response.framing = BodyFraming::Length;
    response.content_length = body.size();
  }
  held.drop_request = true;
  response_started_ = true;
  stream_.send_head(response);
  if (!head_request_ && !bodiless && !body.empty()) {
    bytes_out_ += body.size();
    stream_.send_data(body);
  }
  if (!request_done_ && std::exchange(request_paused_, false)) stream_.resume_request();
  if (streaming && !held.response_ended) {
    held.holding = false;
    if (!held.delivering) stream_.flush();
    if (stream_.buffered() > worker_.options.gateway->limits.body_watermark) {
      response_paused_ = true;
      upstream_->pause();
    } else {
      upstream_->resume();
    }
    return;
  }
  stream_.send_end(nullptr);
  stream_.flush();
  finish(why);
}

}  // namespace gateway
