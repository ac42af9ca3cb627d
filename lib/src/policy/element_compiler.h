#pragma once

#include <memory>
#include <string>
#include <vector>

#include "policy/sections.h"

namespace gateway::policy {

// The compiling of one element, and of those below it that its policy asks about.
class ElementWork final : public ElementCompiler {
 public:
  // `inside`: where its children stand.
  ElementWork(DocumentWork& work, const Element& element, BlockPlace inside);

  [[nodiscard]] const Element& element() const noexcept override { return element_; }
  [[nodiscard]] const Surroundings& surroundings() const noexcept override { return work_.around; }
  [[nodiscard]] Section section() const noexcept override { return inside_.section; }
  [[nodiscard]] ScopeKind scope() const noexcept override { return work_.scope; }
  void problem(Position at, std::string message) override;
  void warning(Position at, std::string message) override;
  std::string_view literal(std::string_view name,
                           std::optional<std::string_view> fallback) override;
  bool literal_bool(std::string_view name, std::optional<bool> fallback) override;
  std::int64_t literal_int(std::string_view name, std::optional<std::int64_t> fallback,
                           std::int64_t least, std::int64_t most) override;
  std::size_t literal_choice(std::string_view name, std::initializer_list<std::string_view> allowed,
                             std::optional<std::size_t> fallback) override;
  Operand operand(std::string_view name, bool required) override;
  Operand int_operand(std::string_view name, bool required, std::int64_t least,
                      std::int64_t most) override;
  Operand bool_operand(std::string_view name, bool required) override;
  Operand text_operand(const Element& of, bool trim) override;
  Operand attribute_operand(const Element& of, std::string_view name, bool required) override;
  Block block(const Element& of) override;
  Block block_of(const Element& of, std::initializer_list<std::string_view> allowed,
                 std::initializer_list<std::string_view> others) override;
  void only_children(const Element& of, std::initializer_list<std::string_view> allowed) override;
  ElementCompiler& child(const Element& of) override;
  void mark(Step& step, std::initializer_list<const Operand*> operands) override;

  // After the policy's own compile(): attributes that nobody asked for.
  void finish();

 private:
  // The attribute, asked for; null where it is absent, which is a problem where it is required.
  const Attribute* ask(std::string_view name, bool required);
  // As ask(), for one that cannot be an expression. Null also where it is none to go on with.
  const Attribute* ask_literal(std::string_view name, bool required);
  [[nodiscard]] std::string of_attribute(std::string_view name) const;
  // `text` is a part of the document; `what` says which in problems.
  Operand make_operand(std::string_view text, std::string_view literal, const std::string& what);
  [[nodiscard]] BlockPlace place_of(const Element& of) const;

  DocumentWork& work_;
  const Element& element_;
  BlockPlace inside_;
  std::vector<std::string_view> asked_;
  std::vector<std::unique_ptr<ElementWork>> children_;
  // Branches, of which one alone is taken: each may have what there can be only once.
  OnceSeen once_before_;
  OnceSeen once_in_branches_;
};

}  // namespace gateway::policy
