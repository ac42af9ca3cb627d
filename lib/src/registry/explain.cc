#include <algorithm>

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
  const RouteMatch match = routes.match(host, *path);
  result.outcome = match.outcome == RouteOutcome::NoHost   ? "no_host"
                   : match.outcome == RouteOutcome::NoPath ? "no_path"
                   : !match.api->tombstone.empty()         ? "tombstone"
                   : match.api->redirect_to_https && query.scheme == "http" ? "redirect"
                                                                            : "route";
  if (match.api && match.api->backend) result.backend = match.api->backend->id;

  std::string winner_words;
  // Whoever wants the key of `row`; `lost` says why its holder does not answer, "" where it does.
  const auto add_claims = [&](const CompiledApi& row, bool answers, const std::string& lost) {
    const std::string key = route_key(row.host, row.path, row.match, row.case_sensitive);
    const auto effective = effective_.find(key);
    const auto describe_claim = [&](const Claim& claim) {
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
      } else {
        candidate.state = ApiState::Quarantined;
        candidate.reason = "the source is not synced; the ledger knows that it holds this route";
        const auto known = source.placeholders.find(claim.id);
        if (known != source.placeholders.end()) candidate.stamp = known->second.stamp;
      }
      return candidate;
    };
    std::vector<Claim> order = ranked(key);
    if (const auto claims = claims_.find(key); claims != claims_.end()) {
      for (const Claim& claim : claims->second) {
        if (kind(claim) == ClaimKind::Broken) order.push_back(claim);
      }
    }
    for (std::size_t i = 0; i < order.size(); ++i) {
      RouteCandidate candidate = describe_claim(order[i]);
      const bool holds = effective != effective_.end() && effective->second.holder == order[i];
      candidate.answers = answers && holds;
      if (holds && answers) {
        std::string shadows;
        for (std::size_t j = i + 1; j < order.size(); ++j) {
          if (kind(order[j]) == ClaimKind::Broken) continue;
          std::string why;
          (void)compare(order[i], order[j], &why);
          shadows += (shadows.empty() ? "; it shadows " : ", ") + label(order[j]) + ": " + why;
        }
        candidate.reason = "holds " + words(row) + shadows + (candidate.reason.empty() ? "" : "; " + candidate.reason);
      } else if (holds) {
        candidate.reason = lost;
      }
      result.candidates.push_back(std::move(candidate));
    }
  };
  const RouteTable::Candidates candidates = routes.candidates(host, *path);
  for (const auto& row : candidates.rows) {
    const bool answers = row.get() == match.api;
    if (answers) winner_words = row->id + ", " + words(*row);
    const bool overlap = match.api && match.api->source != row->source;
    add_claims(*row, answers, std::string(overlap ? "overlap: " : "") + "less specific than " + winner_words);
  }
  for (const auto& row : candidates.passed_by) {
    add_claims(*row, false,
               "passed by: " + std::string(row->yields_to->rule_of(host, *path)) +
                   " is protected (config.conflict.protected), and only the cloud answers there");
  }
  for (RouteCandidate& candidate : forbidden_claims(host, *path)) result.candidates.push_back(std::move(candidate));
  return result;
}

// Claims on protected paths hold no key; they are shown where they would have matched.
std::vector<RouteCandidate> Core::forbidden_claims(std::string_view host, std::string_view path) const {
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
