#include "references.h"

#include <algorithm>
#include <utility>

#include "arm/resource.h"
#include "base/strings.h"
#include "contract_check.h"
#include "json_members.h"
#include "model/member_reader.h"
#include "revisions.h"

namespace configd {
namespace {

using gateway::arm::id_parts;
using gateway::arm::kind_of;
using rapidjson::Value;

bool referred_exists(const Draft& draft, const std::string& id) {
  return draft.exists(id) || draft.exists(kept_id(draft, id));
}

bool refers_to_something(const Contract& contract) {
  return std::any_of(contract.members.begin(), contract.members.end(),
                     [](const Member& known) { return known.role == Role::Reference; });
}

void check_link(const Draft& draft, const std::string& id, const std::string& kind,
                Problems& problems) {
  const std::string_view name = id_parts(id).back();
  if (kind == "gateways/apis" || kind == "products/apis") {
    if (!split_revision(name).number.empty()) {
      problems.push_back(
          validation_error("", "An API is linked as a whole, not one of its revisions."));
    } else if (!api_exists(draft, name)) {
      problems.push_back(validation_error("", "/apis/" + std::string(name) + " does not exist."));
    }
  }
  if (kind == "gateways/certificateAuthorities" &&
      !draft.exists("/certificates/" + std::string(name))) {
    problems.push_back(
        validation_error("", "/certificates/" + std::string(name) + " does not exist."));
  }
}

void check_scope(const Draft& draft, const Value& properties, Problems& problems) {
  const auto scope = text_member(properties, "scope");
  if (!scope || *scope == "/apis" || !scope->starts_with('/')) return;
  if (!referred_exists(draft, std::string(*scope))) {
    problems.push_back(
        validation_error("properties.scope", gateway::quote(*scope) + " does not exist"));
  }
}

// "/a/{x}" and "/a/{y}" are one template.
std::string nameless(std::string_view url) {
  std::string out;
  bool inside = false;
  for (const char c : url) {
    if (!inside) out += gateway::to_lower(c);
    if (c == '{') inside = true;
    if (c == '}' && inside) {
      inside = false;
      out += c;
    }
  }
  return out;
}

}  // namespace

bool api_exists(const Draft& draft, std::string_view name) {
  return !revisions_of(draft, split_revision(name).base).empty();
}

std::string missing_parent(const Draft& draft, std::string_view id) {
  const auto parts = id_parts(id);
  std::string above;
  for (std::size_t i = 0; i + 2 < parts.size(); i += 2) {
    above += '/' + std::string(parts[i]) + '/' + std::string(parts[i + 1]);
    if (draft.exists(above)) continue;
    const bool of_api =
        i == 0 && parts[0] == "apis" && parts[2] == "releases" && api_exists(draft, parts[1]);
    if (!of_api) return above;
  }
  return {};
}

void check_references(const Draft& draft, const std::string& id, Problems& problems) {
  if (const std::string missing = missing_parent(draft, id); !missing.empty()) {
    problems.push_back(not_found(missing));
    return;
  }
  const std::string kind = kind_of(id);
  check_link(draft, id, kind, problems);
  const auto properties = draft.properties(id);
  const Contract* contract = find_contract(kind);
  if (!properties || !contract) return;
  if (kind == "subscriptions") check_scope(draft, *properties, problems);
  if (!refers_to_something(*contract)) return;
  rapidjson::Document copy = copy_of(*properties);
  each_reference(*contract, copy, [&](Value& value, const std::string& path, std::string_view) {
    const std::string referred(gateway::text_of(value));
    if (!referred.starts_with('/') || referred_exists(draft, referred)) return;
    problems.push_back(
        validation_error("properties." + path, gateway::quote(referred) + " does not exist"));
  });
}

void check_operation_unique(const Draft& draft, const std::string& id, Problems& problems) {
  const auto own = draft.properties(id);
  if (!own) return;
  const auto method = text_member(*own, "method");
  const auto url = text_member(*own, "urlTemplate");
  if (!method || !url) return;
  const std::string template_text = nameless(*url);
  const std::string above = id.substr(0, id.rfind('/') + 1);
  for (const std::string& other : draft.ids(above)) {
    if (other == id || other.find('/', above.size()) != std::string::npos) continue;
    const auto theirs = draft.properties(other);
    const auto their_method = text_member(*theirs, "method");
    const auto their_url = text_member(*theirs, "urlTemplate");
    if (!their_method || !their_url || !gateway::equals_ignoring_case(*their_method, *method))
      continue;
    if (nameless(*their_url) != template_text) continue;
    problems.push_back(validation_error("properties.urlTemplate",
                                        "is that of " + other + ", with the same method"));
    return;
  }
}

std::vector<std::string> referrers(const Draft& draft, std::string_view id) {
  std::vector<std::string> found;
  const std::string kind = kind_of(id);
  const auto look = [&](std::string_view prefix, std::string_view wanted) {
    const Contract* contract = find_contract(wanted);
    for (const std::string& other : draft.ids(prefix)) {
      if (kind_of(other) != wanted) continue;
      rapidjson::Document copy = copy_of(*draft.properties(other));
      bool refers = false;
      each_reference(*contract, copy, [&](Value& value, const std::string&, std::string_view) {
        refers = refers || gateway::text_of(value) == id;
      });
      if (refers) found.push_back(other);
    }
  };
  if (kind == "apiVersionSets") look("/apis/", "apis");
  if (kind == "backends") look("/backends/", "backends");
  if (kind == "certificates") {
    look("/backends/", "backends");
    look("/gateways/", "gateways/hostnameConfigurations");
    const std::string name(id_parts(id).back());
    for (const std::string& other : draft.ids("/gateways/")) {
      if (other.ends_with("/certificateAuthorities/" + name)) found.push_back(other);
    }
  }
  return found;
}

}  // namespace configd
