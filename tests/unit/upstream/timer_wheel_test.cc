#include <catch2/catch.hpp>

#include <array>
#include <functional>
#include <random>

#include "upstream/timer_wheel.h"

using namespace gateway;

namespace {

constexpr std::int64_t kStep = TimerWheel::kResolution;
// From the deadline: its place comes by in the next step, and may be looked at once too early.
constexpr std::int64_t kLatest = 2 * kStep;

// Remembers when it fired.
struct Alarm final : Timed {
  TimerWheel& wheel;
  const std::int64_t& now;
  std::int64_t fired_at = 0;
  int fired = 0;
  std::function<void()> then = [] {};

  Alarm(TimerWheel& the_wheel, const std::int64_t& the_now) : wheel(the_wheel), now(the_now) {}
  ~Alarm() override { wheel.cancel(*this); }
  void on_deadline() noexcept override {
    fired_at = now;
    ++fired;
    then();
  }
};

struct World {
  std::int64_t now = 1'000'003;
  TimerWheel wheel{now};

  void run_until(std::int64_t end, std::int64_t step = kStep) {
    while (now < end) {
      now += step;
      wheel.advance(now);
    }
  }
};

}  // namespace

TEST_CASE("A deadline fires once, and never early") {
  for (const std::int64_t after : {1, 49, 50, 51, 100, 4'999, 102'349, 102'400, 102'401, 300'000}) {
    for (const std::int64_t step : {7, 50, 51, 1'000}) {
      INFO(after << " ms, looked at every " << step << " ms");
      World world;
      Alarm alarm(world.wheel, world.now);
      const std::int64_t deadline = world.now + after;
      world.wheel.set(alarm, deadline);
      world.run_until(deadline - 1 - (deadline - 1 - world.now) % step, step);
      CHECK(alarm.fired == 0);
      world.run_until(deadline + 2 * step + kLatest, step);
      CHECK(alarm.fired == 1);
      CHECK(alarm.fired_at >= deadline);
      CHECK(alarm.fired_at <= deadline + kLatest + step);
    }
  }
}

TEST_CASE("A deadline that has passed already fires at the next look") {
  World world;
  Alarm alarm(world.wheel, world.now);
  world.wheel.set(alarm, world.now - 500);
  world.run_until(world.now + kLatest);
  CHECK(alarm.fired == 1);
}

TEST_CASE("A deadline can be moved either way and taken back") {
  struct Row {
    const char* name;
    std::int64_t first, second;  // after now; 0 = taken back
  };
  constexpr Row kRows[] = {{"later", 500, 5'000},
                           {"earlier", 5'000, 500},
                           {"taken back", 500, 0},
                           {"much earlier", 300'000, 100}};
  for (const auto& row : kRows) {
    INFO(row.name);
    World world;
    Alarm alarm(world.wheel, world.now);
    const std::int64_t begin = world.now;
    world.wheel.set(alarm, begin + row.first);
    world.run_until(begin + 60);
    world.wheel.set(alarm, row.second == 0 ? 0 : begin + row.second);
    world.run_until(begin + 310'000);
    CHECK(alarm.fired == (row.second == 0 ? 0 : 1));
    if (alarm.fired) {
      CHECK(alarm.fired_at >= begin + row.second);
      CHECK(alarm.fired_at <= begin + row.second + kLatest + kStep);
    }
  }
}

TEST_CASE("After a long pause everything that is due fires once, and nothing else") {
  World world;
  std::vector<std::unique_ptr<Alarm>> alarms;
  for (int i = 0; i < 400; ++i) {
    alarms.push_back(std::make_unique<Alarm>(world.wheel, world.now));
    world.wheel.set(*alarms.back(), world.now + 1'000 * (i + 1));
  }
  const std::int64_t begin = world.now;
  world.now += 250'000;  // more than the wheel's circumference
  world.wheel.advance(world.now);
  world.run_until(begin + 250'000 + kLatest);
  for (std::size_t i = 0; i < alarms.size(); ++i) CHECK(alarms[i]->fired == (i < 250 ? 1 : 0));
  world.run_until(begin + 410'000);
  for (const auto& alarm : alarms) CHECK(alarm->fired == 1);
}

TEST_CASE("A deadline that fires may set and cancel whatever it likes") {
  World world;
  std::array<Alarm, 4> alarms{Alarm(world.wheel, world.now), Alarm(world.wheel, world.now),
                              Alarm(world.wheel, world.now), Alarm(world.wheel, world.now)};
  const std::int64_t deadline = world.now + 100;
  for (auto& alarm : alarms) world.wheel.set(alarm, deadline);
  // Whichever fires first cancels one neighbour, moves another, and sets itself again.
  bool first = true;
  for (std::size_t i = 0; i < alarms.size(); ++i) {
    alarms[i].then = [&, i] {
      if (!std::exchange(first, false)) return;
      world.wheel.cancel(alarms[(i + 1) % 4]);
      world.wheel.set(alarms[(i + 2) % 4], deadline + 1'000);
      world.wheel.set(alarms[i], deadline + 2'000);
    };
  }
  world.run_until(deadline + kLatest);
  int fired = 0;
  for (const auto& alarm : alarms) fired += alarm.fired;
  CHECK(fired == 2);
  world.run_until(deadline + 3'000);
  fired = 0;
  for (const auto& alarm : alarms) fired += alarm.fired;
  CHECK(fired == 4);  // one never, one twice
}

TEST_CASE("Whatever is set and cancelled, each deadline that stands fires, as a plain list would") {
  std::mt19937 random(1);
  World world;
  std::vector<std::unique_ptr<Alarm>> alarms;
  std::vector<std::int64_t> due(50, 0);
  int wrong = 0;
  for (std::size_t i = 0; i < due.size(); ++i) {
    alarms.push_back(std::make_unique<Alarm>(world.wheel, world.now));
    alarms.back()->then = [&, i] {
      wrong += due[i] == 0 || world.now < due[i] ? 1 : 0;
      due[i] = 0;
    };
  }
  for (int turn = 0; turn < 20'000; ++turn) {
    const std::size_t i = random() % due.size();
    if (random() % 4 == 0) {
      due[i] = 0;
      world.wheel.cancel(*alarms[i]);
    } else {
      due[i] = world.now + 1 +
               static_cast<std::int64_t>(random() % (random() % 10 == 0 ? 200'000 : 1'000));
      world.wheel.set(*alarms[i], due[i]);
    }
    world.run_until(world.now + static_cast<std::int64_t>(random() % 60), 1 + random() % 60);
    for (const std::int64_t at : due) wrong += at != 0 && world.now > at + kLatest + 60 ? 1 : 0;
  }
  CHECK(wrong == 0);
}
