#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include <gateway/error.h>
#include <gateway/snapshot.h>

#include "policy/compiler.h"

namespace gateway {

// Compiles the policy documents of one source, with what they refer to: named values, fragments, backends,
// certificates, loggers. A document that did not change, and nothing that it refers to, is compiled once.
// The compile thread's.
class SourcePolicies {
 public:
  struct Options {
    std::shared_ptr<const expression::Catalog> catalog;  // null: one is made when it is needed
    std::shared_ptr<const std::vector<policy::PolicyKind>> more_kinds;  // of embedders; null: none
    bool refuse_not_offered = false;
  };
  using BackendOf = std::function<std::shared_ptr<const CompiledBackend>(std::string_view id)>;
  SourcePolicies(const Options& options, BackendOf backend_of)
      : options_(&options), backend_of_(std::move(backend_of)) {}

  // Takes over what documents refer to. What documents may have to be compiled again for: by kinds.
  struct Changed {
    bool named_values = false, fragments = false, backends = false, certificates = false, loggers = false;
    [[nodiscard]] bool any() const noexcept {
      return named_values || fragments || backends || certificates || loggers;
    }
  };
  Changed admit(const SourceSnapshot& before, const SourceSnapshot& now);
  // Whether a document may mean something else after that.
  [[nodiscard]] bool is_touched(std::string_view document, const Changed& changed) const;
  void forget();

  // Null without `problems`: a plain document. The problems are in words for operators.
  [[nodiscard]] policy::CompiledDocumentPtr compile(std::string_view document, policy::ScopeKind scope,
                                                    const Operation* operation,
                                                    std::string& problems);
  // The same with every problem by its place, and with the warnings. A plain document is compiled too.
  [[nodiscard]] policy::CompiledDocumentPtr compile(std::string_view document, policy::ScopeKind scope,
                                                    const Operation* operation,
                                                    std::vector<policy::Problem>& problems,
                                                    std::vector<policy::Problem>* warnings);
  // Certificates, for `context`; the users of subscriptions.
  [[nodiscard]] std::shared_ptr<const policy::UserFacts> user(std::string_view id) const;

 private:
  const Options* options_;
  BackendOf backend_of_;
  std::shared_ptr<const expression::Catalog> catalog_;
  [[nodiscard]] std::shared_ptr<const policy::NamedBackends> named_backends();

  SourceSnapshot said_;
  std::shared_ptr<const policy::NamedBackends> named_backends_;  // null: to be made when it is asked for
  std::unordered_map<std::string, std::string> values_by_name_;  // display name → value
  std::map<std::string, std::weak_ptr<const policy::CompiledDocument>> compiled_;
  std::set<std::string> plain_;
};

}  // namespace gateway
