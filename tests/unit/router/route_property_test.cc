#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>

#include "naive_matcher.h"

using namespace gateway;
using namespace gateway::test;

namespace {

// Few hosts and path elements, so that rows meet, nest and differ in case only.
class Scene {
 public:
  explicit Scene(std::uint64_t seed) : random_(seed) {
    for (std::size_t i = below(4); i > 0; --i) rules.push_back(pick(kPatterns) + path());
    protected_paths = ProtectedPaths::compile(rules).value();
    std::set<std::string> keys;
    for (std::size_t i = 1 + below(24); i > 0; --i) {
      CompiledApi row;
      row.id = std::to_string(i);
      row.host = pick(kPatterns);
      row.path = path();
      row.match = below(3) == 0 ? MatchType::Exact : MatchType::Prefix;
      row.case_sensitive = below(3) > 0;
      if (row.match == MatchType::Prefix && row.path.ends_with('/')) row.path.pop_back();
      if (row.match == MatchType::Prefix && below(2) == 0) row.yields_to = protected_paths;
      const std::string key = row.host + ' ' + folded(row.path, row.case_sensitive) +
                              (row.match == MatchType::Exact ? 'E' : 'P') + (row.case_sensitive ? 'S' : 'I');
      if (!keys.insert(key).second) continue;
      rows.push_back(std::make_shared<const CompiledApi>(std::move(row)));
      by_host_[rows.back()->host].push_back(rows.back());
    }
    for (const auto& [host, its] : by_host_) table.set_host(host, its);
  }

  std::string host() { return pick(kHosts); }
  std::string path() {
    std::string text;
    for (std::size_t i = below(5); i > 0; --i) text += '/' + pick(kElements);
    if (text.empty() || below(5) == 0) text += '/';
    return text;
  }

  std::vector<std::string> rules;
  std::shared_ptr<const ProtectedPaths> protected_paths;
  std::vector<std::shared_ptr<const CompiledApi>> rows;
  RouteTable table;

 private:
  static constexpr const char* kPatterns[] = {"", "a.example", "b.example", "*.example", "x.a.example", "*.a.example"};
  static constexpr const char* kHosts[] = {"a.example", "b.example", "c.example", "x.a.example", "y.a.example",
                                           "x.y.a.example", "example", "other", ""};
  static constexpr const char* kElements[] = {"a", "A", "b", "ab", "aB"};

  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_); }
  template <std::size_t N>
  std::string pick(const char* const (&from)[N]) {
    return from[below(N)];
  }

  std::mt19937_64 random_;
  std::map<std::string, std::vector<std::shared_ptr<const CompiledApi>>> by_host_;
};

}  // namespace

TEST_CASE("the table answers as a naive matcher does, row by row") {
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    Scene scene(seed);
    for (int i = 0; i < 30; ++i) {
      const std::string host = scene.host(), path = scene.path();
      const CompiledApi* expected = naive_match(scene.rows, scene.rules, host, path);
      const RouteMatch match = scene.table.match(host, path);
      const auto candidates = scene.table.candidates(host, path);
      const CompiledApi* first = candidates.rows.empty() ? nullptr : candidates.rows.front().get();
      if (match.api == expected && first == expected) continue;
      FAIL("seed " << seed << ": " << host << path << " was answered by " << (match.api ? match.api->id : "nobody")
                   << " instead of " << (expected ? expected->id : "nobody") << ", first candidate "
                   << (first ? first->id : "none"));
    }
  }
}
