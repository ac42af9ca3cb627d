#include "removal.h"

#include <vector>

#include "arm/resource.h"
#include "json_members.h"
#include "references.h"
#include "revisions.h"

namespace configd {
namespace {

using gateway::arm::id_parts;
using gateway::arm::kind_of;

std::vector<std::string> subscriptions_of(const Draft& draft, std::string_view scope,
                                          bool with_revisions) {
  std::vector<std::string> found;
  for (std::string& id : draft.ids("/subscriptions/")) {
    const auto properties = draft.properties(id);
    const auto theirs = text_member(*properties, "scope").value_or("");
    const bool revision = with_revisions && theirs.starts_with(std::string(scope) + ";rev=");
    if (theirs == scope || revision) found.push_back(std::move(id));
  }
  return found;
}

void remove_links(Draft& draft, const std::string& name) {
  for (const std::string_view above : {"/products/", "/gateways/"}) {
    for (const std::string& id : draft.ids(above)) {
      const std::string kind = kind_of(id);
      bool link =
          (kind == "products/apis" || kind == "gateways/apis") && id_parts(id).back() == name;
      if (kind == "products/apiLinks") {
        link = text_member(*draft.properties(id), "apiId") == "/apis/" + name;
      }
      if (link) draft.remove(id);
    }
  }
}

void remove_api(Draft& draft, const std::string& id, bool whole, const RemovalOptions& options,
                Problems& problems) {
  const std::string base(split_revision(id_parts(id)[1]).base);
  const auto revisions = revisions_of(draft, base);
  if (!whole && is_current(draft, id)) {
    problems.push_back(conflict(
        "The current revision cannot be removed; remove the API, or make another current."));
    return;
  }
  if (!whole) {
    draft.remove(id);
    return;
  }
  if (revisions.size() > 1 && !options.revisions) {
    problems.push_back(
        conflict("The API has more than one revision; deleteRevisions=true removes them all."));
    return;
  }
  for (const std::string& revision : revisions) draft.remove(revision);
  draft.remove("/apis/" + base);  // releases are there whatever revision is left
  remove_links(draft, base);
  for (const std::string& subscription : subscriptions_of(draft, "/apis/" + base, true))
    draft.remove(subscription);
}

}  // namespace

void remove_entity(Draft& draft, const std::string& id, bool whole_api,
                   const RemovalOptions& options, Problems& problems) {
  const std::string kind = kind_of(id);
  if (kind == "apis") return remove_api(draft, id, whole_api, options, problems);
  if (const auto users = referrers(draft, id); !users.empty()) {
    problems.push_back(
        conflict(id + " is in use by " + users.front() +
                 (users.size() > 1 ? " and " + std::to_string(users.size() - 1) + " more." : ".")));
    return;
  }
  if (kind == "products") {
    const auto subscriptions = subscriptions_of(draft, id, false);
    if (!subscriptions.empty() && !options.subscriptions) {
      problems.push_back(
          conflict("The product has " + std::to_string(subscriptions.size()) +
                   " subscription(s); deleteSubscriptions=true removes them with it."));
      return;
    }
    for (const std::string& subscription : subscriptions) draft.remove(subscription);
  }
  draft.remove(id);
}

}  // namespace configd
