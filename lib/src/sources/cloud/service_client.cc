#include "sources/cloud/service_client.h"

#include <optional>

#include "base/strings.h"

namespace gateway::cloud {
namespace {

constexpr int kMaxRedirects = 3;

bool is_redirect(int status) noexcept {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

// Owned by its Call: whoever else points here does so weakly, and finds nothing once the call is
// gone.
struct ServiceClient::State {
  Request request;
  HttpClientHandler handler;
  std::string target;
  int redirects = 0;
  std::unique_ptr<HttpClientCall> http;

  void fail(Error error) {
    http.reset();
    if (handler.done) handler.done(std::move(error));
  }
};

ServiceClient::Call::Call(std::shared_ptr<State> state) : state_(std::move(state)) {}
ServiceClient::Call::~Call() { state_->http.reset(); }

ServiceClient::ServiceClient(Jobs& jobs, const CloudSourceOptions& options)
    : jobs_(jobs),
      token_(options.token),
      token_file_(options.token_file),
      response_timeout_(options.response_timeout) {}
ServiceClient::~ServiceClient() = default;

Result<std::unique_ptr<ServiceClient>> ServiceClient::create(
    TaskRunner& control, Jobs& jobs, const CloudSourceOptions& options,
    std::function<void(const Credential&)> seen) {
  std::unique_ptr<ServiceClient> client(new ServiceClient(jobs, options));
  client->seen_ = std::move(seen);
  auto endpoint = parse_endpoint(options.endpoint, options.allow_http);
  if (!endpoint) return std::move(endpoint).error();
  client->endpoint_ = std::move(endpoint).value();
  const Origin& origin = client->endpoint_.origin;
  HttpClientOptions http;
  http.host = origin.host;
  http.port = origin.port;
  http.tls = origin.tls;
  if (origin.tls) {
    TlsClientOptions tls;
    tls.ca_pem = options.ca_pem;
    tls.verify = options.validate_certificate;
    auto made = TlsClient::create(tls);
    if (!made) return std::move(made).error();
    http.tls_client = std::move(made).value();
  }
  if (!options.proxy.empty() && !is_reached_directly(origin, options.no_proxy)) {
    auto proxy = parse_proxy(options.proxy);
    if (!proxy) return std::move(proxy).error();
    http.proxy_host = std::move(proxy->host);
    http.proxy_port = proxy->port;
    http.proxy_authorization = std::move(proxy->authorization);
  }
  auto made = HttpClient::create(control, std::move(http));
  if (!made) return std::move(made).error();
  client->http_ = std::move(made).value();
  return client;
}

void ServiceClient::with_credential(std::function<void(Result<Credential>)> then) {
  auto read = std::make_shared<std::optional<Result<Credential>>>();
  jobs_.run(
      [read, token = token_, file = token_file_] {
        *read = file.empty() ? parse_credential(token) : read_credential(file);
      },
      [read, then = std::move(then)] { then(std::move(**read)); });
}

void ServiceClient::identify(std::function<void(Result<Credential>)> identified) {
  with_credential([this, identified = std::move(identified)](Result<Credential> credential) {
    if (credential) gateway_ = credential->gateway;
    identified(std::move(credential));
  });
}

std::unique_ptr<ServiceClient::Call> ServiceClient::start(Request request,
                                                          HttpClientHandler handler) {
  auto state = std::make_shared<State>();
  state->target =
      endpoint_.base_path + "/v1/gateways/" + percent_encode(gateway_) + '/' + request.path;
  if (!request.query.empty()) state->target += '?' + request.query;
  state->request = std::move(request);
  state->handler = std::move(handler);
  send(state);
  return std::make_unique<Call>(std::move(state));
}

void ServiceClient::send(const std::shared_ptr<State>& state) {
  with_credential([this, weak = std::weak_ptr(state)](Result<Credential> credential) {
    const auto call = weak.lock();
    if (!call) return;
    if (!credential) return call->fail(std::move(credential).error());
    if (credential->gateway != gateway_) {
      return call->fail({ErrorCode::InvalidArgument, "cloud",
                         "the token is now that of gateway " + quote(credential->gateway) +
                             ", not of " + quote(gateway_) +
                             ": give this gateway its own token, or start it anew",
                         token_file_, true});
    }
    seen_(*credential);
    HttpClientRequest http;
    http.method = call->request.method;
    http.target = call->target;
    http.headers = call->request.headers;
    http.headers.emplace_back("Authorization", std::move(credential->authorization));
    http.body = call->request.body;
    http.response_timeout = response_timeout_;
    http.idle_timeout = call->request.idle_timeout;
    http.max_body = call->request.max_body;
    HttpClientHandler handler;
    handler.head = [this, weak](const HttpClientResponse& response) {
      const auto answered = weak.lock();
      if (!answered) return;
      if (is_redirect(response.status)) return redirect(answered, response);
      if (answered->handler.head) answered->handler.head(response);
    };
    handler.body = [weak](std::string_view data) {
      const auto answered = weak.lock();
      if (answered && answered->handler.body) answered->handler.body(data);
    };
    handler.done = [weak](Result<void> result) {
      const auto ended = weak.lock();
      if (!ended) return;
      ended->http.reset();
      if (ended->handler.done) ended->handler.done(std::move(result));
    };
    call->http = http_->start(std::move(http), std::move(handler));
  });
}

void ServiceClient::redirect(const std::shared_ptr<State>& state,
                             const HttpClientResponse& response) {
  state->http.reset();
  const auto refuse = [&](std::string message) {
    state->fail({ErrorCode::ProtocolError, "cloud", std::move(message), url(), true});
  };
  const std::string status =
      "the service answers " + std::to_string(response.status) + ", a redirect ";
  auto location = resolve_location(response.header("location"), endpoint_.origin, state->target);
  if (!location) return refuse(status + "that leads to no http or https URL");
  if (location->origin != endpoint_.origin) {
    return refuse(status + "to another origin, " + location->origin.url() +
                  ", which must not see the token: it is not followed; if it is the service, make "
                  "it the endpoint");
  }
  if (state->request.method != "GET" && response.status < 307)
    return refuse(status + "that is not for this method");
  if (++state->redirects > kMaxRedirects) {
    return refuse("the service redirects more than " + std::to_string(kMaxRedirects) + " times");
  }
  state->target = std::move(location->target);
  send(state);
}

}  // namespace gateway::cloud
