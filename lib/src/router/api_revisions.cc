#include "router/api_revisions.h"

#include <algorithm>

#include "base/strings.h"
#include "policy/validation/api_schema.h"

namespace gateway {

RevisionSuffix take_revision(std::string_view path) {
  constexpr std::string_view kMark = ";rev=";
  RevisionSuffix out;
  const std::size_t mark = path.find(kMark);
  if (mark == std::string_view::npos) return out;
  const std::size_t end = std::min(path.find('/', mark), path.size());
  const std::string_view number = path.substr(mark + kMark.size(), end - mark - kMark.size());
  if (!parse_decimal(number, 1'000'000)) return out;
  out.number = number;
  // "/;rev=2/users" is "/users" of the Api at "/".
  const bool bare = mark > 0 && path[mark - 1] == '/';
  out.element = bare ? mark - 1 : mark;
  out.path = std::string(path.substr(0, out.element)).append(path.substr(end));
  if (out.path.empty()) out.path.push_back('/');
  return out;
}

namespace {

std::string url_of(const CompiledBackend* backend) {
  if (!backend || backend->endpoints.empty()) return {};
  const CompiledEndpoint& first = backend->endpoints.front();
  const bool tls = backend->protocol == BackendProtocol::Https;
  std::string host = !backend->host_header.empty() ? backend->host_header : first.authority;
  return (tls ? "https://" : "http://") + host + backend->path_prefix;
}

std::shared_ptr<const policy::ApiFacts> facts_of(const Api& api, const ApiRevision& said,
                                                 const CompiledBackend* backend) {
  policy::ApiFacts facts;
  facts.id = said.name;
  facts.name = said.display_name.empty() ? said.name : said.display_name;
  facts.path = api.path.starts_with('/') ? api.path.substr(1) : api.path;
  facts.revision = said.revision;
  facts.version = said.version;
  facts.current = said.current;
  if (said.http) facts.protocols.emplace_back("http");
  if (said.https) facts.protocols.emplace_back("https");
  facts.service_url = url_of(backend);
  facts.key_header = said.key_header;
  facts.key_query = said.key_query;
  if (!said.schema.empty()) facts.schema = std::make_shared<const policy::SchemaText>(said.schema);
  return std::make_shared<const policy::ApiFacts>(std::move(facts));
}

}  // namespace

ApiRevisions::ApiRevisions(const Api& api, const BackendOf& backend_of, const PolicyOf& policy_of)
    : versioning_(api.versioning), version_parameter_(api.version_parameter) {
  for (const ApiRevision& said : api.revisions) {
    std::vector<OperationTree::Entry> entries;
    entries.reserve(said.operations.size());
    for (const Operation& operation : said.operations) {
      OperationTree::Entry entry;
      entry.url_template = read_url_template(operation.url_template);
      entry.operation.id = operation.id;
      entry.operation.method = operation.method;
      entry.operation.query = entry.url_template.query;
      entry.operation.blocked = operation.defect;
      entry.operation.facts = std::make_shared<const OperationFacts>(OperationFacts{
          {operation.id, operation.name.empty() ? operation.id : operation.name, operation.method,
           operation.url_template},
          entry.url_template});
      if (entry.operation.blocked.empty() && !operation.policy.empty()) {
        std::string defect;
        entry.operation.policy = policy_of(said, &operation, defect);
        if (!defect.empty()) {
          entry.operation.blocked = "the policy of operation " + operation.id + ": " + defect;
        }
      }
      entries.push_back(std::move(entry));
    }
    const std::shared_ptr<const CompiledBackend> backend = backend_of(said.backend);
    std::string defect;  // of the whole Api: it was looked at before
    policy::CompiledDocumentPtr policy;
    if (!said.policy.empty()) policy = policy_of(said, nullptr, defect);
    revisions_.push_back({said.id, said.name, said.version, said.revision, said.current, said.online,
                          said.http, said.https, said.subscription_required, said.key_header,
                          said.key_query, to_lower(said.key_header), backend,
                          OperationTree(std::move(entries)), std::move(policy),
                          facts_of(api, said, backend.get())});
  }
  std::sort(revisions_.begin(), revisions_.end(),
            [](const CompiledRevision& a, const CompiledRevision& b) {
              return std::tie(a.version, a.revision) < std::tie(b.version, b.revision);
            });
}

bool ApiRevisions::names_revision_at(std::string_view path, std::size_t api_path,
                                     std::size_t element) const noexcept {
  if (element == api_path) return true;
  return versioning_ == Versioning::Segment && element > api_path &&
         path.find('/', api_path + 1) >= element;
}

OperationMatch ApiRevisions::match(const OperationQuery& query) const noexcept {
  OperationMatch result;
  std::size_t from = query.api_path;
  std::string_view version;
  const auto known = [this](std::string_view wanted) {
    return std::any_of(revisions_.begin(), revisions_.end(), [&](const CompiledRevision& revision) {
      return equals_ignoring_case(revision.version, wanted);
    });
  };
  switch (versioning_) {
    case Versioning::None:
      break;
    case Versioning::Segment: {
      const std::string_view rest = query.path.substr(from);
      if (!rest.starts_with('/')) break;
      const std::size_t end = std::min(rest.find('/', 1), rest.size());
      const std::string_view element = rest.substr(1, end - 1);
      if (!element.empty() && known(element)) {
        version = element;
        from += end;
      }
      break;
    }
    case Versioning::Query:
      (void)find_query_parameter(query.query, version_parameter_, &version);
      break;
    case Versioning::Header:
      version = query.header_version;
      break;
  }
  if (!known(version)) return result;

  result.outcome = OperationOutcome::NoRevision;
  const bool named = !query.revision.empty();
  if (named && query.revision_at != query.api_path && query.revision_at != from) return result;
  for (const CompiledRevision& revision : revisions_) {
    if (!equals_ignoring_case(revision.version, version)) continue;
    if (named ? revision.revision != query.revision : !revision.current) continue;
    if (!revision.online) return result;
    result.revision = &revision;
    break;
  }
  if (!result.revision) return result;
  result.forward_from = from;
  if (query.tls ? !result.revision->https : !result.revision->http) {
    result.outcome = OperationOutcome::NoProtocol;
    return result;
  }
  result.operation =
      result.revision->operations.match(query.method, query.path.substr(from), query.query);
  result.outcome = result.operation ? OperationOutcome::Found : OperationOutcome::NoOperation;
  return result;
}

}  // namespace gateway
