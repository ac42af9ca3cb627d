#include "policy/tokens.h"

#include <catch2/catch.hpp>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <optional>

#include "../http/client_support.h"
#include "policy/builtin/retry_wait.h"
#include "policy/calls.h"
#include "idle_run.h"

using namespace gateway;
using namespace gateway::policy;
using namespace gateway::test;

namespace {

// A clock that the test moves.
struct HandClock final : Clock {
  std::atomic<std::int64_t> ms{1'700'000'000'000};
  std::int64_t unix_ms() const noexcept override { return ms; }
  std::int64_t steady_ns() const noexcept override { return ms * 1'000'000; }
};

struct World {
  std::shared_ptr<HandClock> clock = std::make_shared<HandClock>();
  GatewayOptions options;
  ForbiddenAddresses forbidden;
  Environment environment = Environment::system();
  DeploymentFacts deployment;
  IdentitySettings settings;
  LoopRunner runner;
  std::unique_ptr<WorkerContext> worker;
  std::unique_ptr<Pools> pools;
  std::unique_ptr<HttpCalls> calls;
  std::unique_ptr<Services> services;

  World() {
    environment.clock = clock;
    options.environment = environment;
    worker = std::make_unique<WorkerContext>(static_cast<uv_loop_t*>(runner.native_loop()), options, forbidden);
    pools = std::make_unique<Pools>(*worker);
    calls = make_http_calls(*worker, *pools, nullptr);
    services = std::make_unique<Services>(
        Services{*worker, *standard_catalog(), environment, deployment, PolicyLimits{}});
    services->calls = calls.get();
    services->tokens = make_token_store();
    services->identity = &settings;
  }
  ~World() {
    services.reset();
    calls.reset();
    pools.reset();
    runner.turn();
  }
  bool until(const std::function<bool()>& reached) {
    return runner.until([&] {
      worker->timers.advance(worker->now());
      pools->bury();
      return reached();
    });
  }
  TokenAnswer ask(const TokenQuery& query, bool* at_once = nullptr) {
    TokenAnswer answer;
    std::optional<TokenAnswer> told;
    std::unique_ptr<Pending> pending;
    const bool known = find_token(*services, query, answer, [&](const TokenAnswer& it) { told = it; }, pending);
    if (at_once) *at_once = known;
    if (known) return answer;
    REQUIRE(until([&] { return told.has_value(); }));
    return *told;
  }
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// Answers each request with a token of its own, and keeps the requests.
struct TokenServer {
  std::mutex mutex;
  std::vector<std::string> seen;
  std::atomic<int> status{200};
  std::string expires_in;
  TestServer server;

  explicit TokenServer(std::string the_expires_in)
      : expires_in(std::move(the_expires_in)), server([this](Peer& peer, int) {
          while (auto head = peer.read_head()) {
            const auto at = head->find("Content-Length: ");
            if (at != std::string::npos) *head += peer.read_body(std::stoul(head->substr(at + 16)));
            std::size_t count = 0;
            {
              const std::lock_guard lock(mutex);
              seen.push_back(*head);
              count = seen.size();
            }
            if (status != 200) {
              peer.answer(status, R"({"error":"invalid_resource","error_description":"secret"})");
            } else {
              peer.answer(200, R"({"access_token":"token-)" + std::to_string(count) + R"(","expires_in":)" +
                                   expires_in + "}");
            }
          }
        }) {}
  std::string url(const std::string& path) { return "http://127.0.0.1:" + std::to_string(server.port()) + path; }
  std::vector<std::string> requests() {
    const std::lock_guard lock(mutex);
    return seen;
  }
};

}  // namespace

TEST_CASE("The metadata service is asked once for a token, until shortly before its end") {
  TokenServer metadata("\"86399\"");
  World world;
  world.settings.metadata_url = metadata.url("/metadata/identity/oauth2/token");
  bool at_once = true;
  CHECK(world.ask({"https://vault.azure.net", ""}, &at_once).token == "token-1");
  CHECK_FALSE(at_once);
  CHECK(world.ask({"https://vault.azure.net", ""}, &at_once).token == "token-1");
  CHECK(at_once);
  CHECK(world.ask({"https://vault.azure.net", "mine"}).token == "token-2");
  world.clock->ms += 86'399'000 - 6 * 60 * 1000;
  CHECK(world.ask({"https://vault.azure.net", ""}).token == "token-1");
  world.clock->ms += 2 * 60 * 1000;
  CHECK(world.ask({"https://vault.azure.net", ""}).token == "token-3");
  const auto seen = metadata.requests();
  REQUIRE(seen.size() == 3);
  CHECK(has(seen[0], "GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net HTTP/1.1"));
  CHECK(has(seen[0], "Metadata: true\r\n"));
  CHECK_FALSE(has(seen[0], "X-Forwarded-For"));  // the service refuses what was forwarded
  CHECK(has(seen[1], "&client_id=mine "));
}

TEST_CASE("Those who ask at the same time wait for one request, and one of them may leave") {
  TokenServer metadata("3600");
  World world;
  world.settings.metadata_url = metadata.url("/token");
  int told = 0;
  std::vector<std::unique_ptr<Pending>> waiting(3);
  TokenAnswer answer;
  for (auto& pending : waiting)
    CHECK_FALSE(find_token(*world.services, {"r", ""}, answer, [&](const TokenAnswer& it) {
      CHECK(it.token == "token-1");
      ++told;
    }, pending));
  waiting[0].reset();
  REQUIRE(world.until([&] { return told == 2; }));
  CHECK(metadata.requests().size() == 1);
}

TEST_CASE("The last who leaves ends the request") {
  std::atomic<bool> closed{false}, asked{false};
  TestServer silent([&](Peer& peer, int) {
    (void)peer.read_head();
    asked = true;
    closed = peer.wait_closed();
  });
  World world;
  world.settings.metadata_url = "http://127.0.0.1:" + std::to_string(silent.port()) + "/token";
  TokenAnswer answer;
  std::unique_ptr<Pending> pending;
  CHECK_FALSE(find_token(*world.services, {"r", ""}, answer, [](const TokenAnswer&) { FAIL("nobody waits"); }, pending));
  REQUIRE(world.until([&] { return asked.load(); }));
  pending.reset();
  CHECK(world.until([&] { return closed.load(); }));
}

TEST_CASE("A failure says why without a secret, and is remembered for a moment") {
  TokenServer metadata("3600");
  metadata.status = 400;
  World world;
  world.settings.metadata_url = metadata.url("/token");
  const TokenAnswer refused = world.ask({"r", ""});
  CHECK(refused.token.empty());
  CHECK(refused.error == "the identity service answered with status 400 (\"invalid_resource\")");
  metadata.status = 200;
  CHECK(world.ask({"r", ""}).error == refused.error);
  CHECK(metadata.requests().size() == 1);
  world.clock->ms += 2'100;
  CHECK(world.ask({"r", ""}).token == "token-2");
}

TEST_CASE("With a service account's token Entra is asked, and the file is read anew each time") {
  TokenServer entra("3600");
  World world;
  const auto file = std::filesystem::temp_directory_path() / ("gateway-token-" + std::to_string(::getpid()));
  const auto write = [&](const char* text) { std::ofstream(file) << text << "\n"; };
  write("first.assertion");
  world.settings.token_file = file.string();
  world.settings.client_id = "app";
  world.settings.tenant_id = "tenant";
  world.settings.authority_host = entra.url("/");
  CHECK(world.ask({"https://vault.azure.net", ""}).token == "token-1");
  write("second.assertion");
  CHECK(world.ask({"api://own/.default", "other"}).token == "token-2");
  std::filesystem::remove(file);
  CHECK(world.ask({"third", ""}).error == "the service account's token could not be read");
  const auto seen = entra.requests();
  REQUIRE(seen.size() == 2);
  CHECK(has(seen[0], "POST /tenant/oauth2/v2.0/token HTTP/1.1"));
  CHECK(has(seen[0], "client_id=app&scope=https%3A%2F%2Fvault.azure.net%2F.default&"));
  CHECK(has(seen[0], "client_assertion=first.assertion"));
  CHECK(has(seen[1], "client_id=other&scope=api%3A%2F%2Fown%2F.default&"));
  CHECK(has(seen[1], "client_assertion=second.assertion"));
}

TEST_CASE("The waits of retry are fixed, grow by steps, or double up to a bound") {
  struct Row {
    RetryWait wait;
    std::vector<std::int64_t> milliseconds;
  };
  const Row rows[] = {
      {{10, {}, {}, false}, {10'000, 10'000, 10'000}},
      {{10, {}, {}, true}, {0, 10'000, 10'000}},
      {{10, 5, {}, false}, {10'000, 15'000, 20'000}},
      {{10, {}, 7, false}, {7'000, 7'000}},
      {{10, 10, 100, false}, {10'000, 20'000, 40'000, 80'000, 100'000, 100'000}},
      {{10, 10, 100, true}, {0, 20'000, 40'000}},
      {{0, {}, {}, false}, {0, 0}},
      {{-5, 1, {}, false}, {0, 0}},
      {{1e9, {}, {}, false}, {3'600'000}},
  };
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.milliseconds.size(); ++i)
      CHECK(row.wait.milliseconds(static_cast<int>(i) + 1, 0.5) == row.milliseconds[i]);
  }
  const RetryWait jittered{10, 10, 1000, false};
  CHECK(jittered.milliseconds(4, 0) == 66'000);
  CHECK(jittered.milliseconds(4, 1) == 94'000);
  CHECK(jittered.milliseconds(50, 1) == 1'000'000);
}
