#include <catch2/catch.hpp>

#include "naive_matcher.h"

using namespace gateway;
using namespace gateway::test;

namespace {

std::shared_ptr<const ProtectedPaths> rules(const std::vector<std::string>& texts) {
  return ProtectedPaths::compile(texts).value();
}

// A Prefix of the cloud, where the id says so, or of somebody else; the later one holds the
// RouteKey.
struct Claim {
  const char *id, *host, *path;
  bool case_sensitive = true;
};

RouteTable table_of(const std::vector<std::string>& rules, const std::vector<Claim>& claims) {
  ClaimedTable table(rules);
  for (const Claim& claim : claims) {
    CompiledApi row;
    row.id = claim.id;
    row.host = claim.host;
    row.path = claim.path;
    row.case_sensitive = claim.case_sensitive;
    table.claim(std::move(row), std::string_view(claim.id).starts_with("cloud"));
  }
  return table.compile();
}

std::string answer(const RouteTable& table, std::string_view host, std::string_view path) {
  const RouteMatch match = table.match(host, path);
  if (match.outcome == RouteOutcome::NoHost) return "no host";
  return match.api ? match.api->id : "no path";
}

}  // namespace

TEST_CASE(
    "a request is under a rule whose host it has and whose path it is at or below, whatever the "
    "case") {
  const auto some = rules({"/users", "api.example/Orders/", "*.shop.example/"});
  struct Row {
    const char *host, *path, *rule;
  };
  for (const Row& row :
       {Row{"h", "/users", "/users"}, Row{"h", "/USERS/me", "/users"},
        Row{"h", "/users/", "/users"}, Row{"h", "/usersx", ""}, Row{"h", "/", ""},
        Row{"", "/users", "/users"}, Row{"api.example", "/orders", "api.example/orders"},
        Row{"b.example", "/orders", ""}, Row{"a.shop.example", "/", "*.shop.example/"},
        Row{"a.shop.example", "/x", "*.shop.example/"}, Row{"shop.example", "/x", ""},
        Row{"b.a.shop.example", "/x", ""}}) {
    INFO(row.host << row.path);
    CHECK(some->rule_of(row.host, row.path) == row.rule);
  }
}

TEST_CASE(
    "a claim is forbidden at or below a rule, and limited above one, on hosts that both know") {
  struct Row {
    const char *rule, *host, *path;
    bool forbidden, limited;
  };
  for (const Row& row :
       {Row{"/users", "", "/users", true, false},
        Row{"/users", "a.example", "/Users/me", true, false}, Row{"/users", "", "/", false, true},
        Row{"/users", "*.example", "/", false, true}, Row{"/users", "", "/usersx", false, false},
        Row{"/users/me", "", "/Users", false, true}, Row{"/users/me", "", "/users/", false, true},
        Row{"/users/me", "", "/user", false, false},
        Row{"api.example/x", "*.example", "/x", true, false},
        Row{"api.example/x", "*.example", "/", false, true},
        Row{"api.example/x", "b.example", "/x", false, false},
        Row{"api.example/x", "b.example", "/", false, false},
        Row{"api.example/x", "", "/x", true, false},
        Row{"*.example/x", "api.example", "/", false, true},
        Row{"*.example/x", "example", "/", false, false},
        Row{"*.example/", "a.example", "/anything", true, false},
        Row{"*.example/", "", "/", true, false}, Row{"*.example/", "a.other", "/", false, false}}) {
    INFO(row.rule << ": " << row.host << row.path);
    const auto one = rules({row.rule});
    CHECK(one->forbid(row.host, row.path) == row.forbidden);
    if (!row.forbidden) CHECK(one->lie_below(row.host, row.path) == row.limited);
  }
}

TEST_CASE("under a rule only the rows of the cloud answer, on whichever level they are") {
  struct Row {
    std::vector<std::string> rules;
    std::vector<Claim> claims;
    const char *host, *path, *result;
  };
  const Row rows[] = {
      // The host's own rows come first, but not for what is protected.
      {{"/users"},
       {{"wide", "api.example", "/"}, {"cloud", "", "/users"}},
       "api.example",
       "/users/1",
       "cloud"},
      {{"/users"},
       {{"wide", "api.example", "/"}, {"cloud", "", "/users"}},
       "api.example",
       "/Users",
       "no path"},
      {{"/users"},
       {{"wide", "api.example", "/"}, {"cloud", "", "/users"}},
       "api.example",
       "/usersx",
       "wide"},
      {{"/users"},
       {{"wide", "*.example", "/"}, {"cloud", "", "/users"}},
       "api.example",
       "/users",
       "cloud"},
      {{"/users"},
       {{"wide", "api.example", "/"}, {"cloud", "*.example", "/users"}},
       "api.example",
       "/users",
       "cloud"},
      {{"api.example/users"},
       {{"wide", "api.example", "/"}, {"cloud", "", "/users"}},
       "api.example",
       "/users",
       "cloud"},
      // A rule of one host leaves the wildcard's other hosts alone.
      {{"api.example/users"},
       {{"wide", "*.example", "/"}, {"cloud", "", "/users"}},
       "api.example",
       "/users",
       "cloud"},
      {{"api.example/users"},
       {{"wide", "*.example", "/"}, {"cloud", "", "/users"}},
       "b.example",
       "/users",
       "wide"},
      // Within a level a shorter row of the cloud comes before a longer one of somebody else.
      {{"/a/b"}, {{"deep", "h", "/a"}, {"cloud", "h", "/"}}, "h", "/a/b/c", "cloud"},
      {{"/a/b"}, {{"deep", "h", "/a"}, {"cloud", "h", "/"}}, "h", "/a/c", "deep"},
      // The cloud's own longest row still decides.
      {{"/a"},
       {{"wide", "h", "/"}, {"cloud.1", "h", "/a"}, {"cloud.2", "h", "/a/b"}},
       "h",
       "/a/b",
       "cloud.2"},
      // A claim of the cloud that somebody else shadows still answers for what is protected.
      {{"/users/me"},
       {{"cloud", "", "/users"}, {"other", "", "/users"}},
       "h",
       "/users/me",
       "cloud"},
      {{"/users/me"},
       {{"cloud", "", "/users"}, {"other", "", "/users"}},
       "h",
       "/users/you",
       "other"},
      {{"/users/me"},
       {{"cloud", "", "/Users", false}, {"other", "", "/users"}},
       "h",
       "/USERS/me",
       "cloud"},
      // Where the cloud has nothing, nobody answers for it.
      {{"/users"}, {{"wide", "", "/"}}, "h", "/users", "no path"},
      {{"/users"}, {{"wide", "", "/"}}, "h", "/other", "wide"},
  };
  for (const Row& row : rows) {
    INFO(row.rules.front() << " asked " << row.host << row.path);
    CHECK(answer(table_of(row.rules, row.claims), row.host, row.path) == row.result);
  }
}

TEST_CASE("candidates tell which rows a protected path passes by") {
  const RouteTable table = table_of(
      {"/users"}, {{"wide", "api.example", "/"}, {"cloud", "", "/users"}, {"any", "", "/"}});
  const auto names = [](const auto& rows) {
    std::string text;
    for (const auto& row : rows) text += row->id + " ";
    return text;
  };
  CHECK(names(table.candidates("api.example", "/users/1").rows) == "cloud ");
  CHECK(names(table.candidates("api.example", "/users/1").passed_by) == "wide any ");
  CHECK(names(table.candidates("api.example", "/x").rows) == "wide any ");
  CHECK(names(table.candidates("api.example", "/x").passed_by).empty());
}

TEST_CASE("rules are kept in one form, and a text that is no rule is refused by name") {
  CHECK(rules({"/b/", "/A", "/a", "H.example/x"})->rules() ==
        std::vector<std::string>{"/a", "/b", "h.example/x"});
  CHECK(rules({"*.shop.example/", "/"})->rules() ==
        std::vector<std::string>{"*.shop.example/", "/"});
  CHECK(rules({})->rules().empty());
  for (const char* text :
       {"", "users", "https://api.example/users", "api.example:8080/users", "a/../b", "/a//b",
        "/a b", "*/users", "*.*.example/x", "/%zz", "/a%2fb"}) {
    INFO(text);
    const auto refused = ProtectedPaths::compile({"/good", text});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().where == "conflict.protected_paths");
    CHECK(refused.error().message.find('"' + std::string(text) + '"') == 0);
    CHECK(refused.error().message.find("is not \"host/path\" or \"/path\"") != std::string::npos);
  }
}
