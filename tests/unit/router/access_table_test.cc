#include <catch2/catch.hpp>

#include "router/access_table.h"

using namespace gateway;
using Decision = AccessTable::Decision;
using Scope = Subscription::Scope;

namespace {

CompiledRevision api(const std::string& name, bool subscription_required) {
  CompiledRevision revision{name, name, "", "1", true, true, true, true, subscription_required,
                            "", "", "", nullptr, OperationTree({})};
  return revision;
}

void subscribe(AccessTable& table, const std::string& key, Scope scope, const std::string& target,
               bool active = true) {
  policy::SubscriptionFacts facts;
  facts.id = "of-" + key;
  table.set_key(key, std::make_shared<const CompiledSubscription>(
                         CompiledSubscription{scope, active, std::move(facts), target}));
}

std::shared_ptr<const CompiledProduct> product(const std::string& id, bool open,
                                               const std::string& blocked = "") {
  return std::make_shared<const CompiledProduct>(CompiledProduct{id, open, blocked, nullptr, nullptr});
}

// "allow", with whose subscription and product; or why not.
std::string decided(const AccessTable& table, const CompiledRevision& revision, const char* key) {
  const auto access = table.decide(revision, key);
  switch (access.decision) {
    case Decision::KeyMissing: return "missing";
    case Decision::KeyInvalid: return "invalid";
    case Decision::Blocked: return "blocked: " + std::string(access.blocked);
    case Decision::Allow: break;
  }
  return "allow" + (access.subscription ? " " + access.subscription->facts.id : "") +
         (access.product ? " in " + access.product->id : "");
}

}  // namespace

TEST_CASE("The table of who may call") {
  AccessTable table;
  subscribe(table, "all", Scope::AllApis, "");
  subscribe(table, "mine", Scope::Api, "mine");
  subscribe(table, "gold", Scope::Product, "gold");
  subscribe(table, "gone", Scope::Product, "gone");
  subscribe(table, "asleep", Scope::AllApis, "", false);
  table.set_products("mine", {product("gold", false)});
  table.set_products("free", {product("gold", false), product("open", true)});
  table.set_products("lax", {product("gold", false)});
  const auto mine = api("mine", true), free = api("free", true), lax = api("lax", false);
  struct Row {
    const char* key;
    const char* mine;
    const char* free;
    const char* lax;
  };
  constexpr Row kRows[] = {
      {"", "missing", "allow in open", "allow"},
      {"unknown", "invalid", "allow in open", "allow"},
      {"asleep", "invalid", "allow in open", "allow"},
      {"gone", "invalid", "allow in open", "allow"},
      {"mine", "allow of-mine", "allow in open", "allow"},
      {"gold", "allow of-gold in gold", "allow of-gold in gold", "allow of-gold in gold"},
      {"all", "allow of-all", "allow of-all", "allow of-all"},
  };
  for (const Row& row : kRows) {
    INFO(row.key);
    CHECK(decided(table, mine, row.key) == row.mine);
    CHECK(decided(table, free, row.key) == row.free);
    CHECK(decided(table, lax, row.key) == row.lax);
  }
}

TEST_CASE("Nothing is served in the context of a broken product, nor under a broken global policy") {
  AccessTable table;
  subscribe(table, "gold", Scope::Product, "gold");
  subscribe(table, "all", Scope::AllApis, "");
  table.set_products("a", {product("gold", false, "its policy")});
  table.set_products("b", {product("open", true, "another policy")});
  const auto a = api("a", true), b = api("b", false);
  CHECK(decided(table, a, "gold") == "blocked: its policy");
  CHECK(decided(table, a, "all") == "allow of-all");
  CHECK(decided(table, a, "") == "missing");
  CHECK(decided(table, b, "") == "blocked: another policy");
  table.set_blocked("the global one");
  CHECK(decided(table, a, "all") == "blocked: the global one");
  CHECK(decided(table, a, "") == "missing");
  table.set_blocked("");
  table.set_key("all", nullptr);
  CHECK(decided(table, a, "all") == "invalid");
}
