#include "arm/build_api.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "arm/api_schema.h"
#include "base/strings.h"

namespace gateway::arm {
namespace {

std::string resource_id(const ApiFacts& facts) { return "/apis/" + facts.revision.id; }

std::uint64_t number_of(const ApiRevision& revision) {
  return parse_decimal(revision.revision).value_or(0);
}

// Makes one Api of those members of a family that share a path.
class ApiBuilder {
 public:
  ApiBuilder(std::string_view set, const VersionSetFacts* known, const ApiFamily& members,
             const ServiceSchemas& schemas)
      : set_(set), known_(known), members_(members), schemas_(schemas) {}

  Api build(std::string id) {
    api_.id = std::move(id);
    api_.case_sensitive = false;
    api_.provenance = {.kind = "Api", .space = "", .name = api_.id, .revision = ""};
    api_.path = first_lead().path;
    choose_versioning();
    for (const auto& [name, member] : members_) add_member(*member);
    check_versions();
    std::sort(api_.revisions.begin(), api_.revisions.end(), [](const auto& a, const auto& b) {
      return std::make_tuple(std::string_view(a.version), number_of(a), std::string_view(a.id)) <
             std::make_tuple(std::string_view(b.version), number_of(b), std::string_view(b.id));
    });
    api_.defect = join_problems(problems_);
    return std::move(api_);
  }

 private:
  [[nodiscard]] const ApiFacts& first_lead() const { return *members_.begin()->second->lead(); }

  void choose_versioning() {
    const VersionSetFacts* chosen = known_;
    for (const auto& [name, member] : members_) {
      const ApiFacts& lead = *member->lead();
      if (known_ || !lead.inline_set) continue;
      if (!chosen) {
        chosen = &*lead.inline_set;
      } else if (*chosen != *lead.inline_set) {
        complain(lead, "properties.apiVersionSet is not what the other APIs of version set " +
                           quote(set_) + " say");
      }
    }
    if (!chosen) {
      if (!set_.empty()) {
        complain(first_lead(), "properties.apiVersionSetId names /apiVersionSets/" +
                                   std::string(set_) + ", which is not there");
      }
      return;
    }
    api_.versioning = chosen->versioning;
    api_.version_parameter = chosen->parameter;
    adopt(chosen->problems);
  }

  void add_member(const NamedApi& member) {
    const ApiFacts& lead = *member.lead();
    for (const auto& [name, link] : member.assignments) {
      note_change(link.times);
      adopt(link.problems);
    }
    for (const auto& [name, node] : member.revisions) {
      if (!node.facts) continue;
      check_against(*node.facts, lead);
      add_revision(node, lead);
    }
  }

  // What all revisions of an API must have in common.
  void check_against(const ApiFacts& facts, const ApiFacts& lead) {
    if (&facts == &lead) return;
    const auto differs = [&](std::string_view member, std::string_view here,
                             std::string_view there) {
      complain(facts, "properties." + std::string(member) + " is " + quote(here) +
                          ", but the current revision " + lead.revision.id + " has " +
                          quote(there));
    };
    if (facts.path_sound && lead.path_sound && to_lower(facts.path) != to_lower(lead.path)) {
      differs("path", facts.path, lead.path);
    }
    if (!facts.version_set.empty() && facts.version_set != lead.version_set) {
      differs("apiVersionSetId", facts.version_set, lead.version_set);
    }
    if (!facts.revision.version.empty() &&
        to_lower(facts.revision.version) != to_lower(lead.revision.version)) {
      differs("apiVersion", facts.revision.version, lead.revision.version);
    }
  }

  void add_revision(const RevisionNode& node, const ApiFacts& lead) {
    ApiRevision revision = node.facts->revision;
    revision.version = lead.revision.version;
    note_change(node.facts->times);
    note_creation(node.facts->times);
    adopt(node.facts->problems);
    if (node.policy) {
      revision.policy = node.policy->document;
      note_change(node.policy->times);
      adopt(node.policy->problems);
    }
    for (const auto& [name, schema] : node.schemas) {
      note_change(schema.times);
      adopt(schema.problems);
    }
    for (const auto& [name, release] : node.releases) {
      note_change(release.times);
      adopt(release.problems);
    }
    revision.operations.reserve(node.operations.size());
    for (const auto& [name, operation] : node.operations) {
      if (operation.facts) add_operation(operation, revision);
    }
    check_operations(revision);
    revision.schema = schema_of(node, revision);
    api_.revisions.push_back(std::move(revision));
  }

  [[nodiscard]] std::string schema_of(const RevisionNode& node, const ApiRevision& revision) const {
    std::map<std::string, std::string> operations;
    for (const auto& [name, operation] : node.operations)
      if (operation.facts && operation.facts->usable) operations[operation.facts->operation.id] = operation.facts->schema;
    std::map<std::string, SchemaDocument> own, shared;
    for (const auto& [name, schema] : node.schemas) own[name] = schema.document;
    for (const auto& [name, schema] : schemas_) {
      bool named = revision.policy.find(name) != std::string::npos;
      for (const Operation& operation : revision.operations)
        named = named || operation.policy.find(name) != std::string::npos;
      if (named) shared[name] = schema.document;
    }
    return revision_schema(revision, operations, own, shared);
  }

  void add_operation(const OperationNode& node, ApiRevision& revision) {
    note_change(node.facts->times);
    if (node.policy) note_change(node.policy->times);
    if (!node.facts->usable) {
      adopt(node.facts->problems);
      if (node.policy) adopt(node.policy->problems);
      return;
    }
    Operation operation = node.facts->operation;
    Problems problems = node.facts->problems;
    if (node.policy) {
      operation.policy = node.policy->document;
      problems.insert(problems.end(), node.policy->problems.begin(), node.policy->problems.end());
    }
    operation.defect = join_problems(problems);
    revision.operations.push_back(std::move(operation));
  }

  void check_operations(const ApiRevision& revision) {
    using Key = std::pair<std::string_view, std::string_view>;
    std::map<Key, const Operation*> seen;
    for (const Operation& operation : revision.operations) {
      const auto [at, fresh] =
          seen.emplace(Key(operation.method, operation.url_template), &operation);
      if (fresh) continue;
      problems_.push_back("/apis/" + revision.id + "/operations/" + operation.id +
                          ": has the method and urlTemplate of operation " + at->second->id +
                          "; each pair may be there once");
    }
  }

  void check_versions() {
    std::map<std::pair<std::string, std::string>, const ApiRevision*> seen;
    std::map<std::string, const ApiRevision*> current;
    for (const ApiRevision& revision : api_.revisions) {
      const std::string version = to_lower(revision.version);
      const std::string place = "/apis/" + revision.id + ": properties.";
      if (api_.versioning == Versioning::None && set_.empty() && !version.empty()) {
        problems_.push_back(place + "apiVersion needs properties.apiVersionSetId");
      }
      const auto [at, fresh] = seen.emplace(std::pair(version, revision.revision), &revision);
      if (!fresh) {
        problems_.push_back(place + "apiVersion and apiRevision are those of /apis/" +
                            at->second->id + "; each pair may be there once under one path");
      }
      if (!revision.current) continue;
      const auto [holder, alone] = current.emplace(version, &revision);
      if (!alone && fresh) {
        problems_.push_back(place + "isCurrent is true, as for /apis/" + holder->second->id +
                            "; one revision of a version is the current one");
      }
    }
  }

  void note_change(const Times& times) {
    if (times.changed_at) {
      api_.witness.changed_at = std::max(api_.witness.changed_at.value_or(0), *times.changed_at);
    }
  }
  void note_creation(const Times& times) {
    if (!times.created_at) return;
    auto& oldest = api_.witness.created_at;
    oldest = oldest == 0 ? *times.created_at : std::min(oldest, *times.created_at);
  }
  void adopt(const Problems& problems) {
    problems_.insert(problems_.end(), problems.begin(), problems.end());
  }
  void complain(const ApiFacts& facts, const std::string& message) {
    problems_.push_back(resource_id(facts) + ": " + message);
  }

  std::string_view set_;
  const VersionSetFacts* known_;
  const ApiFamily& members_;
  const ServiceSchemas& schemas_;
  Api api_;
  Problems problems_;
};

}  // namespace

const ApiFacts* NamedApi::lead() const {
  const ApiFacts* lead = nullptr;
  const auto rank = [](const ApiFacts& facts) {
    return std::make_tuple(!facts.revision.current, number_of(facts.revision),
                           std::string_view(facts.revision.id));
  };
  for (const auto& [name, node] : revisions) {
    if (node.facts && (!lead || rank(*node.facts) < rank(*lead))) lead = &*node.facts;
  }
  return lead;
}

std::vector<Api> build_apis(std::string_view set, const VersionSetFacts* known,
                            const ApiFamily& family, const ServiceSchemas& schemas) {
  // By path without regard to case; a member without a sound path stands alone, under its name.
  std::map<std::string, ApiFamily> groups;
  std::size_t paths = 0;
  for (const auto& [name, member] : family) {
    const ApiFacts& lead = *member->lead();
    ApiFamily& group = groups[lead.path_sound ? to_lower(lead.path) : std::string(name)];
    if (group.empty() && lead.path_sound) ++paths;
    group.emplace(name, member);
  }
  std::vector<Api> apis;
  for (const auto& [key, members] : groups) {
    std::string id(members.begin()->first);
    if (!set.empty()) {
      id = "versionset:" + std::string(set);
      if (!key.starts_with('/') || paths > 1) id += ":" + key;
    }
    apis.push_back(ApiBuilder(set, known, members, schemas).build(std::move(id)));
  }
  return apis;
}

std::vector<Backend> build_backends(const NamedApi& api, std::string_view ca_pem) {
  std::vector<Backend> backends;
  for (const auto& [name, node] : api.revisions) {
    // What is broken goes on as it was, and so does where it leads.
    if (!node.facts || !node.facts->problems.empty() || !node.facts->backend) continue;
    Backend backend = *node.facts->backend;
    if (backend.protocol == BackendProtocol::Https && !ca_pem.empty()) {
      backend.tls_ca_pem = ca_pem;
      backend.tls_system_cas = true;
    }
    backends.push_back(std::move(backend));
  }
  return backends;
}

}  // namespace gateway::arm
