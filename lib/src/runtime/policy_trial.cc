#include <gateway/policy_trial.h>

#include <optional>

#include <uv.h>

#include "base/strings.h"
#include "http/path.h"
#include "model/url_template.h"
#include "policy/custom.h"
#include "policy/hub.h"
#include "policy/trace.h"
#include "policy/validation/api_schema.h"
#include "registry/source_policies.h"
#include "upstream/circuit.h"
#include "upstream/forbidden_addresses.h"
#include "upstream/pool.h"

namespace gateway {
namespace {

using policy::Body;

std::optional<policy::ScopeKind> scope_of(std::string_view text) {
  if (text == "operation") return policy::ScopeKind::Operation;
  if (text == "api") return policy::ScopeKind::Api;
  if (text == "product") return policy::ScopeKind::Product;
  if (text == "global") return policy::ScopeKind::Global;
  return std::nullopt;
}

Error problem(std::string message, std::string where) {
  return {ErrorCode::InvalidArgument, "policy", std::move(message), std::move(where), false};
}

// A worker's loop with nothing on it but one run.
class Trial final : private policy::Host {
 public:
  Trial(const PolicyTrial& said, TrialReport& report) : said_(said), report_(report) {
    options_.policies = said.options;
    options_.environment = said.environment;
    const Environment system = Environment::system();
    if (!options_.environment.clock) options_.environment.clock = system.clock;
    if (!options_.environment.entropy) options_.environment.entropy = system.entropy;
    uv_loop_init(&loop_);
  }
  ~Trial() override {
    while (uv_run(&loop_, UV_RUN_DEFAULT) != 0) {
    }
    uv_loop_close(&loop_);
  }

  // The document's scope, where it compiles.
  std::optional<policy::ScopeKind> check() {
    const auto scope = scope_of(said_.scope);
    if (!scope) {
      report_.problems.push_back(problem("the scope '" + said_.scope + "' is not known; allowed are operation, api, product and global", "scope"));
      return std::nullopt;
    }
    catalog_ = policy::make_catalog();
    if (!compile(*scope)) return std::nullopt;
    return scope;
  }

  void run() {
    const auto scope = check();
    if (!scope) return;
    policy::Hub::Options hub;
    hub.gateway = &options_;
    hub.catalog = catalog_;
    auto made = policy::Hub::create(std::move(hub));
    if (!made) {
      report_.problems.push_back(made.error());
      return;
    }
    WorkerContext worker(&loop_, options_, forbidden_);
    Pools pools(worker);
    const auto services = (*made)->open(worker, pools);
    tick_.data = &worker;
    uv_timer_init(&loop_, &tick_);
    uv_timer_start(
        &tick_,
        [](uv_timer_t* timer) {
          auto& context = *static_cast<WorkerContext*>(timer->data);
          context.timers.advance(context.now());
        },
        10, 10);
    next_.data = this;
    uv_timer_init(&loop_, &next_);
    {
      policy::Run run(services->services(), *this);
      run_ = &run;
      policy::TraceRecorder trace(run);
      describe(run, *scope);
      run.trace = &trace;
      run.start();
      while (!done_) uv_run(&loop_, UV_RUN_ONCE);
      for (const policy::TracedStep& step : trace.steps()) {
        report_.steps.push_back({std::string(step.section), step.path, step.scope, step.outcome,
                                 step.changes, step.messages});
      }
    }
    services->close();
    pools.close_all();
    uv_close(reinterpret_cast<uv_handle_t*>(&tick_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&next_), nullptr);
    uv_run(&loop_, UV_RUN_DEFAULT);
    pools.bury();
  }

 private:
  bool compile(policy::ScopeKind scope) {
    SourcePolicies::Options options;
    options.catalog = catalog_;
    auto kinds = std::make_shared<std::vector<policy::PolicyKind>>();
    for (const auto& factory : said_.policies) {
      auto kind = policy::custom_kind(factory);
      if (kind)
        kinds->push_back(std::move(kind).value());
      else
        report_.problems.push_back(kind.error());
    }
    if (!report_.problems.empty()) return false;
    options.more_kinds = std::move(kinds);
    options.refuse_not_offered = said_.options.refuse_not_offered;
    said_.surroundings.backends.for_each([&](std::string_view id, const auto& backend) {
      auto made = compile_backend(*backend, "trial", tls_, circuits_);
      if (made) backends_[std::string(id)] = std::move(made).value();
    });
    SourcePolicies documents(options, [this](std::string_view id) -> std::shared_ptr<const CompiledBackend> {
      const auto at = backends_.find(std::string(id));
      return at == backends_.end() ? nullptr : at->second;
    });
    (void)documents.admit({}, said_.surroundings);
    const bool operation = scope == policy::ScopeKind::Operation;
    std::vector<policy::Problem> problems;
    document_ = documents.compile(said_.document, scope, operation ? &said_.operation : nullptr,
                                  problems, &warnings_);
    for (const policy::Problem& one : problems) report_.problems.push_back(at(one));
    for (const policy::Problem& one : warnings_) report_.warnings.push_back(at(one));
    return problems.empty();
  }
  static Error at(const policy::Problem& one) {
    return problem(one.message, "line " + std::to_string(one.at.line) + ", column " + std::to_string(one.at.column));
  }

  void describe(policy::Run& run, policy::ScopeKind scope) {
    run.facts.documents[static_cast<std::size_t>(scope)] = document_.get();
    api_ = {said_.api.name.empty() ? "api" : said_.api.name,
            said_.api.display_name.empty() ? said_.api.name : said_.api.display_name,
            "",
            said_.api.revision,
            said_.api.version,
            said_.api.current,
            {"http", "https"},
            "",
            said_.api.key_header,
            said_.api.key_query,
            said_.api.schema.empty() ? nullptr : std::make_shared<const policy::SchemaText>(said_.api.schema)};
    operation_ = {said_.operation.id, said_.operation.name.empty() ? said_.operation.id : said_.operation.name,
                  said_.operation.method, said_.operation.url_template};
    run.facts.api = &api_;
    run.facts.operation = &operation_;
    if (said_.with_product) {
      product_.id = said_.product.id;
      product_.name = said_.product.display_name.empty() ? said_.product.id : said_.product.display_name;
      run.facts.product = &product_;
    }
    if (said_.with_subscription) {
      subscription_.id = said_.subscription.id;
      subscription_.name = said_.subscription.display_name;
      subscription_.primary_key = said_.subscription.primary_key;
      subscription_.secondary_key = said_.subscription.secondary_key;
      run.facts.subscription = &subscription_;
      run.facts.subscription_key = subscription_.primary_key;
    }
    policy::RequestMessage& request = run.request;
    request.method = said_.request.method;
    split_url(request.original);
    request.url = request.original;
    for (const auto& [name, value] : said_.request.headers) request.fields.add(name, value);
    if (!said_.request.body.empty()) request.body.assign(said_.request.body);
    run.started_unix_ms = options_.environment.clock->unix_ms();
    const UrlTemplate url_template = read_url_template(said_.operation.url_template);
    capture_parameters(url_template, request.original.path, request.original.query, run.matched_parameters);
    for (auto& [name, value] : run.matched_parameters) {
      name = run.arena().copy(name);
      value = run.arena().copy(value);
    }
    id_.assign(32, '0');
    for (const auto& [name, value] : said_.request.headers) {
      if (equals_ignoring_case(name, "x-request-id") && value.size() == 32) id_ = value;
    }
  }

  void split_url(policy::Url& url) const {
    std::string_view rest = said_.request.url;
    url.scheme = "https";
    if (const std::size_t colon = rest.find("://"); colon != std::string_view::npos) {
      url.scheme = rest.substr(0, colon);
      rest.remove_prefix(colon + 3);
      const std::size_t path = std::min(rest.find_first_of("/?"), rest.size());
      url.host = rest.substr(0, path);
      rest.remove_prefix(path);
    }
    url.port = url.scheme == "http" ? 80 : 443;
    if (const std::size_t colon = url.host.rfind(':');
        colon != std::string_view::npos && url.host.find(']', colon) == std::string_view::npos) {
      if (const auto port = parse_decimal(url.host.substr(colon + 1), 65535)) url.port = static_cast<std::uint16_t>(*port);
      url.host = url.host.substr(0, colon);
    }
    if (url.host.empty()) url.host = "localhost";
    const std::size_t mark = std::min(rest.find('?'), rest.size());
    url.path = mark == 0 ? std::string_view("/") : rest.substr(0, mark);
    url.query = rest.substr(mark);
  }

  // --- policy::Host ---

  void forward(const policy::ForwardTerms&) noexcept override {
    policy::Run& run = *run_;
    const policy::Url& url = run.request.url;
    TrialMessage sent;
    sent.method = run.request.method;
    sent.url = std::string(url.scheme) + "://" + std::string(url.host);
    if (url.port != 0 && url.port != (url.scheme == "http" ? 80 : 443)) sent.url += ":" + std::to_string(url.port);
    sent.url.append(url.path).append(url.query);
    for (const HeaderField& field : run.request.fields.list) sent.headers.emplace_back(field.name, field.value);
    if (run.request.body.is_whole()) sent.body = run.request.body.data;
    report_.forwarded.push_back(std::move(sent));
    uv_timer_start(
        &next_, [](uv_timer_t* timer) { static_cast<Trial*>(timer->data)->answer(); }, 0, 0);
  }
  void answer() {
    policy::ResponseMessage& response = run_->response;
    response.status = said_.backend.status;
    response.fields.list.clear();
    for (const auto& [name, value] : said_.backend.headers) response.fields.add(name, value);
    response.body = {};
    if (!said_.backend.body.empty()) response.body.assign(said_.backend.body);
    run_->on_backend_head();
  }
  void read_request_body() noexcept override { run_->on_body(true); }
  void read_response_body() noexcept override { run_->on_body(true); }
  void respond() noexcept override {
    static_cast<policy::TraceRecorder*>(run_->trace)->finish();
    const policy::ResponseMessage& response = run_->response;
    report_.response.status = response.status;
    for (const HeaderField& field : response.fields.list) report_.response.headers.emplace_back(field.name, field.value);
    if (response.body.is_whole()) report_.response.body = response.body.data;
    done_ = true;
  }
  std::string_view client_address() const noexcept override { return said_.client_address; }
  std::string_view client_certificate_der() const noexcept override { return {}; }
  std::string_view request_id() const noexcept override { return id_; }
  bool tls() const noexcept override { return !said_.request.url.starts_with("http:"); }

  const PolicyTrial& said_;
  TrialReport& report_;
  GatewayOptions options_;
  ForbiddenAddresses forbidden_;
  uv_loop_t loop_{};
  uv_timer_t tick_{}, next_{};
  std::shared_ptr<const expression::Catalog> catalog_;
  TlsClients tls_;
  Circuits circuits_;
  std::map<std::string, std::shared_ptr<const CompiledBackend>> backends_;
  policy::CompiledDocumentPtr document_;
  std::vector<policy::Problem> warnings_;
  policy::ApiFacts api_;
  policy::OperationFacts operation_;
  policy::ProductFacts product_;
  policy::SubscriptionFacts subscription_;
  policy::Run* run_ = nullptr;
  std::string id_;
  bool done_ = false;
};

}  // namespace

TrialReport compile_policy(const PolicyTrial& trial) {
  TrialReport report;
  Trial(trial, report).check();
  return report;
}

TrialReport try_policy(const PolicyTrial& trial) {
  TrialReport report;
  Trial(trial, report).run();
  return report;
}

}  // namespace gateway
