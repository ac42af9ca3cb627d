#include <algorithm>
#include <array>

#include <catch2/catch.hpp>
#include <gateway/environment.h>

#include "base/log.h"

using namespace gateway;

namespace {
struct Recorder : Observer {
  void log(const LogRecord& record) noexcept override { records.push_back(record); }
  std::vector<LogRecord> records;
};
}  // namespace

TEST_CASE("an error reads as origin, place and message") {
  const Error error{ErrorCode::InvalidArgument, "settings", "must be a port", "listener", false};
  CHECK(error.to_string() == "settings: listener: must be a port");
  CHECK(Error{ErrorCode::Internal, "", "broken", "", false}.to_string() == "broken");
  CHECK(to_string(ErrorCode::InvalidArgument) == "invalid_argument");
  CHECK(to_string(LogLevel::Warn) == "warn");
}

TEST_CASE("every observer hears a logged error with its code and place") {
  auto first = std::make_shared<Recorder>();
  auto second = std::make_shared<Recorder>();
  Logger logger;
  logger.add(first);
  logger.add(second);
  log(logger, LogLevel::Warn, "FileRejected", Error{ErrorCode::Corrupt, "file", "torn", "a.yaml", false});
  for (const auto& recorder : {first, second}) {
    REQUIRE(recorder->records.size() == 1);
    const LogRecord& record = recorder->records.front();
    CHECK(record.level == LogLevel::Warn);
    CHECK(record.event == "FileRejected");
    CHECK(record.message == "torn");
    CHECK(record.fields == Logger::Fields{{"code", "corrupt"}, {"where", "a.yaml"}});
  }
}

TEST_CASE("the system's clock moves forward and its entropy differs from call to call") {
  const Environment system = Environment::system();
  CHECK(system.clock->unix_ms() > 1'700'000'000'000);
  const auto before = system.clock->steady_ns();
  CHECK(system.clock->steady_ns() >= before);
  std::array<std::byte, 32> a{};
  std::array<std::byte, 32> b{};
  system.entropy->fill(a);
  system.entropy->fill(b);
  CHECK(a != b);
}
