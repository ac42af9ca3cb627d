#include <catch2/catch.hpp>

#include "fixture.h"

using namespace gateway;
using namespace gateway::test;

namespace {

const auto kAll = named({"ingress", "file", "cloud"});

ConflictOptions rule(ConflictRule which) {
  ConflictOptions options;
  options.rule = which;
  return options;
}

Api object(const std::string& id, const std::string& route, std::int64_t created_at,
           const std::string& space, const std::string& name) {
  Api made = api(id, route);
  made.witness.created_at = created_at;
  made.provenance = {"Ingress", space, name, ""};
  return made;
}

}  // namespace

TEST_CASE("two sources claim one route: the rule decides, and the order of arrival does not") {
  struct Row {
    ConflictRule rule;
    std::optional<std::int64_t> ingress, cloud;
    const char* winner;
    const char* why;
  };
  constexpr auto kLast = ConflictRule::LastWriteWins;
  constexpr auto kFixed = ConflictRule::Precedence;
  for (const Row& row : {Row{kLast, 100, 200, "users@cloud",
                             "changed later (1970-01-01T00:03:20Z against 1970-01-01T00:01:40Z)"},
                         Row{kLast, 200, 100, "users@ingress",
                             "changed later (1970-01-01T00:03:20Z against 1970-01-01T00:01:40Z)"},
                         Row{kLast, 100, 100, "users@ingress",
                             "changed in the same second, and precedence prefers ingress"},
                         Row{kLast,
                             {},
                             1,
                             "users@cloud",
                             "changed later (1970-01-01T00:00:01Z against 1970-01-01T00:00:00Z)"},
                         Row{kLast,
                             {},
                             {},
                             "users@ingress",
                             "changed in the same second, and precedence prefers ingress"},
                         Row{kFixed, 100, 200, "users@ingress", "precedence prefers ingress"}}) {
    for (const bool ingress_first : {true, false}) {
      INFO(row.winner << ": " << row.why << (ingress_first ? ", ingress first" : ", cloud first"));
      TestRegistry registry(named({"ingress", "cloud"}), rule(row.rule));
      const auto ingress = snapshot({api("users", "/users", row.ingress)});
      const auto cloud = snapshot({api("users", "/users/", row.cloud)});
      registry.publish(ingress_first ? "ingress" : "cloud", ingress_first ? ingress : cloud);
      registry.publish(ingress_first ? "cloud" : "ingress", ingress_first ? cloud : ingress);
      CHECK(registry.answer("any.example", "/users/1") == row.winner);
      const std::string winner = row.winner;
      const std::string loser = winner == "users@cloud" ? "users@ingress" : "users@cloud";
      CHECK(registry.state(winner).state == ApiState::Serving);
      CHECK(registry.state(loser).state == ApiState::Shadowed);
      CHECK(registry.state(loser).reason == "shadowed by " + winner + ": " + row.why);
    }
  }
}

TEST_CASE("when the winner goes away, the shadowed one serves again") {
  TestRegistry registry(named({"ingress", "file"}));
  registry.publish("ingress", {api("a", "/users", 200)});
  registry.publish("file", {api("b", "/users", 100)});
  REQUIRE(registry.answer("h", "/users") == "a@ingress");
  registry.publish("ingress", std::vector<Api>{});
  CHECK(registry.answer("h", "/users") == "b@file");
  CHECK(registry.state("b@file").state == ApiState::Serving);
}

TEST_CASE("sources that precedence does not name come last, by their names") {
  TestRegistry registry({{"zeta", "memory"}, {"alpha", "memory"}, {"local", "file"}});
  registry.publish("zeta", {api("a", "/x", 5)});
  registry.publish("alpha", {api("a", "/x", 5)});
  CHECK(registry.answer("h", "/x") == "a@alpha");
  registry.publish("local", {api("a", "/x", 5)});
  CHECK(registry.answer("h", "/x") == "a@local");
}

TEST_CASE("precedence may name an instance instead of a kind") {
  ConflictOptions options = rule(ConflictRule::Precedence);
  options.precedence = {"second", "file"};
  TestRegistry registry({{"first", "file"}, {"second", "memory"}}, options);
  registry.publish("first", {api("a", "/x", 9)});
  registry.publish("second", {api("a", "/x", 1)});
  CHECK(registry.answer("h", "/x") == "a@second");
}

TEST_CASE(
    "arrival order: at boot ingress counts before file before cloud, later each change as it "
    "comes") {
  for (const bool cloud_first : {true, false}) {
    INFO((cloud_first ? "cloud first" : "ingress first"));
    TestRegistry registry(kAll, rule(ConflictRule::ArrivalOrder));
    const std::vector<Api> ingress{api("i", "/x", 900)}, cloud{api("c", "/x", 100)};
    registry.publish(cloud_first ? "cloud" : "ingress", cloud_first ? cloud : ingress);
    registry.publish("file", {api("f", "/x", 500)});
    registry.publish(cloud_first ? "ingress" : "cloud", cloud_first ? ingress : cloud);
    CHECK(registry.answer("h", "/x") == "c@cloud");

    Api changed = api("i", "/x", 900, "b2");
    SourceSnapshot edited = snapshot({changed});
    edited.set(backend("b2"));
    registry.publish("ingress", edited);
    CHECK(registry.answer("h", "/x") == "i@ingress");
    // The same content again is no change.
    registry.publish("cloud", cloud);
    CHECK(registry.answer("h", "/x") == "i@ingress");

    // After a restart the order starts anew: the winner flips.
    TestRegistry again(kAll, rule(ConflictRule::ArrivalOrder));
    again.publish("cloud", cloud);
    again.publish("ingress", edited);
    CHECK(again.answer("h", "/x") == "c@cloud");
  }
}

TEST_CASE(
    "two objects of one source: the older wins, then namespace and name, then the longer path") {
  struct Row {
    const char* what;
    Api first, second;
  };
  for (const Row& row :
       {Row{"older", object("z", "/x", 10, "n", "z"), object("a", "/x", 20, "n", "a")},
        Row{"known age", object("z", "/x", 10, "n", "z"), object("a", "/x", 0, "n", "a")},
        Row{"namespace", object("z", "/x", 10, "a", "z"), object("a", "/x", 10, "b", "a")},
        Row{"name", object("z", "/x", 10, "n", "a"), object("a", "/x", 10, "n", "b")},
        Row{"longer path", object("z", "/x/", 10, "n", "a"), object("a", "/x", 10, "n", "a")},
        Row{"id", object("a", "/x", 10, "n", "a"), object("z", "/x", 10, "n", "a")}}) {
    INFO(row.what);
    TestRegistry registry(named({"ingress"}));
    registry.publish("ingress", {row.first, row.second});
    CHECK(registry.answer("h", "/x") == row.first.id + "@ingress");
    CHECK(registry.state(row.second.id + "@ingress").state == ApiState::Shadowed);
  }
}

TEST_CASE(
    "within a source age decides and between sources the stamp: only the source's strongest "
    "contends") {
  // The younger object of ingress has the newest stamp of all, but loses within its source.
  TestRegistry registry(named({"ingress", "file"}));
  Api old = object("old", "/x", 10, "n", "a");
  old.witness.changed_at = 100;
  Api young = object("young", "/x", 20, "n", "b");
  young.witness.changed_at = 900;
  registry.publish("ingress", {old, young});
  registry.publish("file", {api("f", "/x", 500)});
  CHECK(registry.answer("h", "/x") == "f@file");
}

TEST_CASE("different keys never conflict") {
  TestRegistry registry(named({"ingress", "cloud"}));
  registry.publish("ingress", {api("exact", "=/users", 1), api("host", "a.example/users", 1)});
  registry.publish("cloud", {api("prefix", "/users", 2)});
  CHECK(registry.answer("b.example", "/users") == "exact@ingress");
  CHECK(registry.answer("b.example", "/users/1") == "prefix@cloud");
  CHECK(registry.answer("a.example", "/users/1") == "host@ingress");
  for (const char* id : {"exact@ingress", "host@ingress", "prefix@cloud"}) {
    CHECK(registry.state(id).state == ApiState::Serving);
  }
}

TEST_CASE("a case-insensitive path collides with the case-sensitive one of the same letters") {
  TestRegistry registry(named({"ingress", "cloud"}));
  Api cloud = api("c", "/Users", 100);
  cloud.case_sensitive = false;
  registry.publish("cloud", {cloud});
  CHECK(registry.answer("h", "/uSERS") == "c@cloud");
  registry.publish("ingress", {api("i", "/users", 200)});
  CHECK(registry.answer("h", "/users") == "i@ingress");
  CHECK(registry.answer("h", "/Users") == "no path");
}

TEST_CASE("protected paths belong to the cloud alone") {
  const std::vector<std::string> paths{"/users", "api.example/orders"},
      whole_hosts{"*.shop.example/"};
  struct Row {
    std::vector<std::string> rules;
    const char *route, *asked_host, *asked_path;
    bool allowed;
  };
  for (const Row& row :
       {Row{paths, "/users", "h", "/users", false}, Row{paths, "/users/", "h", "/users", false},
        Row{paths, "/Users/me", "h", "/Users/me", false},
        Row{paths, "a.example/users", "a.example", "/users", false},
        Row{paths, "=/users/me", "h", "/users/me", false},
        Row{paths, "/usersx", "h", "/usersx", true}, Row{paths, "/", "h", "/", true},
        Row{paths, "api.example/orders/1", "api.example", "/orders/1", false},
        Row{paths, "*.example/orders", "api.example", "/orders", false},
        Row{paths, "other.example/orders", "other.example", "/orders", true},
        // A whole host: the cloud's Apis of any host serve there too, and whoever claims
        // any host could take them over.
        Row{whole_hosts, "a.shop.example/x", "a.shop.example", "/x", false},
        Row{whole_hosts, "*.shop.example/", "a.shop.example", "/", false},
        Row{whole_hosts, "/usersx", "h", "/usersx", false}, Row{whole_hosts, "/", "h", "/", false},
        Row{whole_hosts, "=/x", "h", "/x", false},
        Row{whole_hosts, "shop.example/x", "shop.example", "/x", true},
        Row{whole_hosts, "*.example/", "a.example", "/", true}}) {
    INFO(row.rules.front() << " and " << row.route);
    ConflictOptions options;
    options.protected_paths = row.rules;
    TestRegistry registry(named({"ingress", "cloud"}), options);
    registry.publish("ingress", {api("i", row.route, 900)});
    CHECK((registry.answer(row.asked_host, row.asked_path) == "i@ingress") == row.allowed);
    CHECK((registry.state("i@ingress").state == ApiState::Serving) == row.allowed);
    if (!row.allowed)
      CHECK(registry.state("i@ingress").reason.find("protected") != std::string::npos);
    registry.publish("cloud", {api("c", row.route, 1)});
    CHECK(registry.state("c@cloud").state ==
          (row.allowed ? ApiState::Shadowed : ApiState::Serving));
  }
}

TEST_CASE("a broader route of another source does not answer for a protected path") {
  struct Row {
    const char *rule, *wide, *cloud;
    const char *asked_host, *asked_path, *answer;
  };
  for (const Row& row :
       {Row{"/users", "api.example/", "/users", "api.example", "/users/1", "c@cloud"},
        Row{"/users", "api.example/", "/users", "api.example", "/orders", "i@ingress"},
        Row{"api.example/users", "api.example/", "/users", "api.example", "/users", "c@cloud"},
        Row{"api.example/users", "*.example/", "/users", "api.example", "/users", "c@cloud"},
        Row{"api.example/users", "*.example/", "/users", "b.example", "/users", "i@ingress"},
        Row{"/users/me", "api.example/users", "/", "api.example", "/users/me", "c@cloud"},
        Row{"/users/me", "api.example/users", "/", "api.example", "/users/you", "i@ingress"},
        Row{"/users", "/", "/", "h", "/users", "c@cloud"},
        Row{"/users", "/", "/", "h", "/orders", "i@ingress"},
        Row{"/users", "/", "api.example/users", "b.example", "/users", "no path"}}) {
    for (const bool broken : {false, true}) {
      INFO(row.rule << ": " << row.asked_host << row.asked_path
                    << (broken ? ", the broader one broken" : ""));
      ConflictOptions options;
      options.protected_paths = {row.rule};
      TestRegistry registry(named({"ingress", "cloud"}), options);
      registry.publish("cloud", {api("c", row.cloud, 1)});
      Api wide = api("i", row.wide, 900);
      if (broken) wide.defect = "no such Service";
      registry.publish("ingress", {wide});
      const bool by_cloud = row.answer == std::string("c@cloud"),
                 by_ingress = row.answer == std::string("i@ingress");
      const bool one_key = row.wide == std::string(row.cloud);
      const std::string instead = one_key ? "c@cloud" : "503";  // of a broken one
      CHECK(registry.answer(row.asked_host, row.asked_path) ==
            (broken && by_ingress ? instead : row.answer));

      const Explanation told = registry.view().explain({row.asked_host, row.asked_path, "http"});
      REQUIRE_FALSE(told.candidates.empty());
      if (by_ingress) continue;
      CHECK(told.outcome == (by_cloud ? "route" : "no_path"));
      CHECK(told.candidates.front().answers == by_cloud);
      const auto passed =
          std::find_if(told.candidates.begin(), told.candidates.end(),
                       [](const RouteCandidate& one) { return one.source == "ingress"; });
      REQUIRE(passed != told.candidates.end());
      CHECK_FALSE(passed->answers);
      if (broken) continue;
      CHECK(passed->state == ApiState::Serving);
      CHECK(passed->reason ==
            "passed by: " + std::string(row.rule) +
                " is protected (config.conflict.protected), and only the cloud answers there");
      if (!one_key) continue;
      CHECK(told.candidates.front().reason.find(
                "answers under /users, which is protected (config.conflict.protected); "
                "shadowed by i@ingress") == 0);
      CHECK(registry.view().effective_json().find("\"reserved\":{\"api\":{") != std::string::npos);
    }
  }
}

TEST_CASE(
    "protected paths are part of the effective configuration, and a rule that is none is refused") {
  ConflictOptions options;
  options.protected_paths = {"/Users/", "a.example/x"};
  CHECK(TestRegistry(named({"file"}), options).view().effective_json() ==
        "{\"hostnames\":[],\"protected\":[\"/users\",\"a.example/x\"],\"routes\":[]}");

  RegistryOptions refused;
  refused.conflict.protected_paths = {"https://api.example/users"};
  const auto made = Registry::create(std::move(refused), {});
  REQUIRE_FALSE(made);
  CHECK(made.error().where == "conflict.protected_paths");
}

TEST_CASE("explain names every candidate, who answers, and why the others do not") {
  TestRegistry registry(kAll);
  registry.publish("ingress", {api("i", "/users", 1763886600), api("wide", "/", 5)});
  registry.publish("file", {api("f", "/users", 1763890200)});
  registry.publish("cloud", {api("deep", "a.example/users", 7)});

  const Explanation found =
      registry.view().explain({"A.example:8080", "/x/../users/%7Ejo", "http"});
  CHECK(found.outcome == "route");
  CHECK(found.normalised_path == "/users/~jo");
  CHECK(found.backend == "b@cloud");
  CHECK(found.version == registry.version());
  std::string order;
  for (const RouteCandidate& candidate : found.candidates)
    order += candidate.api + "@" + candidate.source + " ";
  REQUIRE(order == "deep@cloud f@file i@ingress wide@ingress ");
  CHECK(found.candidates[0].answers);
  CHECK(found.candidates[1].reason.find("overlap: less specific than deep@cloud") == 0);
  CHECK(found.candidates[2].state == ApiState::Shadowed);
  CHECK(found.candidates[2].reason ==
        "shadowed by f@file: changed later (2025-11-23T09:30:00Z against 2025-11-23T08:30:00Z)");
  CHECK(found.candidates[2].stamp == 1763886600);
  CHECK_FALSE(found.candidates[2].answers);

  const Explanation other = registry.view().explain({"b.example", "/users", "http"});
  CHECK(other.candidates.front().api == "f");
  CHECK(other.candidates.front().reason.find("it shadows i@ingress") != std::string::npos);

  CHECK(registry.view().explain({"b.example", "/%2e%2e/%00", "http"}).outcome == "invalid_path");
  CHECK(registry.view().explain({"a b", "/", "http"}).outcome == "invalid_host");
  CHECK(TestRegistry(named({"file"})).view().explain({"a", "/", "http"}).outcome == "no_host");
}
