#include <catch2/catch.hpp>

#include <random>

#include "naive_matcher.h"

using namespace gateway;
using namespace gateway::test;

namespace {

// Few hosts and path elements, so that rows meet, nest and differ in case only.
class Names {
 public:
  explicit Names(std::uint64_t seed) : random_(seed) {}

  std::size_t below(std::size_t n) {
    return std::uniform_int_distribution<std::size_t>(0, n - 1)(random_);
  }
  std::string pattern() { return pick(kPatterns); }
  std::string host() { return pick(kHosts); }
  std::string path() {
    std::string text;
    for (std::size_t i = below(5); i > 0; --i) text += '/' + pick(kElements);
    if (text.empty() || below(5) == 0) text += '/';
    return text;
  }

 private:
  static constexpr const char* kPatterns[] = {"",          "a.example",   "b.example",
                                              "*.example", "x.a.example", "*.a.example"};
  static constexpr const char* kHosts[] = {"a.example",   "b.example",   "c.example",
                                           "x.a.example", "y.a.example", "x.y.a.example",
                                           "example",     "other",       ""};
  static constexpr const char* kElements[] = {"a", "A", "b", "ab", "aB"};

  template <std::size_t N>
  std::string pick(const char* const (&from)[N]) {
    return from[below(N)];
  }

  std::mt19937_64 random_;
};

ClaimedTable random_claims(Names& names) {
  std::vector<std::string> rules;
  for (std::size_t i = names.below(4); i > 0; --i) rules.push_back(names.pattern() + names.path());
  ClaimedTable claims(rules);
  for (std::size_t i = 1 + names.below(24); i > 0; --i) {
    CompiledApi row;
    row.id = std::to_string(i);
    row.host = names.pattern();
    row.path = names.path();
    row.match = names.below(3) == 0 ? MatchType::Exact : MatchType::Prefix;
    row.case_sensitive = names.below(3) > 0;
    claims.claim(std::move(row), names.below(2) == 0);
  }
  return claims;
}

}  // namespace

TEST_CASE("the table answers as a naive matcher does, row by row") {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    Names names(seed);
    const ClaimedTable claims = random_claims(names);
    const RouteTable table = claims.compile();
    for (int i = 0; i < 30; ++i) {
      const std::string host = names.host(), path = names.path();
      const CompiledApi* expected = claims.expected(host, path);
      const CompiledApi* found = table.match(host, path).api;
      const auto candidates = table.candidates(host, path);
      const CompiledApi* first = candidates.rows.empty() ? nullptr : candidates.rows.front().get();
      if (found == expected && first == expected) continue;
      FAIL("seed " << seed << ": " << host << path << " was answered by "
                   << (found ? found->id : "nobody") << " instead of "
                   << (expected ? expected->id : "nobody") << ", first candidate "
                   << (first ? first->id : "none"));
    }
  }
}
