#include "policy/compiler.h"

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "policy/element_compiler.h"
#include "policy/sections.h"
#include "policy/suggestion.h"

namespace gateway::policy {
namespace {

constexpr std::array kSections{Section::Inbound, Section::Backend, Section::Outbound,
                               Section::OnError};

bool is_bare(const Element& one, std::string_view name) noexcept {
  return one.name == name && one.attributes.empty() && one.children.empty();
}

// Nothing but what would be done without the section.
bool is_plain(const Element& section, Section which, ScopeKind scope) {
  const auto all = [&](std::string_view name) {
    return std::all_of(section.children.begin(), section.children.end(),
                       [&](const Element& one) { return is_bare(one, name); });
  };
  if (scope != ScopeKind::Global) return section.children.size() == 1 && all("base");
  if (which != Section::Backend) return all("base");
  std::size_t forwards = 0;
  for (const Element& one : section.children) {
    if (is_bare(one, "forward-request")) {
      ++forwards;
    } else if (!is_bare(one, "base")) {
      return false;
    }
  }
  return forwards == 1;
}

void compile_section(DocumentWork& work, const Place& place, const Element& element,
                     Section section, CompiledDocument& out) {
  const auto index = static_cast<std::size_t>(section);
  OnceSeen once;
  const BlockPlace block{place, section, {}, &once};
  ElementWork attributes(work, element, block);
  attributes.finish();
  out.present[index] = true;
  compile_block(work, element, block, out.sections[index]);
  out.plain = out.plain && is_plain(element, section, work.scope);
  const Block& steps = out.sections[index];
  if (section == Section::Inbound)
    out.has_cors = std::any_of(steps.begin(), steps.end(),
                               [](const auto& one) { return one->name == "cors"; });
}

void compile_sections(DocumentWork& work, const Place& place, CompiledDocument& out) {
  const Element& root = place.reading->document().root;
  if (root.name != "policies") {
    work.problem(place, root.at,
                 "a policy document is a <policies> element, not " + tag(root.name));
    return;
  }
  ElementWork attributes(work, root, {place, Section::Inbound, {}, nullptr});
  attributes.finish();
  if (!trim(root.text).empty())
    work.problem(place, root.text_at, "text has no place in <policies>, only sections have");
  std::vector<std::string_view> names;
  for (const Section section : kSections) names.push_back(section_name(section));
  out.plain = true;
  for (const Element& element : root.children) {
    if (!work.goes_on()) return;
    const auto found = std::find(names.begin(), names.end(), element.name);
    if (found == names.end()) {
      work.problem(place, element.at,
                   tag(element.name) + " is no section, these are: " + listed(names) +
                       did_you_mean(element.name, names));
      continue;
    }
    const auto index = static_cast<std::size_t>(found - names.begin());
    if (out.present[index]) {
      work.problem(place, element.at, "the section " + tag(element.name) + " is there twice");
      continue;
    }
    compile_section(work, place, element, kSections[index], out);
  }
}

}  // namespace

CompiledDocumentPtr compile_document(std::string_view text, ScopeKind scope,
                                     const Surroundings& surroundings,
                                     std::vector<Problem>& problems) {
  std::vector<Problem> of_text;
  const auto reading = Reading::read(text, surroundings.form, surroundings.named_value, of_text);
  auto out = std::make_shared<CompiledDocument>();
  std::vector<Problem> of_policies;
  if (reading) {
    DocumentWork work(scope, surroundings);
    compile_sections(work, {reading.get(), {}}, *out);
    of_policies = work.take_problems();
    out->warnings = work.take_warnings();
  }
  if (of_text.empty() && of_policies.empty()) return out;
  problems.insert(problems.end(), of_text.begin(), of_text.end());
  problems.insert(problems.end(), of_policies.begin(), of_policies.end());
  return nullptr;
}

}  // namespace gateway::policy
