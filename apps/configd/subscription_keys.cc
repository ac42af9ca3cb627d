#include "subscription_keys.h"

#include <algorithm>

#include "json_members.h"

namespace configd {
namespace {

constexpr std::string_view kSubscriptions = "/subscriptions/";
constexpr std::string_view kKeys[] = {"primaryKey", "secondaryKey"};

}  // namespace

SubscriptionKeys::SubscriptionKeys(const Store& store) {
  store.each(kSubscriptions, [&](const Stored& stored) { note(store, stored.resource.id); });
}

void SubscriptionKeys::note(const Store& store, const std::string& id) {
  for (const std::string& key : keys_[id]) {
    const auto owner = owners_.find(key);
    if (owner != owners_.end() && owner->second == id) owners_.erase(owner);
  }
  keys_.erase(id);
  const Stored* stored = store.find(id);
  if (!stored) return;
  const auto properties = properties_of(*stored);
  for (const std::string_view name : kKeys) {
    const auto key = text_member(*properties, name);
    if (!key) continue;
    owners_.insert_or_assign(std::string(*key), id);
    keys_[id].emplace_back(*key);
  }
}

void SubscriptionKeys::update(const Store& store, const Commit& commit) {
  for (const std::string& id : commit.touched) {
    if (id.starts_with(kSubscriptions)) note(store, id);
  }
}

void SubscriptionKeys::check(const Draft& draft, Problems& problems) const {
  std::map<std::string, std::string, std::less<>> written;
  // The owner of the store may be about to lose its key in this draft.
  const auto holds = [&](const std::string& id, std::string_view key) {
    const auto properties = draft.properties(id);
    return properties &&
           std::any_of(std::begin(kKeys), std::end(kKeys), [&](std::string_view name) {
             return text_member(*properties, name) == key;
           });
  };
  for (const std::string& id : draft.written()) {
    if (!id.starts_with(kSubscriptions)) continue;
    const auto properties = draft.properties(id);
    for (const std::string_view name : kKeys) {
      const auto key = text_member(*properties, name);
      if (!key) continue;
      const auto owner = owners_.find(*key);
      const auto [other, fresh] = written.emplace(*key, id);
      const bool stored_elsewhere =
          owner != owners_.end() && owner->second != id && holds(owner->second, *key);
      const bool written_elsewhere = !fresh && other->second != id;
      if (!stored_elsewhere && !written_elsewhere) continue;
      const std::string& whose = stored_elsewhere ? owner->second : other->second;
      problems.push_back(validation_error("properties." + std::string(name),
                                          "of " + id + " is also one of " + whose));
    }
  }
}

}  // namespace configd
