// Host and path matching against a naive matcher that follows the words of the documentation.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "../unit/router/naive_matcher.h"

using gateway::CompiledApi;
using gateway::MatchType;
using gateway::ProtectedPaths;

namespace {

struct Claim {
  CompiledApi row;
  bool cloud = false;
};

// Lines: "! host path" protects a path; "E|P|e|p host path" is somebody's claim, and "C|c host
// path" a Prefix of the cloud (lower case: case-insensitive); "? host path" asks.
struct Scene {
  std::vector<std::string> rules;
  std::vector<Claim> claims;
  std::vector<std::pair<std::string, std::string>> asked;
};

Scene read(std::string_view text) {
  Scene scene;
  for (std::size_t i = 0; i < text.size() && scene.claims.size() < 64 && scene.rules.size() < 16;) {
    const std::size_t end = std::min(text.find('\n', i), text.size());
    const std::string_view line = text.substr(i, end - i);
    i = end + 1;
    if (line.size() < 2 || line[1] != ' ') continue;
    const std::size_t space = line.find(' ', 2);
    if (space == std::string_view::npos) continue;
    const std::string host(line.substr(2, space - 2)), path(line.substr(space + 1));
    if (path.empty() || path[0] != '/' || path.find("//") != std::string::npos) continue;
    if (line[0] == '?') {
      if (host.find('*') == std::string::npos) scene.asked.emplace_back(host, path);
    } else if (line[0] == '!') {
      if (ProtectedPaths::compile({host + path})) scene.rules.push_back(host + path);
    } else {
      Claim claim;
      claim.cloud = (line[0] | 32) == 'c';
      claim.row.match = (line[0] | 32) == 'e' ? MatchType::Exact : MatchType::Prefix;
      claim.row.case_sensitive = line[0] < 'a';
      claim.row.host = host;
      claim.row.path = path;
      scene.claims.push_back(std::move(claim));
    }
  }
  return scene;
}

void require(bool holds) {
  if (!holds) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const Scene scene = read({reinterpret_cast<const char*>(data), size});
  gateway::test::ClaimedTable claims(scene.rules);
  for (const Claim& claim : scene.claims) claims.claim(claim.row, claim.cloud);
  const gateway::RouteTable table = claims.compile();
  const auto rules = ProtectedPaths::compile(scene.rules).value();
  for (const auto& [host, path] : scene.asked) {
    const CompiledApi* expected = claims.expected(host, path);
    const CompiledApi* found = table.match(host, path).api;
    require(found == expected);
    const auto candidates = table.candidates(host, path);
    require((candidates.rows.empty() ? nullptr : candidates.rows.front().get()) == expected);
    if (found && !rules->rule_of(host, path).empty()) require(found->source == "cloud");
  }
  return 0;
}
