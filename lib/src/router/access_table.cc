#include "router/access_table.h"

#include <algorithm>

namespace gateway {

AccessTable::Access AccessTable::decide(const CompiledRevision& revision,
                                        std::string_view key) const noexcept {
  Access access;
  const Products* products = products_.find(revision.name);
  const auto product = [&](auto&& suits) -> const CompiledProduct* {
    if (!products) return nullptr;
    const auto at = std::find_if(products->begin(), products->end(),
                                 [&](const auto& one) { return suits(*one); });
    return at == products->end() ? nullptr : at->get();
  };
  const auto in_context = [&](const CompiledProduct* context) {
    access.product = context;
    access.blocked = !blocked_.empty()                      ? std::string_view(blocked_)
                     : context && !context->blocked.empty() ? std::string_view(context->blocked)
                                                            : std::string_view();
    if (!access.blocked.empty()) access.decision = Decision::Blocked;
    return access;
  };

  if (const CompiledSubscription* found = key.empty() ? nullptr : keys_.find(key);
      found && found->active) {
    switch (found->scope) {
      case Subscription::Scope::AllApis:
        access.subscription = found;
        return in_context(nullptr);
      case Subscription::Scope::Api:
        if (found->target != revision.name) break;
        access.subscription = found;
        return in_context(nullptr);
      case Subscription::Scope::Product:
        if (const auto* own = product([&](const auto& one) { return one.id == found->target; })) {
          access.subscription = found;
          return in_context(own);
        }
        break;
    }
  }
  if (const auto* open = product([](const auto& one) { return one.open; })) return in_context(open);
  if (!revision.subscription_required) return in_context(nullptr);
  access.decision = key.empty() ? Decision::KeyMissing : Decision::KeyInvalid;
  return access;
}

void AccessTable::set_key(std::string_view key,
                          std::shared_ptr<const CompiledSubscription> subscription) {
  if (subscription) {
    keys_.set(key, std::move(subscription));
  } else {
    keys_.erase(key);
  }
}

void AccessTable::set_products(std::string_view api, Products products) {
  if (products.empty()) {
    products_.erase(api);
  } else {
    products_.set(api, std::make_shared<const Products>(std::move(products)));
  }
}

}  // namespace gateway
