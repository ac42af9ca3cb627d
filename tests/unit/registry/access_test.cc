#include <catch2/catch.hpp>

#include <random>

#include "fixture.h"

using namespace gateway;
using namespace gateway::test;

namespace {

constexpr const char* kPlain = "<policies><inbound><base/></inbound></policies>";
constexpr const char* kMore = "<policies><inbound><no-such-policy/></inbound></policies>";

Api with_operations(const std::string& id, bool required) {
  Api made;
  made.id = id;
  made.path = "/" + id;
  ApiRevision revision;
  revision.id = revision.name = id;
  revision.backend = "b";
  revision.subscription_required = required;
  revision.operations = {{"get", "GET", "/", "", ""}};
  made.revisions = {revision};
  return made;
}

// What becomes of every key on every API, in words.
std::string decisions(const TestRegistry& registry) {
  const VersionPtr version = registry.registry_version();
  std::string all;
  for (const char* api : {"a", "b", "c"}) {
    const RouteMatch match = version->routes.match("", std::string("/") + api);
    if (!match.api || !match.api->revisions) {
      all += std::string(api) + ": none\n";
      continue;
    }
    OperationQuery query;
    query.method = "GET";
    query.path = match.api->path;
    query.api_path = match.api->path.size();
    const OperationMatch operation = match.api->revisions->match(query);
    REQUIRE(operation.revision);
    for (const char* key : {"", "k0", "k1", "k2", "k3", "k4"}) {
      const auto access = version->access.at(match.api->source_index).decide(*operation.revision, key);
      all += std::string(api) + " by '" + key + "': " + std::to_string(static_cast<int>(access.decision)) +
             " " + (access.subscription ? access.subscription->facts.id : "-") + " " +
             (access.product ? access.product->id : "-") + " " + std::string(access.blocked) + "\n";
    }
  }
  return all;
}

}  // namespace

TEST_CASE("Products, subscriptions and policies of any history are those of a fresh start") {
  for (unsigned seed = 0; seed < 60; ++seed) {
    INFO("seed " << seed);
    std::mt19937 random(seed);
    const auto pick = [&random](unsigned n) { return static_cast<unsigned>(random() % n); };
    SourceSnapshot now = snapshot({with_operations("a", true), with_operations("b", false)});
    TestRegistry lived(named({"cloud"}));
    for (int step = 0; step < 30; ++step) {
      for (unsigned change = 0; change <= pick(3); ++change) {
        const std::string id = "x" + std::to_string(pick(4));
        switch (pick(6)) {
          case 0: {
            Product product;
            product.id = id;
            product.subscription_required = pick(3) != 0;
            for (const char* api : {"a", "b", "c"}) {
              if (pick(2) == 0) product.apis.emplace_back(api);
            }
            product.policy = pick(3) == 0 ? kPlain : "";
            now.set(product);
            break;
          }
          case 1:
            now.products.erase(id);
            break;
          case 2: {
            Subscription subscription;
            subscription.id = id;
            subscription.scope = static_cast<Subscription::Scope>(pick(3));
            subscription.target = subscription.scope == Subscription::Scope::Api       ? "a"
                                  : subscription.scope == Subscription::Scope::Product ? "x1"
                                                                                       : "";
            subscription.active = pick(4) != 0;
            subscription.primary_key = "k" + std::to_string(pick(5));
            subscription.secondary_key = pick(2) == 0 ? "" : "k" + std::to_string(pick(5));
            now.set(subscription);
            break;
          }
          case 3:
            now.subscriptions.erase(id);
            break;
          case 4:
            now.set(Policy{"global", kPlain, {}, ""});
            break;
          default:
            if (pick(2) == 0) {
              now.set(with_operations("c", pick(2) == 0));
            } else {
              now.apis.erase("c");
            }
        }
      }
      lived.publish("cloud", now);
    }
    TestRegistry fresh(named({"cloud"}));
    fresh.publish("cloud", now);
    CHECK(decisions(lived) == decisions(fresh));
    CHECK(lived.view().effective_json() == fresh.view().effective_json());
    CHECK(lived.view().table_digest() == fresh.view().table_digest());
  }
}

TEST_CASE("A broken product, subscription or global policy keeps its last good form, and is told") {
  SourceSnapshot now = snapshot({with_operations("a", true)});
  Product product;
  product.id = "gold";
  product.apis = {"a"};
  now.set(product);
  Subscription subscription;
  subscription.id = "alice";
  subscription.scope = Subscription::Scope::Product;
  subscription.target = "gold";
  subscription.primary_key = "k0";
  now.set(subscription);
  now.set(Policy{"global", kPlain, {}, ""});
  TestRegistry registry(named({"cloud"}));
  registry.publish("cloud", now);
  const std::string before = decisions(registry);
  product.policy = kMore;
  now.set(product);
  subscription.primary_key = "not a key";
  now.set(subscription);
  now.set(Policy{"global", kMore, {}, ""});
  registry.publish("cloud", now);
  CHECK(decisions(registry) == before);
  std::string told;
  for (const Error& error : registry.status("cloud").errors) told += error.to_string() + "\n";
  CHECK(told ==
        "registry: policy global (cloud): the policy: line 1, column 20: there is no policy \"no-such-policy\"\n"
        "registry: product gold (cloud): the policy: line 1, column 20: there is no policy \"no-such-policy\"\n"
        "configuration: subscription alice (cloud): primaryKey: must be at most 256 printable ASCII characters "
        "without spaces\n");
  // Another history of the source: nothing of the old one counts.
  now.epoch = "restored";
  registry.publish("cloud", now);
  CHECK(decisions(registry).find("a by 'k0': 2 - - ") != std::string::npos);
}

TEST_CASE("Another source's keys and products open nothing here") {
  SourceSnapshot cloud = snapshot({with_operations("a", true)});
  SourceSnapshot file = snapshot({});
  Subscription subscription;
  subscription.id = "all";
  subscription.primary_key = "k0";
  file.set(subscription);
  TestRegistry registry(named({"cloud", "file"}));
  registry.publish("cloud", cloud);
  registry.publish("file", file);
  CHECK(decisions(registry).find("a by 'k0': 2") != std::string::npos);
  cloud.set(subscription);
  registry.publish("cloud", cloud);
  CHECK(decisions(registry).find("a by 'k0': 0 all") != std::string::npos);
}
