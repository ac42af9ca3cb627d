#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/shared_map.h>

#include "arm/resource.h"
#include "model/canonical.h"
#include "store.h"

namespace configd {

// To whom a resource is of any concern.
struct Audience {
  enum class Kind : std::uint8_t {
    Nobody,   // what only the service itself needs: users, groups, tags, …
    Every,    // every gateway
    Gateway,  // the gateway `name` alone
    Api,      // the gateways that the API `name` (without revision) is assigned to
  };
  Kind kind = Kind::Nobody;
  std::string name;
  bool operator==(const Audience&) const = default;
};

// "users;rev=2" is a revision of "users".
[[nodiscard]] std::string_view without_revision(std::string_view api) noexcept;
// By the id alone. What says in its properties which API it is about (subscriptions, the apiLinks
// of products) counts as for Every here.
[[nodiscard]] Audience audience_of(std::string_view id);
[[nodiscard]] Audience audience_of(const gateway::arm::Resource& resource);

// Immutable; shared by all views.
struct Item {
  gateway::arm::Resource resource;
  gateway::Digest digest{};
  Audience audience;
};

// The resources of the store that are of concern to gateways, each with its digest and its
// audience, worked out once for all of them.
class Catalogue {
 public:
  using Items = gateway::SharedMap<Item>;

  explicit Catalogue(const Store& store);
  // Takes what a commit touched from the store.
  void update(const std::vector<std::string>& touched);

  [[nodiscard]] const Items& items() const noexcept { return items_; }
  // The ids whose audience is that of an API: its revisions with all below them, its links in
  // products, its subscriptions.
  [[nodiscard]] const std::set<std::string, std::less<>>& of_api(std::string_view api) const;

 private:
  void take(const gateway::arm::Resource& resource);
  void drop(std::string_view id);

  const Store& store_;
  Items items_;
  std::map<std::string, std::set<std::string, std::less<>>, std::less<>> by_api_;
};

}  // namespace configd
