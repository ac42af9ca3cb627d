#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "expression/program.h"
#include "policy/document.h"

namespace gateway::policy {

class Run;

// What an attribute or an element's text says: a literal, or an expression that is evaluated each time.
// Results live in the run's arena or in the configuration. The getters throw what expressions throw.
class Operand {
 public:
  Operand() = default;
  explicit Operand(std::string literal);
  Operand(std::unique_ptr<const expression::Program> program, std::string source)
      : present_(true), literal_(std::move(source)), program_(std::move(program)) {}

  [[nodiscard]] bool present() const noexcept { return present_; }
  [[nodiscard]] bool is_expression() const noexcept { return program_ != nullptr; }
  [[nodiscard]] const std::string& literal() const noexcept { return literal_; }
  [[nodiscard]] const expression::Program* program() const noexcept { return program_.get(); }

  // The value itself; a literal is a string.
  [[nodiscard]] expression::Value value(Run& run) const;
  // As .NET's ToString(), null as "".
  [[nodiscard]] std::string_view text(Run& run) const;
  // Raises FormatException for what is none ("true", "false" in any case).
  [[nodiscard]] bool boolean(Run& run) const;
  [[nodiscard]] std::int64_t integer(Run& run) const;
  [[nodiscard]] double real(Run& run) const;

 private:
  bool present_ = false;
  std::string literal_;
  std::optional<std::int64_t> whole_;  // of a literal that is a number
  std::unique_ptr<const expression::Program> program_;
};

}  // namespace gateway::policy
