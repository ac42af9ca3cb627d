#include "api_paths.h"

#include <utility>
#include <vector>

#include "base/strings.h"
#include "json_members.h"
#include "revisions.h"

namespace configd {
namespace {

bool is_api(std::string_view id) {
  return id.starts_with("/apis/") && id.find('/', 6) == std::string_view::npos;
}

std::string path_of(const rapidjson::Value& properties) {
  return gateway::to_lower(text_member(properties, "path").value_or(""));
}

struct Claim {
  std::string id;
  std::string version_set;
  std::string version;
};

bool both_fit(const Claim& a, const Claim& b) {
  const auto name = [](const Claim& one) {
    return split_revision(std::string_view(one.id).substr(6)).base;
  };
  if (name(a) == name(b)) return true;
  return !a.version_set.empty() && a.version_set == b.version_set &&
         !gateway::equals_ignoring_case(a.version, b.version);
}

}  // namespace

ApiPaths::ApiPaths(const Store& store) {
  store.each("/apis/", [&](const Stored& stored) {
    if (is_api(stored.resource.id)) note(store, stored.resource.id);
  });
}

void ApiPaths::note(const Store& store, const std::string& id) {
  if (const auto known = paths_.find(id); known != paths_.end()) {
    const auto at = ids_.find(known->second);
    at->second.erase(id);
    if (at->second.empty()) ids_.erase(at);
    paths_.erase(known);
  }
  const Stored* stored = store.find(id);
  if (!stored) return;
  std::string path = path_of(*properties_of(*stored));
  ids_[path].insert(id);
  paths_.emplace(id, std::move(path));
}

void ApiPaths::update(const Store& store, const Commit& commit) {
  for (const std::string& id : commit.touched) {
    if (is_api(id)) note(store, id);
  }
}

void ApiPaths::check(const Draft& draft, Problems& problems) const {
  std::map<std::string, std::vector<Claim>> claims;  // of the draft, by path
  std::set<std::string, std::less<>> written;
  const auto claim = [&](const std::string& id, std::string_view path) -> std::optional<Claim> {
    const auto properties = draft.properties(id);
    if (!properties || !is_current(draft, id) || path_of(*properties) != path) return std::nullopt;
    return Claim{id, std::string(text_member(*properties, "apiVersionSetId").value_or("")),
                 std::string(text_member(*properties, "apiVersion").value_or(""))};
  };
  for (const std::string& id : draft.written()) {
    if (!is_api(id)) continue;
    written.insert(id);
    const std::string path = path_of(*draft.properties(id));
    if (auto one = claim(id, path)) claims[path].push_back(std::move(*one));
  }
  for (const auto& [path, ours] : claims) {
    std::vector<Claim> all = ours;
    if (const auto known = ids_.find(path); known != ids_.end()) {
      for (const std::string& id : known->second) {
        if (written.contains(id)) continue;
        if (auto one = claim(id, path)) all.push_back(std::move(*one));
      }
    }
    for (std::size_t i = 0; i < ours.size(); ++i) {
      for (std::size_t k = i + 1; k < all.size(); ++k) {
        if (both_fit(ours[i], all[k])) continue;
        problems.push_back(validation_error(
            "properties.path",
            "of " + ours[i].id + " is that of " + all[k].id +
                "; only versions of one API version set, with different versions, share a path"));
      }
    }
  }
}

}  // namespace configd
