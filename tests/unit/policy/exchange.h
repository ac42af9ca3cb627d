#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <catch2/catch.hpp>

#include "../http/client_support.h"
#include "policy/compiler.h"
#include "policy/hub.h"
#include "policy/policy_clock.h"
#include "policy/run.h"
#include "policy/services.h"
#include "policy/state/memory_cache.h"
#include "policy/state/memory_counters.h"

namespace gateway::policy {

struct Answer {
  int status = 0;
  std::vector<std::pair<std::string, std::string>> fields;
  std::string body;
  bool forwarded = false;
  std::string reason;  // of the failure
  [[nodiscard]] std::string field(std::string_view name) const {
    for (const auto& [known, value] : fields)
      if (iequals(known, name)) return value;
    return "(none)";
  }
};

struct Ask {
  std::string method = "GET";
  std::string path = "/things";
  std::string query;
  std::vector<std::pair<std::string, std::string>> fields;
};

inline const std::shared_ptr<const expression::Catalog>& catalog_of_tests() {
  static const std::shared_ptr<const expression::Catalog> catalog = make_catalog();
  return catalog;
}

// Requests through documents, one after the other, with real counters and caches, a clock that the test moves
// and a backend that is a few lines of the test.
class Exchanges final : public Host {
 public:
  Exchanges() {
    options_.environment = environment;
    worker = std::make_unique<WorkerContext>(static_cast<uv_loop_t*>(runner.native_loop()), options_, forbidden_);
    services = std::make_unique<Services>(Services{*worker, *catalog_of_tests(), environment, deployment_, {}});
    services->counters = services->local_counters = &counters;
    services->cache = services->internal_cache = &cache;
    run_ = std::make_unique<Run>(*services, *this);
    api = {};
    api.id = "orders";
    api.name = "Orders";
    operation = {"get-order", "Get an order", "GET", "/things"};
    product.id = "gold";
    subscription.id = "s1";
  }
  ~Exchanges() { run_.reset(); }

  // Its problems are the test's failure.
  void use(std::string_view text, ScopeKind scope = ScopeKind::Api) {
    Surroundings surroundings;
    surroundings.catalog = catalog_of_tests().get();
    std::vector<Problem> problems;
    CompiledDocumentPtr compiled = compile_document(text, scope, surroundings, problems);
    for (const Problem& problem : problems) FAIL_CHECK(problem.message);
    REQUIRE(compiled);
    documents_[scope] = std::move(compiled);
  }
  // Inbound alone.
  void use_inbound(const std::string& inbound, ScopeKind scope = ScopeKind::Api) {
    use("<policies><inbound>" + inbound + "</inbound></policies>", scope);
  }
  static std::vector<std::string> problems_of(std::string_view text, ScopeKind scope = ScopeKind::Api) {
    Surroundings surroundings;
    surroundings.catalog = catalog_of_tests().get();
    std::vector<Problem> problems;
    (void)compile_document("<policies><inbound>" + std::string(text) + "</inbound></policies>", scope, surroundings,
                           problems);
    std::vector<std::string> out;
    for (const Problem& problem : problems) out.push_back(problem.message);
    return out;
  }

  Answer ask(const Ask& what = {}) {
    Run& run = *run_;
    run.reset();
    asked_ = what;
    responded_ = forwarded_ = reading_ = false;
    backend_request_fields.clear();
    run.facts.api = &api;
    run.facts.operation = &operation;
    run.facts.product = &product;
    run.facts.subscription = subscribed ? &subscription : nullptr;
    for (const auto& [scope, document] : documents_)
      run.facts.documents[static_cast<std::size_t>(scope)] = document.get();
    run.request.method = asked_.method;
    run.request.original = {"https", "api.test", 443, asked_.path, asked_.query};
    run.request.url = run.request.original;
    for (const auto& [name, value] : asked_.fields) run.request.fields.add(name, value);
    run.start();
    bool was_forwarded = false;
    REQUIRE(runner.until([&] {
      worker->timers.advance(worker->now());
      if (std::exchange(forwarded_, false)) {
        was_forwarded = true;
        for (const HeaderField& field : run.request.fields.list)
          backend_request_fields.emplace(field.name, field.value);
        run.response.status = backend_status;
        for (const auto& [name, value] : backend_fields) run.response.fields.add(name, value);
        run.response.body.state = Body::State::Streaming;
        run.on_backend_head();
      }
      if (std::exchange(reading_, false)) {
        ++buffered;
        run.response.body.assign(backend_body);
        run.on_body(true);
      }
      return responded_;
    }));
    Answer answer;
    answer.status = run.response.status;
    for (const HeaderField& field : run.response.fields.list) answer.fields.emplace_back(field.name, field.value);
    answer.body = run.response.body.is_whole()                               ? std::string(run.response.body.data)
                  : run.response.body.state == Body::State::Streaming ? backend_body
                                                                             : std::string();
    answer.forwarded = was_forwarded;
    if (run.last_error()) answer.reason = run.last_error()->reason;
    for (const auto& [name, value] : run.variables()) {
      if (value.is_string()) variables[std::string(name)] = value.text();
      if (value.is_integral()) variables[std::string(name)] = std::to_string(value.integer());
    }
    return answer;
  }

  // Between two requests.
  [[nodiscard]] Run& run() noexcept { return *run_; }

  std::shared_ptr<SteppedClock> clock = std::make_shared<SteppedClock>();
  Environment environment = stepped(clock);
  test::LoopRunner runner;
  std::unique_ptr<WorkerContext> worker;
  MemoryCounters counters{environment};
  MemoryCache cache{environment};
  std::unique_ptr<Services> services;
  ApiFacts api;
  OperationFacts operation;
  ProductFacts product;
  SubscriptionFacts subscription;
  bool subscribed = true;
  int backend_status = 200;
  std::vector<std::pair<std::string, std::string>> backend_fields;
  std::string backend_body = "ok";
  std::map<std::string, std::string> backend_request_fields;
  std::map<std::string, std::string> variables;  // of all requests, the last value of each
  int buffered = 0;                              // bodies of responses

 private:
  void forward(const ForwardTerms&) noexcept override { forwarded_ = true; }
  void read_request_body() noexcept override {}
  void read_response_body() noexcept override { reading_ = true; }
  void respond() noexcept override { responded_ = true; }
  [[nodiscard]] std::string_view client_address() const noexcept override { return "127.0.0.1"; }
  [[nodiscard]] std::string_view client_certificate_der() const noexcept override { return {}; }
  [[nodiscard]] std::string_view request_id() const noexcept override { return "0123456789abcdef0123456789abcdef"; }
  [[nodiscard]] bool tls() const noexcept override { return true; }

  GatewayOptions options_;
  ForbiddenAddresses forbidden_;
  DeploymentFacts deployment_;
  std::map<ScopeKind, CompiledDocumentPtr> documents_;
  Ask asked_;
  bool responded_ = false, forwarded_ = false, reading_ = false;
  std::unique_ptr<Run> run_;
};

}  // namespace gateway::policy
