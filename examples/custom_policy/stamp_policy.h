#pragma once

#include <gateway/policy.h>

// <acme-stamp header="X-Stamp" value="@(context.Api.Id)" />: a header field, from an attribute that may be an expression.
class StampFactory final : public gateway::PolicyFactory {
  class Stamp final : public gateway::CustomPolicy {
   public:
    std::string header;
    gateway::PolicyOperand value;
    gateway::PolicyOutcome run(gateway::PolicyContext& context) const override {
      const auto text = context.text(value);
      if (!text) return gateway::PolicyOutcome::Fail;  // the expression failed: on-error hears why
      if (!context.set_header(header, "acme:" + *text))
        return context.fail(500, "StampRefused", "the stamp is no header field");
      return gateway::PolicyOutcome::Next;
    }
  };

 public:
  std::string_view name() const override { return "acme-stamp"; }
  std::unique_ptr<const gateway::CustomPolicy> create(gateway::PolicyElement& element) override {
    auto stamp = std::make_unique<Stamp>();
    stamp->header = element.literal("header", std::nullopt);
    stamp->value = element.operand("value", true);
    if (stamp->header.starts_with("X-") || stamp->header.empty()) return stamp;
    element.problem("header must begin with X-");
    return nullptr;
  }
};
