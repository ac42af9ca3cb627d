#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <uv.h>

#include "expression/catalog.h"
#include "policy/compiler.h"
#include "policy/hub.h"
#include "policy/run.h"
#include "policy/services.h"
#include "upstream/worker_context.h"

namespace gateway::policy {

// Documents and one exchange, without sockets: what the client is and sends, and what the backend
// answers, a test says; what came of it, it reads from `run` and `forwarded`.
class ScriptedHost final : private Host {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  ScriptedHost() : catalog_(shared_catalog()) {
    uv_loop_init(&loop_);
    worker_ = std::make_unique<WorkerContext>(&loop_, options_, forbidden_);
    services_ = std::make_unique<Services>(
        Services{*worker_, *catalog_, environment, deployment, PolicyLimits{}});
    run_ = std::make_unique<Run>(*services_, static_cast<Host&>(*this));
    surroundings.catalog = catalog_.get();
  }
  ~ScriptedHost() {
    run_.reset();
    services_.reset();
    worker_.reset();
    uv_loop_close(&loop_);
  }

  // What the client is, and what documents may refer to.
  std::string address = "192.0.2.1";
  std::string certificate_der;
  bool secure = true;
  Environment environment = Environment::system();
  DeploymentFacts deployment;
  Surroundings surroundings;
  ApiFacts api;
  OperationFacts operation;

  // What the backend answers, once for each forward-request; nothing more: it refuses.
  struct Answer {
    int status = 200;
    Headers fields = {};
    std::string body = {};
    Failure failure = {};
    bool fails = false;
  };
  std::deque<Answer> answers;

  // What was forwarded, and whether the client has been answered.
  struct Sent {
    std::string method, path, query;
    Headers fields;
    std::string body;
    Body::State state = Body::State::None;
    ForwardTerms terms;
  };
  std::vector<Sent> forwarded;
  bool responded = false;

  Run& run() noexcept { return *run_; }
  Services& services() noexcept { return *services_; }

  // "3:5: …" for each problem; "" = it compiles, and is the document of this scope.
  std::string compile(std::string_view document, ScopeKind scope = ScopeKind::Api) {
    surroundings.operation = scope == ScopeKind::Operation ? &operation : nullptr;
    std::vector<Problem> problems;
    documents_[static_cast<std::size_t>(scope)] =
        compile_document(document, scope, surroundings, problems);
    std::string out;
    for (const Problem& problem : problems) {
      out += std::to_string(problem.at.line) + ":" + std::to_string(problem.at.column) + ": " +
             problem.message + "\n";
    }
    return out;
  }
  // The document of the API with these policies in one section.
  std::string compile_section(std::string_view section, std::string_view policies) {
    return compile("<policies><" + std::string(section) + ">" + std::string(policies) + "</" +
                   std::string(section) + "></policies>");
  }

  // `url`: "/path?query", as the client writes it and as it is forwarded.
  void describe(std::string_view method, std::string_view url, Headers fields = {},
                std::string body = {}) {
    Run& run = *run_;
    run.reset();
    forwarded.clear();
    responded = false;
    kept_.push_back({std::string(method), std::string(url), std::move(fields), std::move(body)});
    const Kept& kept = kept_.back();
    const std::string_view text = kept.url;
    const std::size_t question = text.find('?');
    run.request.method = kept.method;
    run.request.original = {
        secure ? "https" : "http", "gateway.example", static_cast<std::uint16_t>(secure ? 443 : 80),
        text.substr(0, question),
        question == std::string_view::npos ? std::string_view() : text.substr(question)};
    run.request.url = run.request.original;
    run.request.url.host = "backend.example";
    for (const auto& [name, value] : kept.fields) run.request.fields.add(name, value);
    run.request.body.state = kept.body.empty() ? Body::State::None : Body::State::Streaming;
    run.facts.api = &api;
    run.facts.operation = &operation;
    for (std::size_t i = 0; i < documents_.size(); ++i)
      run.facts.documents[i] = documents_[i].get();
    run.started_unix_ms = environment.clock->unix_ms();
  }
  // Runs what was described until nothing is to be done any more.
  void start() {
    run_->start();
    while (!todo_.empty()) {
      auto next = std::move(todo_.front());
      todo_.pop_front();
      next();
    }
  }
  void send(std::string_view method, std::string_view url, Headers fields = {},
            std::string body = {}) {
    describe(method, url, std::move(fields), std::move(body));
    start();
  }

  [[nodiscard]] std::string field(const Fields& fields, std::string_view name) {
    bool found = false;
    const std::string value(fields.joined(name, run_->arena(), &found));
    return found ? value : "(none)";
  }
  [[nodiscard]] std::string response_body() const {
    return run_->response.body.is_whole() ? std::string(run_->response.body.data) : std::string();
  }
  static std::shared_ptr<const expression::Catalog> shared_catalog() {
    static const std::shared_ptr<const expression::Catalog> catalog = make_catalog();
    return catalog;
  }

 private:
  struct Kept {
    std::string method, url;
    Headers fields;
    std::string body;
  };

  void forward(const ForwardTerms& terms) noexcept override {
    Sent sent;
    const RequestMessage& request = run_->request;
    sent.method = request.method;
    sent.path = request.url.path;
    sent.query = request.url.query;
    for (const HeaderField& field : request.fields.list)
      sent.fields.emplace_back(field.name, field.value);
    sent.state = request.body.state;
    if (request.body.is_whole()) sent.body = request.body.data;
    sent.terms = terms;
    forwarded.push_back(std::move(sent));
    todo_.push_back([this] {
      if (answers.empty()) {
        run_->on_backend_failed({500, "BackendConnectionFailure", "nothing is scripted", {}, {}});
        return;
      }
      answered_.push_back(std::move(answers.front()));
      answers.pop_front();
      const Answer& answer = answered_.back();
      if (answer.fails) {
        run_->on_backend_failed(answer.failure);
        return;
      }
      run_->response.status = answer.status;
      for (const auto& [name, value] : answer.fields) run_->response.fields.add(name, value);
      run_->response.body.state = answer.body.empty() ? Body::State::None : Body::State::Streaming;
      run_->on_backend_head();
    });
  }
  void read_request_body() noexcept override {
    todo_.push_back([this] {
      run_->request.body.assign(kept_.back().body);
      run_->on_body(true);
    });
  }
  void read_response_body() noexcept override {
    todo_.push_back([this] {
      run_->response.body.assign(answered_.back().body);
      run_->on_body(true);
    });
  }
  void respond() noexcept override { responded = true; }
  [[nodiscard]] std::string_view client_address() const noexcept override { return address; }
  [[nodiscard]] std::string_view client_certificate_der() const noexcept override {
    return certificate_der;
  }
  [[nodiscard]] std::string_view request_id() const noexcept override {
    return "0123456789abcdef0123456789abcdef";
  }
  [[nodiscard]] bool tls() const noexcept override { return secure; }

  uv_loop_t loop_{};
  GatewayOptions options_;
  ForbiddenAddresses forbidden_;
  std::shared_ptr<const expression::Catalog> catalog_;
  std::unique_ptr<WorkerContext> worker_;
  std::unique_ptr<Services> services_;
  std::array<CompiledDocumentPtr, 4> documents_;
  std::unique_ptr<Run> run_;
  std::deque<std::function<void()>> todo_;
  std::deque<Kept> kept_;
  std::deque<Answer> answered_;
};

}  // namespace gateway::policy
