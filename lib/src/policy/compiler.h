#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/resources.h>

#include "policy/document.h"
#include "policy/facts.h"
#include "policy/operand.h"
#include "policy/step.h"
#include "upstream/compiled_backend.h"

namespace gateway::policy {

class ElementCompiler;
struct CustomKind;

// A policy that documents may use.
struct PolicyKind {
  std::string_view name;  // "set-header"
  // Bits by Section and ScopeKind (1 << int).
  unsigned sections = 0;
  unsigned scopes = 0;
  // Compiles one element; problems go to the compiler, and null is returned then.
  std::unique_ptr<Step> (*compile)(ElementCompiler& in) = nullptr;
  bool once = false;         // in a section of a document
  bool in_fragment = true;
  bool transparent = false;  // choose, retry, wait, limit-concurrency: children are checked by the section
  // "" = offered. Else the self-hosted original skips it, and why: skipped with a warning, or a problem.
  std::string_view not_offered = {};
  // An embedder's, instead of `compile`; the name is a view of it.
  std::shared_ptr<const CustomKind> custom = nullptr;
};
constexpr unsigned kInbound = 1, kBackend = 2, kOutbound = 4, kOnError = 8, kEverySection = 15;
constexpr unsigned kOperationScope = 1, kApiScope = 2, kProductScope = 4, kGlobalScope = 8, kEveryScope = 15;

// All of builtin/: see builtin/list.h.
[[nodiscard]] std::span<const PolicyKind> builtin_policies();

// The backends that documents may name, as they are now. Immutable.
struct NamedBackends {
  std::map<std::string, std::shared_ptr<const CompiledBackend>, std::less<>> by_id;
  // By backend_url(); those that are made for policies alone.
  std::map<std::string, std::pair<std::string, std::shared_ptr<const CompiledBackend>>, std::less<>> by_url;  // with its id
};
// "https://host:port/base", in lower case but for the base.
[[nodiscard]] std::string backend_url(std::string_view scheme, std::string_view host, std::uint16_t port,
                                      std::string_view base);

// What a document may refer to. Of one source.
struct Surroundings {
  const expression::Catalog* catalog = nullptr;
  // More kinds than the built-in ones, of embedders.
  std::span<const PolicyKind> more_kinds;
  std::function<const std::string*(std::string_view display_name)> named_value;   // null: none of that name
  std::function<const std::string*(std::string_view id)> fragment;                // its document
  std::function<std::shared_ptr<const CompiledBackend>(std::string_view id)> backend;
  // For ids and URLs that only a request tells; may be empty.
  std::function<std::shared_ptr<const NamedBackends>()> backends;
  std::function<std::shared_ptr<const CertificateFacts>(std::string_view id_or_thumbprint)> certificate;
  std::function<std::shared_ptr<const EventHubLogger>(std::string_view id)> logger;
  const OperationFacts* operation = nullptr;  // at the operation's scope
  bool refuse_not_offered = false;
  DocumentForm form = DocumentForm::Lenient;
};

// Null when there are problems; every one of them is told.
[[nodiscard]] CompiledDocumentPtr compile_document(std::string_view text, ScopeKind scope,
                                                   const Surroundings& surroundings,
                                                   std::vector<Problem>& problems);

// What the compiling of one element is done with.
class ElementCompiler {
 public:
  virtual ~ElementCompiler() = default;
  [[nodiscard]] virtual const Element& element() const noexcept = 0;
  [[nodiscard]] virtual const Surroundings& surroundings() const noexcept = 0;
  [[nodiscard]] virtual Section section() const noexcept = 0;
  [[nodiscard]] virtual ScopeKind scope() const noexcept = 0;
  virtual void problem(Position at, std::string message) = 0;
  virtual void warning(Position at, std::string message) = 0;

  // Attributes by name. What is not asked for by the end of compile() is an unknown attribute: a problem
  // that names those that are allowed ("id" always is). Missing required ones are problems too.
  virtual std::string_view literal(std::string_view name, std::optional<std::string_view> fallback) = 0;  // nullopt: required
  virtual bool literal_bool(std::string_view name, std::optional<bool> fallback) = 0;
  virtual std::int64_t literal_int(std::string_view name, std::optional<std::int64_t> fallback,
                                   std::int64_t least, std::int64_t most) = 0;
  // One of `allowed`; the index.
  virtual std::size_t literal_choice(std::string_view name, std::initializer_list<std::string_view> allowed,
                                     std::optional<std::size_t> fallback) = 0;
  virtual Operand operand(std::string_view name, bool required) = 0;  // absent: present() is false
  // A literal is checked as a whole number, a boolean, at once.
  virtual Operand int_operand(std::string_view name, bool required, std::int64_t least, std::int64_t most) = 0;
  virtual Operand bool_operand(std::string_view name, bool required) = 0;

  // The text of this element or of a child; white space around an expression does not count, around a
  // literal only where `trim`.
  virtual Operand text_operand(const Element& of, bool trim) = 0;
  virtual Operand attribute_operand(const Element& of, std::string_view name, bool required) = 0;
  // Children that are policies; they are checked by the section, as choose's are.
  virtual Block block(const Element& of) = 0;
  // Children that may only be some policies, as send-request's are: "set-url" and others that are no policies
  // of their own are left to the caller (`others`).
  virtual Block block_of(const Element& of, std::initializer_list<std::string_view> allowed,
                         std::initializer_list<std::string_view> others) = 0;
  // Children other than these are problems.
  virtual void only_children(const Element& of, std::initializer_list<std::string_view> allowed) = 0;
  // Another element than element(): its attributes are asked and checked in the same way through the result,
  // which lives until compile() returns.
  virtual ElementCompiler& child(const Element& of) = 0;
  // The names in an expression: marks the step for the bodies that it reads.
  virtual void mark(Step& step, std::initializer_list<const Operand*> operands) = 0;
};

}  // namespace gateway::policy
