#include "imports.h"

#include <algorithm>
#include <set>
#include <utility>

#include "api_paths.h"
#include "arm/apiops.h"
#include "arm/resource.h"
#include "arm_error.h"
#include "draft.h"
#include "entity_write.h"
#include "json_members.h"
#include "references.h"
#include "revisions.h"
#include "subscription_keys.h"

namespace configd {
namespace {

using gateway::Error;
using gateway::ErrorCode;
using gateway::Result;
using rapidjson::Document;

Error refusal(std::string_view where, std::string message) {
  Error error;
  error.code = ErrorCode::InvalidArgument;
  error.origin = "import";
  error.message = std::move(message);
  error.where = where;
  return error;
}

// A draft whose problems name the resource that they are of.
class Import {
 public:
  Import(Store& store, const gateway::Environment& environment)
      : store_(store), environment_(environment), draft_(store) {}

  void put(const std::string& told, Document properties) {
    const std::string id = kept_id(draft_, told);
    Problems problems;
    Writing writing{draft_, environment_, problems, report_.notices};
    write_entity(writing, id, std::move(properties));
    note(id, std::move(problems));
  }
  [[nodiscard]] Draft& draft() { return draft_; }

  Result<ImportReport> finish(std::string_view where) {
    const auto written = draft_.written();
    for (const std::string& id : written) {
      Problems problems;
      check_references(draft_, id, problems);
      note(id, std::move(problems));
    }
    ApiPaths(store_).check(draft_, problems_);
    SubscriptionKeys(store_).check(draft_, problems_);
    if (!problems_.empty()) return refusal(where, to_text(problems_));
    auto committed = store_.commit(draft_.changes());
    if (!committed) return committed.error();
    report_.revision = committed->revision;
    report_.written = committed->touched.size();
    return std::move(report_);
  }

 private:
  void note(const std::string& id, Problems problems) {
    for (ArmError& problem : problems) {
      problem.target = id + (problem.target.empty() ? "" : " " + problem.target);
      problems_.push_back(std::move(problem));
    }
  }

  Store& store_;
  const gateway::Environment& environment_;
  Draft draft_;
  Problems problems_;
  ImportReport report_;
};

// Operations are known from the specification alone: those that it no longer has are gone.
void remove_missing_operations(Draft& draft, const std::set<std::string>& told) {
  std::set<std::string> apis;
  std::set<std::string> kept;
  for (const std::string& id : told) {
    if (gateway::arm::kind_of(id) != "apis/operations") continue;
    apis.insert(id.substr(0, id.rfind("/operations/")));
    kept.insert(kept_id(draft, id));
  }
  for (const std::string& api : apis) {
    for (const std::string& id : draft.ids(kept_id(draft, api) + "/operations/")) {
      if (gateway::arm::kind_of(id) == "apis/operations" && !kept.contains(id)) draft.remove(id);
    }
  }
}

}  // namespace

Result<ImportReport> import_openapi(Store& store, const gateway::Environment& environment,
                                    const OpenApiImport& wanted) {
  auto id = gateway::arm::short_id("/apis/" + wanted.api);
  if (!id) return id.error();
  Import import(store, environment);
  const std::string kept = kept_id(import.draft(), *id);
  const auto before = import.draft().properties(kept);
  Document properties = before ? copy_of(*before) : Document(rapidjson::kObjectType);
  if (!wanted.path.empty() || !before) set_text(properties, "path", wanted.path);
  if (wanted.service_url) set_text(properties, "serviceUrl", *wanted.service_url);
  if (wanted.subscription_required)
    set_flag(properties, "subscriptionRequired", *wanted.subscription_required);
  if (!wanted.protocols.empty()) {
    Document list(rapidjson::kArrayType);
    for (const std::string& protocol : wanted.protocols)
      list.PushBack(rapidjson::StringRef(protocol.data(), protocol.size()), list.GetAllocator());
    set_member(properties, "protocols", list);
  }
  set_text(properties, "format", "openapi");
  set_text(properties, "value", wanted.text);
  import.put(*id, std::move(properties));
  const std::string base(split_revision(wanted.api).base);
  for (const std::string& gateway : wanted.gateways) {
    import.put("/gateways/" + gateway + "/apis/" + base, Document(rapidjson::kObjectType));
  }
  for (const std::string& product : wanted.products) {
    import.put("/products/" + product + "/apis/" + base, Document(rapidjson::kObjectType));
  }
  return import.finish(wanted.where);
}

Result<ImportReport> import_artifacts(Store& store, const gateway::Environment& environment,
                                      const std::map<std::string, std::string>& files,
                                      std::string_view overrides, std::string_view overrides_name) {
  auto tree = gateway::arm::read_artifacts(files, overrides, overrides_name, {});
  if (!tree.problems.empty()) {
    std::string text;
    for (const Error& problem : tree.problems) {
      if (!text.empty()) text += "; ";
      text += (problem.where.empty() ? "" : problem.where + ": ") + problem.message;
    }
    return refusal("", std::move(text));
  }
  // What others are below comes first.
  const auto depth = [](const gateway::arm::Resource& one) {
    return std::count(one.id.begin(), one.id.end(), '/');
  };
  std::stable_sort(tree.resources.begin(), tree.resources.end(), [&](const auto& a, const auto& b) {
    return std::pair(depth(a), std::string_view(a.id)) <
           std::pair(depth(b), std::string_view(b.id));
  });
  Import import(store, environment);
  std::set<std::string> told;
  for (const auto& resource : tree.resources) {
    Stored stored;
    stored.resource = resource;
    told.insert(resource.id);
    import.put(resource.id, copy_of(*properties_of(stored)));
  }
  remove_missing_operations(import.draft(), told);
  auto report = import.finish("");
  if (report)
    report->notices.insert(report->notices.begin(), tree.notices.begin(), tree.notices.end());
  return report;
}

}  // namespace configd
