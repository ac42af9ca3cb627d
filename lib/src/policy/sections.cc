#include "policy/custom.h"
#include "policy/sections.h"

#include <algorithm>

#include "base/strings.h"
#include "policy/element_compiler.h"
#include "policy/run.h"
#include "policy/suggestion.h"

namespace gateway::policy {
namespace {

// <base/>: what the next broader scope says.
class Base final : public Step {
 public:
  Flow run(Strand& strand) const override { return strand.run().enter_base(strand); }
};

constexpr std::string_view kSections[] = {"inbound", "backend", "outbound", "on-error"};
constexpr std::string_view kScopes[] = {"operation", "api", "product", "global"};

std::string named_bits(unsigned bits, const std::string_view (&names)[4]) {
  std::string out;
  for (unsigned i = 0; i < 4; ++i) {
    if (!(bits & (1U << i))) continue;
    if (!out.empty()) out += ", ";
    out += names[i];
  }
  return out;
}

// Compiles the children of one element.
class BlockWork {
 public:
  BlockWork(DocumentWork& work, const BlockPlace& place, Block& out)
      : work_(work), place_(place), out_(out) {}

  void no_text(const Element& of) {
    if (!trim(of.text).empty())
      problem(of.text_at, "text has no place in " + tag(of.name) + ", only policies have");
  }

  void any(const Element& one, std::size_t ordinal) {
    if (one.name == "base") {
      base(one, ordinal);
    } else if (one.name == "include-fragment") {
      include(one, ordinal);
    } else if (const PolicyKind* kind = known(one)) {
      if (check(*kind, one)) add(*kind, one, ordinal);
    }
  }

  void one_of(const Element& one, std::size_t ordinal) {
    if (const PolicyKind* kind = known(one)) {
      if (offered(*kind, one)) add(*kind, one, ordinal);
    }
  }

  void problem(Position at, std::string message) {
    work_.problem(place_.place, at, std::move(message));
  }

 private:
  const PolicyKind* known(const Element& one) {
    const PolicyKind* kind = work_.kind(one.name);
    if (!kind) problem(one.at, work_.unknown_policy(one.name));
    return kind;
  }

  std::string path_of(const Element& one, std::size_t ordinal) const {
    return place_.path + std::string(one.name) + "[" + std::to_string(ordinal) + "]";
  }

  bool offered(const PolicyKind& kind, const Element& one) {
    if (kind.not_offered.empty() && (kind.compile || kind.custom)) return true;
    const std::string message =
        quote(kind.name) + " is skipped: " +
        std::string(kind.not_offered.empty() ? "this gateway does not offer it" : kind.not_offered);
    if (work_.around.refuse_not_offered) {
      problem(one.at, message);
    } else {
      work_.warning(place_.place, one.at, message);
    }
    return false;
  }

  bool check(const PolicyKind& kind, const Element& one) {
    if (!offered(kind, one)) return false;
    bool good = true;
    if (!(kind.sections & (1U << static_cast<unsigned>(place_.section)))) {
      problem(one.at, quote(kind.name) + " cannot be in " +
                          std::string(section_name(place_.section)) +
                          ", only in: " + named_bits(kind.sections, kSections));
      good = false;
    }
    if (!(kind.scopes & (1U << static_cast<unsigned>(work_.scope)))) {
      problem(one.at, quote(kind.name) + " cannot be at the scope " +
                          std::string(scope_name(work_.scope)) +
                          ", only at: " + named_bits(kind.scopes, kScopes));
      good = false;
    }
    if (!kind.in_fragment && !place_.place.fragment.empty()) {
      problem(one.at, quote(kind.name) + " cannot be in a fragment");
      good = false;
    }
    if (kind.once && !place_.once->insert(kind.name).second) {
      problem(one.at, quote(kind.name) + " can be in a section only once");
      good = false;
    }
    return good;
  }

  void add(const PolicyKind& kind, const Element& one, std::size_t ordinal) {
    std::string path = path_of(one, ordinal);
    BlockPlace inside = place_;
    inside.path = path + "/";
    ElementWork element(work_, one, inside);
    std::unique_ptr<Step> step = kind.custom ? compile_custom(element, *kind.custom) : kind.compile(element);
    const auto id = element.literal("id", "");
    element.finish();
    if (step) keep(std::move(step), kind.name, std::move(path), id, one);
  }

  void keep(std::unique_ptr<Step> step, std::string_view name, std::string path,
            std::string_view id, const Element& one) {
    step->name = name;
    step->path = std::move(path);
    step->id = id;
    step->scope = work_.scope;
    step->section = place_.section;
    step->at = place_.place.reading->author(one.at);
    out_.push_back(std::move(step));
  }

  void base(const Element& one, std::size_t ordinal) {
    if (!place_.place.fragment.empty()) {
      problem(one.at, "<base/> cannot be in a fragment");
      return;
    }
    ElementWork element(work_, one, place_);
    const auto id = element.literal("id", "");
    element.only_children(one, {});
    element.finish();
    // Nothing is broader than the global scope.
    if (work_.scope != ScopeKind::Global)
      keep(std::make_unique<Base>(), "base", path_of(one, ordinal), id, one);
  }

  void include(const Element& one, std::size_t ordinal) {
    ElementWork element(work_, one, place_);
    const auto id = element.literal("fragment-id", std::nullopt);
    (void)element.literal("id", "");
    element.only_children(one, {});
    element.finish();
    if (!place_.place.fragment.empty()) {
      problem(one.at, "a fragment cannot include another one");
      return;
    }
    if (id.empty()) return;
    const auto* written = one.attribute("fragment-id");
    const Reading* reading = work_.fragment(place_.place, written->at, id);
    if (!reading) return;
    BlockPlace inside = place_;
    inside.place = {reading, id};
    inside.path = path_of(one, ordinal) + "/";
    const Element& root = reading->document().root;
    if (root.name != "fragment") {
      work_.problem(inside.place, root.at,
                    "a fragment is a <fragment> element, not " + tag(root.name));
      return;
    }
    ElementWork attributes(work_, root, inside);
    (void)attributes.literal("id", "");
    attributes.finish();
    compile_block(work_, root, inside, out_);
  }

  DocumentWork& work_;
  const BlockPlace& place_;
  Block& out_;
};

}  // namespace

std::string_view section_name(Section section) noexcept {
  return kSections[static_cast<std::size_t>(section)];
}
std::string_view scope_name(ScopeKind scope) noexcept {
  return kScopes[static_cast<std::size_t>(scope)];
}

void compile_block(DocumentWork& work, const Element& of, const BlockPlace& place, Block& out) {
  BlockWork block(work, place, out);
  block.no_text(of);
  std::size_t ordinal = 0;
  for (const Element& one : of.children) {
    if (!work.goes_on()) return;
    block.any(one, ++ordinal);
  }
}

void compile_block_of(DocumentWork& work, const Element& of, const BlockPlace& place,
                      std::initializer_list<std::string_view> allowed,
                      std::initializer_list<std::string_view> others, Block& out) {
  BlockWork block(work, place, out);
  block.no_text(of);
  std::size_t ordinal = 0;
  for (const Element& one : of.children) {
    if (!work.goes_on()) return;
    ++ordinal;
    if (std::find(others.begin(), others.end(), one.name) != others.end()) continue;
    if (std::find(allowed.begin(), allowed.end(), one.name) != allowed.end()) {
      if (one.name == "include-fragment") {
        block.any(one, ordinal);
      } else {
        block.one_of(one, ordinal);
      }
      continue;
    }
    std::vector<std::string_view> names(others);
    names.insert(names.end(), allowed.begin(), allowed.end());
    block.problem(one.at, tag(one.name) + " cannot be in " + tag(of.name) +
                              ", only: " + listed(names) + did_you_mean(one.name, names));
  }
}

}  // namespace gateway::policy
