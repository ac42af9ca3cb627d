#include <algorithm>

#include "registry/core.h"

// What the ledger knows of the sources: stamps, and what those hold that have not synced.
namespace gateway {

// Until a source has synced, what it is known to hold is kept from the others.
void Core::take_placeholders(std::size_t index) {
  Source& known = sources_[index];
  ledger_.for_each(known.options.name, [&](const std::string& id, const LedgerEntry& entry) {
    if (!entry.scope.starts_with(known.options.scope + '\n')) return;  // another cluster's
    if (id.starts_with(kHostnameIds)) {
      std::int64_t& newest = known.known_hostnames[entry.key];
      newest = std::max(newest, entry.stamp);
      return;
    }
    if (entry.key.empty()) return;
    const KeyParts key = parts_of(entry.key);
    if (may_not_claim(known, key.host, key.path)) return;
    known.placeholders[id] = {entry.key, entry.case_sensitive, entry.stamp};
    claim(entry.key, {index, id});
  });
}

void Core::drop_placeholders(std::size_t index) {
  sources_[index].known_hostnames.clear();
  for (const auto& [id, placeholder] : std::exchange(sources_[index].placeholders, {})) {
    unclaim(placeholder.key, {index, id});
  }
}

std::int64_t Core::rival_stamp(std::size_t index, const std::string& key) const {
  std::int64_t newest = 0;
  const auto at = claims_.find(key);
  if (at == claims_.end()) return newest;
  for (const Claim& claim : at->second) {
    if (claim.source == index) continue;
    const Source& rival = sources_[claim.source];
    if (const auto api = rival.apis.find(claim.id); api != rival.apis.end()) {
      newest = std::max(newest, api->second.stamp.seconds);
    } else if (const auto known = rival.placeholders.find(claim.id);
               known != rival.placeholders.end()) {
      newest = std::max(newest, known->second.stamp);
    }
  }
  return newest;
}

std::int64_t Core::rival_hostname_stamp(std::size_t index, const std::string& host) const {
  std::int64_t newest = 0;
  if (const auto at = host_claims_.find(host); at != host_claims_.end()) {
    for (const Claim& claim : at->second) {
      if (claim.source == index) continue;
      newest = std::max(newest, sources_[claim.source].hostnames.at(claim.id).stamp.seconds);
    }
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    if (i == index) continue;
    const auto known = sources_[i].known_hostnames.find(host);
    if (known != sources_[i].known_hostnames.end()) newest = std::max(newest, known->second);
  }
  return newest;
}

std::string Core::scope_of(const Source& source) {
  return source.options.scope + '\n' + source.snapshot.epoch;
}

const LedgerEntry* Core::remembered(const Source& source, const std::string& ledger_id) const {
  const LedgerEntry* known = ledger_.find(source.options.name, ledger_id);
  return known && known->scope == scope_of(source) ? known : nullptr;
}

Stamp Core::stamp(Source& source, const std::string& ledger_id, const std::string& key,
                  bool case_sensitive, const Witness& witness, const Digest& content,
                  std::int64_t now, std::int64_t rival) {
  const LedgerEntry* known = remembered(source, ledger_id);
  StampQuestion question;
  question.known = known;
  question.ledger = ledger_.durable();
  question.witness = &witness;
  question.content = content;
  question.now = now;
  question.rival = rival;
  const Stamp decided = decide_stamp(question);
  LedgerEntry entry;
  entry.key = key;
  entry.case_sensitive = case_sensitive;
  entry.content = content;
  entry.scope = scope_of(source);
  entry.identity = witness.identity;
  entry.generation = witness.generation;
  entry.given = witness.changed_at;
  entry.stamp = decided.seconds;
  entry.observed = decided.observed;
  if (!known || !(*known == entry)) ledger_.put(source.options.name, ledger_id, std::move(entry));
  return decided;
}

void Core::forget_observations() {
  for (Source& source : sources_) {
    // The same question, to a ledger that answers only what a restart would find in it.
    const auto again = [&](const std::string& ledger_id, const auto& form, Stamp& stamp) {
      StampQuestion question;
      question.known = remembered(source, ledger_id);
      question.witness = &form.witness;
      question.content = content_digest(form);
      const Stamp decided = decide_stamp(question);
      const bool same = decided.seconds == stamp.seconds && decided.observed == stamp.observed;
      stamp.seconds = decided.seconds;
      stamp.observed = decided.observed;
      return !same;
    };
    for (auto& [id, api] : source.apis) {
      if (api.form && again(id, *api.form, api.stamp)) dirty_keys_.insert(api.key);
    }
    for (auto& [id, hostname] : source.hostnames) {
      if (hostname.form && again(std::string(kHostnameIds) + id, *hostname.form, hostname.stamp)) {
        dirty_hostnames_.insert(hostname.form->host);
      }
    }
  }
}

}  // namespace gateway
