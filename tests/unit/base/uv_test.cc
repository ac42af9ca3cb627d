#include "base/uv.h"

#include <fstream>
#include <optional>
#include <thread>

#include <catch2/catch.hpp>
#include <stdlib.h>
#include <unistd.h>

using namespace gateway;
using std::chrono::milliseconds;

TEST_CASE("a timer calls once, and again where it repeats") {
  uv::Loop loop;
  int once = 0;
  int often = 0;
  uv::Timer single(loop.get());
  uv::Timer repeated(loop.get());
  single.start(milliseconds(1), [&] { ++once; });
  repeated.start(milliseconds(1), [&] { if (++often == 3) repeated.stop(); }, milliseconds(1));
  loop.run();
  CHECK(once == 1);
  CHECK(often == 3);
}

TEST_CASE("a timer may be replaced and destroyed by its own call") {
  uv::Loop loop;
  int calls = 0;
  auto timer = std::make_optional<uv::Timer>(loop.get());
  timer->start(milliseconds(0), [&] {
    ++calls;
    timer->start(milliseconds(0), [&] {
      ++calls;
      timer.reset();
    });
  });
  loop.run();
  CHECK(calls == 2);
}

TEST_CASE("another thread wakes the loop, and sends may fall into one call") {
  uv::Loop loop;
  int calls = 0;
  std::optional<uv::Async> wake;
  wake.emplace(loop.get(), [&] {
    ++calls;
    wake.reset();
  });
  std::thread sender([&] {
    wake->send();
  });
  sender.join();
  loop.run();
  CHECK(calls == 1);
}

TEST_CASE("work runs off the loop's thread and its end on it") {
  uv::Loop loop;
  std::thread::id worked;
  std::thread::id ended;
  uv::queue_work(loop.get(), [&] { worked = std::this_thread::get_id(); },
                 [&] { ended = std::this_thread::get_id(); });
  loop.run();
  CHECK(worked != std::this_thread::get_id());
  CHECK(ended == std::this_thread::get_id());
}

TEST_CASE("a watched folder tells of a new entry, and a missing one is an error") {
  std::string folder = "/tmp/gateway-uv-XXXXXX";
  REQUIRE(mkdtemp(folder.data()) != nullptr);
  uv::Loop loop;
  std::optional<uv::FileWatch> watch;
  watch.emplace(loop.get());
  CHECK(watch->start(folder + "/none", [] {}).error().code == ErrorCode::NotFound);
  bool changed = false;
  REQUIRE(watch->start(folder, [&] {
    changed = true;
    watch.reset();
  }));
  std::ofstream(folder + "/entry") << "x";
  loop.run();
  CHECK(changed);
  unlink((folder + "/entry").c_str());
  rmdir(folder.c_str());
}
