#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gateway/resources.h>
#include <gateway/shared_map.h>

#include "policy/facts.h"
#include "policy/step.h"
#include "router/api_revisions.h"

namespace gateway {

struct CompiledProduct {
  std::string id;
  bool open = false;     // no subscription is required
  std::string blocked;   // why requests in its context answer 503; empty = sound
  policy::CompiledDocumentPtr policy;  // null: none, or a plain one
  std::shared_ptr<const policy::ProductFacts> facts;
};

// Shared by the keys of a subscription. What each request looks at comes first: with many subscriptions little
// of this is in the processor's cache.
struct CompiledSubscription {
  Subscription::Scope scope = Subscription::Scope::AllApis;
  bool active = true;
  policy::SubscriptionFacts facts;
  std::string target;
};

// Who may call what: the products and subscriptions of one source in one Version. Immutable once
// published; copies share structure.
class AccessTable {
 public:
  enum class Decision : std::uint8_t { Allow, KeyMissing, KeyInvalid, Blocked };
  struct Access {
    Decision decision = Decision::Allow;
    const CompiledSubscription* subscription = nullptr;
    const CompiledProduct* product = nullptr;
    std::string_view blocked;  // why
  };

  // `key`: "" = the request has none. No allocation.
  //   key of an active subscription to this API, to a product with it, or to all  → that one's context
  //   no key, or another one: an open product with the API                        → the product's context
  //                           an API that requires no subscription                → no context
  //                           else                                                → KeyMissing, KeyInvalid
  [[nodiscard]] Access decide(const CompiledRevision& revision, std::string_view key) const noexcept;

  // Who holds a key; null: nobody any more.
  void set_key(std::string_view key, std::shared_ptr<const CompiledSubscription> subscription);
  // The products of an API by its name, in the order of their ids.
  using Products = std::vector<std::shared_ptr<const CompiledProduct>>;
  void set_products(std::string_view api, Products products);
  // Why nothing of this source is served: its global policy; "" = it is.
  void set_blocked(std::string why) { blocked_ = std::move(why); }
  // Of the scope of all APIs; null: none, or a plain one.
  void set_global_policy(policy::CompiledDocumentPtr policy) { global_policy_ = std::move(policy); }
  [[nodiscard]] const policy::CompiledDocumentPtr& global_policy() const noexcept { return global_policy_; }
  [[nodiscard]] const std::string& blocked() const noexcept { return blocked_; }

 private:
  SharedMap<CompiledSubscription> keys_;
  SharedMap<Products> products_;  // by API
  std::string blocked_;
  policy::CompiledDocumentPtr global_policy_;
};

}  // namespace gateway
