#include "router/api_revisions.h"

#include <algorithm>

#include "base/strings.h"
#include "model/plain_policy.h"

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

ApiRevisions::ApiRevisions(const Api& api, const BackendOf& backend_of)
    : versioning_(api.versioning), version_parameter_(api.version_parameter) {
  for (const ApiRevision& said : api.revisions) {
    std::vector<OperationTree::Entry> entries;
    entries.reserve(said.operations.size());
    for (const Operation& operation : said.operations) {
      OperationTree::Entry entry;
      entry.url_template = read_url_template(operation.url_template);
      entry.operation = {operation.id, operation.method, entry.url_template.query, operation.defect};
      if (entry.operation.blocked.empty() && !operation.policy.empty()) {
        if (std::string beyond = beyond_forwarding(operation.policy); !beyond.empty()) {
          entry.operation.blocked = "the policy of operation " + operation.id + " " + beyond;
        }
      }
      entries.push_back(std::move(entry));
    }
    revisions_.push_back({said.id, said.name, said.version, said.revision, said.current, said.online,
                          said.http, said.https, said.subscription_required, said.key_header,
                          said.key_query, to_lower(said.key_header), backend_of(said.backend),
                          OperationTree(std::move(entries))});
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
