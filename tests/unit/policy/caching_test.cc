#include <catch2/catch.hpp>

#include <string>

#include "expression/library/json_tokens.h"
#include "policy/exchange.h"
#include "policy/redis_server.h"
#include "policy/state/cache_value.h"
#include "policy/state/cached_response.h"
#include "policy/state/redis.h"
#include "policy/state/redis_cache.h"

using namespace gateway;
using namespace gateway::policy;
using expression::Value;

namespace {

const std::string kLookup =
    R"(<base/><cache-lookup vary-by-developer="false" vary-by-developer-groups="false"/>)";

void use_cache(Exchanges& exchanges, const std::string& lookup, const std::string& store) {
  exchanges.use("<policies><inbound>" + lookup + "</inbound><outbound>" + store + "</outbound></policies>");
}

}  // namespace

TEST_CASE("a cached response serves until it expires, and says how long it still may be kept") {
  Exchanges exchanges;
  use_cache(exchanges,
            R"(<cache-lookup vary-by-developer="false" vary-by-developer-groups="false"
                 downstream-caching-type="private"/>)",
            R"(<cache-store duration="10"/>)");
  CHECK(exchanges.ask().field("Cache-Control") == "private, must-revalidate, max-age=10");
  exchanges.backend_body = "new";
  exchanges.clock->ms += 4'000;
  const Answer hit = exchanges.ask();
  CHECK_FALSE(hit.forwarded);
  CHECK(hit.body == "ok");
  CHECK(hit.field("Cache-Control") == "private, must-revalidate, max-age=6");
  exchanges.clock->ms += 6'000;
  CHECK(exchanges.ask().body == "new");
}

TEST_CASE("only a response that is kept is buffered") {
  Exchanges exchanges;
  use_cache(exchanges, kLookup, R"(<cache-store duration="10"/>)");
  exchanges.backend_status = 404;
  CHECK(exchanges.ask().status == 404);
  CHECK(exchanges.buffered == 0);
  exchanges.backend_status = 200;
  exchanges.backend_fields = {{"Content-Length", "999999999"}};
  CHECK(exchanges.ask().forwarded);
  CHECK(exchanges.buffered == 0);
  exchanges.backend_fields = {};
  CHECK(exchanges.ask({"GET", "/things", "", {{"Cache-Control", "no-store"}}}).forwarded);
  CHECK(exchanges.buffered == 0);
  CHECK(exchanges.ask().forwarded);
  CHECK(exchanges.buffered == 1);
  CHECK_FALSE(exchanges.ask().forwarded);
  CHECK(exchanges.buffered == 1);
}

TEST_CASE("developers and their groups have answers of their own where that is said") {
  Exchanges exchanges;
  const bool by_groups = GENERATE(false, true);
  use_cache(exchanges,
            by_groups ? R"(<cache-lookup vary-by-developer="false" vary-by-developer-groups="true"/>)"
                      : R"(<cache-lookup vary-by-developer="true" vary-by-developer-groups="false"/>)",
            R"(<cache-store duration="10"/>)");
  UserFacts ann, bob;
  ann.id = "ann";
  bob.id = "bob";
  ann.groups = bob.groups = {{"readers", "Readers"}};
  exchanges.subscription.user = std::make_shared<const UserFacts>(ann);
  CHECK(exchanges.ask().forwarded);
  CHECK_FALSE(exchanges.ask().forwarded);
  exchanges.subscription.user = std::make_shared<const UserFacts>(bob);
  CHECK(exchanges.ask().forwarded == !by_groups);
  bob.groups.push_back({"writers", "Writers"});
  exchanges.subscription.user = std::make_shared<const UserFacts>(bob);
  CHECK(exchanges.ask().forwarded == by_groups);
}

TEST_CASE("another API's answer to the same path is another one") {
  Exchanges exchanges;
  use_cache(exchanges, kLookup, R"(<cache-store duration="10"/>)");
  CHECK(exchanges.ask().forwarded);
  exchanges.api.id = "another";
  CHECK(exchanges.ask().forwarded);
}

TEST_CASE("cached responses and values are found on Redis by another gateway") {
  RedisServer server;
  const RedisSettings settings = parse_redis_settings("127.0.0.1:" + std::to_string(server.port())).value();
  for (const bool first : {true, false}) {
    Exchanges exchanges;
    {
      Redis redis(*exchanges.worker, settings, nullptr, exchanges.environment.entropy, nullptr);
      RedisCache cache(redis, exchanges.environment, nullptr);
      exchanges.services->cache = &cache;
      use_cache(exchanges,
                R"(<cache-lookup vary-by-developer="false" vary-by-developer-groups="false"/>
                   <cache-lookup-value key="k" variable-name="found" default-value="none"/>
                   <cache-store-value key="k" value="kept" duration="60"/>)",
                R"(<cache-store duration="10"/>)");
      const Answer answer = exchanges.ask();
      CHECK(answer.forwarded == first);
      CHECK(answer.body == "ok");
      if (first) CHECK(exchanges.variables["found"] == "none");
      use_cache(exchanges, R"(<cache-lookup-value key="k" variable-name="found" default-value="none"/>)", "");
      (void)exchanges.ask();
      CHECK(exchanges.variables["found"] == "kept");
      server.freeze();
      use_cache(exchanges, R"(<cache-lookup-value key="k" variable-name="found" default-value="away"/>)", "");
      CHECK(exchanges.ask().status == 200);  // after the time-out
      CHECK(exchanges.variables["found"] == "away");
      server.thaw();
      exchanges.services->cache = &exchanges.cache;
    }
    exchanges.runner.turn();
  }
}

TEST_CASE("cache-value computes again what is old, and one request at a time does") {
  Exchanges exchanges;
  const auto with = [&](const std::string& value) {
    use_cache(exchanges, R"(<cache-value key="k" variable-name="v" expires-after="100" refresh-after="10"><value>
        <set-variable name="v" value=")" + value + R"("/></value></cache-value>)", "");
    (void)exchanges.ask();
    return exchanges.variables["v"];
  };
  CHECK(with("one") == "one");
  exchanges.clock->ms += 9'999;
  CHECK(with("two") == "one");
  exchanges.clock->ms += 1;
  CHECK(with("three") == "three");
  exchanges.clock->ms += 9'999;
  CHECK(with("four") == "three");
  exchanges.clock->ms += 100'000;
  CHECK(with("five") == "five");
}

TEST_CASE("values come back from a cache as what they were") {
  Exchanges exchanges;
  (void)exchanges.ask();
  expression::Evaluation& eval = exchanges.run().evaluation();
  const auto again = [&](const Value& value) {
    static std::string content;
    content.clear();
    write_cache_value(eval, value, content);
    Value out;
    REQUIRE(read_cache_value(eval, content, out));
    REQUIRE(out.kind() == value.kind());
    // Nothing that is cut short is read.
    for (std::size_t size = 0; size < content.size(); ++size) {
      Value none;
      REQUIRE_FALSE(read_cache_value(eval, std::string_view(content).substr(0, size), none));
    }
    return out;
  };
  (void)again(Value::null());
  CHECK(again(Value::of(true)).boolean());
  CHECK(again(Value::of(std::int32_t{-7})).integer() == -7);
  CHECK(again(Value::of(INT64_MIN)).integer() == INT64_MIN);
  CHECK(again(Value::of(0.1)).real() == 0.1);
  CHECK(again(Value::of(std::string_view("a\0ü", 4))).text() == std::string_view("a\0ü", 4));
  CHECK(again(Value::date_time(638'000'000'000'000'000, 1)).date_time_kind() == 1);
  CHECK(again(Value::time_span(-5)).ticks() == -5);
  expression::JToken* token = expression::parse_json_token(eval, R"({"a":[1,2.5,null,"x"]})");
  const Value read = again(Value::of(token));
  CHECK(expression::deep_equals(eval, *expression::as_json_token(eval, read), *token));

  Value none;
  CHECK_FALSE(read_cache_value(eval, std::string_view("Vj\0\0\0\0\0\0\0\1{", 11), none));
  CHECK_FALSE(read_cache_value(eval, "what another program wrote", none));
}

TEST_CASE("a cached response that somebody else wrote is no response") {
  ResponseMessage response;
  response.status = 201;
  response.reason = "Made";
  response.fields.add("X-A", "1");
  response.fields.add("Set-Cookie", "secret");
  response.body.assign("body");
  const std::string content = write_cached_response(response, 5000);
  CHECK(content.find("secret") == std::string::npos);
  ResponseMessage read;
  std::int64_t duration = 0;
  REQUIRE(read_cached_response(content, read, duration));
  CHECK(duration == 5000);
  CHECK(read.status == 201);
  CHECK(read.reason == "Made");
  CHECK(read.fields.list.size() == 1);
  CHECK(read.body.data == "body");
  std::string forged = content;
  forged.replace(forged.find("X-A"), 3, "X:\n");
  CHECK_FALSE(read_cached_response(forged, read, duration));
  for (std::size_t size = 0; size < content.size() - 4; ++size)
    CHECK_FALSE(read_cached_response(std::string_view(content).substr(0, size), read, duration));
}
