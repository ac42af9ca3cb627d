#include <catch2/catch.hpp>

#include <map>
#include <string>

#include "router/route_table.h"

using namespace gateway;

namespace {

struct Rule {
  std::string host, path;
  MatchType match = MatchType::Prefix;
  bool case_sensitive = true;
  std::string id;  // "" = the path
  std::string tombstone;
};

RouteTable table_of(const std::vector<Rule>& rules) {
  std::map<std::string, std::vector<std::shared_ptr<const CompiledApi>>> hosts;
  for (const Rule& rule : rules) {
    CompiledApi api;
    api.id = rule.id.empty() ? rule.path : rule.id;
    api.host = rule.host;
    api.path = rule.path;
    if (rule.match == MatchType::Prefix && api.path.ends_with('/')) api.path.pop_back();
    api.match = rule.match;
    api.case_sensitive = rule.case_sensitive;
    api.tombstone = rule.tombstone;
    hosts[rule.host].push_back(std::make_shared<const CompiledApi>(std::move(api)));
  }
  RouteTable table;
  for (auto& [host, rows] : hosts) table.set_host(host, std::move(rows));
  return table;
}

std::string answer(const RouteTable& table, std::string_view host, std::string_view path) {
  const RouteMatch match = table.match(host, path);
  if (match.outcome == RouteOutcome::NoHost) return "no host";
  return match.api ? match.api->id : "no path";
}

constexpr auto kExact = MatchType::Exact;
constexpr auto kPrefix = MatchType::Prefix;

}  // namespace

TEST_CASE("the path table of the Ingress documentation, row by row") {
  struct Row {
    std::vector<Rule> rules;
    const char* request;
    const char* result;
  };
  const Row rows[] = {
      {{{"", "/"}}, "/", "/"},
      {{{"", "/"}}, "/anything/at/all", "/"},
      {{{"", "/foo", kExact}}, "/foo", "/foo"},
      {{{"", "/foo", kExact}}, "/bar", "no path"},
      {{{"", "/foo", kExact}}, "/foo/", "no path"},
      {{{"", "/foo/", kExact}}, "/foo", "no path"},
      {{{"", "/foo/", kExact}}, "/foo/", "/foo/"},
      {{{"", "/foo"}}, "/foo", "/foo"},
      {{{"", "/foo"}}, "/foo/", "/foo"},
      {{{"", "/foo/"}}, "/foo", "/foo/"},
      {{{"", "/foo/"}}, "/foo/", "/foo/"},
      {{{"", "/aaa/bb"}}, "/aaa/bbb", "no path"},
      {{{"", "/aaa/bbb"}}, "/aaa/bbb", "/aaa/bbb"},
      {{{"", "/aaa/bbb/"}}, "/aaa/bbb", "/aaa/bbb/"},
      {{{"", "/aaa/bbb"}}, "/aaa/bbb/", "/aaa/bbb"},
      {{{"", "/aaa/bbb"}}, "/aaa/bbb/ccc", "/aaa/bbb"},
      {{{"", "/aaa/bbb"}}, "/aaa/bbbxyz", "no path"},
      {{{"", "/"}, {"", "/aaa"}}, "/aaa/ccc", "/aaa"},
      {{{"", "/"}, {"", "/aaa"}, {"", "/aaa/bbb"}}, "/aaa/bbb", "/aaa/bbb"},
      {{{"", "/"}, {"", "/aaa"}, {"", "/aaa/bbb"}}, "/ccc", "/"},
      {{{"", "/aaa"}}, "/ccc", "no path"},
      {{{"", "/foo", kPrefix, true, "prefix"}, {"", "/foo", kExact, true, "exact"}},
       "/foo",
       "exact"},
      {{{"", "/foo", kPrefix, true, "prefix"}, {"", "/foo", kExact, true, "exact"}},
       "/foo/",
       "prefix"},
      {{{"", "/", kExact, true, "exact"}, {"", "/", kPrefix, true, "prefix"}}, "/", "exact"},
      {{{"", "/", kExact, true, "exact"}, {"", "/", kPrefix, true, "prefix"}}, "/x", "prefix"},
      {{{"", "/Foo"}}, "/foo", "no path"},
  };
  for (const Row& row : rows) {
    INFO(row.rules.front().path << " asked " << row.request);
    CHECK(answer(table_of(row.rules), "any.example", row.request) == row.result);
  }
}

TEST_CASE("an exact host comes before a wildcard of one label, and that before any host") {
  const RouteTable table = table_of({{"a.example", "/x", kPrefix, true, "exact"},
                                     {"*.example", "/", kPrefix, true, "wildcard"},
                                     {"", "/any", kPrefix, true, "any"}});
  struct Row {
    const char *host, *path, *result;
  };
  for (const Row& row :
       {Row{"a.example", "/x", "exact"}, Row{"a.example", "/y", "wildcard"},
        Row{"b.example", "/x", "wildcard"}, Row{"b.a.example", "/x", "no path"},
        Row{"b.a.example", "/any", "any"}, Row{"example", "/any/more", "any"},
        Row{"", "/any", "any"}, Row{"", "/x", "no path"}, Row{".example", "/any", "any"}}) {
    INFO(row.host << row.path);
    CHECK(answer(table, row.host, row.path) == row.result);
  }
  CHECK(answer(table_of({{"a.example", "/x"}}), "b.example", "/x") == "no host");
  CHECK(answer(RouteTable(), "a.example", "/") == "no host");
}

TEST_CASE("a tombstone is found like any row and is not passed by") {
  const RouteTable table =
      table_of({{"", "/", kPrefix, true, "broad"}, {"", "/users", kPrefix, true, "dead", "why"}});
  CHECK(table.match("a", "/users/1").api->tombstone == "why");
  CHECK(answer(table, "a", "/other") == "broad");
}

TEST_CASE("case-insensitive rows live beside case-sensitive ones") {
  const RouteTable table = table_of({{"", "/users", kPrefix, false, "folded"},
                                     {"", "/Users", kPrefix, true, "sensitive"},
                                     {"", "/users/me", kExact, false, "me"}});
  CHECK(answer(table, "a", "/USERS/1") == "folded");
  CHECK(answer(table, "a", "/Users/1") == "sensitive");
  CHECK(answer(table, "a", "/Users/ME") == "me");
  CHECK(answer(table, "a", "/users/me/x") == "folded");
}

TEST_CASE("candidates are all that match, in the order of the look-up") {
  const RouteTable table = table_of({{"a.example", "/x", kPrefix, true, "1"},
                                     {"a.example", "/", kPrefix, true, "2"},
                                     {"*.example", "/x/y", kExact, true, "3"},
                                     {"", "/x/y", kPrefix, true, "4"},
                                     {"", "/z", kPrefix, true, "5"}});
  std::string order;
  for (const auto& api : table.candidates("a.example", "/x/y").rows) order += api->id;
  CHECK(order == "1234");
}

TEST_CASE("setting a host again replaces it, and other tables keep theirs") {
  RouteTable first = table_of({{"a.example", "/x"}});
  RouteTable second = first;
  second.set_host("a.example", {});
  CHECK(answer(first, "a.example", "/x") == "/x");
  CHECK(answer(second, "a.example", "/x") == "no host");
}
