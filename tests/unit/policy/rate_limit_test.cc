#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include "policy/builtin/quota_limit.h"
#include "policy/exchange.h"
#include "policy/redis_server.h"
#include "policy/state/redis.h"
#include "policy/state/redis_counters.h"

using namespace gateway;
using namespace gateway::policy;

TEST_CASE("rate-limit refuses what is too much for a subscription and says when to come again") {
  Exchanges exchanges;
  exchanges.use_inbound(
      R"(<rate-limit calls="2" renewal-period="60" remaining-calls-header-name="X-Left" total-calls-header-name="X-All"
           remaining-calls-variable-name="left" retry-after-variable-name="again"/>)");
  CHECK(exchanges.ask().field("X-Left") == "1");
  CHECK(exchanges.variables["left"] == "1");
  exchanges.clock->ms += 3'000;
  const Answer second = exchanges.ask();
  CHECK(second.status == 200);
  CHECK(second.field("X-Left") == "0");
  CHECK(second.field("X-All") == "2");
  CHECK(second.field("Retry-After") == "(none)");
  exchanges.clock->ms += 500;
  const Answer refused = exchanges.ask();
  CHECK(refused.status == 429);
  CHECK_FALSE(refused.forwarded);
  CHECK(refused.reason == "RateLimitExceeded");
  CHECK(refused.field("Retry-After") == "57");
  CHECK(refused.field("X-All") == "2");
  CHECK(refused.field("X-Left") == "(none)");
  CHECK(refused.body == R"({ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 57 seconds." })");
  CHECK(refused.body.size() == 84);
  CHECK(exchanges.variables["again"] == "57");

  exchanges.subscription.id = "s2";
  CHECK(exchanges.ask().status == 200);  // another subscription
  exchanges.subscription.id = "s1";
  exchanges.subscribed = false;
  CHECK(exchanges.ask().status == 200);  // none at all
  exchanges.subscribed = true;
  exchanges.clock->ms += 56'499;
  CHECK(exchanges.ask().status == 429);
  exchanges.clock->ms += 1;
  CHECK(exchanges.ask().status == 200);
}

TEST_CASE("rate-limit holds APIs and operations to limits of their own, and counts in all or in none") {
  Exchanges exchanges;
  exchanges.use_inbound(R"(<rate-limit calls="5" renewal-period="100" remaining-calls-header-name="X-Left">
      <api name="Orders" calls="4" renewal-period="100">
        <operation id="get-order" calls="2" renewal-period="100"/>
      </api>
      <api id="other" name="Orders" calls="1" renewal-period="100"/>
    </rate-limit>)",
                        ScopeKind::Product);
  CHECK(exchanges.ask().field("X-Left") == "1");
  CHECK(exchanges.ask().field("X-Left") == "0");
  for (int i = 0; i < 10; ++i) CHECK(exchanges.ask().status == 429);  // these count nowhere
  exchanges.operation.id = "list-orders";
  CHECK(exchanges.ask().field("X-Left") == "1");  // of the API
  CHECK(exchanges.ask().field("X-Left") == "0");
  CHECK(exchanges.ask().status == 429);
  exchanges.api.id = exchanges.api.name = "unlimited";
  CHECK(exchanges.ask().field("X-Left") == "0");  // of the product
  CHECK(exchanges.ask().status == 429);
}

TEST_CASE("rate-limit of each document is its own") {
  Exchanges exchanges;
  exchanges.use_inbound(R"(<base/><rate-limit calls="1" renewal-period="10"/>)", ScopeKind::Api);
  CHECK(exchanges.ask().status == 200);
  CHECK(exchanges.ask().status == 429);
  exchanges.api.id = "another";
  CHECK(exchanges.ask().status == 200);
}

TEST_CASE("rate-limit-by-key shares a counter between all that name the same key and period") {
  Exchanges exchanges;
  exchanges.use_inbound(R"(<rate-limit-by-key calls="3" renewal-period="10" counter-key="everybody"/>)");
  CHECK(exchanges.ask().status == 200);
  exchanges.api.id = "another";
  exchanges.subscribed = false;
  CHECK(exchanges.ask().status == 200);
  exchanges.use_inbound(
      R"(<rate-limit-by-key calls="3" renewal-period="10" counter-key="everybody" increment-count="2"
           retry-after-header-name="X-Again"/>)");
  const Answer refused = exchanges.ask();
  CHECK(refused.status == 429);
  CHECK(refused.field("X-Again") == "10");
  CHECK(refused.field("Retry-After") == "(none)");
  exchanges.use_inbound(
      R"(<rate-limit-by-key calls="3" renewal-period="10" counter-key="everybody" increment-condition="false"/>)");
  for (int i = 0; i < 5; ++i) CHECK(exchanges.ask().status == 200);  // looks, and counts nothing
  exchanges.use_inbound(R"(<rate-limit-by-key calls="3" renewal-period="20" counter-key="everybody"/>)");
  for (int i = 0; i < 3; ++i) CHECK(exchanges.ask().status == 200);
}

TEST_CASE("rate-limit-by-key counts at the end where its increment depends on the response") {
  Exchanges exchanges;
  exchanges.use_inbound(
      R"xml(<rate-limit-by-key calls="1" renewal-period="10" counter-key='@("k" + context.Subscription.Id)'
           increment-condition="@(context.Response.StatusCode == 401)" increment-count="@(1 + 1)"/>)xml");
  for (int i = 0; i < 3; ++i) CHECK(exchanges.ask().status == 200);
  exchanges.backend_status = 401;
  CHECK(exchanges.ask().status == 401);  // passes the limit by one
  const Answer refused = exchanges.ask();
  CHECK(refused.status == 429);
  CHECK(refused.field("Retry-After") == "10");
  exchanges.subscription.id = "another";
  CHECK(exchanges.ask().status == 401);
}

TEST_CASE("quota refuses until its window ends, which begins with the subscription") {
  Exchanges exchanges;
  exchanges.clock->ms = 1'764'000'000'000;  // 2025-11-24T16:00:00Z
  exchanges.subscription.start = "2025-11-20T23:13:58Z";
  exchanges.use_inbound(R"(<quota calls="1" renewal-period="1555200"/>)", ScopeKind::Product);
  CHECK(exchanges.ask().status == 200);
  const Answer refused = exchanges.ask();
  CHECK(refused.status == 403);
  CHECK(refused.reason == "QuotaExceeded");
  CHECK(refused.field("Retry-After") == "1235638");
  CHECK(refused.body ==
        R"({ "statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 14.07:13:58." })");
  exchanges.clock->ms += 1'235'637'999;
  CHECK(exchanges.ask().status == 403);
  exchanges.clock->ms += 1;
  CHECK(exchanges.ask().status == 200);
}

TEST_CASE("quota of bandwidth counts what bodies carry, and one without a period never ends") {
  Exchanges exchanges;
  exchanges.backend_body = std::string(700, 'x');
  exchanges.backend_fields = {{"Content-Length", "700"}};
  exchanges.use_inbound(R"(<quota bandwidth="1" renewal-period="0"/>)", ScopeKind::Product);
  CHECK(exchanges.ask().status == 200);
  CHECK(exchanges.ask().status == 200);
  const Answer refused = exchanges.ask();
  CHECK(refused.status == 403);
  CHECK(refused.body == R"({ "statusCode": 403, "message": "Out of bandwidth quota." })");
  CHECK(refused.field("Retry-After") == "(none)");
}

TEST_CASE("quota-by-key counts a request once however many policies name the key") {
  Exchanges exchanges;
  exchanges.use_inbound(R"(<base/><quota-by-key calls="3" renewal-period="3600" counter-key="k"/>)", ScopeKind::Api);
  exchanges.use_inbound(R"(<quota-by-key calls="3" renewal-period="3600" counter-key="k"/>)", ScopeKind::Product);
  for (int i = 0; i < 3; ++i) CHECK(exchanges.ask().status == 200);
  const Answer refused = exchanges.ask();
  CHECK(refused.status == 403);
  CHECK(refused.body ==
        R"({ "statusCode": 403, "message": "Out of call volume quota. Quota will be replenished in 01:00:00." })");
}

TEST_CASE("quota-by-key's windows are aligned to its first period") {
  Exchanges exchanges;
  exchanges.clock->ms = 1'764'000'000'000;  // 2025-11-24T16:00:00Z
  exchanges.use_inbound(R"(<quota-by-key calls="1" renewal-period="3600" counter-key="k"
      first-period-start="2025-01-01T00:30:02Z"/>)");
  CHECK(exchanges.ask().status == 200);
  CHECK_THAT(exchanges.ask().body, Catch::Contains("replenished in 00:30:02."));
}

TEST_CASE("limits on Redis refuse in the same words") {
  RedisServer server;
  Exchanges exchanges;
  RedisSettings settings = parse_redis_settings("127.0.0.1:" + std::to_string(server.port())).value();
  {
    Redis redis(*exchanges.worker, settings, nullptr, exchanges.environment.entropy, nullptr);
    RedisCounters counters(redis, exchanges.counters, nullptr);
    exchanges.services->counters = &counters;
    exchanges.use_inbound(R"(<rate-limit calls="3" renewal-period="100" remaining-calls-header-name="X-Left">
        <api id="orders" calls="2" renewal-period="100"/></rate-limit>
      <quota-by-key calls="10" bandwidth="10" renewal-period="3600" counter-key="k"/>)");
    CHECK(exchanges.ask().field("X-Left") == "1");
    CHECK(exchanges.ask().field("X-Left") == "0");
    const Answer refused = exchanges.ask();
    CHECK(refused.status == 429);
    CHECK_THAT(refused.body, Catch::Contains("Rate limit is exceeded. Try again in "));
    server.kill();
    CHECK(exchanges.ask().status == 200);  // counted by this gateway alone now
    CHECK(exchanges.ask().status == 200);
    CHECK(exchanges.ask().status == 429);
    exchanges.services->counters = &exchanges.counters;
  }
  exchanges.runner.turn();
}

TEST_CASE("what is wrong with a limit is told") {
  struct Row {
    const char* text;
    ScopeKind scope;
    const char* says;
  };
  const Row rows[] = {
      {R"(<rate-limit calls="x" renewal-period="1"/>)", ScopeKind::Api, "calls"},
      {R"(<rate-limit calls="1" renewal-period="301"/>)", ScopeKind::Api, "300"},
      {R"(<rate-limit calls="1"/>)", ScopeKind::Api, "renewal-period"},
      {R"(<rate-limit calls="1" renewal-period="1" remaining-calls-header-name="a b"/>)", ScopeKind::Api, "\"a b\""},
      {R"(<rate-limit calls="1" renewal-period="1"/>)", ScopeKind::Global, "rate-limit"},
      {R"(<rate-limit calls="1" renewal-period="1"><api calls="1" renewal-period="1"/></rate-limit>)", ScopeKind::Api,
       "id or name"},
      {R"(<rate-limit-by-key calls="1" renewal-period="1"/>)", ScopeKind::Api, "counter-key"},
      {R"(<quota calls="1" renewal-period="1"/>)", ScopeKind::Api, "quota"},
      {R"(<quota renewal-period="1"/>)", ScopeKind::Product, "calls or bandwidth"},
      {R"(<quota-by-key calls="1" renewal-period="299" counter-key="k"/>)", ScopeKind::Api, "at least 300"},
      {R"(<quota-by-key calls="1" renewal-period="300" counter-key="k" first-period-start="today"/>)", ScopeKind::Api,
       "first-period-start"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto problems = Exchanges::problems_of(row.text, row.scope);
    REQUIRE(problems.size() == 1);
    CHECK_THAT(problems[0], Catch::Contains(row.says));
  }
}

TEST_CASE("a time to wait is written as .NET writes a TimeSpan") {
  CHECK(time_span_text(1) == "00:00:01");
  CHECK(time_span_text(1802) == "00:30:02");
  CHECK(time_span_text(86'399) == "23:59:59");
  CHECK(time_span_text(86'400) == "1.00:00:00");
  CHECK(time_span_text(14 * 86'400 + 7 * 3600 + 13 * 60 + 56) == "14.07:13:56");
}
