#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>

#include "support/gateway_under_test.h"
#include "support/golden_case.h"
#include "support/http_text.h"

using namespace gateway;
using namespace gateway::test;

namespace {

namespace fs = std::filesystem;

// The folders of all cases, by policy and name.
std::vector<fs::path> all_cases() {
  std::vector<fs::path> out;
  for (const auto& policy : fs::directory_iterator(fs::path(GATEWAY_SOURCE_DIR) / "tests/golden")) {
    if (!policy.is_directory()) continue;
    for (const auto& one : fs::directory_iterator(policy.path()))
      if (one.is_directory()) out.push_back(one.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Everything that differs from what the case expects; "" = nothing.
std::string run_case(const fs::path& folder) {
  GoldenCase golden(folder);
  golden.start_servers();
  const std::string problems = golden.problems();
  if (const auto expected = golden.file("expected-error.txt")) {
    return matches(*expected, problems) ? ""
                                        : "problems\n" + *expected + "but there are\n" + problems;
  }
  if (!problems.empty()) return "it does not compile:\n" + problems;
  GatewayOptions options = test_options();
  options.policies.gateway_id = "golden-gateway";
  options.policies.region = "golden-region";
  options.policies.service_name = "golden-service";
  GatewayUnderTest gateway(golden.snapshot(), options);
  std::string out;
  const auto compare = [&](const std::string& what, const std::string& expected,
                           const Message& actual) {
    const std::string differs = difference(expected, actual);
    if (!differs.empty()) out += what + ":\n" + differs;
  };
  const auto requests = golden.requests();
  if (requests.empty()) out += "there is no request.http\n";
  for (std::size_t i = 0; i < requests.size(); ++i) {
    auto client = gateway.connect();
    client.send(requests[i]);
    const Message response = client.read_response(requests[i].starts_with("HEAD "));
    const std::string number = requests.size() > 1 ? " " + std::to_string(i + 1) : "";
    if (const auto expected = golden.numbered("expected-response", i)) {
      compare("response" + number, *expected, response);
    } else if (i == 0 && requests.size() == 1) {
      out += "there is no expected-response.http\n";
    }
  }
  const auto look_at = [&](const std::string& stem, const std::string& service) {
    const auto seen = golden.seen(service);
    if (golden.has("expected-" + stem + ".none") && !seen.empty()) {
      out += stem + ": nothing is expected, but there came\n" + seen[0].head;
    }
    for (std::size_t i = 0;; ++i) {
      const auto expected = golden.numbered("expected-" + stem, i);
      if (!expected) break;
      const Message nothing;
      compare(i == 0 ? stem : stem + " " + std::to_string(i + 1), *expected,
              i < seen.size() ? seen[i] : nothing);
    }
  };
  look_at("backend", "");
  for (const std::string& service : golden.services()) {
    const std::string stem = "service-" + service;
    if (golden.numbered("expected-" + stem, 0)) {
      // Who sent it need not have waited for it.
      std::size_t wanted = 1;
      while (golden.numbered("expected-" + stem, wanted)) ++wanted;
      (void)eventually([&] { return golden.seen(service).size() >= wanted; });
    }
    look_at(stem, service);
  }
  return out;
}

}  // namespace

TEST_CASE("Golden cases: what policies do with a request and its response", "[golden]") {
  static const std::vector<fs::path> cases = all_cases();
  REQUIRE(!cases.empty());
  for (const fs::path& folder : cases) {
    DYNAMIC_SECTION(folder.parent_path().filename().string() << "/" << folder.filename().string()) {
      const std::string differences = run_case(folder);
      INFO(differences);
      CHECK(differences.empty());
    }
  }
}
