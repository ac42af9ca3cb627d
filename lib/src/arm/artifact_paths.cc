#include "arm/artifact_paths.h"

#include <algorithm>
#include <iterator>

#include "arm/apiops.h"
#include "base/strings.h"

namespace gateway::arm {
namespace {

struct Row {
  std::string_view path;  // '*' is a name, or the first part of a file's name
  std::string_view id;    // the names in their order
  ArtifactRole role;
};

using enum ArtifactRole;

constexpr Row kRows[] = {
    {"policy.xml", "/policies/policy", Policy},
    {"policies/*.xml", "/policies/policy", Policy},
    {"apis/*/apiInformation.json", "/apis/*", Api},
    {"apis/*/specification.json", "/apis/*", Specification},
    {"apis/*/specification.yaml", "/apis/*", Specification},
    {"apis/*/specification.yml", "/apis/*", Specification},
    {"apis/*/specification.graphql", "/apis/*", ForeignSpecification},
    {"apis/*/specification.wsdl", "/apis/*", ForeignSpecification},
    {"apis/*/specification.wadl", "/apis/*", ForeignSpecification},
    {"apis/*/specification.xml", "/apis/*", ForeignSpecification},
    {"apis/*/policy.xml", "/apis/*/policies/policy", Policy},
    {"apis/*/operations/*/policy.xml", "/apis/*/operations/*/policies/policy", Policy},
    {"apis/*/diagnostics/*/diagnosticInformation.json", "/apis/*/diagnostics/*", Information},
    {"apis/*/diagnostics/*/apiDiagnosticInformation.json", "/apis/*/diagnostics/*", Information},
    {"apis/*/releases/*/apiReleaseInformation.json", "/apis/*/releases/*", Information},
    {"backends/*/backendInformation.json", "/backends/*", Information},
    {"diagnostics/*/diagnosticInformation.json", "/diagnostics/*", Information},
    {"gateways/*/gatewayInformation.json", "/gateways/*", Information},
    {"gateways/*/apis/*/gatewayApiInformation.json", "/gateways/*/apis/*", Association},
    {"gateways/*/apis.json", "/gateways/*/apis", Names},
    {"groups/*/groupInformation.json", "/groups/*", Information},
    {"loggers/*/loggerInformation.json", "/loggers/*", Information},
    {"named values/*/namedValueInformation.json", "/namedValues/*", Information},
    {"policy fragments/*/policyFragmentInformation.json", "/policyFragments/*", FragmentInformation},
    {"policy fragments/*/policy.xml", "/policyFragments/*", FragmentPolicy},
    {"products/*/productInformation.json", "/products/*", Information},
    {"products/*/policy.xml", "/products/*/policies/policy", Policy},
    {"products/*/apis/*/productApiInformation.json", "/products/*/apis/*", Association},
    {"products/*/apis.json", "/products/*/apis", Names},
    {"products/*/groups/*/productGroupInformation.json", "/products/*/groups/*", Association},
    {"subscriptions/*/subscriptionInformation.json", "/subscriptions/*", Information},
    {"tags/*/tagInformation.json", "/tags/*", Information},
    {"version sets/*/versionSetInformation.json", "/apiVersionSets/*", Information},
};

using Parts = std::vector<std::string_view>;

// The names in `parts`; false where the row is for other paths.
bool matches(std::string_view pattern, const Parts& parts, Parts& names) {
  names.clear();
  const auto wanted = split(pattern, '/');
  if (wanted.size() != parts.size()) return false;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!wanted[i].starts_with('*')) {
      if (wanted[i] != parts[i]) return false;
      continue;
    }
    const std::string_view suffix = wanted[i].substr(1);
    if (parts[i].size() <= suffix.size() || !parts[i].ends_with(suffix)) return false;
    names.push_back(parts[i].substr(0, parts[i].size() - suffix.size()));
  }
  return true;
}

std::string fill(std::string_view id, const Parts& names) {
  std::string text;
  auto name = names.begin();
  for (const char c : id) {
    if (c == '*') {
      text += *name++;
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

bool is_relative_path(std::string_view path) {
  const Parts parts = split(path, '/');
  return std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
    return part.empty() || part == "." || part == ".." || part.find('\0') != std::string_view::npos;
  });
}

std::optional<ArtifactPath> read_artifact_path(std::string_view path) {
  if (!is_relative_path(path)) return std::nullopt;
  const Parts parts = split(path, '/');
  Parts names;
  for (const Row& row : kRows) {
    if (!matches(row.path, parts, names)) continue;
    return ArtifactPath{row.role, fill(row.id, names), names.empty() ? "" : std::string(names.front())};
  }
  return std::nullopt;
}

bool is_portal_artifact(std::string_view path) {
  const Parts parts = split(path, '/');
  return parts.size() > 3 && (parts[0] == "tags" || parts[0] == "groups" || parts[2] == "tags" ||
                              parts[2] == "groups");
}

bool is_artifact_folder(std::string_view name) {
  return name == "workspaces" ||
         std::any_of(std::begin(kRows), std::end(kRows), [&](const Row& row) {
           return row.path.size() > name.size() && row.path.starts_with(name) && row.path[name.size()] == '/';
         });
}

bool is_artifact_tree(const std::vector<std::string>& paths) {
  return std::any_of(paths.begin(), paths.end(), [](const std::string& path) {
    return path.ends_with("Information.json") && read_artifact_path(path).has_value();
  });
}

bool is_artifact(std::string_view path) { return read_artifact_path(path).has_value(); }

std::string notice_of(std::string_view path) {
  if (is_portal_artifact(path)) return {};
  const Parts parts = split(path, '/');
  if (parts[0] == "workspaces" && parts.size() > 1) {
    return "workspaces/" + std::string(parts[1]) + ": workspaces are not supported";
  }
  return std::string(path) + ": says nothing to a gateway";
}

}  // namespace gateway::arm
