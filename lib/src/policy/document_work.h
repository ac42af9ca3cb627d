#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "expression/program.h"
#include "policy/compiler.h"
#include "policy/reading.h"

namespace gateway::policy {

// Where a problem is: in the document itself or in one of its fragments.
struct Place {
  const Reading* reading = nullptr;
  std::string_view fragment;  // its id; "" = the document itself
};

// What the compiling of one document keeps. See sections.h.
class DocumentWork {
 public:
  DocumentWork(ScopeKind the_scope, const Surroundings& surroundings);

  const Surroundings& around;
  const ScopeKind scope;
  expression::Scope names;  // of expressions: context

  void problem(const Place& place, Position at, std::string message);
  void warning(const Place& place, Position at, std::string message);
  // What was told so far is not too much to go on.
  [[nodiscard]] bool goes_on() const noexcept { return problems_.size() < kMost; }

  // Null: there is no such policy.
  [[nodiscard]] const PolicyKind* kind(std::string_view name) const noexcept;
  [[nodiscard]] std::string unknown_policy(std::string_view name) const;
  // Null: it is missing, or what is wrong with it has been told; `at` is where it is asked for.
  [[nodiscard]] const Reading* fragment(const Place& place, Position at, std::string_view id);

  // In the order of the document, its fragments' last.
  [[nodiscard]] std::vector<Problem> take_problems();
  [[nodiscard]] std::vector<Problem> take_warnings() { return std::move(warnings_); }

 private:
  static constexpr std::size_t kMost = 100;
  struct Fragment {
    std::string id;
    std::unique_ptr<Reading> reading;
    std::size_t size = 0;
  };
  std::map<std::string_view, const PolicyKind*> kinds_;
  std::map<std::string, Fragment, std::less<>> fragments_;
  std::size_t fragment_bytes_ = 0;  // of all that were spliced in
  std::vector<Problem> problems_, warnings_;
  std::vector<Problem> fragment_problems_;
  std::set<std::string> told_;  // a fragment is compiled wherever it is included, and told of once
};

}  // namespace gateway::policy
