#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gateway/error.h>
#include <gateway/resources.h>
#include <gateway/shared_map.h>

namespace gateway {

// Everything one source wants right now. It replaces what the source said before. Copies are cheap;
// a source keeps its own, changes a few entries and publishes a copy.
struct SourceSnapshot {
  // Names the history that `revision` counts in: another epoch means that nothing said before holds.
  std::string epoch;
  std::string revision;

  SharedMap<Api> apis;
  SharedMap<Backend> backends;
  SharedMap<Certificate> certificates;
  SharedMap<Hostname> hostnames;
  SharedMap<Product> products;
  SharedMap<Subscription> subscriptions;
  SharedMap<Policy> policies;
  SharedMap<User> users;
  SharedMap<NamedValue> named_values;
  SharedMap<PolicyFragment> fragments;
  SharedMap<EventHubLogger> loggers;

  // Objects of which not even a resource could be made, each with its reason. They are shown to
  // operators, and disturb nothing else.
  std::vector<Error> rejected;

  void set(Api api) { auto id = api.id; apis.set(id, std::make_shared<const Api>(std::move(api))); }
  void set(Backend b) { auto id = b.id; backends.set(id, std::make_shared<const Backend>(std::move(b))); }
  void set(Certificate c) { auto id = c.id; certificates.set(id, std::make_shared<const Certificate>(std::move(c))); }
  void set(Product p) { auto id = p.id; products.set(id, std::make_shared<const Product>(std::move(p))); }
  void set(Subscription s) { auto id = s.id; subscriptions.set(id, std::make_shared<const Subscription>(std::move(s))); }
  void set(Policy p) { auto id = p.id; policies.set(id, std::make_shared<const Policy>(std::move(p))); }
  void set(User u) { auto id = u.id; users.set(id, std::make_shared<const User>(std::move(u))); }
  void set(NamedValue n) { auto id = n.id; named_values.set(id, std::make_shared<const NamedValue>(std::move(n))); }
  void set(PolicyFragment f) { auto id = f.id; fragments.set(id, std::make_shared<const PolicyFragment>(std::move(f))); }
  void set(EventHubLogger l) { auto id = l.id; loggers.set(id, std::make_shared<const EventHubLogger>(std::move(l))); }
  void set(Hostname h) { auto id = h.id; hostnames.set(id, std::make_shared<const Hostname>(std::move(h))); }
};

}  // namespace gateway
