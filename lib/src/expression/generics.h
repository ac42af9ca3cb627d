#pragma once

#include <string>
#include <utility>
#include <vector>

#include "expression/catalog.h"

namespace gateway::expression {

// What type parameters stand for.
class Bindings {
 public:
  explicit Bindings(const Catalog& catalog) : catalog_(&catalog) {}

  // The arguments of a constructed type, and of what it is.
  void add(const Type* constructed);
  void set(const std::string& name, const Type* type);
  [[nodiscard]] const Type* get(std::string_view name) const noexcept;
  // With everything known put in; parameters that are not stay.
  [[nodiscard]] const Type* apply(const Type* type) const;
  // Learns from an argument of type `given` for a parameter of type `wanted`. False: it cannot fit.
  bool infer(const Type* wanted, const Type* given, const std::vector<std::string>& parameters);

 private:
  const Catalog* catalog_;
  std::vector<std::pair<std::string, const Type*>> known_;
};

// Type parameters occur in it.
[[nodiscard]] bool is_open(const Type* type) noexcept;

}  // namespace gateway::expression
