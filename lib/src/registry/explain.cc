#include <algorithm>
#include <set>

#include "base/strings.h"
#include "http/path.h"
#include "registry/core.h"

namespace gateway {
namespace {

std::string words(const CompiledApi& row) {
  std::string text = row.host.empty() ? "any host" : row.host;
  text += ' ' + (row.path.empty() ? std::string("/") : row.path);
  return text + (row.match == MatchType::Exact ? " (Exact)" : " (Prefix)");
}

}  // namespace

Explanation Core::explain(const RouteTable& routes, const RouteQuery& query) const {
  Explanation result;
  std::string host_scratch, path_scratch;
  const auto authority = parse_authority(query.host, host_scratch);
  if (!authority && !query.host.empty()) {
    result.outcome = "invalid_host";
    return result;
  }
  const auto path = normalise_path(std::string_view(query.path).substr(0, query.path.find('?')),
                                   PathRules{options_.allow_encoded_slash}, path_scratch);
  if (!path) {
    result.outcome = "invalid_path";
    return result;
  }
  const std::string host(authority ? authority->host : std::string_view());
  result.normalised_path = std::string(*path);
  const RevisionSuffix suffix = take_revision(*path);
  std::string_view looked_up = *path;
  RouteMatch match;
  if (!suffix.number.empty()) {
    match = routes.match(host, suffix.path);
    if (match.api && match.api->revisions &&
        match.api->revisions->names_revision_at(suffix.path, match.api->path.size(), suffix.element)) {
      looked_up = suffix.path;
    } else {
      match = {};
    }
  }
  if (!match.api) match = routes.match(host, looked_up);
  result.outcome = match.outcome == RouteOutcome::NoHost                    ? "no_host"
                   : match.outcome == RouteOutcome::NoPath                  ? "no_path"
                   : !match.api->tombstone.empty()                          ? "tombstone"
                   : match.api->redirect_to_https && query.scheme == "http" ? "redirect"
                                                                            : "route";
  if (match.api && match.api->backend) result.backend = match.api->backend->id;
  if (match.api && match.api->revisions)
    explain_operation(*match.api, query, looked_up, suffix, result);

  const RouteTable::Candidates candidates = routes.candidates(host, looked_up);
  const std::string rule(candidates.passed_by.empty() ? std::string_view()
                                                      : protected_->rule_of(host, *path));
  std::set<std::string> keys;
  for (const auto* rows : {&candidates.rows, &candidates.passed_by}) {
    for (const auto& row : *rows) {
      std::string key = key_of(*row);
      if (keys.insert(key).second) explain_key(key, *row, match.api, rule, result.candidates);
    }
  }
  for (RouteCandidate& candidate : forbidden_claims(host, *path))
    result.candidates.push_back(std::move(candidate));
  return result;
}

// Which revision and operation, as far as host, path, method and scheme tell.
void Core::explain_operation(const CompiledApi& row, const RouteQuery& query, std::string_view path,
                             const RevisionSuffix& suffix, Explanation& result) {
  const std::size_t mark = query.path.find('?');
  OperationQuery asked;
  asked.method = query.method;
  asked.path = path;
  asked.api_path = row.path.size();
  asked.query = mark == std::string::npos ? std::string_view()
                                          : std::string_view(query.path).substr(mark);
  asked.tls = query.scheme == "https";
  asked.revision = suffix.number;
  asked.revision_at = suffix.element;
  const OperationMatch match = row.revisions->match(asked);
  if (match.revision) {
    result.revision = match.revision->id;
    if (match.revision->backend) result.backend = match.revision->backend->id;
  }
  if (match.operation) result.operation = match.operation->id;
  if (result.outcome != "route") return;
  result.outcome = match.outcome == OperationOutcome::NoVersion     ? "no_version"
                   : match.outcome == OperationOutcome::NoRevision  ? "no_revision"
                   : match.outcome == OperationOutcome::NoProtocol  ? "no_protocol"
                   : match.outcome == OperationOutcome::NoOperation ? "no_operation"
                   : !match.operation->blocked.empty()              ? "blocked"
                                                                    : "route";
}

std::string Core::key_of(const CompiledApi& row) {
  return route_key(row.host, row.path, row.match, row.case_sensitive);
}

RouteCandidate Core::describe_claim(const Claim& claim, const CompiledApi& row) const {
  const Source& source = sources_[claim.source];
  RouteCandidate candidate;
  candidate.source = source.options.name;
  candidate.api = claim.id;
  candidate.host = row.host;
  candidate.path = row.path.empty() ? "/" : row.path;
  candidate.match = row.match;
  if (const auto at = source.apis.find(claim.id); at != source.apis.end()) {
    candidate.state = at->second.reported;
    candidate.reason = at->second.reported_reason;
    candidate.stamp = at->second.stamp.seconds;
    candidate.stamp_observed = at->second.stamp.observed;
    candidate.provenance = at->second.said->provenance;
    return candidate;
  }
  candidate.state = ApiState::Quarantined;
  candidate.reason = "the source is not synced; the ledger knows that it holds this route";
  candidate.stamp = source.placeholders.at(claim.id).stamp;
  return candidate;
}

// Whoever wants `key`, which `row` is found under, when `answer` (or nobody) answers. `rule`: the
// protected path that the request is under; "" = none.
void Core::explain_key(const std::string& key, const CompiledApi& row, const CompiledApi* answer,
                       const std::string& rule, std::vector<RouteCandidate>& out) const {
  const auto effective = effective_.find(key);
  std::vector<Claim> order = ranked(key);
  const std::size_t contenders = order.size();
  if (const auto claims = claims_.find(key); claims != claims_.end()) {
    for (const Claim& claim : claims->second) {
      if (kind(claim) == ClaimKind::Broken) order.push_back(claim);
    }
  }
  const auto answers = [&](const Claim& claim) {
    return answer && answer->tombstone.empty() && key_of(*answer) == key &&
           answer->id == label(claim);
  };
  const auto and_then = [](const std::string& more) { return more.empty() ? more : "; " + more; };
  for (std::size_t i = 0; i < order.size(); ++i) {
    RouteCandidate candidate = describe_claim(order[i], row);
    const bool holds = effective != effective_.end() && effective->second.all.holder == order[i];
    candidate.answers = answers(order[i]);
    if (candidate.answers && holds) {
      std::string shadows;
      for (std::size_t j = i + 1; j < contenders; ++j) {
        std::string why;
        (void)compare(order[i], order[j], &why);
        shadows += (shadows.empty() ? "; it shadows " : ", ") + label(order[j]) + ": " + why;
      }
      candidate.reason = "holds " + words(row) + shadows + and_then(candidate.reason);
    } else if (candidate.answers) {
      candidate.reason = "answers under " + rule +
                         ", which is protected (config.conflict.protected)" +
                         and_then(candidate.reason);
    } else if (holds && !rule.empty() && !is_cloud(order[i])) {
      candidate.reason =
          "passed by: " + rule +
          " is protected (config.conflict.protected), and only the cloud answers there";
    } else if (holds && answer) {
      candidate.reason = std::string(answer->source != row.source ? "overlap: " : "") +
                         "less specific than " + answer->id + ", " + words(*answer);
    }
    out.insert(candidate.answers ? out.begin() : out.end(), std::move(candidate));
  }
}

// Claims on protected paths hold no key; they are shown where they would have matched.
std::vector<RouteCandidate> Core::forbidden_claims(std::string_view host,
                                                   std::string_view path) const {
  std::vector<RouteCandidate> all;
  for (const Source& source : sources_) {
    const std::size_t first = all.size();
    for (const auto& [id, api] : source.apis) {
      if (!api.forbidden) continue;
      RouteTable alone;
      CompiledApi row;
      row.host = api.said->host;
      row.path = normal_path(*api.said);
      row.match = api.said->match;
      row.case_sensitive = api.said->case_sensitive;
      alone.set_host(row.host, {std::make_shared<const CompiledApi>(row)});
      if (!alone.match(host, path).api) continue;
      RouteCandidate candidate;
      candidate.source = source.options.name;
      candidate.api = id;
      candidate.host = row.host;
      candidate.path = api.said->path;
      candidate.match = row.match;
      candidate.state = ApiState::Quarantined;
      candidate.reason = broken_reason(api);
      candidate.provenance = api.said->provenance;
      all.push_back(std::move(candidate));
    }
    std::sort(all.begin() + static_cast<std::ptrdiff_t>(first), all.end(),
              [](const RouteCandidate& a, const RouteCandidate& b) { return a.api < b.api; });
  }
  return all;
}

}  // namespace gateway
