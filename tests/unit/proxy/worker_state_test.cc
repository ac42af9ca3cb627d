#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

#include "base/uv.h"
#include "proxy/http1_server.h"
#include "proxy/worker_state.h"

using namespace gateway;

namespace {

VersionPtr numbered(std::uint64_t number) {
  auto version = std::make_shared<Version>();
  version->number = number;
  return version;
}

// A worker's state on a loop that never turns.
struct World {
  uv::Loop loop;
  GatewayOptions gateway;
  ForbiddenAddresses forbidden;
  std::vector<std::uint64_t> released;
  WorkerState state{loop.get(), options(), numbered(0)};

 private:
  WorkerOptions options() {
    gateway.environment = Environment::system();
    WorkerOptions made;
    made.gateway = &gateway;
    made.forbidden = &forbidden;
    made.release = [this](const VersionPtr& version) { released.push_back(version->number); };
    return made;
  }
};

}  // namespace

TEST_CASE("A version serves what begins after it was offered, whether the loop has turned or not") {
  World world;
  PinnedVersion* before = world.state.pin();
  CHECK(before->version->number == 0);
  world.state.offer(numbered(1));
  CHECK(world.state.offered_number() == 1);
  PinnedVersion* after = world.state.pin();
  CHECK(after->version->number == 1);
  CHECK(before->version->number == 0);  // what has begun stays with its own
  world.state.unpin(before);
  world.state.unpin(after);
}

TEST_CASE(
    "A version is let go with the last exchange that is served from it, the newest one never") {
  World world;
  PinnedVersion* first = world.state.pin();
  PinnedVersion* second = world.state.pin();
  world.state.offer(numbered(1));
  world.state.adopt_offered();
  CHECK(world.released.empty());
  world.state.unpin(first);
  CHECK(world.released.empty());
  world.state.unpin(second);
  CHECK(world.released == std::vector<std::uint64_t>{0});
  world.state.unpin(world.state.pin());
  CHECK(world.released == std::vector<std::uint64_t>{0});
  CHECK(world.state.versions.size() == 1);
}

TEST_CASE("Of versions that follow one another quickly the newest serves, and none is kept") {
  World world;
  for (std::uint64_t number = 1; number <= 100; ++number) {
    world.state.offer(numbered(number));
    if (number % 10 == 0) CHECK(world.state.latest().version->number == number);
  }
  CHECK(world.state.versions.size() == 1);
  CHECK(world.released == std::vector<std::uint64_t>{0, 10, 20, 30, 40, 50, 60, 70, 80, 90});
}

TEST_CASE("Request ids are 32 hexadecimal digits, and none comes twice") {
  World world;
  std::set<std::string> seen;
  std::array<char, 32> id{};
  for (int i = 0; i < 10'000; ++i) {
    world.state.make_request_id(id);
    seen.emplace(id.data(), id.size());
  }
  CHECK(seen.size() == 10'000);
  for (const auto& one : seen) {
    if (one.find_first_not_of("0123456789abcdef") != std::string::npos) FAIL(one);
  }
}
