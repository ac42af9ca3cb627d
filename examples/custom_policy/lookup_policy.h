#pragma once

#include <gateway/policy.h>

#include "directory.h"

// <acme-lookup key="…" header="X-Tenant" />: asks another thread, while the worker goes on with other requests.
class LookupFactory final : public gateway::PolicyFactory {
  class Lookup final : public gateway::CustomPolicy {
   public:
    std::shared_ptr<Directory> directory;
    std::string header;
    gateway::PolicyOperand key;
    gateway::PolicyOutcome run(gateway::PolicyContext& context) const override {
      const auto text = context.text(key);
      if (!text) return gateway::PolicyOutcome::Fail;
      directory->ask(*text, [resumption = context.suspend(), header = header](std::string tenant) {
        if (resumption->cancelled()) return;  // the client has gone
        resumption->resume([header, tenant = std::move(tenant)](gateway::PolicyContext& later) {
          if (tenant == "nobody") return later.respond(403, {{"Content-Type", "text/plain"}}, "no tenant\n");
          (void)later.set_header(header, tenant);
          return gateway::PolicyOutcome::Next;
        });
      });
      return gateway::PolicyOutcome::Suspend;
    }
  };

 public:
  std::string_view name() const override { return "acme-lookup"; }
  std::unique_ptr<const gateway::CustomPolicy> create(gateway::PolicyElement& element) override {
    auto lookup = std::make_unique<Lookup>();
    lookup->directory = directory_;
    lookup->header = element.literal("header", "X-Tenant");
    lookup->key = element.operand("key", true);
    return lookup;
  }

 private:
  std::shared_ptr<Directory> directory_ = std::make_shared<Directory>();
};
