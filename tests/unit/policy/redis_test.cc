#include <catch2/catch.hpp>

#include <array>
#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "../http/client_support.h"
#include "../tls/support.h"
#include "policy/policy_clock.h"
#include "policy/redis_server.h"
#include "policy/state/memory_counters.h"
#include "policy/state/redis.h"
#include "policy/state/redis_cache.h"
#include "policy/state/redis_counters.h"

using namespace gateway;
using namespace gateway::policy;
using namespace gateway::test;

namespace {

struct Warnings final : Reporter {
  std::set<std::string> texts;
  void trace(std::string_view, std::string_view, std::string_view,
             const std::vector<std::pair<std::string_view, std::string_view>>&, std::string_view) noexcept override {}
  void metric(std::string_view, std::string_view, double,
              const std::vector<std::pair<std::string_view, std::string_view>>&) noexcept override {}
  void warn(std::string_view what) noexcept override { texts.emplace(what); }
  [[nodiscard]] bool said(std::string_view part) const {
    for (const std::string& text : texts)
      if (text.find(part) != std::string::npos) return true;
    return false;
  }
};

// One worker of a gateway with its connection.
struct Worker {
  explicit Worker(const RedisSettings& settings, std::shared_ptr<TlsClient> tls = nullptr) {
    options.environment = Environment::system();
    context = std::make_unique<WorkerContext>(static_cast<uv_loop_t*>(runner.native_loop()), options, forbidden);
    redis = std::make_unique<Redis>(*context, settings, std::move(tls), options.environment.entropy, &warnings);
    local = std::make_unique<MemoryCounters>(options.environment);
    counters = std::make_unique<RedisCounters>(*redis, *local, &warnings);
    cache = std::make_unique<RedisCache>(*redis, options.environment, &warnings);
  }
  ~Worker() {
    redis.reset();
    runner.turn();
  }

  bool until(const std::function<bool()>& reached) {
    return runner.until([&] {
      context->timers.advance(context->now());
      return reached();
    });
  }
  bool comes_up() {
    return until([&] { return redis->up(); });
  }
  CounterAnswer take(const CounterQuery& query) {
    std::optional<CounterAnswer> answer;
    CounterAnswer now;
    std::unique_ptr<Pending> pending;
    if (counters->take(query, now, [&](const CounterAnswer& later) { answer = later; }, pending)) return now;
    REQUIRE(until([&] { return answer.has_value(); }));
    return *answer;
  }
  std::shared_ptr<const CacheEntry> look(std::string_view key) {
    std::optional<std::shared_ptr<const CacheEntry>> found;
    std::shared_ptr<const CacheEntry> now;
    std::unique_ptr<Pending> pending;
    if (cache->find(key, now, [&](std::shared_ptr<const CacheEntry> later) { found = later; }, pending)) return now;
    REQUIRE(until([&] { return found.has_value(); }));
    return *found;
  }
  // The reply to one command; an error where there is none.
  RedisReply ask(std::vector<std::string_view> words) {
    RedisReply out;
    out.kind = RedisReply::Kind::Error;
    out.text = "no reply";
    bool done = false;
    const bool sent = redis->send(words, [&](RedisReply* reply) {
      if (reply) out = *reply;
      done = true;
    });
    if (sent) REQUIRE(until([&] { return done; }));
    return out;
  }

  GatewayOptions options;
  ForbiddenAddresses forbidden;
  LoopRunner runner;
  Warnings warnings;
  std::unique_ptr<WorkerContext> context;
  std::unique_ptr<Redis> redis;
  std::unique_ptr<MemoryCounters> local;
  std::unique_ptr<RedisCounters> counters;
  std::unique_ptr<RedisCache> cache;
};

RedisSettings at(const RedisServer& server) {
  RedisSettings out = parse_redis_settings("127.0.0.1:" + std::to_string(server.port())).value();
  return out;
}

CounterQuery query_of(std::string_view key, std::uint64_t limit, std::int64_t period_ms, bool sliding = true) {
  CounterQuery out;
  out.key = key;
  out.limit = limit;
  out.period_ms = period_ms;
  out.sliding = sliding;
  return out;
}

struct TemporaryFolder {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("gateway-redis-" + std::to_string(::getpid()));
  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  std::string write(const char* name, std::string_view text) const {
    std::ofstream(path / name) << text;
    return path / name;
  }
};

}  // namespace

TEST_CASE("replies are read as they come, in pieces of any size") {
  const std::string bytes = "+OK\r\n:42\r\n$5\r\nhe\r\nl\r\n$-1\r\n-ERR no\r\n*2\r\n:1\r\n*1\r\n$0\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    RespReader reader;
    std::vector<RedisReply> replies;
    for (std::size_t i = 0; i < bytes.size(); i += piece) {
      REQUIRE(reader.feed(std::string_view(bytes).substr(i, piece), [&](RedisReply& reply) {
        replies.push_back(reply);
        return true;
      }));
    }
    REQUIRE(replies.size() == 6);
    CHECK(replies[0].text == "OK");
    CHECK(replies[1].integer == 42);
    CHECK(replies[2].text == "he\r\nl");
    CHECK(replies[3].kind == RedisReply::Kind::Nil);
    CHECK(replies[4].is_error());
    CHECK(replies[5].items.at(1).items.at(0).text.empty());
  }
  RespReader reader;
  CHECK_FALSE(reader.feed("HTTP/1.1 200 OK\r\n", [](RedisReply&) { return true; }));
}

TEST_CASE("commands are pipelined, and bytes of every kind come back") {
  RedisServer server;
  Worker worker(at(server));
  std::vector<std::int64_t> numbers;
  for (int i = 0; i < 1000; ++i) {
    const std::array<std::string_view, 2> words = {"INCR", "n"};
    REQUIRE(worker.redis->send(words, [&](RedisReply* reply) { numbers.push_back(reply ? reply->integer : -1); }));
  }
  REQUIRE(worker.until([&] { return numbers.size() == 1000; }));
  for (std::size_t i = 0; i < numbers.size(); ++i) REQUIRE(numbers[i] == static_cast<std::int64_t>(i) + 1);

  std::string all(std::size_t{3} << 20, '\0');
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i * 31 / 7);
  CHECK(worker.ask({"SET", "bytes", all}).text == "OK");
  CHECK(worker.ask({"GET", "bytes"}).text == all);
}

TEST_CASE("credentials and the database are told before anything else") {
  RedisServer server({"--requirepass", "pw-of-default", "--user", "app", "on", ">secret", "~*", "&*", "+@all"});
  RedisSettings settings = at(server);
  SECTION("of the default user") {
    settings.password = "pw-of-default";
    settings.database = 3;
    Worker worker(settings);
    CHECK(worker.ask({"SET", "k", "v"}).text == "OK");
    settings.database = 0;
    Worker other(settings);
    CHECK(other.ask({"GET", "k"}).kind == RedisReply::Kind::Nil);
  }
  SECTION("of a user") {
    settings.user = "app";
    settings.password = "secret";
    Worker worker(settings);
    CHECK(worker.ask({"ACL", "WHOAMI"}).text == "app");
  }
  SECTION("wrong ones: nothing is sent, and the warning does not tell them") {
    settings.user = "app";
    settings.password = "topsecret";
    Worker worker(settings);
    CHECK(worker.ask({"PING"}).text == "no reply");
    REQUIRE(worker.until([&] { return !worker.warnings.texts.empty(); }));
    CHECK(worker.warnings.said("refuses the credentials"));
    CHECK_FALSE(worker.warnings.said("topsecret"));
    CHECK_FALSE(worker.redis->up());
  }
}

TEST_CASE("Redis over TLS is verified") {
  const TemporaryFolder folder;
  const Pem pem = make_pem("cache.test");
  const std::string chain = folder.write("chain.pem", pem.chain);
  const std::string key = folder.write("key.pem", pem.key);
  RedisServer server({"--port", "0", "--tls-cert-file", chain, "--tls-key-file", key, "--tls-ca-cert-file", chain,
                      "--tls-auth-clients", "no"},
                     "--tls-port");
  RedisSettings settings = at(server);
  settings.tls = true;
  SECTION("with its CA and name") {
    settings.ca_pem = pem.chain;
    settings.tls_server_name = "cache.test";
    Worker worker(settings, redis_tls_client(settings).value());
    CHECK(worker.ask({"PING"}).text == "PONG");
  }
  SECTION("with another name") {
    settings.ca_pem = pem.chain;
    settings.tls_server_name = "other.test";
    Worker worker(settings, redis_tls_client(settings).value());
    CHECK(worker.ask({"PING"}).text == "no reply");
    CHECK(worker.warnings.said("TLS"));
  }
}

TEST_CASE("counters are exact over all gateways that share a Redis") {
  RedisServer server;
  constexpr std::size_t kGateways = 3;
  constexpr int kCalls = 400;
  std::atomic<std::uint64_t> of_sliding{0}, of_fixed{0}, unavailable{0};
  std::vector<std::thread> gateways;
  for (std::size_t g = 0; g < kGateways; ++g) {
    gateways.emplace_back([&] {
      Worker worker(at(server));
      int answers = 0;
      std::vector<std::unique_ptr<Pending>> pending(kCalls * 2);
      for (int i = 0; i < kCalls * 2; ++i) {
        const bool sliding = i % 2 == 0;
        CounterAnswer now;
        (void)worker.counters->take(query_of(sliding ? "s" : "f", 333, 3'600'000, sliding), now,
                                    [&, sliding](const CounterAnswer& answer) {
                                      ++answers;
                                      if (answer.unavailable) ++unavailable;
                                      if (answer.admitted) ++(sliding ? of_sliding : of_fixed);
                                    },
                                    pending[static_cast<std::size_t>(i)]);
      }
      (void)worker.until([&] { return answers == kCalls * 2; });
    });
  }
  for (std::thread& gateway : gateways) gateway.join();
  CHECK(unavailable == 0);
  CHECK(of_sliding == 333);
  CHECK(of_fixed == 333);
}

TEST_CASE("a counter on Redis answers as one in the process does") {
  RedisServer server;
  Worker worker(at(server));
  REQUIRE(worker.comes_up());
  for (const bool sliding : {true, false}) {
    CAPTURE(sliding);
    const CounterQuery query = query_of("k", 3, 3'600'000, sliding);
    CHECK(worker.take(query).remaining == 2);
    CounterQuery look = query;
    look.only_look = true;
    CHECK(worker.take(look).used == 1);
    CHECK(worker.take(look).admitted);
    CounterQuery two = query;
    two.increment = 2;
    CHECK(worker.take(two).used == 3);
    const CounterAnswer refused = worker.take(query);
    CHECK_FALSE(refused.admitted);
    CHECK(refused.remaining == 0);
    CHECK(refused.retry_after_ms > 0);
    CHECK(refused.retry_after_ms <= 3'600'000);
    CounterQuery late = query;
    late.increment = 4;
    late.even_above = true;
    CHECK(worker.take(late).used == 7);
    CounterQuery never = query_of("n", 1, 1000, sliding);
    never.increment = 2;
    CHECK(worker.take(never).retry_after_ms == -1);
  }
  CHECK(worker.take(query_of("for ever", 1, 0, false)).admitted);
  CHECK(worker.take(query_of("for ever", 1, 0, false)).retry_after_ms == -1);
  CHECK(worker.ask({"TTL", "gateway:f0:for ever"}).integer == -1);
  CHECK(worker.ask({"PTTL", "gateway:s3600000:k"}).integer > 3'500'000);
}

TEST_CASE("a sliding window on Redis slides") {
  RedisServer server;
  Worker worker(at(server));
  REQUIRE(worker.comes_up());
  const CounterQuery query = query_of("k", 2, 200);
  CHECK(worker.take(query).admitted);
  CHECK(worker.take(query).admitted);
  const CounterAnswer refused = worker.take(query);
  CHECK_FALSE(refused.admitted);
  CHECK(refused.retry_after_ms <= 200);
  CHECK(worker.until([&] { return worker.take(query).admitted; }));
}

TEST_CASE("a thousand slots on Redis take bounded memory and count on") {
  RedisServer server;
  Worker worker(at(server));
  REQUIRE(worker.comes_up());
  CounterQuery query = query_of("k", 1'000'000, 3'600'000);
  std::uint64_t used = 0;
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(1500);
  std::uint64_t calls = 0;
  while (std::chrono::steady_clock::now() < until || calls < 1500) {
    used = worker.take(query).used;
    ++calls;
  }
  CHECK(used == calls);
  CHECK(worker.ask({"HLEN", "gateway:s3600000:k"}).integer <= 1030);
}

TEST_CASE("a server that forgot the script is told it again") {
  RedisServer server;
  Worker worker(at(server));
  CHECK(worker.take(query_of("k", 5, 60'000)).used == 1);
  CHECK(worker.ask({"SCRIPT", "FLUSH"}).text == "OK");
  CHECK(worker.take(query_of("k", 5, 60'000)).used == 2);
  CHECK_FALSE(worker.take(query_of("k", 5, 60'000)).unavailable);
}

TEST_CASE("who no longer waits is not called, and counts all the same") {
  RedisServer server;
  Worker worker(at(server));
  REQUIRE(worker.comes_up());
  bool called = false;
  {
    CounterAnswer now;
    std::unique_ptr<Pending> pending;
    (void)worker.counters->take(query_of("k", 5, 60'000), now, [&](const CounterAnswer&) { called = true; }, pending);
  }
  CHECK(worker.take(query_of("k", 5, 60'000)).used == 2);
  CHECK_FALSE(called);
}

TEST_CASE("a Redis that dies stops nothing: each gateway counts by itself until it is back") {
  RedisServer server;
  Worker worker(at(server));
  CHECK(worker.take(query_of("k", 2, 3'600'000)).remaining == 1);
  server.kill();
  REQUIRE(worker.until([&] { return !worker.redis->up(); }));
  const auto before = std::chrono::steady_clock::now();
  const CounterAnswer first = worker.take(query_of("k", 2, 3'600'000));
  CHECK(first.admitted);
  CHECK(first.unavailable);
  CHECK(worker.take(query_of("k", 2, 3'600'000)).admitted);
  CHECK_FALSE(worker.take(query_of("k", 2, 3'600'000)).admitted);  // the limit holds for this gateway
  CHECK_FALSE(worker.look("k"));
  worker.cache->store("k", "v", 1000);
  worker.cache->remove("k");
  CHECK(std::chrono::steady_clock::now() - before < std::chrono::milliseconds(100));  // nobody waited
  CHECK(worker.warnings.said("is away: limits are counted by this gateway alone"));

  REQUIRE(server.start());
  REQUIRE(worker.comes_up());
  const CounterAnswer back = worker.take(query_of("k", 2, 3'600'000));
  CHECK_FALSE(back.unavailable);
  CHECK(back.used == 1);  // it forgot what it held in memory
}

TEST_CASE("commands in flight when Redis dies are answered at once") {
  RedisServer server;
  Worker worker(at(server));
  REQUIRE(worker.comes_up());
  server.freeze();
  int answers = 0;
  std::vector<std::unique_ptr<Pending>> pending(50);
  for (auto& one : pending) {
    CounterAnswer now;
    REQUIRE_FALSE(worker.counters->take(query_of("k", 30, 3'600'000), now,
                                        [&](const CounterAnswer& answer) { answers += answer.admitted ? 1 : 1000; }, one));
  }
  server.kill();
  REQUIRE(worker.until([&] { return answers == 30 + 20 * 1000; }));  // by this gateway's own counters
}

TEST_CASE("a Redis that is stuck is waited for once, for its time-out") {
  RedisServer server;
  Worker worker(at(server));
  REQUIRE(worker.comes_up());
  server.freeze();
  const auto before = std::chrono::steady_clock::now();
  CHECK(worker.take(query_of("k", 2, 60'000)).unavailable);
  const auto waited = std::chrono::steady_clock::now() - before;
  CHECK(waited >= std::chrono::milliseconds(200));
  CHECK(waited < std::chrono::milliseconds(1500));
  CHECK(worker.warnings.said("was not answered in time"));
  CounterAnswer now;
  std::unique_ptr<Pending> pending;
  CHECK(worker.counters->take(query_of("k", 2, 60'000), now, nullptr, pending));  // not again
  server.thaw();
  REQUIRE(worker.comes_up());
  CHECK_FALSE(worker.take(query_of("k", 2, 60'000)).unavailable);
}

TEST_CASE("a Redis that was never there is known to be away after the first try") {
  std::uint16_t port = 0;
  {
    const RedisServer server;
    port = server.port();
  }
  RedisSettings settings;
  settings.host = "localhost";
  settings.port = port;
  Worker worker(settings);
  CHECK(worker.take(query_of("k", 2, 60'000)).unavailable);
  CounterAnswer now;
  std::unique_ptr<Pending> pending;
  CHECK(worker.counters->take(query_of("k", 2, 60'000), now, nullptr, pending));
}

TEST_CASE("no forbidden address is spoken to as Redis") {
  RedisSettings settings;
  settings.host = "169.254.169.254";
  Worker worker(settings);
  CHECK(worker.ask({"PING"}).text == "no reply");
  CHECK(worker.warnings.said("never connected to"));
}

TEST_CASE("a cache on Redis is shared, tells ages, expires and forgets") {
  RedisServer server;
  Worker one(at(server));
  Worker other(at(server));
  REQUIRE(one.comes_up());
  REQUIRE(other.comes_up());
  const std::string content("v\0\r\n\xff", 5);
  one.cache->store("k", content, 60'000);
  CHECK(one.look("k"));
  const auto found = other.look("k");
  REQUIRE(found);
  CHECK(found->content == content);
  CHECK(std::abs(found->stored_unix_ms - one.options.environment.clock->unix_ms()) < 10'000);
  const std::string long_key(5000, 'k');
  one.cache->store(long_key, "long", 60'000);
  CHECK(one.look(long_key)->content == "long");
  one.cache->store("k", "short", 1);
  CHECK(other.until([&] { return !other.look("k"); }));
  one.cache->remove(long_key);
  CHECK_FALSE(one.look(long_key));
  CHECK(one.ask({"SET", "gateway:c:foreign", "not ours"}).text == "OK");
  CHECK_FALSE(one.look("foreign"));
}
