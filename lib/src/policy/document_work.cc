#include "policy/document_work.h"

#include <algorithm>
#include <tuple>

#include "base/strings.h"
#include "policy/suggestion.h"

namespace gateway::policy {

DocumentWork::DocumentWork(ScopeKind the_scope, const Surroundings& surroundings)
    : around(surroundings), scope(the_scope) {
  for (const PolicyKind& one : builtin_policies()) kinds_.emplace(one.name, &one);
  for (const PolicyKind& one : surroundings.more_kinds) kinds_.emplace(one.name, &one);
  if (!surroundings.catalog) return;
  if (const expression::Type* context = surroundings.catalog->find("IProxyRequestContext"))
    names.names.emplace_back("context", context);
}

void DocumentWork::problem(const Place& place, Position at, std::string message) {
  Problem one{place.reading->author(at), place.reading->redact(std::move(message))};
  if (place.fragment.empty()) {
    if (problems_.size() < kMost) problems_.push_back(std::move(one));
    return;
  }
  one.message = "fragment " + std::string(place.fragment) + ": " + one.message;
  const auto key = std::to_string(one.at.line) + ":" + std::to_string(one.at.column) + one.message;
  if (fragment_problems_.size() < kMost && told_.insert(key).second)
    fragment_problems_.push_back(std::move(one));
}

void DocumentWork::warning(const Place& place, Position at, std::string message) {
  Problem one{place.reading->author(at), place.reading->redact(std::move(message))};
  if (!place.fragment.empty())
    one.message = "fragment " + std::string(place.fragment) + ": " + one.message;
  const auto same = [&](const Problem& other) {
    return other.at.line == one.at.line && other.at.column == one.at.column &&
           other.message == one.message;
  };
  if (warnings_.size() < kMost && std::none_of(warnings_.begin(), warnings_.end(), same))
    warnings_.push_back(std::move(one));
}

const PolicyKind* DocumentWork::kind(std::string_view name) const noexcept {
  const auto found = kinds_.find(name);
  return found == kinds_.end() ? nullptr : found->second;
}

std::string DocumentWork::unknown_policy(std::string_view name) const {
  std::vector<std::string_view> names_known{"base", "include-fragment"};
  for (const auto& [known, policy] : kinds_) names_known.push_back(known);
  return "there is no policy " + quote(name) + did_you_mean(name, names_known);
}

const Reading* DocumentWork::fragment(const Place& place, Position at, std::string_view id) {
  auto known = fragments_.find(id);
  if (known == fragments_.end()) {
    const std::string* text = around.fragment ? around.fragment(id) : nullptr;
    if (!text) {
      problem(place, at, "there is no policy fragment " + quote(id));
      return nullptr;
    }
    std::vector<Problem> found;
    known =
        fragments_.emplace(std::string(id), Fragment{std::string(id), nullptr, text->size()}).first;
    known->second.reading = Reading::read(*text, around.form, around.named_value, found);
    for (Problem& one : found) {
      if (fragment_problems_.size() == kMost) break;
      one.message = "fragment " + known->first + ": " + one.message;
      fragment_problems_.push_back(std::move(one));
    }
  }
  fragment_bytes_ += known->second.size;
  if (fragment_bytes_ > 8 * kMaxDocumentBytes) {
    problem(place, at, "the document is too large with its fragments");
    return nullptr;
  }
  return known->second.reading.get();
}

std::vector<Problem> DocumentWork::take_problems() {
  std::stable_sort(problems_.begin(), problems_.end(), [](const Problem& a, const Problem& b) {
    return std::tie(a.at.line, a.at.column) < std::tie(b.at.line, b.at.column);
  });
  problems_.insert(problems_.end(), std::make_move_iterator(fragment_problems_.begin()),
                   std::make_move_iterator(fragment_problems_.end()));
  return std::move(problems_);
}

}  // namespace gateway::policy
