#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "policy/builtin/liquid.h"
#include "policy/compiler.h"
#include "policy/message.h"
#include "policy/run.h"

// What set-header, set-body, set-method and set-status say: of the message of a section, and of the
// messages that return-response and send-request make.
namespace gateway::policy {

// exists-action.
class ExistsAction {
 public:
  enum class Kind : std::uint8_t { Override, Skip, Append, Delete };
  void read(ElementCompiler& in);
  [[nodiscard]] Kind kind(Run& run) const;
  // Known when the document is compiled.
  [[nodiscard]] bool is_delete() const noexcept {
    return !operand_.is_expression() && literal_ == Kind::Delete;
  }
  [[nodiscard]] const Operand& operand() const noexcept { return operand_; }

 private:
  Operand operand_;
  Kind literal_ = Kind::Override;
};

// <… name exists-action><value/>*</…>
struct NamedValues {
  Operand name;
  ExistsAction action;
  std::vector<Operand> values;
  // Reads element() of `in`; what is in them marks `step`.
  void read(ElementCompiler& in, Step& step);
  // The values that are not null; in the arena.
  [[nodiscard]] std::span<std::string_view> texts(Run& run) const;
};

// set-header.
struct HeaderChange {
  NamedValues said;
  void read(ElementCompiler& in, Step& step);
  void apply(Run& run, Fields& fields) const;

 private:
  // Of a name that is no expression.
  HeaderId id_ = HeaderId::Other;
  bool line_for_each_ = false;
};

// set-body.
struct BodyChange {
  Operand content;
  std::shared_ptr<const LiquidTemplate> liquid;
  bool parse_date = true;
  bool nil_is_null = false;
  void read(ElementCompiler& in, Step& step);
  // `input`: what a template's `body` is.
  void apply(Run& run, Body& body, Fields& fields, const Body* input) const;
};

// set-status.
struct StatusChange {
  Operand code, reason;
  void read(ElementCompiler& in, Step& step);
  void apply(Run& run, ResponseMessage& response) const;
};

// set-method.
struct MethodChange {
  Operand method;
  void read(ElementCompiler& in, Step& step);
  [[nodiscard]] std::string_view apply(Run& run) const;
};

// The bytes that a value is as a body: byte[] as it is, null as none, all else as text.
[[nodiscard]] std::string_view body_bytes(Run& run, const expression::Value& value);
// Names of fields that no policy may touch.
[[nodiscard]] bool is_framing_field(std::string_view name) noexcept;

}  // namespace gateway::policy
