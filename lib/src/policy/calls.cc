#include "policy/calls.h"

#include <array>
#include <list>
#include <optional>

#include "base/strings.h"
#include "policy/dynamic_backends.h"
#include "policy/recent.h"

namespace gateway::policy {
namespace {

constexpr std::size_t kDetached = 1000;                           // at once
constexpr std::size_t kDetachedBytes = std::size_t{64} << 20;  // of their bodies

// RFC 9110 §9.2.2.
bool is_idempotent(std::string_view method) noexcept {
  for (const std::string_view one : {"GET", "HEAD", "PUT", "DELETE", "OPTIONS", "TRACE"})
    if (method == one) return true;
  return false;
}

// Methods whose requests say a length even where there is nothing.
bool expects_body(std::string_view method) noexcept {
  return method == "POST" || method == "PUT" || method == "PATCH";
}

// What a call goes to, and how.
struct Target {
  CallUrl url;
  std::shared_ptr<const CompiledBackend> backend;
};

// One call. Destroying it ends it.
class Call final : public Pending, private ClientStreamEvents, private Timed {
 public:
  using Done = std::function<void(CallResult&)>;
  Call(WorkerContext& worker, Pools& pools, OutgoingCall call, Result<Target> target, Done done)
      : worker_(worker), pools_(pools), call_(std::move(call)), done_(std::move(done)) {
    if (!target) {
      fail_soon("BackendConnectionFailure", target.error().message);
      return;
    }
    target_ = std::move(target).value();
    deadline_ = worker_.now() + std::max<std::int64_t>(call_.timeout_ms, 1);
    worker_.timers.set(*this, deadline_);
    begin(false);
  }
  ~Call() override {
    worker_.timers.cancel(*this);
    if (stream_) stream_->cancel();
  }

  [[nodiscard]] const std::string& authority() const noexcept { return target_.url.authority; }
  [[nodiscard]] std::size_t body_size() const noexcept { return body_size_; }

 private:
  void begin(bool fresh) {
    const CompiledEndpoint* endpoint = nullptr;
    stream_ = pools_.acquire(target_.backend, fresh, *this, endpoint);
    if (stream_->ready()) send();
  }
  void send() noexcept;
  void fail_soon(std::string_view reason, std::string message) {
    result_.reason = reason;
    result_.message = std::move(message);
    failed_ = true;
    worker_.timers.set(*this, worker_.now());
  }
  void give_up(std::string_view reason, std::string message) noexcept {
    result_.reason = reason;
    result_.message = std::move(message);
    finish();
  }
  // Nothing of this object is there any more after it.
  void finish() noexcept {
    worker_.timers.cancel(*this);
    if (ClientStream* stream = std::exchange(stream_, nullptr)) stream->cancel();
    const Done done = std::move(done_);
    CallResult result = std::move(result_);
    if (done) done(result);
  }

  void on_stream_ready() noexcept override { send(); }
  void on_response_head(ResponseHead& head) noexcept override;
  void on_response_data(std::string_view data) noexcept override;
  void on_response_flush() noexcept override {}
  void on_response_end(const HeaderList&) noexcept override {
    stream_ = nullptr;
    result_.ok = true;
    finish();
  }
  void on_request_drained() noexcept override {}
  void on_stream_failed(StreamFailure why) noexcept override;
  void on_deadline() noexcept override {
    if (failed_) {
      finish();
    } else {
      give_up("Timeout", "There was no whole response within " + std::to_string(call_.timeout_ms) + " ms.");
    }
  }

  WorkerContext& worker_;
  Pools& pools_;
  OutgoingCall call_;
  Done done_;
  Target target_;
  CallResult result_;
  ClientStream* stream_ = nullptr;
  std::size_t body_size_ = call_.body.size();
  std::int64_t deadline_ = 0;
  bool reused_ = false;
  bool answered_ = false;
  bool retried_ = false;
  bool failed_ = false;  // told by the timer, as the call has not begun
};

void Call::send() noexcept {
  reused_ = stream_->reused();
  HeaderList fields;
  std::string_view host = target_.backend->host_header;
  bool says_agent = false;
  for (const auto& [name, value] : call_.fields) {
    const HeaderId id = header_id(name);
    if (id == HeaderId::Host) host = value;
    if (id == HeaderId::Expect) continue;
    says_agent = says_agent || iequals(name, "user-agent");
    fields.add(name, value, id);
  }
  if (!says_agent) fields.add("User-Agent", "libgateway", HeaderId::Other);
  mark_hop_by_hop(fields, worker_.keep);
  OutgoingRequest request;
  request.method = call_.method;
  request.path = target_.url.target;
  request.host = host;
  request.headers = &fields;
  request.keep = &worker_.keep;
  request.forwarded = false;
  if (!call_.body.empty() || expects_body(call_.method)) {
    request.framing = BodyFraming::Length;
    request.content_length = call_.body.size();
  }
  request.header_timeout_ms = std::max<std::int64_t>(deadline_ - worker_.now(), 1);
  stream_->send_head(request);
  stream_->send_data(call_.body);
  stream_->send_end(nullptr);
  if (!is_idempotent(call_.method) || !reused_) call_.body = {};
}

void Call::on_response_head(ResponseHead& head) noexcept {
  answered_ = true;
  if (head.status < 200) return;
  result_.status = head.status;
  result_.status_reason = head.reason;
  mark_hop_by_hop(head.headers, worker_.keep);
  std::size_t i = 0;
  for (const HeaderField& field : head.headers)
    if (worker_.keep[i++]) result_.fields.emplace_back(field.name, field.value);
  if (head.framing == BodyFraming::Length && head.content_length <= call_.max_body)
    result_.body.reserve(static_cast<std::size_t>(head.content_length));
}

void Call::on_response_data(std::string_view data) noexcept {
  if (result_.body.size() + data.size() > call_.max_body) {
    give_up("BackendConnectionFailure",
            "The response's body is larger than " + std::to_string(call_.max_body) + " bytes.");
    return;
  }
  result_.body.append(data);
}

void Call::on_stream_failed(StreamFailure why) noexcept {
  stream_ = nullptr;
  // A kept connection may have been closed while it was idle.
  if (why == StreamFailure::Reset && reused_ && !answered_ && !retried_ && is_idempotent(call_.method)) {
    retried_ = true;
    begin(true);
    return;
  }
  switch (why) {
    case StreamFailure::ConnectTimeout:
      return give_up("Timeout", "The connection was not made in time.");
    case StreamFailure::HeaderTimeout:
    case StreamFailure::BodyTimeout:
      return give_up("Timeout", "There was no whole response in time.");
    case StreamFailure::ConnectFailed:
      return give_up("BackendConnectionFailure", "There is no connection to " + authority() + ".");
    case StreamFailure::Forbidden:
      return give_up("BackendConnectionFailure", "The gateway never calls the address of " + authority() + ".");
    case StreamFailure::Reset:
      return give_up("BackendConnectionFailure", "The connection ended before the response did.");
    case StreamFailure::Protocol:
      return give_up("BackendConnectionFailure", "The response breaks HTTP.");
  }
}

class WorkerCalls final : public HttpCalls {
 public:
  WorkerCalls(WorkerContext& worker, Pools& pools, Reporter* reporter)
      : worker_(worker), pools_(pools), reporter_(reporter) {}

  std::unique_ptr<Pending> start(OutgoingCall call, std::function<void(CallResult&)> done) override {
    Result<Target> target = target_of(call);
    return std::make_unique<Call>(worker_, pools_, std::move(call), std::move(target), std::move(done));
  }

  bool detach(OutgoingCall call) override {
    if (detached_.size() >= kDetached || detached_bytes_ + call.body.size() > kDetachedBytes) {
      if (reporter_)
        reporter_->warn("A request that nobody waits for was dropped: too many are on their way.");
      return false;
    }
    const auto at = detached_.emplace(detached_.end());
    Result<Target> target = target_of(call);
    detached_bytes_ += call.body.size();
    *at = std::make_unique<Call>(worker_, pools_, std::move(call), std::move(target), [this, at](CallResult& result) {
      ended(at, result);
    });
    return true;
  }

 private:
  using Detached = std::list<std::unique_ptr<Call>>;
  static constexpr std::size_t kBackends = 1000;
  struct Known {
    std::shared_ptr<const CompiledBackend> backend;
    std::shared_ptr<TlsClient> client;  // keeps its address from being another's
  };

  void ended(Detached::iterator at, const CallResult& result) noexcept {
    const std::unique_ptr<Call> call = std::move(*at);
    detached_.erase(at);
    detached_bytes_ -= call->body_size();
    if (!reporter_) return;
    const std::string what = "A request that nobody waits for, to " + call->authority();
    if (!result.ok) {
      reporter_->warn(what + ", failed: " + result.message);
    } else if (result.status >= 400) {
      reporter_->warn(what + ", was answered with status " + std::to_string(result.status) + ".");
    }
  }

  Result<Target> target_of(const OutgoingCall& call) {
    if (!is_token(call.method)) return refuse(quote(call.method) + " is no method of HTTP.");
    for (const auto& [name, value] : call.fields)
      if (!is_token(name) || !is_field_value(value)) return refuse(quote(name) + " is no header field.");
    Result<CallUrl> url = parse_call_url(call.url);
    if (!url) return url.error();
    std::string key = (url->secure ? "s|" : "p|") + url->authority + "|" +
                      std::to_string(reinterpret_cast<std::uintptr_t>(call.tls.get())) +
                      (call.allow_link_local ? "|l|" : "||") + call.proxy_url + "|" + call.proxy_authorization;
    if (const Known* known = backends_.find(key)) return Target{std::move(url).value(), known->backend};
    CallBackend said{*url, call.tls, {}, nullptr, call.allow_link_local};
    if (call.tls) {
      said.client_key = "call#" + std::to_string(++serial_);
    } else if (url->secure) {
      if (!usual_client_) {
        auto made = TlsClient::create({});
        if (!made) return made.error();
        usual_client_ = std::move(made).value();
      }
      said.client = usual_client_;
      said.client_key = "usual";
    }
    if (!call.proxy_url.empty()) {
      auto proxy = make_backend_proxy(call.proxy_url, call.proxy_authorization);
      if (!proxy) return proxy.error();
      said.proxy = std::move(proxy).value();
    }
    auto made = make_call_backend(said);
    if (!made) return made.error();
    backends_.put(std::move(key), {*made, call.tls});
    return Target{std::move(url).value(), std::move(made).value()};
  }
  static Error refuse(std::string why) {
    return Error{ErrorCode::InvalidArgument, "policy", std::move(why), {}};
  }

  WorkerContext& worker_;
  Pools& pools_;
  Reporter* reporter_;
  Recent<Known> backends_{kBackends};
  std::shared_ptr<TlsClient> usual_client_;
  std::uint64_t serial_ = 0;
  Detached detached_;
  std::size_t detached_bytes_ = 0;
};

}  // namespace

std::unique_ptr<HttpCalls> make_http_calls(WorkerContext& worker, Pools& pools, Reporter* reporter) {
  return std::make_unique<WorkerCalls>(worker, pools, reporter);
}

}  // namespace gateway::policy
