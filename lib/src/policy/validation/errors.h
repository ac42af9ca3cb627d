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

// What is wrong with one message, in the order found.
class ValidationErrors {
 public:
  struct One {
    std::string name, type, rule, details;
    ValidationAction action;
  };
  // Nothing is noted where the action is to ignore it.
  void add(ValidationAction action, std::string name, std::string type, std::string rule, std::string details) {
    if (action != ValidationAction::Ignore)
      all_.push_back({std::move(name), std::move(type), std::move(rule), std::move(details), action});
  }
  [[nodiscard]] bool prevents() const noexcept;
  // Tells of them: in the variable (appended), in the trace; and the failure where one prevents.
  Flow tell(Strand& strand, std::string_view variable) const;

 private:
  std::vector<One> all_;
};

// "RequestBody", "ResponseHeader": of the message that this section decides.
[[nodiscard]] inline std::string_view message_name(Run& run) noexcept {
  return run.deciding_request() ? "Request" : "Response";
}
// Null: the API has no schema, or one that cannot be read.
[[nodiscard]] const ApiSchema* schema_of(Run& run) noexcept;
// Null: "; or the schema has not this operation.
[[nodiscard]] const ApiSchema::Operation* schema_operation(Run& run) noexcept;
// "Line: 2, Position: 7" behind what a schema finding says.
[[nodiscard]] std::string with_place(const std::string& message, std::string_view json,
                                     const std::vector<std::string>& path);
// A parameter's texts against its schema; "" = they conform, else the details. `what`: "query parameter".
[[nodiscard]] std::string parameter_problem(const ApiSchema& schema, const ApiSchema::Parameter& parameter,
                                            std::string_view what, const std::vector<std::string_view>& texts);

}  // namespace gateway::policy
