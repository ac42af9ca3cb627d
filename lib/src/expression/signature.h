#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "expression/catalog.h"

namespace gateway::expression {

// Reads C# type names and the signatures of members.
class SignatureParser {
 public:
  // `owner`: whose type parameters may be named; may be null.
  SignatureParser(Catalog& catalog, const Type* owner, std::string_view text)
      : catalog_(catalog), owner_(owner), text_(text) {}

  // The whole text is one type. Null: unknown or no type.
  [[nodiscard]] const Type* whole_type();
  // One signature; a setter makes a member of its own. Empty: see error().
  [[nodiscard]] std::vector<Member> members(Native call);
  [[nodiscard]] const std::string& error() const noexcept { return error_; }

 private:
  [[nodiscard]] const Type* type();
  [[nodiscard]] const Type* named();
  [[nodiscard]] bool parameters(Member& member, char close);
  [[nodiscard]] bool fallback(Parameter& parameter);
  [[nodiscard]] bool accessors(const Member& getter, std::vector<Member>& out);
  [[nodiscard]] std::string_view word();
  [[nodiscard]] std::string_view operator_token();
  [[nodiscard]] bool accept(std::string_view token);
  [[nodiscard]] bool accept_word(std::string_view word);
  void space();
  bool fail(std::string what);
  [[nodiscard]] bool is_parameter(std::string_view name) const;

  Catalog& catalog_;
  const Type* owner_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::vector<std::string> own_parameters_;
  std::string error_;
};

}  // namespace gateway::expression
