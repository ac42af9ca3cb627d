#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gateway/export.h>

// Policies of an embedder's own, beside the built-in ones: an element of policy documents, compiled when the
// configuration comes, and run for each exchange.
namespace gateway {

// An attribute's or an element's text, compiled: a literal, or a policy expression. Copies are cheap; immutable.
class GATEWAY_EXPORT PolicyOperand {
 public:
  PolicyOperand() = default;
  [[nodiscard]] bool present() const noexcept { return held_ != nullptr; }

 private:
  friend class PolicyOperandAccess;
  std::shared_ptr<const void> held_;
};

// The element as it is compiled. Of the compile thread; for the call of PolicyFactory::create alone.
class PolicyElement {
 public:
  virtual ~PolicyElement() = default;
  [[nodiscard]] virtual std::size_t line() const noexcept = 0;    // from 1
  [[nodiscard]] virtual std::size_t column() const noexcept = 0;  // "
  // The text of an attribute that may be no expression. Without `fallback` it is required: where it is missing, a
  // problem is noted, and the result is "".
  virtual std::string literal(std::string_view attribute, std::optional<std::string_view> fallback) = 0;
  // An attribute that may be an expression; where a required one is missing, a problem is noted.
  virtual PolicyOperand operand(std::string_view attribute, bool required) = 0;
  // The element's own text, which may be an expression; white space around it does not count.
  virtual PolicyOperand text() = 0;
  // Child elements of that name, in their order. Others than those that were asked for are problems, as are attributes.
  virtual std::vector<PolicyElement*> children(std::string_view name) = 0;
  // run() is called only when the whole body of the section's message is there (bounded by PolicyOptions::body_bytes).
  virtual void reads_body() = 0;
  // Makes the document one that does not compile. Every problem is told, with the element's place.
  virtual void problem(std::string message) = 0;
};

class PolicyContext;

enum class PolicyOutcome : std::uint8_t {
  Next,     // the policy after this one
  Answer,   // PolicyContext::respond was called: the client gets that
  Fail,     // PolicyContext::fail was called, or an operand could not be evaluated: on-error
  Suspend,  // PolicyContext::suspend was called
};

// What suspend() gives. resume() may be called from any thread, once; calls after the first do nothing, as does one
// after the exchange, its worker or the Gateway has gone. Where the last reference goes without resume(), the policy
// fails. Copies of the pointer may outlive everything.
class PolicyResumption {
 public:
  virtual ~PolicyResumption() = default;
  // `then` runs on the exchange's worker thread, as run() does; it may suspend again.
  virtual void resume(std::function<PolicyOutcome(PolicyContext&)> then) = 0;
  // The exchange has ended, and nothing that resume() gives will run.
  [[nodiscard]] virtual bool cancelled() const noexcept = 0;
};

// One exchange, as a policy sees it: on its worker's thread, within run() or what resume() was given. Views live as
// long as that call. Must not block.
class PolicyContext {
 public:
  virtual ~PolicyContext() = default;

  // Empty: the expression raised an exception or passed its budget, and the policy must end with Fail.
  virtual std::optional<std::string> text(const PolicyOperand& operand) = 0;
  virtual std::optional<bool> boolean(const PolicyOperand& operand) = 0;
  virtual std::optional<std::int64_t> integer(const PolicyOperand& operand) = 0;

  // The request as it goes to the backend.
  [[nodiscard]] virtual std::string_view method() const noexcept = 0;
  [[nodiscard]] virtual std::string_view path() const noexcept = 0;   // with the backend's own path before it
  [[nodiscard]] virtual std::string_view query() const noexcept = 0;  // "" or with its '?'
  [[nodiscard]] virtual std::optional<std::string> request_header(std::string_view name) const = 0;
  // The response; 0 and nothing before there is one.
  [[nodiscard]] virtual int status() const noexcept = 0;
  [[nodiscard]] virtual std::optional<std::string> response_header(std::string_view name) const = 0;
  // Of the message that this section decides: the request in inbound and backend, else the response. Without `value`
  // the field is removed. False: the name or the value is none that may be set.
  virtual bool set_header(std::string_view name, std::optional<std::string_view> value) = 0;
  // Empty: there is none, or the policy did not say that it reads it.
  [[nodiscard]] virtual std::optional<std::string_view> body() const noexcept = 0;
  virtual void set_body(std::string_view body) = 0;

  // context.Variables: text of any value; empty where there is none.
  [[nodiscard]] virtual std::optional<std::string> variable(std::string_view name) = 0;
  virtual void set_variable(std::string_view name, std::string_view value) = 0;
  virtual void set_variable(std::string_view name, std::int64_t value) = 0;
  virtual void set_variable(std::string_view name, bool value) = 0;

  [[nodiscard]] virtual std::string_view client_address() const noexcept = 0;
  [[nodiscard]] virtual std::string_view request_id() const noexcept = 0;
  // "" where there is none.
  [[nodiscard]] virtual std::string_view api_id() const noexcept = 0;
  [[nodiscard]] virtual std::string_view operation_id() const noexcept = 0;
  [[nodiscard]] virtual std::string_view product_id() const noexcept = 0;
  [[nodiscard]] virtual std::string_view subscription_id() const noexcept = 0;

  // "return context.respond(…)": the pipeline ends with this response. `status`: 200 to 999.
  virtual PolicyOutcome respond(int status, const std::vector<std::pair<std::string, std::string>>& headers,
                                std::string_view body) = 0;
  // "return context.fail(…)": on-error runs; where it does not say otherwise the client gets this status and message.
  // `reason`: context.LastError.Reason. With status 500 the message is not shown to the client.
  virtual PolicyOutcome fail(int status, std::string_view reason, std::string_view message) = 0;
  // Before "return PolicyOutcome::Suspend".
  virtual std::shared_ptr<PolicyResumption> suspend() = 0;
};

// A compiled element. Immutable: all workers run it at once.
class CustomPolicy {
 public:
  virtual ~CustomPolicy() = default;
  // On a worker thread; must not block. An exception that leaves it fails the exchange with 500.
  [[nodiscard]] virtual PolicyOutcome run(PolicyContext& context) const = 0;
};

// Makes policies of one element name.
class PolicyFactory {
 public:
  virtual ~PolicyFactory() = default;
  // A name of XML without a colon, of lower-case letters, digits and '-'; none of the built-in ones. Constant.
  [[nodiscard]] virtual std::string_view name() const = 0;
  struct Places {
    bool inbound = true, backend = false, outbound = false, on_error = false;
  };
  [[nodiscard]] virtual Places places() const { return {}; }
  // Null, or with problems noted: the document does not compile. On the compile thread; an exception is a problem.
  [[nodiscard]] virtual std::unique_ptr<const CustomPolicy> create(PolicyElement& element) = 0;
};

}  // namespace gateway
