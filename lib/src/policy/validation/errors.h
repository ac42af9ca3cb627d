#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "policy/compiler.h"
#include "policy/run.h"
#include "policy/validation/api_schema.h"

// What the validate-… policies share.
namespace gateway::policy {

enum class ValidationAction : std::uint8_t { Ignore, Prevent, Detect };

// An attribute with an action; where it is absent, `fallback`.
class ActionOperand {
 public:
  ActionOperand() = default;
  static ActionOperand read(ElementCompiler& in, std::string_view name, bool required);
  [[nodiscard]] bool present() const noexcept { return operand_.present(); }
  // Raises for a text that is none.
  [[nodiscard]] ValidationAction get(Run& run, ValidationAction fallback = ValidationAction::Ignore) const;
  [[nodiscard]] const Operand& operand() const noexcept { return operand_; }

 private:
  Operand operand_;
  ValidationAction literal_ = ValidationAction::Ignore;
};

// One thing that is wrong with a message: what a document finds in its variable, and LastError.
struct ValidationFinding {
  std::string name, type, rule, details;
  // What the sender of a request is told; "" = the details. Of a response nobody is told more than kInternalError.
  std::string told = {};
};
constexpr std::string_view kInternalError =
    "The request could not be processed due to an internal error. Contact the API owner.";
// The API's schema is not there, cannot be read, or has not the operation; `has_schema`: it defines nothing.
[[nodiscard]] ValidationFinding schema_missing(bool has_schema = false);

// What is wrong with one message, in the order found.
class ValidationErrors {
 public:
  // Nothing is noted where the action is to ignore it.
  void add(ValidationAction action, ValidationFinding finding) {
    if (action != ValidationAction::Ignore) all_.push_back({std::move(finding), action});
  }
  // Tells of them: in the variable (appended), in the trace; and the failure where one prevents.
  Flow tell(Strand& strand, std::string_view variable) const;

 private:
  struct One {
    ValidationFinding finding;
    ValidationAction action;
  };
  void append_to(Run& run, std::string_view variable) const;
  std::vector<One> all_;
};

// Null: the API has no schema, or one that cannot be read.
[[nodiscard]] const ApiSchema* schema_of(Run& run) noexcept;
// Null: "; or the schema has not this operation.
[[nodiscard]] const ApiSchema::Operation* schema_operation(Run& run) noexcept;

}  // namespace gateway::policy
