#include "sources/cloud/mirror.h"

#include <set>

namespace gateway::cloud {

void Mirror::reject(RejectedById& into, RejectedResource resource) const {
  Digest digest = resource.digest;
  std::string reason = std::move(resource.reason);
  if (const auto* kept = resources_.find(resource.id)) {
    combine(digest, arm::digest(*kept));
    reason += "; it stays as it was before";
  }
  into[std::move(resource.id)] = {digest, std::move(reason)};
}

Mirror::Outcome Mirror::replace(SnapshotDocument document) {
  const bool same_epoch = document.epoch == epoch_;
  RejectedById rejected;
  std::set<std::string, std::less<>> kept;
  for (auto& resource : document.rejected) {
    if (same_epoch && resources_.find(resource.id)) {
      kept.insert(resource.id);
      reject(rejected, std::move(resource));
    } else {
      rejected[resource.id] = {resource.digest, std::move(resource.reason)};
    }
  }
  std::vector<std::string> gone;
  std::vector<std::shared_ptr<const arm::Resource>> news;
  SharedMap<arm::Resource>::diff(resources_.entries(), document.resources.entries(),
                                 [&](std::string_view id, const auto& before, const auto& after) {
                                   if (!after) {
                                     if (!kept.contains(id)) gone.emplace_back(id);
                                   } else if (!before || before->json != after->json) {
                                     news.push_back(after);
                                   }
                                 });
  const bool changed = !gone.empty() || !news.empty() || rejected != rejected_ || !same_epoch;
  for (const auto& id : gone) translator_.remove(id);
  for (const auto& resource : news) translator_.upsert(*resource);
  if (resources_.size() == 0) {
    resources_ = std::move(document.resources);
  } else {
    for (const auto& id : gone) resources_.erase(id);
    for (const auto& resource : news) resources_.upsert(*resource);
  }
  rejected_ = std::move(rejected);
  epoch_ = std::move(document.epoch);
  revision_ = document.revision;
  return changed ? Outcome::Changed : Outcome::Same;
}

Mirror::Outcome Mirror::apply(ChangeDocument document) {
  if (document.epoch != epoch_) return Outcome::Foreign;
  if (document.revision <= revision_) return Outcome::Same;
  arm::ResourceSet resources = resources_;
  RejectedById rejected = rejected_;
  for (const auto& id : document.removes) {
    resources.erase(id);
    rejected.erase(id);
  }
  std::vector<const arm::Resource*> news;
  for (const auto& resource : document.upserts) {
    if (resources.upsert(resource)) news.push_back(&resource);
    rejected.erase(resource.id);
  }
  for (auto& resource : document.rejected) reject(rejected, std::move(resource));
  Digest whole = resources.digest();
  for (const auto& [id, one] : rejected) combine(whole, one.digest);
  if (document.digest && *document.digest != whole) return Outcome::Missed;
  bool changed = !news.empty() || rejected != rejected_;
  for (const auto& id : document.removes) {
    if (!resources_.find(id) || resources.find(id)) continue;
    translator_.remove(id);
    changed = true;
  }
  for (const auto* resource : news) translator_.upsert(*resource);
  resources_ = std::move(resources);
  rejected_ = std::move(rejected);
  revision_ = document.revision;
  return changed ? Outcome::Changed : Outcome::Same;
}

void Mirror::restore(const arm::ResourceSet& resources, std::string epoch, std::uint64_t revision) {
  resources_ = resources;
  resources_.entries().for_each(
      [&](std::string_view, const auto& resource) { translator_.upsert(*resource); });
  epoch_ = std::move(epoch);
  revision_ = revision;
}

SourceSnapshot Mirror::snapshot() {
  SourceSnapshot snapshot = translator_.snapshot();
  snapshot.epoch = epoch_;
  snapshot.revision = std::to_string(revision_);
  for (const auto& [id, one] : rejected_) {
    snapshot.rejected.push_back({ErrorCode::InvalidArgument, "cloud", one.reason, id, false});
  }
  return snapshot;
}

}  // namespace gateway::cloud
