#include "draft.h"

#include <algorithm>
#include <utility>

#include "json_members.h"

namespace configd {

using rapidjson::Value;

std::shared_ptr<const Value> properties_of(const Stored& stored) {
  auto envelope = std::make_shared<rapidjson::Document>();
  envelope->Parse(stored.resource.json.data(), stored.resource.json.size());
  if (envelope->HasParseError() || !envelope->IsObject()) envelope->SetObject();
  const Value* found = member(static_cast<const Value&>(*envelope), "properties");
  if (found && found->IsObject()) return {envelope, found};
  envelope->SetObject();
  return {envelope, envelope.get()};
}

bool Draft::exists(std::string_view id) const {
  const auto over = over_.find(id);
  return over == over_.end() ? store_.find(id) != nullptr : over->second != nullptr;
}

std::shared_ptr<const Value> Draft::properties(std::string_view id) const {
  if (const auto over = over_.find(id); over != over_.end()) return over->second;
  const Stored* stored = store_.find(id);
  return stored ? properties_of(*stored) : nullptr;
}

std::vector<std::string> Draft::ids(std::string_view prefix) const {
  std::vector<std::string> found;
  store_.each(prefix, [&](const Stored& stored) {
    if (!over_.contains(stored.resource.id)) found.push_back(stored.resource.id);
  });
  const std::size_t stored = found.size();
  for (auto at = over_.lower_bound(prefix); at != over_.end() && at->first.starts_with(prefix);
       ++at) {
    if (at->second) found.push_back(at->first);
  }
  std::inplace_merge(found.begin(), found.begin() + static_cast<std::ptrdiff_t>(stored),
                     found.end());
  return found;
}

void Draft::put(std::string id, rapidjson::Document properties) {
  over_[std::move(id)] = std::make_shared<const rapidjson::Document>(std::move(properties));
}

void Draft::remove(std::string_view id) {
  const std::string top(id);
  for (std::string& below : ids(top + '/')) over_[std::move(below)] = nullptr;
  over_[top] = nullptr;
}

std::vector<std::string> Draft::written() const {
  std::vector<std::string> ids;
  for (const auto& [id, properties] : over_) {
    if (properties) ids.push_back(id);
  }
  return ids;
}

std::vector<Change> Draft::changes() const {
  std::vector<Change> made;
  for (const auto& [id, properties] : over_) {
    if (properties) continue;
    made.push_back({id, std::nullopt});
  }
  for (const auto& [id, properties] : over_) {
    if (!properties) continue;
    Change change{id, std::string()};
    gateway::arm::write_canonical_json(*properties, *change.properties);
    made.push_back(std::move(change));
  }
  return made;
}

}  // namespace configd
