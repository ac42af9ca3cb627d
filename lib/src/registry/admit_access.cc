#include <algorithm>

#include "model/validate.h"
#include "registry/core.h"
#include "registry/for_each_change.h"

// The part of admission that decides who may call: products, subscriptions and the policy documents
// that cover them.
namespace gateway {
namespace {

template <typename T>
std::vector<Error> problems_of(const T& said, std::string_view kind, const std::string& source) {
  const std::string where =
      describe(said.provenance, std::string(kind) + " " + said.id) + " (" + source + ")";
  std::vector<Error> problems;
  validate(said, where, problems);
  if (!said.defect.empty())
    problems.push_back({ErrorCode::InvalidArgument, source, said.defect, where});
  return problems;
}

policy::CompiledDocumentPtr compile_policy(SourcePolicies& documents, std::string_view document,
                                           policy::ScopeKind scope, const std::string& what,
                                           std::vector<Error>& problems) {
  if (document.empty()) return nullptr;
  std::string defect;
  policy::CompiledDocumentPtr made = documents.compile(document, scope, nullptr, defect);
  if (!defect.empty())
    problems.push_back({ErrorCode::InvalidArgument, "registry", "the policy: " + defect, what});
  return made;
}

std::shared_ptr<const policy::ProductFacts> facts_of(const Product& said) {
  policy::ProductFacts facts;
  facts.id = said.id;
  facts.name = said.display_name.empty() ? said.id : said.display_name;
  facts.published = said.published;
  facts.approval_required = said.approval_required;
  facts.subscription_required = said.subscription_required;
  facts.subscriptions_limit = said.subscriptions_limit;
  for (const Group& group : said.groups) facts.groups.push_back({group.id, group.name});
  return std::make_shared<const policy::ProductFacts>(std::move(facts));
}

std::shared_ptr<const CompiledSubscription> compiled(const Subscription& said,
                                                     const SourcePolicies& documents) {
  return std::make_shared<const CompiledSubscription>(CompiledSubscription{
      said.scope,
      said.active,
      {said.id, said.display_name.empty() ? said.id : said.display_name, said.primary_key,
       said.secondary_key, said.created, said.start, said.end, documents.user(said.user)},
      said.target});
}

std::string reason(const std::vector<Error>& problems) {
  std::string text;
  for (const Error& problem : problems) {
    text += (text.empty() ? "" : "; ") + problem.where + ": " + problem.message;
  }
  return text;
}

}  // namespace

void Core::admit_access(std::size_t index, const SourceSnapshot& before,
                        const SourcePolicies::Changed& changed) {
  Source& source = sources_[index];
  const SourceSnapshot& now = source.snapshot;
  const auto each = [&](const auto& old, const auto& next, auto take) {
    for_each_change(old, next, [&](const std::string& id, const auto& said) {
      dirty_access_.insert(index);
      (this->*take)(source, id, said);
    });
  };
  std::set<std::string> owners;  // that are not what they were
  for_each_change(before.users, now.users,
                  [&](const std::string& id, const auto&) { owners.insert(id); });
  // What did not change, but refers to what did.
  const auto again = [&](const auto& all, auto&& is_touched, auto take) {
    std::vector<std::string> ids;
    for (const auto& [id, one] : all)
      if (one.said && is_touched(*one.said)) ids.push_back(id);
    for (const std::string& id : ids) {
      dirty_access_.insert(index);
      (this->*take)(source, id, all.at(id).said);
    }
  };
  if (changed.any()) {
    again(source.policies, [&](const Policy& said) { return source.documents->is_touched(said.document, changed); },
          &Core::admit_policy);
    again(source.products, [&](const Product& said) { return source.documents->is_touched(said.policy, changed); },
          &Core::admit_product);
  }
  if (!owners.empty()) {
    again(source.subscriptions, [&](const Subscription& said) { return owners.contains(said.user); },
          &Core::admit_subscription);
  }
  each(before.policies, now.policies, &Core::admit_policy);
  each(before.products, now.products, &Core::admit_product);
  each(before.subscriptions, now.subscriptions, &Core::admit_subscription);
}

void Core::admit_policy(Source& source, const std::string& id,
                        const std::shared_ptr<const Policy>& said) {
  if (!said) {
    source.policies.erase(id);
    if (id == kGlobalPolicy) {
      source.access.set_blocked("");
      source.access.set_global_policy(nullptr);
    }
    return;
  }
  Admitted<Policy>& policy = source.policies[id];
  policy.said = said;
  policy.problems = problems_of(*said, "policy", source.options.name);
  policy::CompiledDocumentPtr made =
      compile_policy(*source.documents, said->document, policy::ScopeKind::Global,
                     "policy " + id + " (" + source.options.name + ")", policy.problems);
  if (policy.problems.empty()) policy.form = said;
  if (id != kGlobalPolicy) return;
  if (policy.problems.empty()) source.access.set_global_policy(std::move(made));
  // Without a last good form nothing that it covers is served.
  source.access.set_blocked(policy.form ? "" : reason(policy.problems));
}

void Core::admit_product(Source& source, const std::string& id,
                         const std::shared_ptr<const Product>& said) {
  std::set<std::string> touched;
  const auto leave = [&](const Product& product) {
    for (const std::string& api : product.apis) {
      touched.insert(api);
      const auto at = source.products_of_api.find(api);
      if (at == source.products_of_api.end()) continue;
      at->second.erase(id);
      if (at->second.empty()) source.products_of_api.erase(at);
    }
  };
  Admitted<Product>& product = source.products[id];
  const auto in_force = [&] { return product.form ? product.form : product.said; };
  if (const auto old = in_force()) leave(*old);
  if (!said) {
    source.products.erase(id);
  } else {
    product.said = said;
    product.problems = problems_of(*said, "product", source.options.name);
    policy::CompiledDocumentPtr made =
        compile_policy(*source.documents, said->policy, policy::ScopeKind::Product,
                       "product " + id + " (" + source.options.name + ")", product.problems);
    if (product.problems.empty()) {
      product.form = said;
      product.policy = std::move(made);
    }
    for (const std::string& api : in_force()->apis) {
      touched.insert(api);
      source.products_of_api[api].insert(id);
    }
  }
  for (const std::string& api : touched) {
    AccessTable::Products all;
    if (const auto ids = source.products_of_api.find(api); ids != source.products_of_api.end()) {
      for (const std::string& one : ids->second) {
        const Admitted<Product>& entry = source.products.at(one);
        const Product& form = entry.form ? *entry.form : *entry.said;
        all.push_back(std::make_shared<const CompiledProduct>(
            CompiledProduct{one, !form.subscription_required, entry.form ? "" : reason(entry.problems),
                            entry.policy, facts_of(form)}));
      }
    }
    source.access.set_products(api, std::move(all));
  }
}

void Core::admit_subscription(Source& source, const std::string& id,
                              const std::shared_ptr<const Subscription>& said) {
  std::set<std::string> touched;
  const auto each_key = [](const Subscription& subscription, auto&& f) {
    if (!subscription.primary_key.empty()) f(subscription.primary_key);
    if (!subscription.secondary_key.empty()) f(subscription.secondary_key);
  };
  Admitted<Subscription>& subscription = source.subscriptions[id];
  if (subscription.form) {
    each_key(*subscription.form, [&](const std::string& key) {
      touched.insert(key);
      const auto at = source.holders_of_key.find(key);
      if (at == source.holders_of_key.end()) return;
      at->second.erase(id);
      if (at->second.empty()) source.holders_of_key.erase(at);
    });
  }
  if (!said) {
    source.subscriptions.erase(id);
  } else {
    subscription.said = said;
    subscription.problems = problems_of(*said, "subscription", source.options.name);
    if (subscription.problems.empty()) subscription.form = said;
    if (subscription.form) {
      each_key(*subscription.form, [&](const std::string& key) {
        touched.insert(key);
        source.holders_of_key[key].insert(id);
      });
    }
  }
  std::map<std::string, std::shared_ptr<const CompiledSubscription>> made;
  for (const std::string& key : touched) {
    const auto holders = source.holders_of_key.find(key);
    if (holders == source.holders_of_key.end()) {
      source.access.set_key(key, nullptr);
      continue;
    }
    // Of several that claim one key, the first id has it, whatever order they came in.
    const Subscription& holder = *source.subscriptions.at(*holders->second.begin()).form;
    auto& subscription_of_key = made[holder.id];
    if (!subscription_of_key) subscription_of_key = compiled(holder, *source.documents);
    source.access.set_key(key, subscription_of_key);
  }
}

}  // namespace gateway
