#include <catch2/catch.hpp>

#include <optional>

#include "../http/client_support.h"
#include "upstream/pool.h"

using namespace gateway;
using namespace gateway::test;

namespace {

// What becomes of one attempt to connect.
struct Attempt final : ClientStreamEvents {
  bool ready = false;
  std::optional<StreamFailure> failed;
  void on_stream_ready() noexcept override { ready = true; }
  void on_response_head(ResponseHead&) noexcept override {}
  void on_response_data(std::string_view) noexcept override {}
  void on_response_flush() noexcept override {}
  void on_response_end(const HeaderList&) noexcept override {}
  void on_request_drained() noexcept override {}
  void on_stream_failed(StreamFailure why) noexcept override { failed = why; }
};

struct World {
  GatewayOptions options;
  ForbiddenAddresses forbidden;
  LoopRunner runner;
  std::unique_ptr<WorkerContext> context;
  std::unique_ptr<Pools> pools;

  World() {
    options.environment = Environment::system();
    context = std::make_unique<WorkerContext>(static_cast<uv_loop_t*>(runner.native_loop()),
                                              options, forbidden);
    pools = std::make_unique<Pools>(*context);
  }
  ~World() {
    pools.reset();
    runner.turn();
  }

  // Past compile_backend(), which would refuse some of these.
  static std::shared_ptr<const CompiledBackend> backend(
      std::initializer_list<std::pair<const char*, std::uint16_t>> endpoints) {
    auto made = std::make_shared<CompiledBackend>();
    for (const auto& [address, port] : endpoints) {
      CompiledEndpoint endpoint;
      sockaddr_storage ignored;
      endpoint.address = address;
      endpoint.port = port;
      endpoint.numeric = parse_ip(address, ignored);
      endpoint.authority = endpoint.pool_key = endpoint.address + ":" + std::to_string(port);
      made->endpoints.push_back(endpoint);
    }
    return made;
  }

  // Runs the loop until the attempt has an outcome.
  bool settle(const Attempt& attempt) {
    return runner.until([&] {
      context->timers.advance(context->now());
      return attempt.ready || attempt.failed;
    });
  }
};

}  // namespace

TEST_CASE("No forbidden address is connected to, whether it was written or a name led to it") {
  TestServer server([](Peer& peer, int) { (void)peer.read_head(); });
  World world;
  world.forbidden.add_listener("127.0.0.1", server.port());
  const std::pair<const char*, std::uint16_t> endpoints[] = {
      {"169.254.169.254", 80},
      {"fe80::1", 80},
      // Resolvers take these for names of IPv4 addresses.
      {"0xa9fea9fe", 80},
      {"2852039166", 80},
      {"169.254.43518", 80},
      {"127.0.0.1", server.port()},
      {"127.1", server.port()},
      {"0.0.0.0", server.port()},
      {"localhost", server.port()},
  };
  for (const auto& endpoint : endpoints) {
    INFO(endpoint.first);
    for (int i = 0; i < 2; ++i) {  // asked, and remembered
      Attempt attempt;
      const CompiledEndpoint* chosen = nullptr;
      const auto backend = World::backend({endpoint});
      world.pools->acquire(backend, false, attempt, chosen);
      REQUIRE(world.settle(attempt));
      REQUIRE(attempt.failed);
      CHECK(*attempt.failed == StreamFailure::Forbidden);
    }
  }
  CHECK(world.context->metrics.upstream_connects.get() == 0);
}

TEST_CASE("A name leads to its endpoint, a wrong one nowhere") {
  TestServer server([](Peer& peer, int) { (void)peer.read_head(); });
  World world;
  const CompiledEndpoint* chosen = nullptr;
  Attempt found, lost;
  ClientStream* stream =
      world.pools->acquire(World::backend({{"localhost", server.port()}}), false, found, chosen);
  REQUIRE(world.settle(found));
  CHECK(found.ready);
  CHECK(stream->ready());
  stream->cancel();
  chosen = nullptr;
  world.pools->acquire(World::backend({{"no-such-name.invalid", 80}}), false, lost, chosen);
  REQUIRE(world.settle(lost));
  REQUIRE(lost.failed);
  CHECK(*lost.failed == StreamFailure::ConnectFailed);
}

TEST_CASE("An attempt that is given up while its name is asked for hears nothing more") {
  World world;
  const CompiledEndpoint* chosen = nullptr;
  Attempt given_up, patient;
  const auto backend = World::backend({{"no-such-name.invalid", 80}});
  world.pools->acquire(backend, false, given_up, chosen)->cancel();
  world.pools->bury();
  chosen = nullptr;
  world.pools->acquire(backend, false, patient, chosen);
  REQUIRE(world.settle(patient));
  CHECK_FALSE(given_up.ready);
  CHECK_FALSE(given_up.failed);
}

TEST_CASE(
    "Endpoints take turns; another attempt goes on behind the last one, whoever came between") {
  World world;
  const auto backend = World::backend({{"127.0.0.1", 1}, {"127.0.0.1", 2}, {"127.0.0.1", 3}});
  Attempt attempt;
  const auto turn = [&](const CompiledEndpoint* last) {
    const CompiledEndpoint* chosen = last;
    world.pools->acquire(backend, false, attempt, chosen)->cancel();
    return chosen;
  };
  const auto* first = turn(nullptr);
  CHECK(first->port == 1);
  CHECK(turn(nullptr)->port == 2);
  CHECK(turn(nullptr)->port == 3);
  CHECK(turn(first)->port == 2);
  CHECK(turn(&backend->endpoints[2])->port == 1);
  CHECK(turn(nullptr)->port == 1);
}

TEST_CASE("What only a vanished backend used is forgotten; what another one names is kept") {
  TestServer server([](Peer& peer, int) {
    while (peer.read_head()) peer.answer(200, "ok");
  });
  World world;
  auto leaving = World::backend({{"127.0.0.1", server.port()}});
  auto staying = World::backend({{"127.0.0.1", server.port()}});
  struct Done final : ClientStreamEvents {
    bool ready = false, ended = false;
    void on_stream_ready() noexcept override { ready = true; }
    void on_response_head(ResponseHead&) noexcept override {}
    void on_response_data(std::string_view) noexcept override {}
    void on_response_flush() noexcept override {}
    void on_response_end(const HeaderList&) noexcept override { ended = true; }
    void on_request_drained() noexcept override {}
    void on_stream_failed(StreamFailure) noexcept override {}
  };
  const auto exchange = [&](const std::shared_ptr<const CompiledBackend>& backend) {
    Done done;
    const CompiledEndpoint* chosen = nullptr;
    ClientStream* stream = world.pools->acquire(backend, false, done, chosen);
    if (!stream->ready()) REQUIRE(world.runner.until([&] { return done.ready; }));
    const HeaderList none;
    const FieldMask keep;
    OutgoingRequest request;
    request.method = "GET";
    request.path = "/";
    request.host = "x";
    request.headers = &none;
    request.keep = &keep;
    stream->send_head(request);
    stream->send_end(nullptr);
    REQUIRE(world.runner.until([&] { return done.ended; }));
  };
  const Counter& idle = world.context->metrics.upstream_connections_idle;
  exchange(leaving);
  exchange(staying);
  CHECK(world.context->metrics.upstream_reused.get() == 1);
  leaving.reset();
  world.pools->prune();
  CHECK(idle.get() == 1);
  staying.reset();
  world.pools->prune();
  CHECK(idle.get() == 0);
}
