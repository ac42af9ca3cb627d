#pragma once

#include <memory>

#include <uv.h>

#include "expression/catalog.h"
#include "policy/context.h"
#include "policy/run.h"
#include "policy/services.h"
#include "upstream/worker_context.h"

// A run without an exchange, for what needs no more of it than its arena, its evaluation and its
// context.
namespace gateway::policy {

inline std::shared_ptr<const expression::Catalog> standard_catalog() {
  static const std::shared_ptr<const expression::Catalog> catalog = [] {
    auto out = expression::Catalog::standard();
    declare_context(*out);
    out->finish();
    return out;
  }();
  return catalog;
}

class IdleRun final : private Host {
 public:
  IdleRun() { uv_loop_init(&loop_); }
  ~IdleRun() {
    run_.reset();
    worker_.reset();
    uv_loop_close(&loop_);
  }
  Run& operator*() noexcept {
    if (!run_) {
      worker_ = std::make_unique<WorkerContext>(&loop_, options_, forbidden_);
      services_ = std::make_unique<Services>(
          Services{*worker_, *catalog_, environment_, deployment_, PolicyLimits{}});
      run_ = std::make_unique<Run>(*services_, static_cast<Host&>(*this));
    }
    return *run_;
  }
  Run* operator->() noexcept { return &**this; }
  // Its sections end at once: nothing is forwarded, and what it says is not sent.
  void start() { (**this).start(); }

 private:
  void forward(const ForwardTerms&) noexcept override {}
  void read_request_body() noexcept override {}
  void read_response_body() noexcept override {}
  void respond() noexcept override {}
  [[nodiscard]] std::string_view client_address() const noexcept override { return "127.0.0.1"; }
  [[nodiscard]] std::string_view client_certificate_der() const noexcept override { return {}; }
  [[nodiscard]] std::string_view request_id() const noexcept override {
    return "0123456789abcdef0123456789abcdef";
  }
  [[nodiscard]] bool tls() const noexcept override { return false; }

  uv_loop_t loop_{};
  GatewayOptions options_;
  ForbiddenAddresses forbidden_;
  Environment environment_ = Environment::system();
  DeploymentFacts deployment_;
  std::shared_ptr<const expression::Catalog> catalog_ = standard_catalog();
  std::unique_ptr<WorkerContext> worker_;
  std::unique_ptr<Services> services_;
  std::unique_ptr<Run> run_;
};

}  // namespace gateway::policy
